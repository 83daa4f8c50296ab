"""Writes numbered events: a stream of Responses counts them from 0, without a gap."""

from collections.abc import Mapping
from typing import Final

import msgspec

_encode: Final = msgspec.json.encode


class EventWriter:
    """Whoever writes an event takes its number here, so `next_sequence` is right between any two of them."""

    __slots__ = ("next_sequence",)

    def __init__(self) -> None:
        self.next_sequence = 0

    def event(self, kind: str, members: Mapping[str, object], out: list[bytes]) -> None:
        """One event of the type `kind`."""
        body = _encode({"type": kind, "sequence_number": self.next_sequence, **members})
        out.append(b"event: %b\ndata: %b\n\n" % (kind.encode(), body))
        self.next_sequence += 1

    def delta(self, frame: bytes, text: str, rest: bytes, out: list[bytes]) -> None:
        """One event of many that differ only in their text; `frame` is from `delta_frame`."""
        out.append(b'%b%b%b,"sequence_number":%d}\n\n' % (frame, _encode(text), rest, self.next_sequence))
        self.next_sequence += 1


def delta_frame(kind: str, place: Mapping[str, object]) -> bytes:
    """The beginning of all deltas of one part, up to their text; `place` says where the part is."""
    head = _encode({"type": kind, **place})[:-1]
    return b'event: %b\ndata: %b,"delta":' % (kind.encode(), head)
