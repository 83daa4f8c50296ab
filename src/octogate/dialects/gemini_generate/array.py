"""Splits one JSON array that arrives piece by piece into its elements, without waiting for its end.

Gemini streams without `alt=sse` are such an array. Elements are found by counting brackets outside strings; whether
they are valid JSON is the reader's to check.
"""

import re
from collections.abc import Sequence
from typing import Final

from octogate.dialects.sse import GARBAGE, Event

# What is kept of a body that is no array: enough for any error object.
_MAX_OTHER_BYTES: Final = 64 * 1024
_OUTSIDE: Final = re.compile(rb'["\[\]{}]')
_INSIDE: Final = re.compile(rb'["\\]')
_CLOSING: Final = frozenset(b"]}")


class ArraySplitter:
    """Takes reads, gives elements as events: each with the bracket, comma and white space that stood before it.

    The last event is the closing bracket, without data. A body that is not an array comes out of `flush` as garbage.
    """

    __slots__ = (
        "_begun",
        "_depth",
        "_in_string",
        "_is_other",
        "_limit",
        "_rest",
        "_scanned",
        "_start",
        "ended",
        "overflowed",
    )

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._scanned = 0
        self._start = 0
        self._depth = 0
        self._begun = self._is_other = self._in_string = False
        self.ended = False
        """The array has been closed."""
        self.overflowed = False

    def feed(self, data: bytes) -> Sequence[Event]:
        """The elements that are whole now."""
        if self.ended:
            return [(data, b"", None)]
        self._rest += data
        if not self._begun and not self._begins():
            return ()
        events: list[Event] = []
        self._scan(events)
        if self.ended and self._rest:
            events.append((bytes(self._rest), b"", None))
        self._check_size()
        return events

    def flush(self) -> Event | None:
        """What is left at the end when it never was an array; half an element is nothing."""
        if self._begun or not self._rest.strip():
            return None
        return bytes(self._rest), GARBAGE, bytes(self._rest)

    def _begins(self) -> bool:
        """Whether the first byte that counts is the bracket of an array."""
        if not self._is_other:
            first = self._rest.lstrip()[:1]
            self._begun = first == b"["
            self._is_other = bool(first) and not self._begun
        self._check_size()
        return self._begun

    def _scan(self, events: list[Event]) -> None:
        rest = self._rest
        at = self._scanned
        while True:
            found = (_INSIDE if self._in_string else _OUTSIDE).search(rest, at)
            if found is None:
                at = len(rest)
                break
            at = found.end()
            byte = rest[found.start()]
            if byte == 0x5C:  # a backslash: skip what it escapes, which may not be here yet
                at += 1
                if at > len(rest):
                    at -= 2
                    break
            elif byte == 0x22:
                self._in_string = not self._in_string
            elif self._step(byte, found.start(), events):
                del self._rest[:at]
                at = 0
                if self.ended:
                    return
        self._scanned = at

    def _step(self, byte: int, at: int, events: list[Event]) -> bool:
        """Follow one bracket; True when it ended an element (or the array), which has been added to `events`."""
        if byte not in _CLOSING:
            self._depth += 1
            if self._depth == 2:
                self._start = at
            return False
        self._depth -= 1
        if self._depth == 1:
            events.append((bytes(self._rest[: at + 1]), b"", bytes(self._rest[self._start : at + 1])))
            return True
        if self._depth <= 0:
            events.append((bytes(self._rest[: at + 1]), b"", None))
            self.ended = True
            return True
        return False

    def _check_size(self) -> None:
        if len(self._rest) > (_MAX_OTHER_BYTES if self._is_other else self._limit):
            self.overflowed = True
            self._rest.clear()
