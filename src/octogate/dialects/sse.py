"""Splits a stream of server-sent events into whole events, on bytes, whatever the boundaries of the reads were.

Follows the parsing rules of the HTML standard (https://html.spec.whatwg.org/multipage/server-sent-events.html): lines
end in LF, CRLF or CR, an empty line ends an event, a colon starts a comment, several data lines are one datum. Bytes
are never decoded, so a character cut in two by a read cannot be damaged.
"""

import re
from collections.abc import Sequence
from typing import Final

MAX_EVENT_BYTES: Final = 4 * 1024 * 1024

GARBAGE: Final = b"\x00garbage"
"""The name of a block that is no event at all but a document: bare JSON or HTML under the wrong content type."""

Event = tuple[bytes, bytes, bytes | None]
"""(the bytes as they came, the event's name or b"", its data or None when it has none)."""

_BOM: Final = b"\xef\xbb\xbf"
# Two line ends in a row. The groups are atomic: CRLF must never be read as two line ends.
_BOUNDARY: Final = re.compile(rb"(?>\r\n|\r|\n)(?>\r\n|\r|\n)")
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_LF: Final = 0x0A
_DOCUMENTS: Final = frozenset({b"{", b"[", b"<"})
# The longest part of a boundary that can lie before the newest read.
_OVERLAP: Final = 3


class EventSplitter:
    """Takes reads, gives events. The bytes of all events in order are the bytes of all reads."""

    __slots__ = ("_limit", "_rest", "_seen_first", "overflowed")

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._seen_first = False
        self.overflowed = False
        """An event grew beyond the limit; what has come of it has been let go."""

    def feed(self, data: bytes) -> Sequence[Event]:
        """The events that are whole now."""
        rest = self._rest
        if rest:
            start = max(0, len(rest) - _OVERLAP)
            rest += data
            if _BOUNDARY.search(rest, start) is None:
                self._check_size()
                return ()
            data = bytes(rest)
            rest.clear()
        if data.find(b"\n") == len(data) - 2 and data.startswith(b"data: ") and data[-1] == _LF and b"\r" not in data:
            # One whole event of one data line, as most reads are.
            self._seen_first = True
            return ((data, b"", data[6:-2] or None),)
        if b"\r" in data:
            return self._split_any(data)
        blocks = data.split(b"\n\n")
        rest += blocks.pop()
        self._check_size()
        return [(block + b"\n\n", *self._parse(block)) for block in blocks]

    def flush(self) -> Event | None:
        """What stands at the end of the stream without its empty line, completed with one; None if nothing does."""
        block = bytes(self._rest)
        self._rest.clear()
        if not block.strip():
            return None
        is_whole = _BOUNDARY.search(block.lstrip(b"\r\n")) is not None
        return (block if is_whole else block.rstrip(b"\r\n") + b"\n\n", *self._parse(block))

    def _split_any(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        start = 0
        for boundary in _BOUNDARY.finditer(data):
            end = boundary.end()
            if end == len(data) and data.endswith(b"\r"):
                break  # perhaps half of a CRLF: its other half belongs to the same event
            events.append((data[start:end], *self._parse(data[start : boundary.start()])))
            start = end
        self._rest += data[start:]
        self._check_size()
        return events

    def _parse(self, block: bytes) -> tuple[bytes, bytes | None]:
        if not self._seen_first and block:
            self._seen_first = True
            block = block.removeprefix(_BOM)
        if block.startswith(b"data: ") and b"\n" not in block and b"\r" not in block:
            return b"", block[6:] or None
        if block.startswith(b"event: ") and b"\r" not in block:
            # A name and one data line, as Anthropic and the Responses API send them.
            name, _, data = block[7:].partition(b"\ndata: ")
            if data and b"\n" not in name and b"\n" not in data:
                return name, data
        return _parse_lines(block)

    def _check_size(self) -> None:
        if len(self._rest) > self._limit:
            self.overflowed = True
            self._rest.clear()


def _parse_lines(block: bytes) -> tuple[bytes, bytes | None]:
    name = b""
    data: list[bytes] = []
    for line in _LINE_END.split(block):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value
    if data:
        return name, b"\n".join(data) or None
    # Unknown fields are ignored, as the standard wants it, and passed on.
    return (GARBAGE, block) if block.lstrip()[:1] in _DOCUMENTS else (name, None)
