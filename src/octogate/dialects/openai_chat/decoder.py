"""Turns the chunks of a chat completion into pieces of the hub."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from octogate.core.conversation import Begun, Piece, UsageReport
from octogate.dialects.openai_chat.choice_decoder import ChoiceDecoder, ChunkChoice
from octogate.dialects.openai_chat.read_answer import words
from octogate.dialects.openai_chat.usage import read_usage
from octogate.dialects.stream import MAX_INDEX

_ABSENT: Final = msgspec.Raw()


class _XGroq(msgspec.Struct, gc=False):
    usage: msgspec.Raw = _ABSENT


class _Chunk(msgspec.Struct, gc=False):
    id: object = None
    model: object = None
    choices: list[ChunkChoice] | None = None
    usage: msgspec.Raw = _ABSENT
    x_groq: _XGroq | None = None
    service_tier: object = None
    citations: object = None
    search_results: object = None


_CHUNK: Final = msgspec.json.Decoder(_Chunk)


class ChatDecoder:
    """The decoder of one stream. Nothing is finished before `end`: some providers repeat chunks behind the finish."""

    __slots__ = ("_begun", "_choices", "_id", "_reported", "_sources", "_tier")

    def __init__(self) -> None:
        self._begun = False
        self._choices: dict[int, ChoiceDecoder] = {}
        self._id = ""
        self._tier: str | None = None
        self._reported: UsageReport | None = None
        self._sources: tuple[object, object] = (None, None)

    def decode(self, name: bytes, data: bytes) -> Iterable[Piece]:
        """See Decoder."""
        if data.startswith(b"[DONE]"):
            return ()
        chunk = _CHUNK.decode(data)
        pieces: list[Piece] = []
        if not self._begun:
            if not chunk.choices and not chunk.model:
                return self._report(chunk)  # Azure's verdict on the prompt comes first and names no model
            pieces.append(self._begin(chunk))
        for choice in chunk.choices or ():
            state = self._choices.get(choice.index or 0) or self._choice(choice.index or 0)
            state.decode(choice, pieces)
        if chunk.citations is not None or chunk.search_results is not None:
            self._sources = (chunk.citations, chunk.search_results)
        if chunk.usage is not _ABSENT or chunk.x_groq is not None:
            pieces += self._report(chunk)
        return pieces

    def end(self) -> Iterable[Piece]:
        """See Decoder."""
        if not self._begun:
            yield self._begin(_Chunk())
        for index in sorted(self._choices) or [0]:
            state = self._choices.get(index) or ChoiceDecoder(index, "")
            yield from state.end(*self._sources)

    def _choice(self, index: int) -> ChoiceDecoder:
        index = min(abs(index), MAX_INDEX)
        state = self._choices.get(index)
        if state is None:
            state = self._choices[index] = ChoiceDecoder(index, f"{self._id}/{index}")
        return state

    def _begin(self, chunk: _Chunk) -> Begun:
        self._begun = True
        self._id, self._tier = words(chunk.id), words(chunk.service_tier) or None
        usage = self._reported.usage if self._reported is not None else None
        return Begun(self._id, words(chunk.model), usage, self._tier)

    def _report(self, chunk: _Chunk) -> Sequence[Piece]:
        """Usage, when it is new: some providers repeat it in every chunk."""
        usage = read_usage(chunk.usage) or (read_usage(chunk.x_groq.usage) if chunk.x_groq is not None else None)
        if usage is None or (self._reported is not None and usage == self._reported.usage):
            return ()
        self._tier = words(chunk.service_tier) or self._tier
        self._reported = UsageReport(usage, self._tier)
        return (self._reported,) if self._begun else ()
