"""Puts the pieces of several tool calls, as one choice of a stream brings them, into the order of whole calls.

Most providers send one call after the other; some mix them, repeat names and ids, leave out the index, or give every
call the index 0. The open call's pieces pass at once; another's wait until the open one is complete.
"""

import re
from collections.abc import Iterator
from typing import Final

from octogate.core.conversation import ArgumentsPiece, PartEnd, Piece, ToolBegun
from octogate.core.seals import unpack_id
from octogate.dialects.tool_calls import made_id

_LEGACY: Final = -1
"""The key of a `function_call`."""

_MAX_CALLS: Final = 1_000
"""In one answer; what is kept of each is much more than what a provider has to send for it."""

_MAX_NAME_CHARS: Final = 256
"""Of a name that comes in pieces; no tool's is longer."""

# What tells where an object ends. A backslash takes the character behind it along, which may be in the next piece.
_MARK: Final = re.compile(r'\\.|\\\Z|["{}\[\]]', re.S)


class _Call:
    """One call as far as it has come. Pieces of its arguments are `sent` once, and once `scanned` for their end."""

    __slots__ = (
        "_carried",
        "_depth",
        "_opened",
        "_quoted",
        "arguments",
        "begun",
        "call_id",
        "name",
        "scanned",
        "seed",
        "sent",
    )

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.call_id = ""
        self.name = ""
        self.arguments: list[str] = []
        self.sent = self.scanned = 0
        self.begun = False
        self._carried = ""
        self._depth = 0
        self._opened = self._quoted = False

    def is_complete(self) -> bool:
        """Whether the arguments are one whole object: every bracket that was opened outside of strings is closed."""
        for text in self.arguments[self.scanned :]:
            self._scan(self._carried + text)
        self.scanned = len(self.arguments)
        return self._opened and self._depth == 0 and not self._quoted and not self._carried

    def _scan(self, text: str) -> None:
        self._carried = ""
        for found in _MARK.finditer(text):
            mark = found[0]
            if mark == '"':
                self._quoted = not self._quoted
            elif mark == "\\":
                self._carried = mark
            elif not self._quoted:
                self._opened = True
                self._depth += 1 if mark in "{[" else -1

    def pieces(self, choice: int) -> Iterator[Piece]:
        """What has come and was not given away. The call begins with its first arguments, so that its name is whole."""
        if self.sent == len(self.arguments):
            return
        yield from self.begin(choice)
        for text in self.arguments[self.sent :]:
            yield ArgumentsPiece(text, choice)
        self.sent = len(self.arguments)

    def begin(self, choice: int) -> Iterator[Piece]:
        """The beginning, once."""
        if not self.begun:
            self.begun = True
            bare, signature = unpack_id(self.call_id)
            yield ToolBegun(bare or made_id(self.seed), self.name, choice, signature)


class ToolStream:
    """The tool calls of one choice."""

    __slots__ = ("_choice", "_keys", "_latest", "_seed", "_waiting", "count")

    def __init__(self, choice: int, seed: str) -> None:
        self._choice = choice
        self._seed = seed
        self._waiting: list[_Call] = []  # the first of them is open
        self._keys: dict[int | str, _Call] = {}
        self._latest: _Call | None = None
        self.count = 0
        """Calls so far."""

    def take(self, index: int | None, call_id: str, name: str, arguments: str) -> Iterator[Piece]:
        """One delta of one call."""
        call = self._latest = self._find(index, call_id, name)
        call.call_id = call.call_id or call_id
        if name and not call.begun and name != call.name and len(call.name) < _MAX_NAME_CHARS:
            call.name += name
        if arguments:
            call.arguments.append(arguments)
        while self._waiting:
            yield from self._waiting[0].pieces(self._choice)
            if len(self._waiting) == 1 or not self._waiting[0].is_complete():
                return
            yield from self._close()

    def take_legacy(self, name: str, arguments: str) -> Iterator[Piece]:
        """One delta of a `function_call`."""
        return self.take(_LEGACY, "", name, arguments)

    def end(self) -> Iterator[Piece]:
        """Nothing more comes: the open call is closed, and those that waited follow whole."""
        while self._waiting:
            yield from self._close()

    def _close(self) -> Iterator[Piece]:
        call = self._waiting.pop(0)
        yield from call.begin(self._choice)
        yield from call.pieces(self._choice)
        yield PartEnd(self._choice)

    def _find(self, index: int | None, call_id: str, name: str) -> _Call:
        """The call that a delta belongs to: by its index, else by its id, else the latest."""
        known = self._keys.get(index if index is not None else call_id)
        if known is None and index is None and not name:
            known = self._latest
        if known is not None and not _is_another(known, call_id, name):
            return known
        if self.count >= _MAX_CALLS:
            raise ValueError("more calls of tools than any answer has")
        call = _Call(f"{self._seed}/{self.count}")
        self.count += 1
        self._waiting.append(call)
        for key in (index, call_id):
            if key is not None and key != "":
                self._keys[key] = call
        return call


def _is_another(known: _Call, call_id: str, name: str) -> bool:
    """Whether a delta under the index of a known call begins the next: it has a name and an id of its own."""
    if not name or not call_id or not known.call_id or call_id == known.call_id:
        return False
    return not known.arguments or known.is_complete()
