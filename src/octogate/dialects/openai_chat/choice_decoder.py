"""One of the answers in a stream of chat completion chunks, as pieces of the hub."""

from collections.abc import Iterator
from typing import Final

import msgspec

from octogate.core.conversation import (
    CitationPiece,
    Finished,
    HiddenReasoning,
    MediaPiece,
    PartEnd,
    Piece,
    Reasoning,
    ReasoningPiece,
    RefusalPiece,
    SignaturePiece,
    TextPiece,
)
from octogate.dialects.openai_chat.citations import read_annotations, read_sources
from octogate.dialects.openai_chat.finishes import read_finish
from octogate.dialects.openai_chat.read_answer import arguments_text, read_images, read_item, read_transcript, words
from octogate.dialects.openai_chat.reasoning import plain_reasoning, read_block
from octogate.dialects.openai_chat.tool_stream import ToolStream

_ABSENT: Final = msgspec.Raw()


class _Function(msgspec.Struct, gc=False):
    name: object = None
    arguments: object = None


class _ToolCall(msgspec.Struct, gc=False):
    index: int | None = None
    id: object = None
    function: _Function | None = None


class Delta(msgspec.Struct, gc=False):
    """What a chunk adds to an answer."""

    content: object = None
    reasoning: object = None
    reasoning_content: object = None
    reasoning_details: object = None
    refusal: object = None
    tool_calls: list[_ToolCall] | None = None
    function_call: _Function | None = None
    audio: object = None
    images: object = None
    annotations: object = None

    def is_more_than_content(self) -> bool:
        """Whether there is anything beside `content`."""
        return bool(
            self.reasoning or self.reasoning_content or self.reasoning_details or self.refusal or self.tool_calls
            or self.function_call or self.audio or self.images or self.annotations
        )  # fmt: skip


class ChunkChoice(msgspec.Struct, gc=False):
    """What a chunk says of one of the answers."""

    index: int | None = None
    delta: Delta | None = None
    text: object = None
    finish_reason: object = None
    stop_reason: object = None
    logprobs: msgspec.Raw = _ABSENT


class ChoiceDecoder:
    """One of the answers: knows which kind of part is open, and closes it before the next kind begins."""

    __slots__ = (
        "_at", "_block", "_cited", "_finish", "_kind", "_length", "_refused", "_start", "_stop", "_tools",
    )  # fmt: skip

    def __init__(self, at: int, seed: str) -> None:
        self._at = at
        self._kind = ""
        self._block: object = None
        self._finish: object = None
        self._stop: str | None = None
        self._refused = False
        self._cited = False
        self._start = 0  # characters of text before the open part
        self._length = 0  # characters of text so far
        self._tools = ToolStream(at, seed)

    def decode(self, choice: ChunkChoice, out: list[Piece]) -> None:
        """The pieces in one choice of a chunk."""
        delta = choice.delta
        if delta is None:
            self._text(choice.text, choice.logprobs, out)
        else:
            content = delta.content or choice.text
            more = delta.is_more_than_content()
            if more:
                self._before_content(delta, out)
            if isinstance(content, list):
                self._items(content, out)
            elif content:
                self._text(content, choice.logprobs, out)
            if more:
                self._behind_content(delta, out)
        if choice.finish_reason:
            self._finish = choice.finish_reason
            self._stop = choice.stop_reason if isinstance(choice.stop_reason, str) else None

    def end(self, citations: object, results: object) -> Iterator[Piece]:
        """Close what is open, give what waited, and finish."""
        if self._kind == "text" and not self._cited:
            for source in read_sources(citations, results):
                yield CitationPiece(source, self._at)
        yield from self._close()
        reason = read_finish(self._finish, called_tools=self._tools.count > 0, refused=self._refused)
        yield Finished(reason, self._at, self._stop)

    def _before_content(self, delta: Delta, out: list[Piece]) -> None:
        """Thoughts come before the words that they led to."""
        details = delta.reasoning_details if isinstance(delta.reasoning_details, list) else ()
        blocks = [(block, detail.get("index")) for detail in details if (block := read_block(detail)) is not None]
        if not any(block.text for block, _ in blocks):
            text = plain_reasoning({"reasoning_content": delta.reasoning_content, "reasoning": delta.reasoning})
            if text:
                self._open("reasoning", out)
                out.append(ReasoningPiece(text, self._at))
        for block, index in blocks:
            self._reasoning(block, index, out)

    def _reasoning(self, block: Reasoning, index: object, out: list[Piece]) -> None:
        if block.hidden:
            self._open("", out)
            if block.signature is not None:
                out.append(HiddenReasoning(block.signature, self._at))
            return
        if not block.text and block.signature is None:
            return
        if self._kind == "reasoning" and index != self._block and self._block is not None:
            self._open("", out)
        if block.text or self._kind != "reasoning":
            self._open("reasoning", out)
            out.append(ReasoningPiece(block.text, self._at))
        self._block = index
        if block.signature is not None:
            out.append(SignaturePiece(block.signature, self._at))

    def _items(self, content: list[object], out: list[Piece]) -> None:
        """Content as a list of parts (Mistral)."""
        for item in content:
            part = read_item(item)
            if isinstance(part, Reasoning):
                self._reasoning(part, None, out)
            elif part is not None:
                self._text(part.text, _ABSENT, out)

    def _text(self, text: object, logprobs: msgspec.Raw, out: list[Piece]) -> None:
        if not isinstance(text, str) or not text:
            return
        if self._kind != "text":
            self._open("text", out)
            self._start = self._length
        self._length += len(text)
        known = None if logprobs is _ABSENT or bytes(logprobs) == b"null" else logprobs
        out.append(TextPiece(text, self._at, known))

    def _behind_content(self, delta: Delta, out: list[Piece]) -> None:
        if delta.audio:
            self._text(read_transcript(delta.audio), _ABSENT, out)
        if delta.annotations:
            self._annotations(delta.annotations, out)
        if isinstance(delta.refusal, str) and delta.refusal:
            self._refused = True
            self._open("refusal", out)
            out.append(RefusalPiece(delta.refusal, self._at))
        for picture in read_images(delta.images):
            self._open("", out)
            out.append(MediaPiece(picture, self._at))
        for call in delta.tool_calls or ():
            if call.function is not None:
                self._open("tool", out)
                name, arguments = words(call.function.name), arguments_text(call.function.arguments)
                out += self._tools.take(call.index, words(call.id), name, arguments)
        if delta.function_call is not None:
            self._open("tool", out)
            name, arguments = words(delta.function_call.name), arguments_text(delta.function_call.arguments)
            out += self._tools.take_legacy(name, arguments)

    def _annotations(self, annotations: object, out: list[Piece]) -> None:
        citations = read_annotations(annotations, self._start)
        if citations and self._kind != "text":
            self._open("text", out)
            out.append(TextPiece("", self._at))
        self._cited = self._cited or bool(citations)
        out += [CitationPiece(citation, self._at) for citation in citations]

    def _open(self, kind: str, out: list[Piece]) -> None:
        """Close the open part unless it is of this kind."""
        if self._kind != kind:
            out += self._close()
            self._kind = kind

    def _close(self) -> Iterator[Piece]:
        kind, self._kind = self._kind, ""
        self._block = None
        if kind == "tool":
            yield from self._tools.end()
        elif kind:
            yield PartEnd(self._at)
