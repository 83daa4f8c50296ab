"""Reads one upstream stream event by event: what may pass, what is kept back, and whether the end is an honest one."""

from collections.abc import Sequence
from contextlib import suppress
from enum import Enum, auto
from typing import Annotated, Final, Protocol

import msgspec

from octogate.core.errors import GatewayError, Interrupted
from octogate.core.usage import Usage
from octogate.dialects.faults import UNREADABLE, malformed_event, stream_failure
from octogate.dialects.sse import GARBAGE, Event

MAX_TAIL_BYTES: Final = 64 * 1024 * 1024
MAX_INDEX: Final = 1_000
"""No caller can ask for so many answers; an upstream that numbers beyond it must not make us remember each."""

MAX_COUNT: Final = 2**53

Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]
"""Tokens, as a provider reports them."""

_MAX_EVENTS_BEHIND_THE_END: Final = 64
_BYTES_PER_TOKEN: Final = 4
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NOTHING: Final = frozenset({b"", b"null", b"false", b'""', b"{}"})


class Verdict(Enum):
    """What is to be done with one event."""

    PASS = auto()
    """Give it to the caller."""
    DROP = auto()
    """Take it out: the caller did not ask for it."""
    HOLD = auto()
    """It ends the stream, or may: keep it and all behind it for `close`."""
    RESUME = auto()
    """It shows that what was held did not end the stream: give all of that to the caller, then this event."""
    RESUME_HOLD = auto()
    """The same, but this event may be the end."""
    STOP = auto()
    """`failure` has been set."""


_PASS: Final = Verdict.PASS  # a member of an enumeration is looked up in its class each time


class Splitter(Protocol):
    """Cuts reads into events."""

    overflowed: bool

    def feed(self, data: bytes) -> Sequence[Event]:
        """The events that are whole now."""

    def flush(self) -> Event | None:
        """What is left at the end of the stream."""


class EventReader:
    """The part of a StreamReader that is the same in every dialect; a dialect adds `_read` and `_final_bytes`."""

    __slots__ = (
        "_closed", "_reported", "_splitter", "_tail", "_tail_bytes", "complete", "failure", "finish", "next_sequence",
        "output_bytes", "started",
    )  # fmt: skip

    def __init__(self, splitter: Splitter) -> None:
        self._splitter = splitter
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._reported: Usage | None = None
        self._closed = False
        self.started = self.complete = False
        self.output_bytes = 0
        self.next_sequence = 0
        self.finish: str | None = None
        self.failure: GatewayError | None = None

    @property
    def usage(self) -> Usage | None:
        """The last report; before the end of the answer it is a lower bound, raised by what was seen and not exact."""
        reported = self._reported
        if reported is None or self.complete or self.finish is not None:
            return reported
        seen = -(-self.output_bytes // _BYTES_PER_TOKEN)
        return msgspec.structs.replace(reported, output_tokens=max(reported.output_tokens, seen), exact=False)

    def feed(self, data: bytes) -> bytes:
        """The whole events that may go to the caller now; see StreamReader."""
        if self.failure is not None or self._closed:
            return b""
        out: list[bytes] = []
        try:
            for event in self._splitter.feed(data):
                if not self._take(event, out):
                    break
        except UNREADABLE:
            self.failure = malformed_event()
        if self._splitter.overflowed and self.failure is None:
            self.failure = malformed_event()
        return out[0] if len(out) == 1 else b"".join(out)

    def close(self) -> bytes:
        """The kept tail with an honest end, or b"" and a failure; b"" when closed before."""
        if self.failure is not None or self._closed:
            return b""
        self._closed = True
        out: list[bytes] = []
        with suppress(*UNREADABLE):  # half an event is none
            event = self._splitter.flush()
            if event is not None and event[2] is not None:
                self._take(event, out)
        if self.failure is not None:
            return b""
        if self.complete or self.finish is not None:
            end = b"".join((*out, *self._tail, *self._final_bytes()))
            self.complete = self.started = True
            self._tail.clear()
            return end
        told = "The provider's stream ended before the answer did."
        self.failure = Interrupted(told, detail="no end of the answer came")
        return b""

    def _take(self, event: Event, out: list[bytes]) -> bool:
        """Judge one event and put its bytes where they belong; False when the stream has failed."""
        raw, name, data = event
        tail = self._tail
        if self.complete:
            verdict = self._read_behind_end(event)
        elif data is None:
            verdict = Verdict.PASS
        elif name is GARBAGE:
            verdict = self._read_garbage(data)
        else:
            verdict = self._read(name, data)
        if verdict is _PASS:
            (tail or out).append(raw)
        elif verdict is Verdict.HOLD:
            tail.append(raw)
        elif verdict is Verdict.STOP:
            return False
        elif verdict is not Verdict.DROP:
            out += tail
            tail.clear()
            self._tail_bytes = 0
            (out if verdict is Verdict.RESUME else tail).append(raw)
        if tail:
            # Counted as it grows: adding it all up for each of many small events would take quadratic time.
            self._tail_bytes += len(raw)
            if self._tail_bytes > MAX_TAIL_BYTES:
                self.failure = malformed_event()
        return self.failure is None

    def _read(self, name: bytes, data: bytes) -> Verdict:
        """What the dialect makes of one event; may raise one of UNREADABLE."""
        raise NotImplementedError

    def _final_bytes(self) -> Sequence[bytes]:
        """What is missing at the end of a stream that finished without its last event."""
        return () if self.complete else (self._last_event(),)

    def _last_event(self) -> bytes:
        return b""

    def _read_behind_end(self, event: Event) -> Verdict:
        return Verdict.PASS if len(self._tail) < _MAX_EVENTS_BEHIND_THE_END else Verdict.DROP

    def _read_garbage(self, block: bytes) -> Verdict:
        """A block that is no event: a plain JSON error under the wrong content type, or nothing that can be read."""
        if _OBJECT.decode(block.strip()).get("error") is None:
            self.failure = malformed_event()
            return Verdict.STOP
        return self._fail(block.strip())

    def _read_strange(self, name: bytes, data: bytes) -> Verdict:
        """An event that is JSON but not of the shape we know: passed on unread, unless it reports an error."""
        members = _OBJECT.decode(data)
        error = members.get("error")
        if name == b"error" or (error is not None and has_value(error)):
            return self._fail(data)
        return Verdict.PASS

    def _fail(self, data: bytes) -> Verdict:
        """The provider reports an error in band."""
        self.failure = stream_failure(data)
        return Verdict.STOP


def has_value(raw: msgspec.Raw) -> bool:
    """Whether a member is there and says something: not null, false or empty."""
    return bytes(raw) not in _NOTHING


def text_bytes(value: object) -> int:
    """UTF-8 bytes of the text in a decoded value: a string, or all strings in a structure except its types and ids."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, list):
        return sum(map(text_bytes, value))
    if isinstance(value, dict):
        return sum(text_bytes(part) for name, part in value.items() if name not in ("type", "id", "signature"))
    return 0
