"""Writes pieces as a stream for a Gemini caller: server-sent events, or the elements of one JSON array."""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from octogate.core.call import Call
from octogate.core.conversation import (
    ArgumentsPiece,
    Begun,
    Citation,
    CitationPiece,
    Finish,
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
    ToolCall,
    UsageReport,
)
from octogate.dialects.gemini_generate.finishes import write_finish
from octogate.dialects.gemini_generate.logprobs import write_logprobs
from octogate.dialects.gemini_generate.signatures import write_signature
from octogate.dialects.gemini_generate.spelling import Object
from octogate.dialects.gemini_generate.usage import write_usage
from octogate.dialects.gemini_generate.write_answer import candidate, write_call, write_said
from octogate.dialects.hub import Heading

_ENCODE: Final = msgspec.json.Encoder().encode
_HEAD: Final = b'{"candidates":[{"content":{"parts":['
_TEXT: Final = _HEAD + b'{"text":'
_END_OF_TEXT: Final = b"}"
_END_OF_THOUGHT: Final = b',"thought":true}'


class _Choice(msgspec.Struct):
    """How far one of the answers has come. `said` are its words so far: sources are placed among all of them.

    `thought` waits for what follows: some clients only keep a seal that comes with words.
    """

    number: int
    tail: bytes
    open: Literal["text", "reasoning"] | None = None
    thought: str = ""
    said: list[str] = msgspec.field(default_factory=list)
    length: int = 0
    part_begins: int = 0
    cited: list[Citation] = msgspec.field(default_factory=list)
    tool: ToolBegun | None = None
    arguments: list[str] = msgspec.field(default_factory=list)
    has_call: bool = False
    is_refused: bool = False
    is_malformed: bool = False
    finish: Finish | None = None


