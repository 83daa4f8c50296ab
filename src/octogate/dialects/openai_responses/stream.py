"""Reads a stream of OpenAI Responses events."""

from contextlib import suppress
from typing import Final

import msgspec

from octogate.dialects.openai_responses.usage import read_usage
from octogate.dialects.sse import EventSplitter
from octogate.dialects.stream import EventReader, Verdict, has_value, text_bytes

# The last event repeats the whole response, pictures included.
MAX_EVENT_BYTES: Final = 32 * 1024 * 1024

_ABSENT: Final = msgspec.Raw()
_TERMINAL: Final = frozenset({"response.completed", "response.incomplete"})
_MAX_SEQUENCE: Final = 2**53


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
