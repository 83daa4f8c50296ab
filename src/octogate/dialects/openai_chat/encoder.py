"""Writes pieces of the hub as chunks of a chat completion."""

from collections.abc import Iterable
from typing import Final

import msgspec

from octogate.core.call import Call
from octogate.core.conversation import (
    ArgumentsPiece,
    Begun,
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
    ToolBegun,
    UsageReport,
)
from octogate.core.seals import pack_id
from octogate.core.usage import Usage
from octogate.dialects.hub import Heading
from octogate.dialects.openai_chat.citations import write_annotation
from octogate.dialects.openai_chat.finishes import write_finish
from octogate.dialects.openai_chat.read_prompt import is_legacy
from octogate.dialects.openai_chat.reasoning import checksum, write_block
from octogate.dialects.openai_chat.usage import write_usage
from octogate.dialects.openai_chat.write_answer import ID_PREFIX, written_image, written_logprobs, written_tier

_DONE: Final = b"data: [DONE]\n\n"
_ROLE: Final = b'{"role":"assistant","content":"","refusal":null}'
_encode: Final = msgspec.json.encode


class _Choice:
    """What was told of one answer so far."""

    __slots__ = (
        "arguments",
        "checksum",
        "frame",
        "images",
        "kind",
        "legacy",
        "refused",
        "start",
        "thoughts",
        "tool",
        "words",
    )

    def __init__(self, frame: bytes) -> None:
        self.frame = frame  # a chunk of this choice up to its delta
        self.kind: type[Piece] | None = None  # which piece opened the open part
        self.tool = -1
        self.legacy = False
        self.arguments = False
        self.words = 0  # characters of text
        self.start = 0  # of them, before the open part
        self.thoughts = 0  # parts of reasoning before the open one
        self.checksum = 0  # of the open thoughts
        self.images = 0
        self.refused = False

    def hear(self, text: str) -> None:
        """More text, of a part that may begin with it."""
        if self.kind is not TextPiece:
            self.kind, self.start = TextPiece, self.words
        self.words += len(text)


