"""OpenAI embeddings: `POST /v1/embeddings`."""

from typing import Annotated, Final

import msgspec

from octogate.core.call import Call, DialectName, Endpoint
from octogate.core.errors import GatewayError
from octogate.core.usage import Usage
from octogate.dialects import body as bodies
from octogate.dialects import faults
from octogate.dialects.base import ProviderFault, StreamReader
from octogate.dialects.checks import Check, Faults, check_members, integer, is_null, model_id, model_of
from octogate.dialects.openai_errors import error_body
from octogate.dialects.sse import EventSplitter
from octogate.dialects.stream import Count, EventReader, Verdict

_CHECKS: Final[dict[str, Check]] = {"model": model_id, "dimensions": integer(1)}
_RULE: Final = "must be a string, an array of strings, an array of tokens or an array of arrays of tokens"

_Token = Annotated[int, msgspec.Meta(ge=0)]


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: Count | None = None
    total_tokens: Count | None = None


class _WithUsage(msgspec.Struct, gc=False):
    usage: _Usage | None = None


class _Answer(msgspec.Struct, gc=False):
    data: list[msgspec.Raw]


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_WITH_USAGE: Final = msgspec.json.Decoder(_WithUsage)
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_TEXTS: Final = msgspec.json.Decoder(list[str])
_TOKENS: Final = msgspec.json.Decoder(list[_Token])
_TOKEN_LISTS: Final = msgspec.json.Decoder(list[Annotated[list[_Token], msgspec.Meta(min_length=1)]])


class OpenAIEmbeddings:
    """The embeddings dialect. It has no streams: an answer is whole or it is none."""

    name: DialectName = "openai_embeddings"
    keep_alive = b""

    def read_call(self, body: bytes, endpoint: Endpoint, *, max_output_tokens: int, max_messages: int) -> Call:
        """See Dialect."""
        members = bodies.read_object(body)
        found = Faults()
        values = check_members(members, _CHECKS, found)
        _check_input(members.get("input"), max_messages, found)
        found.raise_if_any()
        return Call(
            endpoint=endpoint, model=model_of(values.get("model")), stream=False, fields=members, input_bytes=len(body)
        )

    def write_call(self, call: Call, *, model: str, stream_usage: bool, default_max_tokens: int | None) -> bytes:
        """See Dialect. `encoding_format` stays: the SDKs ask for base64 unless told otherwise."""
        return bodies.write_object({**call.fields, "model": bodies.to_raw(model)})

    def target_path(self, call: Call, *, model: str) -> str:
        """The model is in the body."""
        return "/embeddings"

    def read_usage(self, body: bytes) -> Usage | None:
        """What was read; nothing is produced that has a price."""
        try:
            said = _WITH_USAGE.decode(body).usage
        except faults.UNREADABLE:
            return None
        if said is None:
            return None
        tokens = said.prompt_tokens if said.prompt_tokens is not None else said.total_tokens
        return None if tokens is None else Usage(input_tokens=tokens)

    def read_fault(self, status: int, body: bytes) -> ProviderFault:
        """See Dialect."""
        return faults.read_fault(status, body)

    def check_answer(self, body: bytes) -> ProviderFault | None:
        """A whole answer has data."""
        try:
            _ANSWER.decode(body)
        except faults.UNREADABLE:
            return faults.find_fault(body) or faults.NO_ANSWER
        return None

    def reader(self, call: Call) -> StreamReader:
        """A reader for which every event is one too many."""
        return _NoReader(EventSplitter())

    def write_error(self, error: GatewayError, request_id: str) -> bytes:
        """See Dialect."""
        return error_body(error, request_id)

    def write_stream_error(
        self, error: GatewayError, request_id: str, *, call: Call, first: bool, sequence: int = 0
    ) -> bytes:
        """The form of the family."""
        return b"data: " + error_body(error, request_id) + b"\n\n"

    def keep_alive_for(self, call: Call) -> bytes:
        """Nothing."""
        return self.keep_alive


class _NoReader(EventReader):
    __slots__ = ()

    def _read(self, name: bytes, data: bytes) -> Verdict:
        raise msgspec.DecodeError("embeddings are not streamed")


def _check_input(raw: msgspec.Raw | None, max_items: int, found: Faults) -> None:
    if raw is None or is_null(raw):
        found.rule("input", "is required")
        return
    value = bytes(raw)
    if value in (b'""', b"[]"):
        found.rule("input", "must not be empty")
    elif value[:1] == b"[":
        _check_items(value, max_items, found)
    elif value[:1] != b'"':
        found.rule("input", _RULE)


def _check_items(value: bytes, max_items: int, found: Faults) -> None:
    """An array is of one kind throughout; its first item says which."""
    items = _ITEMS.decode(value)
    if not items:
        found.rule("input", "must not be empty")
        return
    first = bytes(items[0])[:1]
    decoder = _TEXTS if first == b'"' else _TOKEN_LISTS if first == b"[" else _TOKENS
    if decoder is not _TOKENS and len(items) > max_items:
        found.rule("input", f"must have at most {max_items} items")
        return
    try:
        decoder.decode(value)
    except faults.UNREADABLE:
        found.rule("input", _RULE)
