"""Brings the parts of a stream into a row: providers may send several at once, the hub has one open at a time."""

from collections import deque
from collections.abc import Callable
from typing import Final

from octogate.core.conversation import (
    ArgumentsPiece,
    CitationPiece,
    HiddenReasoning,
    MediaPiece,
    PartEnd,
    Piece,
    ReasoningPiece,
    RefusalPiece,
    SignaturePiece,
    TextPiece,
    ToolBegun,
)

Extra = CitationPiece | SignaturePiece
Whole = HiddenReasoning | MediaPiece

_PIECES: Final[dict[str, Callable[[str], Piece]]] = {
    "text": TextPiece,
    "refusal": RefusalPiece,
    "reasoning": ReasoningPiece,
    "call": ArgumentsPiece,
}


class Slot:
    """One part as far as it has come: `length` characters of it were seen, `waiting` is what could not go on yet.

    `head` opens a call, and nothing of a call can go on before it is known. `section` is where thoughts last came from.
    """

    __slots__ = ("annotations", "closed", "head", "kind", "length", "opened", "section", "waiting")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.head: ToolBegun | None = None
        self.section: tuple[str, int] | None = None
        self.length = 0
        self.annotations = 0
        self.opened = False
        self.closed = False
        self.waiting: list[Piece] = []


class PartsInOrder:
    """Takes what comes for any slot and gives what may go on: everything of the first, then of the next.

    What waits is bounded by the bytes of one answer, as the reader of the stream counts them.
    """

    __slots__ = ("_queue", "open")

    def __init__(self) -> None:
        self.open: Slot | None = None
        self._queue: deque[Slot | Whole] = deque()

    def add(self, slot: Slot, text: str, out: list[Piece]) -> None:
        """More text of a part; an empty one opens it."""
        slot.length += len(text)
        self._put(slot, _PIECES[slot.kind](text), out)

    def add_piece(self, slot: Slot, piece: TextPiece | Extra, out: list[Piece]) -> None:
        """A source or a seal of a part, or text with probabilities, whose length the caller counts."""
        self._put(slot, piece, out)

    def begin(self, slot: Slot, head: ToolBegun, out: list[Piece]) -> None:
        """What a call calls is known."""
        slot.head = head
        self._enter(slot, out)
        self._advance(out)

    def whole(self, part: Whole, out: list[Piece]) -> None:
        """A part that is one piece."""
        if self.open is None and not self._queue:
            out.append(part)
        else:
            self._queue.append(part)
            self._advance(out)

    def close(self, slot: Slot, out: list[Piece]) -> None:
        """A part is complete. One that never began leaves no trace."""
        slot.closed = True
        self._advance(out)

    def close_all(self, out: list[Piece]) -> None:
        """The answer is complete, so each part is."""
        for slot in (self.open, *self._queue):
            if isinstance(slot, Slot):
                slot.closed = True
        self._advance(out)

    def _put(self, slot: Slot, piece: Piece, out: list[Piece]) -> None:
        if slot is self.open:
            out.append(piece)
            return
        slot.waiting.append(piece)
        if slot.kind != "call" or slot.head is not None:
            self._enter(slot, out)

    def _enter(self, slot: Slot, out: list[Piece]) -> None:
        if not slot.opened:
            slot.opened = True
            self._queue.append(slot)
            self._advance(out)

    def _advance(self, out: list[Piece]) -> None:
        """Let go on what may: end the open part if it is complete, then take the next."""
        while True:
            if self.open is not None:
                if not self.open.closed:
                    return
                out.append(PartEnd())
                self.open = None
            if not self._queue:
                return
            head = self._queue.popleft()
            if not isinstance(head, Slot):
                out.append(head)
                continue
            if head.head is not None:
                out.append(head.head)
            out += head.waiting
            head.waiting.clear()
            self.open = head
