"""Turns the events of a target's stream into pieces."""

from typing import Final, Literal

import msgspec

from octogate.core.conversation import (
    ArgumentsPiece,
    Begun,
    Citation,
    CitationPiece,
    Finished,
    HiddenReasoning,
    MediaPiece,
    PartEnd,
    Piece,
    ReasoningPiece,
    SignaturePiece,
    TextPiece,
    ToolBegun,
    UsageReport,
)
from octogate.dialects.gemini_generate import wire
from octogate.dialects.gemini_generate.citations import read_citations
from octogate.dialects.gemini_generate.finishes import read_finish
from octogate.dialects.gemini_generate.logprobs import read_logprobs
from octogate.dialects.gemini_generate.media import read_file, read_inline
from octogate.dialects.gemini_generate.signatures import read_signature
from octogate.dialects.gemini_generate.usage import read_tier, read_usage
from octogate.dialects.stream import MAX_INDEX
from octogate.dialects.tool_calls import made_id

_MAX_LOOKS: Final = 1_000
"""Sources are looked for in all words so far, so a provider must not have us look as often as it likes."""


class _Choice(msgspec.Struct):
    """How far one of the answers has come. `texts` is the open text part: sources are found by its words.

    `metadata` is what was last said of sources, and `looks` how often it was something new.
    """

    number: int
    open: Literal["text", "reasoning"] | None = None
    is_sealed: bool = False
    texts: list[str] = msgspec.field(default_factory=list)
    cited: set[Citation] = msgspec.field(default_factory=set)
    metadata: tuple[bytes, bytes] = (b"", b"")
    looks: int = 0
    calls: int = 0
    reason: str | int | None = None


class GeminiDecoder:
    """Finishes and usage are kept for the end: early models give a reason in every event, and all of them a count."""

    __slots__ = ("_choices", "_has_begun", "_id", "_is_blocked", "_metadata")

    def __init__(self) -> None:
        self._choices: dict[int, _Choice] = {}
        self._has_begun = self._is_blocked = False
        self._id = ""
        self._metadata = wire.ABSENT

    def decode(self, name: bytes, data: bytes) -> list[Piece]:
        """See Decoder."""
        event = wire.RESPONSE.decode(data)
        pieces: list[Piece] = [] if self._has_begun else [self._begin(event)]
        if event.usage_metadata is not wire.ABSENT:
            self._metadata = event.usage_metadata
        if event.prompt_feedback is not None and event.prompt_feedback.block_reason:
            self._is_blocked = True
        for candidate in event.candidates or ():
            self._read(candidate, pieces)
        return pieces

    def end(self) -> list[Piece]:
        """See Decoder."""
        pieces: list[Piece] = []
        for number, choice in sorted(self._choices.items()):
            _close(choice, pieces)
            pieces.append(Finished(read_finish(choice.reason, has_calls=choice.calls > 0), number))
        if not self._choices and self._has_begun:
            pieces.append(Finished("content_filter" if self._is_blocked else "error"))
        usage = read_usage(self._metadata)
        if usage is not None:
            pieces.append(UsageReport(usage, read_tier(self._metadata)))
        return pieces

    def _begin(self, event: wire.Response) -> Begun:
        self._has_begun = True
        self._id = event.response_id or ""
        return Begun(self._id, event.model_version or "", read_usage(event.usage_metadata))

    def _read(self, candidate: wire.Candidate, pieces: list[Piece]) -> None:
        number = min(abs(candidate.index or 0), MAX_INDEX)
        choice = self._choices.get(number)
        if choice is None:
            choice = self._choices[number] = _Choice(number)
        logprobs = read_logprobs(candidate.logprobs_result) if candidate.logprobs_result is not wire.ABSENT else None
        for part in (candidate.content.parts if candidate.content is not None else None) or ():
            if part.text is None:
                self._read_other(part, choice, pieces)
            elif part.thought:
                _read_thought(part, part.text, choice, pieces)
            elif part.text or part.thought_signature is not None:
                _read_text(part, part.text, choice, pieces, logprobs)
                logprobs = None
        if choice.open == "text":
            _cite(candidate, choice, pieces)
        if candidate.finish_reason:
            choice.reason = candidate.finish_reason

    def _read_other(self, part: wire.Part, choice: _Choice, pieces: list[Piece]) -> None:
        """A whole part."""
        _close(choice, pieces)
        number = choice.number
        if part.function_call is not None:
            call = part.function_call
            arguments = wire.arguments_of(call)
            found = call.id or made_id(self._id, number, choice.calls, call.name, arguments)
            choice.calls += 1
            pieces.append(ToolBegun(found, call.name, number, read_signature(part.thought_signature)))
            pieces += ArgumentsPiece(arguments, number), PartEnd(number)
        elif part.inline_data is not None:
            pieces.append(MediaPiece(read_inline(part.inline_data.mime_type, part.inline_data.data), number))
        elif part.file_data is not None:
            pieces.append(MediaPiece(read_file(part.file_data.mime_type, part.file_data.file_uri), number))
        elif (words := wire.fenced(part)) is not None:
            pieces += TextPiece(words, number), PartEnd(number)


def _read_text(part: wire.Part, text: str, choice: _Choice, pieces: list[Piece], logprobs: msgspec.Raw | None) -> None:
    """More words. A seal ends the part: what follows was made under another one."""
    if choice.open != "text" or (choice.is_sealed and text):
        if not text:
            return  # the seal of no words at all
        _close(choice, pieces)
        choice.open = "text"
    if text:
        choice.texts.append(text)
        pieces.append(TextPiece(text, choice.number, logprobs))
    _seal(part, choice, pieces)


def _read_thought(part: wire.Part, text: str, choice: _Choice, pieces: list[Piece]) -> None:
    """More thoughts; a seal without any is that of the open ones, else of thoughts that nobody shows."""
    if choice.open != "reasoning" or choice.is_sealed:
        signature = read_signature(part.thought_signature)
        if not text and signature is None:
            return
        _close(choice, pieces)
        if not text and signature is not None:
            pieces.append(HiddenReasoning(signature, choice.number))
            return
        choice.open = "reasoning"
    if text:
        pieces.append(ReasoningPiece(text, choice.number))
    _seal(part, choice, pieces)


def _seal(part: wire.Part, choice: _Choice, pieces: list[Piece]) -> None:
    signature = read_signature(part.thought_signature)
    if signature is not None and not choice.is_sealed:
        choice.is_sealed = True
        pieces.append(SignaturePiece(signature, choice.number))


def _close(choice: _Choice, pieces: list[Piece]) -> None:
    if choice.open is not None:
        pieces.append(PartEnd(choice.number))
        choice.open, choice.is_sealed, choice.texts = None, False, []


def _cite(candidate: wire.Candidate, choice: _Choice, pieces: list[Piece]) -> None:
    """The sources of the open text that have not been told yet: some servers repeat them."""
    if candidate.grounding_metadata is wire.ABSENT and candidate.citation_metadata is wire.ABSENT:
        return
    metadata = bytes(candidate.grounding_metadata), bytes(candidate.citation_metadata)
    if metadata == choice.metadata or choice.looks >= _MAX_LOOKS:
        return
    choice.metadata = metadata
    choice.looks += 1
    for _, citation in read_citations(candidate, ["".join(choice.texts)]):
        if citation not in choice.cited:
            choice.cited.add(citation)
            pieces.append(CitationPiece(citation, choice.number))
