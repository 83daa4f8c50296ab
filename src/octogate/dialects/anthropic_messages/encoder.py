"""Pieces of any provider's stream → events of an Anthropic stream."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from octogate.core import seals
from octogate.core.conversation import (
    ArgumentsPiece,
    Begun,
    CitationPiece,
    Finished,
    HiddenReasoning,
    MediaPiece,
    PartEnd,
    Piece,
    ReasoningPiece,
    RefusalPiece,
    Signature,
    SignaturePiece,
    TextPiece,
    ToolBegun,
    UsageReport,
)
from octogate.core.usage import Usage
from octogate.dialects.anthropic_messages.citations import write_citation
from octogate.dialects.anthropic_messages.finishes import write_stop_reason, write_tier
from octogate.dialects.anthropic_messages.identity import OWN, shown_id, shown_signature
from octogate.dialects.anthropic_messages.usage import write_full_usage, write_usage
from octogate.dialects.anthropic_messages.write_answer import message_id, shown_media
from octogate.dialects.hub import Heading

_encode: Final = msgspec.json.Encoder().encode
_STOP: Final = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_DELTA_END: Final = b"}}\n\n"
_DELTAS: Final = {
    "text": b'"delta":{"type":"text_delta","text":',
    "thinking": b'"delta":{"type":"thinking_delta","thinking":',
    "tool_use": b'"delta":{"type":"input_json_delta","partial_json":',
}


class MessagesEncoder:
    """Writes one content block after the other; a block is opened by the first piece of its part.

    Only the first of several answers is shown: the dialect has no place for others.
    """

    __slots__ = (
        "_calls_tools", "_finish", "_has_begun", "_has_content", "_heading", "_index", "_open", "_prefix", "_refuses",
        "_signature", "_tier", "_usage", "next_sequence",
    )  # fmt: skip

    def __init__(self, heading: Heading) -> None:
        self._heading = heading
        self.next_sequence = 0
        self._has_begun = False
        self._index = -1
        self._open: str | None = None
        self._prefix = b""
        self._has_content = False
        self._signature: Signature | None = None
        self._calls_tools = self._refuses = False
        self._finish: Finished | None = None
        self._usage: Usage | None = None
        self._tier: str | None = None

    def encode(self, pieces: Iterable[Piece]) -> bytes:
        """See Encoder."""
        out: list[bytes] = []
        for piece in pieces:
            if type(piece) is TextPiece and self._open == "text" and not piece.choice:
                out.append(self._prefix + _encode(piece.text) + _DELTA_END)
            elif not getattr(piece, "choice", 0):
                _WRITERS[type(piece)](self, piece, out)
        return b"".join(out)

    def end(self) -> bytes:
        """See Encoder."""
        out: list[bytes] = []
        if not self._has_begun:
            self._begin(Begun("", ""), out)
        self._close(out)
        finish = self._finish or Finished("stop")
        reason = write_stop_reason(
            finish.finish, finish.stop_sequence, calls_tools=self._calls_tools, refuses=self._refuses
        )
        delta = {"stop_reason": reason, "stop_sequence": finish.stop_sequence}
        out.append(_event("message_delta", {"delta": delta, "usage": write_usage(self._usage)}))
        out.append(_STOP)
        return b"".join(out)

    def _begin(self, piece: Begun, out: list[bytes]) -> None:
        """`message_start`, with what is known of the input; nothing has been produced yet."""
        self._has_begun = True
        self._report(piece.usage, piece.service_tier)
        usage = msgspec.structs.replace(self._usage or Usage(), output_tokens=0, reasoning_tokens=0)
        message: dict[str, object] = {
            "id": message_id(self._heading),
            "type": "message",
            "role": "assistant",
            "model": piece.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": write_full_usage(usage, self._tier),
        }
        out.append(_event("message_start", {"message": message}))

    def _report(self, usage: Usage | None, tier: str | None) -> None:
        self._usage = usage or self._usage
        self._tier = write_tier(tier) if tier else self._tier

    def _write_text(self, piece: TextPiece | RefusalPiece, out: list[bytes]) -> None:
        if piece.text:
            self._ensure("text", {"type": "text", "text": ""}, out)
            self._delta(piece.text, out)

    def _write_refusal(self, piece: RefusalPiece, out: list[bytes]) -> None:
        self._refuses = True
        self._write_text(piece, out)

    def _write_reasoning(self, piece: ReasoningPiece, out: list[bytes]) -> None:
        self._ensure("thinking", {"type": "thinking", "thinking": "", "signature": ""}, out)
        if piece.text:
            self._delta(piece.text, out)

    def _write_signature(self, piece: SignaturePiece, out: list[bytes]) -> None:
        """It is written as the last of its block; a text has no place for one."""
        if self._open == "thinking":
            self._signature = piece.signature

    def _write_hidden(self, piece: HiddenReasoning, out: list[bytes]) -> None:
        data = seals.seal(piece.signature, OWN)
        self._start("redacted_thinking", {"type": "redacted_thinking", "data": data}, out)
        self._close(out)

    def _begin_tool(self, piece: ToolBegun, out: list[bytes]) -> None:
        self._calls_tools = True
        call_id = shown_id(piece.id, piece.signature)
        self._start("tool_use", {"type": "tool_use", "id": call_id, "name": piece.name, "input": {}}, out)

    def _write_arguments(self, piece: ArgumentsPiece, out: list[bytes]) -> None:
        if piece.text and self._open == "tool_use":
            self._delta(piece.text, out)

    def _write_media(self, piece: MediaPiece, out: list[bytes]) -> None:
        self._start("text", {"type": "text", "text": ""}, out)
        self._delta(shown_media(piece.media), out)
        self._close(out)

    def _write_citation(self, piece: CitationPiece, out: list[bytes]) -> None:
        if self._open == "text":
            delta = {"type": "citations_delta", "citation": write_citation(piece.citation)}
            out.append(_event("content_block_delta", {"index": self._index, "delta": delta}))

    def _end_part(self, piece: PartEnd, out: list[bytes]) -> None:
        self._close(out)

    def _finished(self, piece: Finished, out: list[bytes]) -> None:
        self._close(out)
        self._finish = piece

    def _reported(self, piece: UsageReport, out: list[bytes]) -> None:
        self._report(piece.usage, piece.service_tier)

    def _ensure(self, kind: str, block: dict[str, object], out: list[bytes]) -> None:
        if self._open != kind:
            self._start(kind, block, out)

    def _start(self, kind: str, block: dict[str, object], out: list[bytes]) -> None:
        self._close(out)
        if not self._has_begun:
            self._begin(Begun("", ""), out)
        self._index += 1
        self._open, self._has_content = kind, False
        head = f'event: content_block_delta\ndata: {{"type":"content_block_delta","index":{self._index},'
        self._prefix = head.encode() + _DELTAS.get(kind, b"")
        out.append(_event("content_block_start", {"index": self._index, "content_block": block}))

    def _delta(self, text: str, out: list[bytes]) -> None:
        self._has_content = True
        out.append(self._prefix + _encode(text) + _DELTA_END)

    def _close(self, out: list[bytes]) -> None:
        """The end of the open block: the signature of a thought, and an empty input where a tool was given none."""
        kind = self._open
        if kind is None:
            return
        if kind == "thinking":
            delta = {"type": "signature_delta", "signature": shown_signature(self._signature)}
            out.append(_event("content_block_delta", {"index": self._index, "delta": delta}))
            self._signature = None
        elif kind == "tool_use" and not self._has_content:
            self._delta("{}", out)
        out.append(_event("content_block_stop", {"index": self._index}))
        self._open = None


def _event(name: str, members: dict[str, object]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + _encode({"type": name, **members}) + b"\n\n"


_WRITERS: Final[Mapping[type, Callable[..., None]]] = {
    Begun: MessagesEncoder._begin,
    TextPiece: MessagesEncoder._write_text,
    ReasoningPiece: MessagesEncoder._write_reasoning,
    SignaturePiece: MessagesEncoder._write_signature,
    HiddenReasoning: MessagesEncoder._write_hidden,
    RefusalPiece: MessagesEncoder._write_refusal,
    ToolBegun: MessagesEncoder._begin_tool,
    ArgumentsPiece: MessagesEncoder._write_arguments,
    MediaPiece: MessagesEncoder._write_media,
    CitationPiece: MessagesEncoder._write_citation,
    PartEnd: MessagesEncoder._end_part,
    Finished: MessagesEncoder._finished,
    UsageReport: MessagesEncoder._reported,
}
