"""OpenAI Responses: `POST /v1/responses` and `/v1/responses/compact`."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from octogate.core.call import Call, DialectName, Endpoint
from octogate.core.conversation import Answer, Prompt
from octogate.core.errors import GatewayError
from octogate.core.usage import Usage
from octogate.dialects import body as bodies
from octogate.dialects import faults
from octogate.dialects.base import ProviderFault, StreamReader
from octogate.dialects.hub import Destination, Heading, Written
from octogate.dialects.openai_errors import error_body, error_object
from octogate.dialects.openai_responses.decoder import ResponsesDecoder
from octogate.dialects.openai_responses.encoder import ResponsesEncoder
from octogate.dialects.openai_responses.own_history import own_history
from octogate.dialects.openai_responses.read_answer import read_answer
from octogate.dialects.openai_responses.read_call import read_call
from octogate.dialects.openai_responses.read_prompt import read_prompt
from octogate.dialects.openai_responses.stream import ResponsesReader
from octogate.dialects.openai_responses.usage import read_usage
from octogate.dialects.openai_responses.write_answer import write_answer
from octogate.dialects.openai_responses.write_prompt import write_prompt

_ABSENT: Final = msgspec.Raw()


class _Answer(msgspec.Struct, gc=False):
    output: list[msgspec.Raw]
    usage: msgspec.Raw = _ABSENT


class _WithUsage(msgspec.Struct, gc=False):
    usage: msgspec.Raw = _ABSENT


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_WITH_USAGE: Final = msgspec.json.Decoder(_WithUsage)


class OpenAIResponses:
    """The Responses dialect."""

    name: DialectName = "openai_responses"
    keep_alive = b": keep-alive\n\n"
    tool_name: re.Pattern[str] = re.compile(r"[A-Za-z0-9_-]{1,64}")
    field_names: Mapping[str, str] = MappingProxyType(
        {
            "choices": "n",
            "format": "text.format",
            "logprobs": "include",
            "thinking": "reasoning",
            "verbosity": "text.verbosity",
        }
    )

    def read_call(self, body: bytes, endpoint: Endpoint, *, max_output_tokens: int, max_messages: int) -> Call:
        """See Dialect. What is bound to the provider (previous_response_id, encrypted reasoning) stays as it is."""
        return read_call(body, endpoint, max_output_tokens=max_output_tokens, max_messages=max_messages)

    def write_call(self, call: Call, *, model: str, stream_usage: bool, default_max_tokens: int | None) -> bytes:
        """See Dialect. Usage comes unasked. What another provider sealed in earlier answers is taken out."""
        members = dict(own_history(call.fields))
        members["model"] = bodies.to_raw(model)
        if default_max_tokens is not None and call.max_output_tokens is None and call.endpoint.operation == "generate":
            members["max_output_tokens"] = bodies.to_raw(default_max_tokens)
        return bodies.write_object(members)

    def target_path(self, call: Call, *, model: str) -> str:
        """The model is in the body."""
        return "/responses/compact" if call.endpoint.operation == "compact" else "/responses"

    def read_usage(self, body: bytes) -> Usage | None:
        """Usage of a plain answer."""
        try:
            return read_usage(_WITH_USAGE.decode(body).usage)
        except faults.UNREADABLE:
            return None

    def read_fault(self, status: int, body: bytes) -> ProviderFault:
        """See Dialect."""
        return faults.read_fault(status, body)

    def check_answer(self, body: bytes) -> ProviderFault | None:
        """A whole answer has an output; one that failed says so in its status, and is an answer too."""
        try:
            _ANSWER.decode(body)
        except faults.UNREADABLE:
            return faults.find_fault(body) or faults.NO_ANSWER
        return None

    def reader(self, call: Call) -> StreamReader:
        """See Dialect."""
        return ResponsesReader()

    def write_error(self, error: GatewayError, request_id: str) -> bytes:
        """See Dialect."""
        return error_body(error, request_id)

    def write_stream_error(
        self, error: GatewayError, request_id: str, *, call: Call, first: bool, sequence: int = 0
    ) -> bytes:
        """An `error` event for the SDKs, then `response.failed` for clients that wait for a response to end.

        The error stands at the top level, as documented, and under `error`, where the SDKs look.
        """
        value = error_object(error, request_id)
        said = {"code": value["code"], "message": value["message"]}
        event = {"type": "error", **said, "param": value["param"], "sequence_number": sequence, "error": value}
        response = {
            "id": f"resp_{request_id}",
            "object": "response",
            "created_at": 0,
            "status": "failed",
            "error": said,
            "incomplete_details": None,
            "model": call.model,
            "output": [],
            "usage": None,
        }
        failed = {"type": "response.failed", "sequence_number": sequence + 1, "response": response}
        return b"event: error\ndata: %b\n\nevent: response.failed\ndata: %b\n\n" % (
            msgspec.json.encode(event),
            msgspec.json.encode(failed),
        )

    def keep_alive_for(self, call: Call) -> bytes:
        """A comment line."""
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
        return write_answer(answer, call, heading)

    def decoder(self) -> ResponsesDecoder:
        """See Hub."""
        return ResponsesDecoder()

    def encoder(self, call: Call, heading: Heading) -> ResponsesEncoder:
        """See Hub."""
        return ResponsesEncoder(call, heading)
