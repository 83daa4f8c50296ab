"""The items of an answer as far as they have come: what of each has been given, and what its end still brings."""

from typing import Final

import msgspec

from octogate.core.conversation import (
    CitationPiece,
    HiddenReasoning,
    MediaPiece,
    Piece,
    Signature,
    SignaturePiece,
    TextPiece,
    ToolBegun,
)
from octogate.dialects.openai_responses.output import (
    OWN,
    OutputItem,
    OutputPart,
    arguments,
    call_id,
    citation,
    joined,
    parts_of,
    read_picture,
    sections,
)
from octogate.dialects.openai_responses.parts_in_order import PartsInOrder, Slot

ONLY: Final = -1
"""The number of a part of an item that has no others: thoughts and calls."""


class ItemsSoFar:
    """Keeps a slot for each part. `calls`: a tool was called; `refused`: the model declined."""

    __slots__ = ("_complete", "_slots", "calls", "refused", "row")

    def __init__(self) -> None:
        self.row = PartsInOrder()
        self._slots: dict[tuple[int, int], Slot] = {}
        self._complete: set[int] = set()  # places in the output
        self.calls = self.refused = False

    def slot(self, at: int, number: int, kind: str) -> Slot:
        """The part `number` of the item at the place `at`, ONLY where an item has no others."""
        slot = self._slots.get((at, number))
        if slot is None:
            slot = self._slots[at, number] = Slot(kind)
        return slot

    def begin_call(self, slot: Slot, item: OutputItem, out: list[Piece]) -> None:
        """What a call calls is known."""
        self.calls = True
        self.row.begin(slot, ToolBegun(call_id(item), item.name or ""), out)

    def fill(self, slot: Slot, text: str, out: list[Piece], logprobs: msgspec.Raw | None = None) -> None:
        """Give what of `text` did not come before."""
        if slot.closed or len(text) <= slot.length:
            return
        rest = text[slot.length :]
        if logprobs is None or slot.length:
            self.row.add(slot, rest, out)
            return
        slot.length += len(rest)
        self.row.add_piece(slot, TextPiece(rest, logprobs=logprobs), out)

    def finish_part(self, at: int, number: int, part: OutputPart, out: list[Piece]) -> None:
        """A part of a message is complete."""
        refusal = part.type == "refusal"
        slot = self.slot(at, number, "refusal" if refusal else "text")
        if slot.closed:
            return
        self.refused |= refusal
        self.fill(slot, (part.refusal if refusal else part.text) or "", out, _all_logprobs(part))
        if slot.opened:
            for source in (part.annotations or [])[slot.annotations :]:
                self.row.add_piece(slot, CitationPiece(citation(source)), out)
        self.row.close(slot, out)

    def finish_item(self, at: int, item: OutputItem, out: list[Piece]) -> None:
        """An item is complete, and here is all of it."""
        if at in self._complete:
            return
        self._complete.add(at)
        if item.type == "message":
            for number, part in enumerate(parts_of(item.content)):
                self.finish_part(at, number, part, out)
        elif item.type == "function_call":
            slot = self.slot(at, ONLY, "call")
            if slot.head is None:
                self.begin_call(slot, item, out)
            self.fill(slot, "" if slot.length and item.arguments is None else arguments(item), out)
            self.row.close(slot, out)
        elif item.type == "reasoning":
            self._finish_reasoning(self.slot(at, ONLY, "reasoning"), item, out)
        elif item.type == "image_generation_call" and (picture := read_picture(item)) is not None:
            self.row.whole(MediaPiece(picture), out)

    def _finish_reasoning(self, slot: Slot, item: OutputItem, out: list[Piece]) -> None:
        """The seal comes with the whole item: the one at its beginning may not be complete."""
        if slot.closed:
            return
        texts = sections(item)
        signature = Signature(OWN, item.encrypted_content) if item.encrypted_content else None
        if texts and not slot.opened and signature is not None:
            self.row.add(slot, "", out)
        self.fill(slot, joined(texts), out)
        if signature is not None and slot.opened:
            self.row.add_piece(slot, SignaturePiece(signature), out)
        elif signature is not None:
            self.row.whole(HiddenReasoning(signature), out)
        self.row.close(slot, out)


def _all_logprobs(part: OutputPart) -> msgspec.Raw | None:
    return msgspec.Raw(msgspec.json.encode({"content": part.logprobs})) if part.logprobs else None
