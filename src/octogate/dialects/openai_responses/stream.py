"""Reads a stream of OpenAI Responses events."""

from contextlib import suppress
from typing import Annotated, Final

import msgspec

from octogate.core.usage import Usage
from octogate.dialects.sse import EventSplitter
from octogate.dialects.stream import EventReader, Verdict, has_value, text_bytes

# The last event repeats the whole response, pictures included.
MAX_EVENT_BYTES: Final = 32 * 1024 * 1024

_ABSENT: Final = msgspec.Raw()
_TERMINAL: Final = frozenset({"response.completed", "response.incomplete"})
_MAX_SEQUENCE: Final = 2**53

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class _InputDetails(msgspec.Struct, gc=False):
    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    audio_tokens: Count | None = None
    image_tokens: Count | None = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: Count | None = None
    audio_tokens: Count | None = None
    image_tokens: Count | None = None


class _Usage(msgspec.Struct, gc=False):
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None


class _Reason(msgspec.Struct, gc=False):
    reason: object = None


class _Response(msgspec.Struct, gc=False):
    usage: msgspec.Raw = _ABSENT
    incomplete_details: _Reason | None = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    delta: object = None
    error: msgspec.Raw = _ABSENT
    response: msgspec.Raw = _ABSENT
    sequence_number: int | None = None


_EVENT: Final = msgspec.json.Decoder(_Event)
_RESPONSE: Final = msgspec.json.Decoder(_Response)
_USAGE: Final = msgspec.json.Decoder(_Usage)
_NO_INPUT: Final = _InputDetails()
_NO_OUTPUT: Final = _OutputDetails()


def read_usage(raw: msgspec.Raw | bytes) -> Usage | None:
    """The counts in a `usage` object; None when it is null or says nothing."""
    try:
        said = _USAGE.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    if said.input_tokens is None and said.output_tokens is None:
        return None
    read, produced = said.input_tokens_details or _NO_INPUT, said.output_tokens_details or _NO_OUTPUT
    return Usage(
        input_tokens=said.input_tokens or 0,
        output_tokens=said.output_tokens or 0,
        cached_tokens=read.cached_tokens or 0,
        cache_write_tokens=read.cache_write_tokens or 0,
        reasoning_tokens=produced.reasoning_tokens or 0,
        audio_input_tokens=read.audio_tokens or 0,
        audio_output_tokens=produced.audio_tokens or 0,
        image_input_tokens=read.image_tokens or 0,
        image_output_tokens=produced.image_tokens or 0,
    )


class ResponsesReader(EventReader):
    """Ends with `response.completed` or `.incomplete`: nothing else is an honest end, and `response.failed` is none.

    `complete` is only set by `close`, because something may follow, whatever the boundaries of the reads.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(EventSplitter(MAX_EVENT_BYTES))

    def _read(self, name: bytes, data: bytes) -> Verdict:
        if self.finish is not None:
            return Verdict.HOLD  # some providers send `[DONE]` behind the end: it goes to the caller with the end
        try:
            event = _EVENT.decode(data)
        except msgspec.ValidationError:
            return self._read_strange(name, data)
        kind = event.type
        if event.sequence_number is not None and 0 <= event.sequence_number < _MAX_SEQUENCE:
            self.next_sequence = event.sequence_number + 1
        if kind in _TERMINAL:
            self._end(kind, event.response)
            return Verdict.HOLD
        if kind == "response.failed":
            return self._fail_response(data, event.response)
        if kind == "error" or name == b"error" or (event.error is not _ABSENT and has_value(event.error)):
            return self._fail(data)
        if kind.endswith(".delta"):
            if event.delta:
                self.started = True
                self.output_bytes += text_bytes(event.delta)
        elif kind in ("response.output_item.done", "response.image_generation_call.partial_image"):
            self.started = True
        return Verdict.PASS

    def _fail_response(self, data: bytes, response: msgspec.Raw) -> Verdict:
        """The provider gives up: before the first content another target may be asked; what was used is paid for."""
        if response is _ABSENT:
            return self._fail(data)
        with suppress(msgspec.ValidationError):
            self._reported = read_usage(_RESPONSE.decode(response).usage)
        return self._fail(bytes(response))

    def _end(self, kind: str, response: msgspec.Raw) -> None:
        """Take the finish and the usage from the response that the last event carries."""
        self.started = True
        self.finish = kind.removeprefix("response.")
        if response is _ABSENT:
            return
        try:
            last = _RESPONSE.decode(response)
        except msgspec.ValidationError:
            return
        self._reported = read_usage(last.usage)
        if kind == "response.incomplete" and last.incomplete_details and last.incomplete_details.reason:
            self.finish = str(last.incomplete_details.reason)