class GeminiEncoder:
    """Each piece of words is an event; function calls are events of their own once their arguments are whole.

    The last event has the reason of every candidate, the sources and the usage.
    """

    __slots__ = ("_between", "_choices", "_close", "_id", "_model", "_open", "_tail", "_usage", "next_sequence")

    def __init__(self, call: Call, heading: Heading) -> None:
        is_sse = call.endpoint.sse
        self._open = b"data: " if is_sse else b"["
        self._between = b"data: " if is_sse else b",\r\n"
        self._close = b"\r\n\r\n" if is_sse else b""
        self._id = heading.request_id
        self._model = ""
        self._tail = b""
        self._usage: Object | None = None
        self._choices: dict[int, _Choice] = {}
        self._begin("")
        self.next_sequence = 0

    def encode(self, pieces: Iterable[Piece]) -> bytes:
        """See Encoder."""
        out: list[bytes] = []
        for piece in pieces:
            if type(piece) is TextPiece:
                self._text(piece, out)
            elif isinstance(piece, Begun):
                self._begin(piece.model)
                self._usage = None if piece.usage is None else write_usage(piece.usage)
            elif isinstance(piece, UsageReport):
                self._usage = write_usage(piece.usage)
            else:
                self._other(piece, self._choice(piece.choice), out)
        return b"".join(out)

    def end(self) -> bytes:
        """See Encoder."""
        self._choice(0)
        candidates = [_last(choice) for _, choice in sorted(self._choices.items())]
        body: Object = {"candidates": candidates}
        if self._usage is not None:
            body["usageMetadata"] = self._usage
        out: list[bytes] = []
        self._write(_ENCODE({**body, "modelVersion": self._model, "responseId": self._id}), out)
        return b"".join(out) + (b"" if self._close else b"]")

    def _begin(self, model: str) -> None:
        self._model = model
        self._tail = b',"modelVersion":%b,"responseId":%b}' % (_ENCODE(model), _ENCODE(self._id))

    def _choice(self, number: int) -> _Choice:
        choice = self._choices.get(number)
        if choice is None:
            tail = b'],"role":"model"},"index":%d}]' % number + self._tail
            choice = self._choices[number] = _Choice(number, tail)
        return choice

    def _write(self, event: bytes, out: list[bytes]) -> None:
        out += self._open, event, self._close
        self._open = self._between

    def _text(self, piece: TextPiece, out: list[bytes]) -> None:
        """Words: the one piece of which there are thousands."""
        choice = self._choices.get(piece.choice) or self._choice(piece.choice)
        if choice.open != "text":
            choice.open, choice.part_begins = "text", choice.length
        choice.said.append(piece.text)
        choice.length += len(piece.text)
        if piece.logprobs is not None:
            self._likely(piece, choice, out)
        elif piece.text:
            out += self._open, _TEXT, _ENCODE(piece.text), _END_OF_TEXT, choice.tail, self._close
            self._open = self._between

    def _likely(self, piece: TextPiece, choice: _Choice, out: list[bytes]) -> None:
        """Words with how likely each token was."""
        content = {"parts": [{"text": piece.text}], "role": "model"}
        result = write_logprobs(piece.logprobs)
        likely = {} if result is None else {"logprobsResult": result}
        members = {"content": content, "index": choice.number, **likely}
        self._write(b'{"candidates":[%b]%b' % (_ENCODE(members), self._tail), out)

    def _other(self, piece: Piece, choice: _Choice, out: list[bytes]) -> None:
        match piece:
            case ReasoningPiece(text=text):
                choice.open = "reasoning"
                if text:
                    self._flush_thought(choice, out)
                    choice.thought = text
            case RefusalPiece(text=text, choice=number):
                choice.is_refused = True
                self._text(TextPiece(text, number), out)
            case SignaturePiece(signature=signature):
                thought = {"thought": True} if choice.open == "reasoning" else {}
                words, choice.thought = choice.thought, ""
                self._part({"text": words, **thought, "thoughtSignature": write_signature(signature)}, choice, out)
            case HiddenReasoning(signature=signature):
                self._part(write_said(Reasoning("", signature, hidden=True)), choice, out)
            case MediaPiece(media=media):
                self._part(write_said(media), choice, out)
            case ToolBegun():
                choice.tool, choice.arguments, choice.open = piece, [], None
            case ArgumentsPiece(text=text):
                choice.arguments.append(text)
            case CitationPiece(citation=citation):
                choice.cited.append(_moved(citation, choice.part_begins))
            case PartEnd():
                self._end_part(choice, out)
            case Finished(finish=finish):
                choice.finish = finish

    def _end_part(self, choice: _Choice, out: list[bytes]) -> None:
        """A function call is whole now, and nothing follows the last thought."""
        choice.open = None
        self._flush_thought(choice, out)
        tool, choice.tool = choice.tool, None
        if tool is None:
            return
        call = ToolCall(tool.id, tool.name, "".join(choice.arguments), tool.signature)
        part = write_call(call, is_first=not choice.has_call)
        choice.has_call = True
        choice.is_malformed |= part is None
        self._part(part, choice, out)

    def _flush_thought(self, choice: _Choice, out: list[bytes]) -> None:
        """The thought that waited comes without a seal."""
        words, choice.thought = choice.thought, ""
        if words:
            self._write(b"".join((_TEXT, _ENCODE(words), _END_OF_THOUGHT, choice.tail)), out)

    def _part(self, part: Object | None, choice: _Choice, out: list[bytes]) -> None:
        """A part that is an event of its own."""
        if part is not None:
            self._write(b"".join((_HEAD, _ENCODE(part), choice.tail)), out)


def _moved(citation: Citation, by: int) -> Citation:
    """The same source, placed in all words of the answer instead of one part."""
    if citation.start is None or citation.end is None:
        return citation
    return msgspec.structs.replace(citation, start=citation.start + by, end=citation.end + by)


def _last(choice: _Choice) -> Object:
    """What the last event says of a candidate. An empty text is what this API ends with, and every client reads it."""
    text = "".join(choice.said) if choice.cited else ""
    reason = write_finish(choice.finish or "error", refused=choice.is_refused, malformed=choice.is_malformed)
    cited = [(0, text, citation) for citation in choice.cited]
    return candidate(choice.number, [{"text": ""}], reason, choice.is_malformed, cited)
