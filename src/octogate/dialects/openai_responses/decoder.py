"""Turns a stream of Responses events into pieces."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from octogate.core.conversation import Begun, CitationPiece, Finished, Piece, TextPiece, UsageReport
from octogate.dialects.openai_responses.finishes import read_finish
from octogate.dialects.openai_responses.items_so_far import ONLY, ItemsSoFar
from octogate.dialects.openai_responses.output import (
    ABSENT,
    Annotation,
    OutputItem,
    OutputPart,
    citation,
)
from octogate.dialects.openai_responses.read_answer import Response, failure_of
from octogate.dialects.openai_responses.usage import read_usage

if TYPE_CHECKING:
    from octogate.dialects.openai_responses.parts_in_order import Slot

_TERMINAL: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})


class Event(msgspec.Struct, gc=False):
    """The members of all events that say something; which of them there are depends on the type."""

    type: str = ""
    delta: str = ""
    output_index: int = -1
    content_index: int = 0
    summary_index: int = 0
    item_id: str | None = None
    arguments: str | None = None
    item: msgspec.Raw = ABSENT
    part: msgspec.Raw = ABSENT
    annotation: msgspec.Raw = ABSENT
    response: msgspec.Raw = ABSENT
    logprobs: msgspec.Raw = ABSENT


class _Type(msgspec.Struct, gc=False):
    type: object = None


_EVENT: Final = msgspec.json.Decoder(Event)
_TYPE: Final = msgspec.json.Decoder(_Type)
_ITEM: Final = msgspec.json.Decoder(OutputItem)
_PART: Final = msgspec.json.Decoder(OutputPart)
_ANNOTATION: Final = msgspec.json.Decoder(Annotation)
_RESPONSE: Final = msgspec.json.Decoder(Response)
_NOTHING: Final[tuple[Piece, ...]] = ()


class ResponsesDecoder:
    """Deltas go on as they come. The `done` events and the last response bring what never came as deltas."""

    __slots__ = ("_begun", "_finished", "_hot", "_hot_at", "_items", "_last", "_places", "_row")

    def __init__(self) -> None:
        self._items = ItemsSoFar()
        self._row = self._items.row
        self._last = -1
        self._places: dict[str, int] = {}  # by item id, for providers that do not number everything
        self._hot: Slot | None = None
        self._hot_at = (-1, -1)
        self._begun = self._finished = False

    def decode(self, name: bytes, data: bytes) -> Sequence[Piece]:
        """See Decoder. Events of unknown types are skipped, and so is all behind the last one.

        Raises UpstreamError when the response failed.
        """
        if self._finished:
            return _NOTHING
        try:
            event = _EVENT.decode(data)
        except msgspec.ValidationError:
            if str(_TYPE.decode(data).type) in _HANDLERS:
                raise
            return _NOTHING
        kind = event.type
        if (
            kind == "response.output_text.delta"
            and (event.output_index, event.content_index) == self._hot_at
            and self._hot is self._row.open
            and self._hot is not None
            and (event.logprobs is ABSENT or len(bytes(event.logprobs)) <= 4)
        ):
            self._hot.length += len(event.delta)
            return (TextPiece(event.delta),) if event.delta else _NOTHING
        handler = _HANDLERS.get(kind)
        if handler is None:
            return _NOTHING
        out: list[Piece] = []
        if not self._begun and event.response is ABSENT:
            self._begin(Response(), out)
        handler(self, event, out)
        return out

    def end(self) -> Iterable[Piece]:
        """See Decoder."""
        return self._end("completed", Response())

    def _begin(self, response: Response, out: list[Piece]) -> None:
        if not self._begun:
            self._begun = True
            out.append(Begun(response.id or "", response.model or ""))

    def _on_response(self, event: Event, out: list[Piece]) -> None:
        self._begin(_RESPONSE.decode(event.response), out)

    def _on_item_added(self, event: Event, out: list[Piece]) -> None:
        item = _ITEM.decode(event.item)
        at = self._place(event, item.id)
        if item.type == "function_call" and item.name:
            self._items.begin_call(self._items.slot(at, ONLY, "call"), item, out)

    def _on_text(self, event: Event, out: list[Piece]) -> None:
        at = (self._place(event), event.content_index)
        slot = self._items.slot(*at, "text")
        self._hot, self._hot_at = slot, at
        found = _logprobs(event.logprobs)
        if found is None:
            if event.delta:
                self._row.add(slot, event.delta, out)
            return
        slot.length += len(event.delta)
        self._row.add_piece(slot, TextPiece(event.delta, logprobs=found), out)

    def _on_refusal(self, event: Event, out: list[Piece]) -> None:
        self._items.refused = True
        if event.delta:
            self._row.add(self._items.slot(self._place(event), event.content_index, "refusal"), event.delta, out)

    def _on_summary(self, event: Event, out: list[Piece]) -> None:
        self._think(event, ("summary", event.summary_index), out)

    def _on_thoughts(self, event: Event, out: list[Piece]) -> None:
        self._think(event, ("content", event.content_index), out)

    def _think(self, event: Event, section: tuple[str, int], out: list[Piece]) -> None:
        slot = self._items.slot(self._place(event), ONLY, "reasoning")
        if not event.delta:
            return
        if slot.section != section and slot.length:
            self._row.add(slot, "\n\n", out)
        slot.section = section
        self._row.add(slot, event.delta, out)

    def _on_arguments(self, event: Event, out: list[Piece]) -> None:
        if event.delta:
            self._row.add(self._items.slot(self._place(event), ONLY, "call"), event.delta, out)

    def _on_arguments_done(self, event: Event, out: list[Piece]) -> None:
        self._items.fill(self._items.slot(self._place(event), ONLY, "call"), event.arguments or "", out)

    def _on_annotation(self, event: Event, out: list[Piece]) -> None:
        slot = self._items.slot(self._place(event), event.content_index, "text")
        slot.annotations += 1
        self._row.add_piece(slot, CitationPiece(citation(_ANNOTATION.decode(event.annotation))), out)

    def _on_part_done(self, event: Event, out: list[Piece]) -> None:
        part = _PART.decode(event.part)
        if part.type in ("output_text", "refusal"):
            self._items.finish_part(self._place(event), event.content_index, part, out)

    def _on_item_done(self, event: Event, out: list[Piece]) -> None:
        item = _ITEM.decode(event.item)
        self._items.finish_item(self._place(event, item.id), item, out)

    def _on_end(self, event: Event, out: list[Piece]) -> None:
        response = _RESPONSE.decode(event.response) if event.response is not ABSENT else Response()
        if event.type == "response.failed":
            raise failure_of(response)
        self._begin(response, out)
        for at, item in enumerate(response.output or ()):
            self._items.finish_item(self._places.get(item.id or "", at), item, out)
        out += self._end(event.type.removeprefix("response."), response)

    def _end(self, status: str, response: Response) -> list[Piece]:
        out: list[Piece] = []
        if self._finished:
            return out
        self._finished = True
        self._begin(response, out)
        self._row.close_all(out)
        items = self._items
        finish = read_finish(status, response.incomplete_details, calls=items.calls, refused=items.refused)
        out.append(Finished(finish))
        usage = read_usage(response.usage) if response.usage is not ABSENT else None
        if usage is not None:
            out.append(UsageReport(usage, response.service_tier))
        return out

    def _place(self, event: Event, item_id: str | None = None) -> int:
        """The place of an event's item in the output, by number, by id, or where the last one was."""
        item_id = item_id or event.item_id
        at = event.output_index
        if at < 0:
            at = self._places.get(item_id or "", self._last + 1 if item_id else max(self._last, 0))
        self._last = max(self._last, at)
        if item_id:
            self._places[item_id] = at
        return at


