"""Events of an Anthropic stream → pieces."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from octogate.core.conversation import (
    ArgumentsPiece,
    Begun,
    CitationPiece,
    Finished,
    HiddenReasoning,
    PartEnd,
    Piece,
    ReasoningPiece,
    RefusalPiece,
    SignaturePiece,
    TextPiece,
    ToolBegun,
    UsageReport,
)
from octogate.dialects.anthropic_messages.citations import read_citation
from octogate.dialects.anthropic_messages.finishes import read_finish, read_tier
from octogate.dialects.anthropic_messages.read_answer import AnswerBlock, StopDetails, arguments_of, own_signature
from octogate.dialects.anthropic_messages.usage import Tally

_ABSENT: Final = msgspec.Raw()


class _Delta(msgspec.Struct, gc=False):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    signature: str | None = None
    citation: msgspec.Raw = _ABSENT
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None


class _Message(msgspec.Struct, gc=False):
    id: str = ""
    model: str = ""
    usage: msgspec.Raw = _ABSENT


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    index: int | None = None
    message: _Message | None = None
    content_block: AnswerBlock | None = None
    delta: _Delta | None = None
    usage: msgspec.Raw = _ABSENT


class _Kind(msgspec.Struct, gc=False):
    type: str = ""


_EVENT: Final = msgspec.json.Decoder(_Event)
_KIND: Final = msgspec.json.Decoder(_Kind)
_PART_END: Final = PartEnd()


class MessagesDecoder:
    """Reads blocks one after the other, as Anthropic sends them.

    Citations may come before the words that they belong to, so they wait for the end of their block. The stop reason
    waits for the end of the stream.
    """

    __slots__ = (
        "_block", "_citations", "_finish", "_has_begun", "_is_open", "_refusal", "_seals", "_stop_sequence", "_tally",
        "_wrote",
    )  # fmt: skip

    def __init__(self) -> None:
        self._tally = Tally()
        self._has_begun = False
        self._block: AnswerBlock | None = None
        self._is_open = False
        self._wrote = False
        self._citations: list[Piece] = []
        self._seals: list[str] = []  # the pieces of the open block's signature
        self._finish: str | None = None
        self._stop_sequence: str | None = None
        self._refusal: str | None = None

    def decode(self, name: bytes, data: bytes) -> list[Piece]:
        """See Decoder."""
        try:
            event = _EVENT.decode(data)
        except msgspec.ValidationError:
            if _KIND.decode(data).type in _EVENTS:  # of an event that came after us, nothing is malformed
                raise
            return []
        read = _EVENTS.get(event.type)
        if read is None:
            return []
        pieces: list[Piece] = []
        if not self._has_begun and event.message is None:
            self._begin(_Message(), pieces)
        read(self, event, pieces)
        return pieces

    def end(self) -> list[Piece]:
        """See Decoder."""
        pieces: list[Piece] = []
        if not self._has_begun:
            self._begin(_Message(), pieces)
        self._close(pieces)
        if self._finish == "refusal" and self._refusal:
            pieces += (RefusalPiece(self._refusal), _PART_END)
        pieces.append(Finished(read_finish(self._finish), stop_sequence=self._stop_sequence))
        return pieces

    def _start(self, event: _Event, pieces: list[Piece]) -> None:
        if event.message is not None and not self._has_begun:
            self._begin(event.message, pieces)

    def _begin(self, message: _Message, pieces: list[Piece]) -> None:
        self._has_begun = True
        self._tally.add(message.usage)
        pieces.append(Begun(message.id, message.model, self._tally.usage(), read_tier(self._tally.tier)))

    def _open(self, event: _Event, pieces: list[Piece]) -> None:
        self._close(pieces)
        block = self._block = event.content_block
        if block is None:
            return
        if block.type == "text" and block.text:
            self._take(TextPiece(block.text), pieces)
        elif block.type == "thinking" and block.thinking:
            self._take(ReasoningPiece(block.thinking), pieces)
        elif block.type == "tool_use":
            self._take(ToolBegun(block.id or "", block.name or ""), pieces)
        elif block.type == "redacted_thinking" and (signature := own_signature(block.data)) is not None:
            pieces.append(HiddenReasoning(signature))

    def _add(self, event: _Event, pieces: list[Piece]) -> None:
        delta, block = event.delta, self._block
        if delta is None or block is None:
            return
        kind = delta.type
        if kind == "text_delta":
            if delta.text and block.type == "text":
                self._is_open = True
                pieces.append(TextPiece(delta.text))
        elif kind == "input_json_delta":
            if delta.partial_json and block.type == "tool_use":
                self._wrote = True
                pieces.append(ArgumentsPiece(delta.partial_json))
        elif kind == "thinking_delta":
            if delta.thinking and block.type == "thinking":
                self._take(ReasoningPiece(delta.thinking), pieces)
        elif kind == "signature_delta":
            self._seals.append(delta.signature or "")
        elif kind == "citations_delta" and (citation := read_citation(delta.citation)) is not None:
            self._citations.append(CitationPiece(citation))

    def _take(self, piece: Piece, pieces: list[Piece]) -> None:
        self._is_open = True
        pieces.append(piece)

    def _stop(self, event: _Event, pieces: list[Piece]) -> None:
        self._close(pieces)

    def _close(self, pieces: list[Piece]) -> None:
        """The end of the open block: what was kept back of it, then PartEnd."""
        block = self._block
        if block is None:
            return
        if block.type == "tool_use" and not self._wrote:
            pieces.append(ArgumentsPiece(arguments_of(block.input)))
        elif block.type == "thinking" and (signature := own_signature(self._signature(block))) is not None:
            if not self._is_open:
                self._take(ReasoningPiece(""), pieces)
            pieces.append(SignaturePiece(signature))
        elif block.type == "text" and self._is_open:
            pieces += self._citations
        if self._is_open:
            pieces.append(_PART_END)
        self._citations.clear()
        self._seals.clear()
        self._block, self._is_open, self._wrote = None, False, False

    def _signature(self, block: AnswerBlock) -> str:
        return (block.signature or "") + "".join(self._seals)

    def _note(self, event: _Event, pieces: list[Piece]) -> None:
        """`message_delta`: why the answer ends, and the usage so far."""
        delta = event.delta
        if delta is not None:
            self._finish = delta.stop_reason or self._finish
            self._stop_sequence = delta.stop_sequence or self._stop_sequence
            self._refusal = delta.stop_details.explanation if delta.stop_details else self._refusal
        self._tally.add(event.usage)
        usage = self._tally.usage()
        if usage is not None:
            pieces.append(UsageReport(usage, read_tier(self._tally.tier)))

    def _ignore(self, event: _Event, pieces: list[Piece]) -> None:
        """`message_stop`: `end` says the same."""


_EVENTS: Final[Mapping[object, Callable[[MessagesDecoder, _Event, list[Piece]], None]]] = {
    "message_start": MessagesDecoder._start,
    "content_block_start": MessagesDecoder._open,
    "content_block_delta": MessagesDecoder._add,
    "content_block_stop": MessagesDecoder._stop,
    "message_delta": MessagesDecoder._note,
    "message_stop": MessagesDecoder._ignore,
}