class ChatEncoder:
    """The encoder of one stream: every chunk has choices, an index, a delta and a finish reason, be it null."""

    __slots__ = ("_behind", "_choices", "_head", "_heading", "_legacy", "_model", "_tier", "_usage", "_wants_usage")

    next_sequence = 0

    def __init__(self, call: Call, heading: Heading) -> None:
        self._heading = heading
        self._legacy = is_legacy(call.fields)
        self._wants_usage = call.wants_usage
        self._choices: dict[int, _Choice] = {}
        self._usage: Usage | None = None
        self._tier: str | None = None
        self._model = ""
        self._head = self._header("")
        usage = b',"usage":null' if self._wants_usage else b""
        self._behind = b',"logprobs":null,"finish_reason":null}]' + usage + b"}\n\n"

    def encode(self, pieces: Iterable[Piece]) -> bytes:
        """See Encoder."""
        out: list[bytes] = []
        for piece in pieces:
            if type(piece) is TextPiece and piece.logprobs is None:
                choice = self._choice(piece.choice, out)
                choice.hear(piece.text)
                out.append(b"".join((choice.frame, b'{"content":', _encode(piece.text), b"}", self._behind)))
            else:
                self._write(piece, out)
        return b"".join(out)

    def end(self) -> bytes:
        """See Encoder. Usage comes in a chunk of its own, if the caller asked for it."""
        if not self._wants_usage:
            return _DONE
        usage = _encode(write_usage(self._usage or Usage()))
        return b"".join((self._head, b',"choices":[],"usage":', usage, b"}\n\n", _DONE))

    def _header(self, model: str) -> bytes:
        members: dict[str, object] = {
            "id": ID_PREFIX + self._heading.request_id,
            "object": "chat.completion.chunk",
            "created": self._heading.created,
            "model": model,
        }
        return b"data: " + _encode(members | written_tier(self._tier))[:-1]

    def _choice(self, index: int, out: list[bytes]) -> _Choice:
        """The state of a choice; its first chunk says whose words follow."""
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _Choice(b'%b,"choices":[{"index":%d,"delta":' % (self._head, index))
            out.append(choice.frame + _ROLE + self._behind)
        return choice

    def _write(self, piece: Piece, out: list[bytes]) -> None:
        """All pieces but plain text."""
        if isinstance(piece, Begun):
            self._tier, self._model = piece.service_tier, piece.model
            self._head = self._header(self._model)
            self._usage = piece.usage
            return
        if isinstance(piece, UsageReport):
            self._usage = piece.usage
            if piece.service_tier is not None and piece.service_tier != self._tier:
                self._tier = piece.service_tier
                self._head = self._header(self._model)
            return
        choice = self._choice(piece.choice, out)
        if isinstance(piece, Finished):
            out.append(self._finish(choice, piece))
            return
        delta = self._delta(choice, piece)
        if delta is None:
            return
        if isinstance(piece, TextPiece):
            out.append(self._with_logprobs(choice, delta, piece.logprobs))
        else:
            out.append(choice.frame + _encode(delta) + self._behind)

    def _delta(self, choice: _Choice, piece: Piece) -> dict[str, object] | None:
        """What a piece adds to the message; None when it adds nothing."""
        match piece:
            case TextPiece() | RefusalPiece() | CitationPiece():
                return _spoken(choice, piece)
            case ReasoningPiece():
                choice.kind = ReasoningPiece
                return _thought(choice, piece.text) if piece.text else None
            case SignaturePiece():
                return _signed(choice, piece)
            case HiddenReasoning():
                return _hidden(choice, piece)
            case ToolBegun() | ArgumentsPiece() | PartEnd():
                return self._tool(choice, piece)
            case MediaPiece():
                choice.images += 1
                return {"images": [written_image(piece.media) | {"index": choice.images - 1}]}
        return None

    def _tool(self, choice: _Choice, piece: ToolBegun | ArgumentsPiece | PartEnd) -> dict[str, object] | None:
        """A call's beginning, more of its arguments, or its end: a call without arguments gets an empty object."""
        if isinstance(piece, ToolBegun):
            choice.kind, choice.arguments = ToolBegun, False
            choice.legacy = self._legacy and choice.tool < 0
            choice.tool += 1
            function: dict[str, object] = {"name": piece.name, "arguments": ""}
            if choice.legacy:
                return {"function_call": function}
            call_id = pack_id(piece.id, piece.signature)
            return {"tool_calls": [{"index": choice.tool, "id": call_id, "type": "function", "function": function}]}
        text = piece.text if isinstance(piece, ArgumentsPiece) else ""
        if isinstance(piece, PartEnd):
            if choice.kind is ToolBegun and not choice.arguments:
                text = "{}"
            choice.thoughts += choice.kind is ReasoningPiece
            choice.kind, choice.checksum = None, 0
        if not text:
            return None
        choice.arguments = True
        if choice.legacy:
            return {"function_call": {"arguments": text}}
        return {"tool_calls": [{"index": choice.tool, "function": {"arguments": text}}]}

    def _with_logprobs(self, choice: _Choice, delta: dict[str, object], logprobs: msgspec.Raw | None) -> bytes:
        known = b',"logprobs":' + _encode(written_logprobs(logprobs))
        return choice.frame + _encode(delta) + self._behind.replace(b',"logprobs":null', known, 1)

    def _finish(self, choice: _Choice, piece: Finished) -> bytes:
        legacy = choice.legacy and choice.tool == 0
        reason = _encode(write_finish(piece.finish, refused=choice.refused, legacy=legacy))
        return choice.frame + b"{}" + self._behind.replace(b'"finish_reason":null', b'"finish_reason":' + reason, 1)


def _spoken(choice: _Choice, piece: TextPiece | RefusalPiece | CitationPiece) -> dict[str, object] | None:
    """Words, and where they come from."""
    if isinstance(piece, TextPiece):
        choice.hear(piece.text)
        return {"content": piece.text}
    if isinstance(piece, RefusalPiece):
        choice.refused = True
        return {"refusal": piece.text}
    annotation = write_annotation(piece.citation, choice.start, choice.words)
    return {"annotations": [annotation]} if annotation is not None else None


def _thought(choice: _Choice, text: str) -> dict[str, object]:
    """Thoughts under both of their names, as OpenRouter tells them: only the second can hold what seals them."""
    choice.checksum = checksum(text, choice.checksum)
    detail = {"type": "reasoning.text", "text": text, "index": choice.thoughts}
    return {"reasoning_content": text, "reasoning_details": [detail]}


def _signed(choice: _Choice, piece: SignaturePiece) -> dict[str, object] | None:
    """The seal of the open thoughts, and how to know them again; text has no place for one."""
    if choice.kind is not ReasoningPiece:
        return None
    block = write_block(Reasoning("", piece.signature), choice.thoughts)
    return {"reasoning_details": [block | {"checksum": choice.checksum}]}


def _hidden(choice: _Choice, piece: HiddenReasoning) -> dict[str, object]:
    choice.thoughts += 1
    part = Reasoning(signature=piece.signature, hidden=True)
    return {"reasoning_details": [write_block(part, choice.thoughts - 1)]}