_HANDLERS: Final[dict[str, Callable[[ResponsesDecoder, Event, list[Piece]], None]]] = {
    "response.created": ResponsesDecoder._on_response,
    "response.in_progress": ResponsesDecoder._on_response,
    "response.output_item.added": ResponsesDecoder._on_item_added,
    "response.output_text.delta": ResponsesDecoder._on_text,
    "response.output_text.annotation.added": ResponsesDecoder._on_annotation,
    "response.refusal.delta": ResponsesDecoder._on_refusal,
    "response.reasoning_summary_text.delta": ResponsesDecoder._on_summary,
    "response.reasoning_text.delta": ResponsesDecoder._on_thoughts,
    "response.function_call_arguments.delta": ResponsesDecoder._on_arguments,
    "response.function_call_arguments.done": ResponsesDecoder._on_arguments_done,
    "response.content_part.done": ResponsesDecoder._on_part_done,
    "response.output_item.done": ResponsesDecoder._on_item_done,
    **dict.fromkeys(_TERMINAL, ResponsesDecoder._on_end),
}


def _logprobs(raw: msgspec.Raw) -> msgspec.Raw | None:
    """The probabilities of a delta's tokens, in chat's form."""
    said = bytes(raw)
    return msgspec.Raw(b'{"content":%b}' % said) if len(said) > 4 else None
