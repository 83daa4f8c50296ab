"""OpenAI chat completions: `POST /v1/chat/completions`."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from octogate.core.call import Call, DialectName, Endpoint
from octogate.core.conversation import Answer, Prompt
from octogate.core.errors import GatewayError
from octogate.core.usage import Usage
from octogate.dialects import body as bodies
from octogate.dialects import faults
from octogate.dialects.base import ProviderFault, StreamReader
from octogate.dialects.checks import (
    Faults,
    is_null,
)
from octogate.dialects.hub import Decoder, Destination, Encoder, Heading, Written
from octogate.dialects.openai_chat.decoder import ChatDecoder
from octogate.dialects.openai_chat.encoder import ChatEncoder
from octogate.dialects.openai_chat.own_history import own_history
from octogate.dialects.openai_chat.read_answer import read_answer
from octogate.dialects.openai_chat.read_call import asks_for_usage, read_call, stream_options
from octogate.dialects.openai_chat.read_prompt import FIELD_NAMES, read_prompt
from octogate.dialects.openai_chat.stream import ChatReader
from octogate.dialects.openai_chat.usage import read_usage
from octogate.dialects.openai_chat.write_answer import write_answer
from octogate.dialects.openai_chat.write_prompt import write_prompt
from octogate.dialects.openai_errors import error_body

_TRUE: Final = msgspec.Raw(b"true")
_ABSENT: Final = msgspec.Raw()


class _Answer(msgspec.Struct, gc=False):
    choices: list[msgspec.Raw]
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT


class _WithUsage(msgspec.Struct, gc=False):
    usage: msgspec.Raw = _ABSENT


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_WITH_USAGE: Final = msgspec.json.Decoder(_WithUsage)


class OpenAIChat:
    """The chat completions dialect."""

    name: DialectName = "openai_chat"
    keep_alive = b": keep-alive\n\n"
    field_names: Mapping[str, str] = FIELD_NAMES
    tool_name: re.Pattern[str] = re.compile(r"[A-Za-z0-9_-]{1,64}")

    def read_call(self, body: bytes, endpoint: Endpoint, *, max_output_tokens: int, max_messages: int) -> Call:
        """See Dialect. Members that we do not know are the provider's business and stay."""
        return read_call(body, endpoint, max_output_tokens=max_output_tokens, max_messages=max_messages)

    def write_call(self, call: Call, *, model: str, stream_usage: bool, default_max_tokens: int | None) -> bytes:
        """See Dialect. Usage is always asked for where that is possible: a stream without it could not be billed."""
        members = dict(own_history(call.fields))
        members["model"] = bodies.to_raw(model)
        if call.stream and stream_usage:
            options = stream_options(members, Faults())
            if not asks_for_usage(options):
                options["include_usage"] = _TRUE
                members["stream_options"] = bodies.to_raw(options)
        if default_max_tokens is not None and call.max_output_tokens is None:
            members["max_tokens"] = bodies.to_raw(default_max_tokens)
        return bodies.write_object(members)

    def target_path(self, call: Call, *, model: str) -> str:
        """The model is in the body."""
        return "/chat/completions"

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
        """A whole answer has choices and no error."""
        try:
            answer = _ANSWER.decode(body)
        except faults.UNREADABLE:
            return faults.find_fault(body) or faults.NO_ANSWER
        return None if is_null(answer.error) else faults.find_fault(body)

    def reader(self, call: Call) -> StreamReader:
        """See Dialect."""
        return ChatReader(call)

    def write_error(self, error: GatewayError, request_id: str) -> bytes:
        """See Dialect."""
        return error_body(error, request_id)

    def write_stream_error(
        self, error: GatewayError, request_id: str, *, call: Call, first: bool, sequence: int = 0
    ) -> bytes:
        """A data line with a top-level `error`: what the SDKs raise on. Never followed by `[DONE]`."""
        return b"data: " + error_body(error, request_id) + b"\n\n"

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

    def decoder(self) -> Decoder:
        """See Hub."""
        return ChatDecoder()

    def encoder(self, call: Call, heading: Heading) -> Encoder:
        """See Hub."""
        return ChatEncoder(call, heading)
