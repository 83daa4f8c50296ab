"""The items of a streamed answer while they grow: what they announce, pass on, and repeat at their end."""

from typing import Final, Protocol

import msgspec

from octogate.core.conversation import Citation, Signature, TextPiece, ToolCall
from octogate.dialects.openai_responses import write_output
from octogate.dialects.openai_responses.events import EventWriter, delta_frame
from octogate.dialects.openai_responses.tool_names import Namespaces
from octogate.dialects.openai_responses.write_output import Item

_NO_LOGPROBS: Final = b',"logprobs":[]'


class OpenItem(Protocol):
    """An item that is not complete."""

    def end(self, events: EventWriter, out: list[bytes]) -> Item:
        """Write what ends it; gives the whole item."""


class OpenMessage:
    """A message: parts of text and refusals, one open at a time."""

    __slots__ = (
        "_at", "_content", "_frame", "_id", "_length", "_logprobs", "_notes", "_place", "_refusing", "_texts", "status",
    )  # fmt: skip

    def __init__(self, stem: str, at: int, events: EventWriter, out: list[bytes]) -> None:
        self._id = f"msg_{stem}"
        self._at = at
        self._content: list[Item] = []
        self._place: Item | None = None
        self._frame = b""
        self._refusing = False
        self._texts: list[str] = []
        self._length = 0  # characters of these texts
        self._notes: list[Item] = []
        self._logprobs: list[msgspec.Raw] = []
        self.status = "completed"
        item = write_output.message(self._id, "in_progress", [])
        events.event("response.output_item.added", {"output_index": at, "item": item}, out)

    @property
    def has_open_part(self) -> bool:
        """Whether a text or a refusal has begun and not ended."""
        return self._place is not None

    def add_text(self, piece: TextPiece, events: EventWriter, out: list[bytes]) -> None:
        """More text."""
        if self._place is None or self._refusing:
            self._begin_part(events, out, refusing=False)
        self._texts.append(piece.text)
        self._length += len(piece.text)
        if piece.logprobs is None:
            if piece.text:
                events.delta(self._frame, piece.text, _NO_LOGPROBS, out)
            return
        found = write_output.token_list(piece.logprobs)
        self._logprobs += found
        events.delta(self._frame, piece.text, b',"logprobs":%b' % msgspec.json.encode(found), out)

    def add_refusal(self, text: str, events: EventWriter, out: list[bytes]) -> None:
        """More of a refusal."""
        if self._place is None or not self._refusing:
            self._begin_part(events, out, refusing=True)
        self._texts.append(text)
        if text:
            events.delta(self._frame, text, b"", out)

    def add_source(self, source: Citation, events: EventWriter, out: list[bytes]) -> None:
        """A source of the open text."""
        note = write_output.annotation(source, self._length)
        if note is None or self._place is None or self._refusing:
            return
        said = {**self._place, "annotation_index": len(self._notes), "annotation": note}
        self._notes.append(note)
        events.event("response.output_text.annotation.added", said, out)

    def end_part(self, events: EventWriter, out: list[bytes]) -> None:
        """Repeat the whole of the open part, if there is one."""
        place = self._place
        if place is None:
            return
        text = "".join(self._texts)
        if self._refusing:
            part = write_output.refusal(text)
            events.event("response.refusal.done", {**place, "refusal": text}, out)
        else:
            part = write_output.output_text(text, self._notes, self._logprobs)
            events.event("response.output_text.done", {**place, "text": text, "logprobs": self._logprobs}, out)
        events.event("response.content_part.done", {**place, "part": part}, out)
        self._content.append(part)
        self._place = None

    def end(self, events: EventWriter, out: list[bytes]) -> Item:
        """See OpenItem."""
        self.end_part(events, out)
        item = write_output.message(self._id, self.status, self._content)
        events.event("response.output_item.done", {"output_index": self._at, "item": item}, out)
        return item

    def _begin_part(self, events: EventWriter, out: list[bytes], *, refusing: bool) -> None:
        self.end_part(events, out)
        self._refusing = refusing
        self._texts, self._notes, self._logprobs, self._length = [], [], [], 0
        self._place = {"item_id": self._id, "output_index": self._at, "content_index": len(self._content)}
        kind = "response.refusal.delta" if refusing else "response.output_text.delta"
        self._frame = delta_frame(kind, self._place)
        empty = write_output.refusal("") if refusing else write_output.output_text("", [], [])
        events.event("response.content_part.added", {**self._place, "part": empty}, out)


class OpenReasoning:
    """Thoughts: one section of text, or none at all while they are hidden. The seal comes with the whole item."""

    __slots__ = ("_at", "_frame", "_id", "_place", "_texts", "signature")

    def __init__(self, stem: str, at: int, events: EventWriter, out: list[bytes]) -> None:
        self._id = f"rs_{stem}"
        self._at = at
        self._place: Item = {"item_id": self._id, "output_index": at, "summary_index": 0}
        self._frame = b""
        self._texts: list[str] = []
        self.signature: Signature | None = None
        item: Item = {"id": self._id, "type": "reasoning", "summary": []}
        events.event("response.output_item.added", {"output_index": at, "item": item}, out)

    def add(self, text: str, events: EventWriter, out: list[bytes]) -> None:
        """More thoughts; an empty text opens the section."""
        if not self._frame:
            self._frame = delta_frame("response.reasoning_summary_text.delta", self._place)
            part = {"type": "summary_text", "text": ""}
            events.event("response.reasoning_summary_part.added", {**self._place, "part": part}, out)
        self._texts.append(text)
        if text:
            events.delta(self._frame, text, b"", out)

    def end(self, events: EventWriter, out: list[bytes]) -> Item:
        """See OpenItem."""
        texts = ["".join(self._texts)] if self._frame else []
        for text in texts:
            part = {"type": "summary_text", "text": text}
            events.event("response.reasoning_summary_text.done", {**self._place, "text": text}, out)
            events.event("response.reasoning_summary_part.done", {**self._place, "part": part}, out)
        item = write_output.reasoning(self._id, texts, self.signature)
        events.event("response.output_item.done", {"output_index": self._at, "item": item}, out)
        return item


class OpenCall:
    """A call and its arguments."""

    __slots__ = ("_at", "_call", "_frame", "_id", "_names", "_place", "_texts")

    def __init__(
        self, stem: str, at: int, call: ToolCall, names: Namespaces, events: EventWriter, out: list[bytes]
    ) -> None:
        self._id = f"fc_{stem}"
        self._at = at
        self._call = call
        self._names = names
        self._texts: list[str] = []
        self._place: Item = {"item_id": self._id, "output_index": at}
        self._frame = delta_frame("response.function_call_arguments.delta", self._place)
        item = write_output.function_call(self._id, "in_progress", call, names)
        events.event("response.output_item.added", {"output_index": at, "item": item}, out)

    def add(self, text: str, events: EventWriter, out: list[bytes]) -> None:
        """More of the arguments."""
        if text:
            self._texts.append(text)
            events.delta(self._frame, text, b"", out)

    def end(self, events: EventWriter, out: list[bytes]) -> Item:
        """See OpenItem. No arguments at all are an empty object, also for those who only add up deltas."""
        if not self._texts:
            self.add("{}", events, out)
        call = msgspec.structs.replace(self._call, arguments="".join(self._texts))
        item = write_output.function_call(self._id, "completed", call, self._names)
        done = {**self._place, "name": item["name"], "arguments": call.arguments}
        events.event("response.function_call_arguments.done", done, out)
        events.event("response.output_item.done", {"output_index": self._at, "item": item}, out)
        return item
