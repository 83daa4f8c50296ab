"""Anthropic messages: `POST /v1/messages` and `/v1/messages/count_tokens`."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from octogate.core.call import Call, DialectName, Endpoint
from octogate.core.conversation import Answer, Prompt
from octogate.core.errors import GatewayError, UpstreamError
from octogate.core.usage import Usage
from octogate.dialects import body as bodies
from octogate.dialects import faults
from octogate.dialects.anthropic_messages.decoder import MessagesDecoder
from octogate.dialects.anthropic_messages.encoder import MessagesEncoder
from octogate.dialects.anthropic_messages.own_history import own_history
from octogate.dialects.anthropic_messages.read_answer import read_answer
from octogate.dialects.anthropic_messages.read_call import read_call
from octogate.dialects.anthropic_messages.read_prompt import read_prompt
from octogate.dialects.anthropic_messages.stream import MessagesReader, read_counts
from octogate.dialects.anthropic_messages.write_answer import write_answer
from octogate.dialects.anthropic_messages.write_prompt import write_prompt
from octogate.dialects.base import ProviderFault, StreamReader
from octogate.dialects.hub import Destination, Heading, Written
from octogate.dialects.rendering import shown_code, writable

_ABSENT: Final = msgspec.Raw()
_TYPES: Final = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class _Answer(msgspec.Struct, gc=False):
    type: object = None
    content: list[msgspec.Raw] | None = None
    input_tokens: int | None = None


class _WithUsage(msgspec.Struct, gc=False):
    usage: msgspec.Raw = _ABSENT


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_WITH_USAGE: Final = msgspec.json.Decoder(_WithUsage)


class AnthropicMessages:
    """The messages dialect."""

    name: DialectName = "anthropic_messages"
    tool_name: re.Pattern[str] = re.compile(r"[A-Za-z0-9_-]{1,128}")
    keep_alive = b'event: ping\ndata: {"type": "ping"}\n\n'
    field_names: Mapping[str, str] = MappingProxyType(
        {
            "max_output_tokens": "max_tokens",
            "stop": "stop_sequences",
            "format": "output_config.format",
            "user": "metadata.user_id",
            "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
        }
    )

    def read_call(self, body: bytes, endpoint: Endpoint, *, max_output_tokens: int, max_messages: int) -> Call:
        """See Dialect. Blocks, signatures and cache marks are not looked into and stay byte for byte."""
        return read_call(body, endpoint, max_output_tokens=max_output_tokens, max_messages=max_messages)

    def write_call(self, call: Call, *, model: str, stream_usage: bool, default_max_tokens: int | None) -> bytes:
        """See Dialect. The caller's own cap is required, so that a default is never needed; usage comes unasked."""
        return bodies.write_object({**own_history(call.fields), "model": bodies.to_raw(model)})

    def target_path(self, call: Call, *, model: str) -> str:
        """The model is in the body."""
        return "/v1/messages/count_tokens" if call.endpoint.operation == "count_tokens" else "/v1/messages"

    def read_usage(self, body: bytes) -> Usage | None:
        """Usage of a plain answer."""
        try:
            return read_counts(_WITH_USAGE.decode(body).usage).usage()
        except faults.UNREADABLE:
            return None

    def read_fault(self, status: int, body: bytes) -> ProviderFault:
        """See Dialect."""
        return faults.read_fault(status, body)

    def check_answer(self, body: bytes) -> ProviderFault | None:
        """A whole answer has content, or is a count of tokens."""
        try:
            answer = _ANSWER.decode(body)
        except faults.UNREADABLE:
            return faults.find_fault(body) or faults.NO_ANSWER
        if answer.type != "error" and (answer.content is not None or answer.input_tokens is not None):
            return None
        return faults.find_fault(body) or faults.NO_ANSWER

    def reader(self, call: Call) -> StreamReader:
        """See Dialect."""
        return MessagesReader(call)

    def write_error(self, error: GatewayError, request_id: str) -> bytes:
        """`{"type": "error", "error": {…}, "request_id"}`; `type` inside is Anthropic's, `code` is ours."""
        default = "invalid_request_error" if error.status < 500 else "api_error"
        value: dict[str, object] = {
            "type": _TYPES.get(error.status, default),
            "message": writable(error.message),
            "code": shown_code(error),
            "source": error.source,
        }
        if error.faults:
            value["details"] = error.faults
        if isinstance(error, UpstreamError) and error.attempts:
            value["attempts"] = error.attempts
        return msgspec.json.encode({"type": "error", "error": value, "request_id": request_id})

    def write_stream_error(
        self, error: GatewayError, request_id: str, *, call: Call, first: bool, sequence: int = 0
    ) -> bytes:
        """An `error` event: the only thing that this family of SDKs does not take for a clean end."""
        return b"event: error\ndata: " + self.write_error(error, request_id) + b"\n\n"

    def keep_alive_for(self, call: Call) -> bytes:
        """A ping."""
        return self.keep_alive

    def read_prompt(self, call: Call) -> Prompt:
        """See Hub."""
        return read_prompt(call)

    def write_prompt(self, prompt: Prompt, to: Destination) -> Written:
        """See Hub."""
        return write_prompt(prompt, to)

    def read_answer(self, body: bytes) -> Answer:
        """See Hub."""
        return read_answer(body)

    def write_answer(self, answer: Answer, call: Call, heading: Heading) -> bytes:
        """See Hub."""
        return write_answer(answer, heading)

    def decoder(self) -> MessagesDecoder:
        """See Hub."""
        return MessagesDecoder()

    def encoder(self, call: Call, heading: Heading) -> MessagesEncoder:
        """See Hub."""
        return MessagesEncoder(heading)
