"""Writes pieces as a stream of Responses events."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from octogate.core.call import Call
from octogate.core.conversation import (
    ArgumentsPiece,
    Begun,
    CitationPiece,
    Finish,
    Finished,
    HiddenReasoning,
    MediaPiece,
    PartEnd,
    Piece,
    ReasoningPiece,
    RefusalPiece,
    SignaturePiece,
    TextPiece,
    ToolBegun,
    ToolCall,
    UsageReport,
)
from octogate.core.usage import Usage
from octogate.dialects.hub import Heading
from octogate.dialects.openai_responses import write_output
from octogate.dialects.openai_responses.events import EventWriter
from octogate.dialects.openai_responses.open_items import OpenCall, OpenItem, OpenMessage, OpenReasoning
from octogate.dialects.openai_responses.response_object import echo, end_of, response_object
from octogate.dialects.openai_responses.tool_names import Namespaces
from octogate.dialects.openai_responses.write_output import Item


class ResponsesEncoder(EventWriter):
    """Announces each item, passes on what comes of it, repeats it at its end, and repeats the whole answer last.

    A message is open until something comes that is not of it: texts that follow each other are parts of one message.
    """

    __slots__ = ("_finish", "_heading", "_item", "_model", "_names", "_output", "_refused", "_said", "_tier", "_usage")

    def __init__(self, call: Call, heading: Heading) -> None:
        super().__init__()
        self._heading = heading
        self._names = Namespaces(call.fields)
        self._said = echo(call)
        self._model = call.model
        self._item: OpenItem | None = None
        self._output: list[Item] = []
        self._finish: Finish = "stop"
        self._usage = Usage()
        self._tier: str | None = None
        self._refused = False

    def encode(self, pieces: Iterable[Piece]) -> bytes:
        """See Encoder. Pieces of other choices than the first are left out: this dialect has no others."""
        out: list[bytes] = []
        for piece in pieces:
            if getattr(piece, "choice", 0) == 0:
                _WRITERS[type(piece)](self, piece, out)
        return out[0] if len(out) == 1 else b"".join(out)

    def end(self) -> bytes:
        """The end of the open item, and the whole response."""
        out: list[bytes] = []
        self._begin(out)
        if isinstance(self._item, OpenMessage) and self._finish == "length":
            self._item.status = "incomplete"
        self._close(out)
        ended = end_of(self._finish, self._usage, refused=self._refused)
        response = self._response("completed") | ended
        self.event(f"response.{response['status']}", {"response": response}, out)
        return b"".join(out)

    def _response(self, status: str) -> Item:
        return response_object(
            self._said, self._heading, model=self._model, status=status, output=self._output, tier=self._tier
        )

    def _begin(self, out: list[bytes]) -> None:
        if self.next_sequence == 0:
            response = msgspec.Raw(msgspec.json.encode(self._response("in_progress")))
            self.event("response.created", {"response": response}, out)
            self.event("response.in_progress", {"response": response}, out)

    def _close(self, out: list[bytes]) -> None:
        """End the open item."""
        if self._item is not None:
            self._output.append(self._item.end(self, out))
            self._item = None

    def _next_place(self, out: list[bytes]) -> tuple[str, int]:
        """What the next item's id is made of, and its place, once the last one has ended."""
        self._begin(out)
        self._close(out)
        at = len(self._output)
        return f"{self._heading.request_id}_{at}", at

    def _message(self, out: list[bytes]) -> OpenMessage:
        item = self._item
        if type(item) is not OpenMessage:
            self._item = item = OpenMessage(*self._next_place(out), self, out)
        return item

    def _reasoning(self, out: list[bytes]) -> OpenReasoning:
        item = self._item
        if type(item) is not OpenReasoning:
            self._item = item = OpenReasoning(*self._next_place(out), self, out)
        return item

    def _on_begun(self, piece: Begun, out: list[bytes]) -> None:
        self._model = piece.model or self._model
        self._usage, self._tier = piece.usage or Usage(), piece.service_tier
        self._begin(out)

    def _on_text(self, piece: TextPiece, out: list[bytes]) -> None:
        self._message(out).add_text(piece, self, out)

    def _on_refusal(self, piece: RefusalPiece, out: list[bytes]) -> None:
        self._refused = True
        self._message(out).add_refusal(piece.text, self, out)

    def _on_citation(self, piece: CitationPiece, out: list[bytes]) -> None:
        if isinstance(self._item, OpenMessage):
            self._item.add_source(piece.citation, self, out)

    def _on_reasoning(self, piece: ReasoningPiece, out: list[bytes]) -> None:
        self._reasoning(out).add(piece.text, self, out)

    def _on_signature(self, piece: SignaturePiece, out: list[bytes]) -> None:
        """The seal of thoughts, even of wordless ones; words have no place for one here."""
        if isinstance(self._item, OpenMessage) and self._item.has_open_part:
            return
        thoughts = self._reasoning(out)
        thoughts.add("", self, out)
        thoughts.signature = piece.signature

    def _on_hidden(self, piece: HiddenReasoning, out: list[bytes]) -> None:
        self._close(out)
        self._reasoning(out).signature = piece.signature
        self._close(out)

    def _on_call(self, piece: ToolBegun, out: list[bytes]) -> None:
        call = ToolCall(piece.id, piece.name, "", piece.signature)
        stem, at = self._next_place(out)
        self._item = OpenCall(stem, at, call, self._names, self, out)

    def _on_arguments(self, piece: ArgumentsPiece, out: list[bytes]) -> None:
        if isinstance(self._item, OpenCall):
            self._item.add(piece.text, self, out)

    def _on_media(self, piece: MediaPiece, out: list[bytes]) -> None:
        """A picture comes whole."""
        stem, at = self._next_place(out)
        item = write_output.picture(f"ig_{stem}", piece.media)
        if item is None:
            return
        announced = {**item, "status": "in_progress", "result": None}
        self.event("response.output_item.added", {"output_index": at, "item": announced}, out)
        self.event("response.output_item.done", {"output_index": at, "item": item}, out)
        self._output.append(item)

    def _on_part_end(self, _: PartEnd, out: list[bytes]) -> None:
        if isinstance(self._item, OpenMessage):
            self._item.end_part(self, out)
        else:
            self._close(out)

    def _on_finished(self, piece: Finished, _: list[bytes]) -> None:
        self._finish = piece.finish

    def _on_usage(self, piece: UsageReport, _: list[bytes]) -> None:
        self._usage = piece.usage
        self._tier = piece.service_tier or self._tier


_WRITERS: Final[dict[type, Callable[[ResponsesEncoder, Any, list[bytes]], None]]] = {
    Begun: ResponsesEncoder._on_begun,
    TextPiece: ResponsesEncoder._on_text,
    RefusalPiece: ResponsesEncoder._on_refusal,
    CitationPiece: ResponsesEncoder._on_citation,
    ReasoningPiece: ResponsesEncoder._on_reasoning,
    SignaturePiece: ResponsesEncoder._on_signature,
    HiddenReasoning: ResponsesEncoder._on_hidden,
    ToolBegun: ResponsesEncoder._on_call,
    ArgumentsPiece: ResponsesEncoder._on_arguments,
    MediaPiece: ResponsesEncoder._on_media,
    PartEnd: ResponsesEncoder._on_part_end,
    Finished: ResponsesEncoder._on_finished,
    UsageReport: ResponsesEncoder._on_usage,
}
