"""Gives tools whose names a target refuses others for the length of a call, and the caller its own names back."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from octogate.core.conversation import Answer, Part, Piece, Prompt, ToolBegun, ToolCall, ToolChoice, ToolResult, Turn

_STRANGE: Final = re.compile(r"[^A-Za-z0-9_-]")
_KEPT: Final = 46


class ToolAliases:
    """The aliases in one call; none, as nearly always, when every name fits `legal`.

    The alias of a name is always the same, so that a history repeats it and providers find it in their caches.
    """

    __slots__ = ("_aliases", "_names")

    def __init__(self, legal: re.Pattern[str], prompt: Prompt) -> None:
        self._aliases = {name: alias_of(name) for name in _names_in(prompt) if legal.fullmatch(name) is None}
        self._names = {alias: name for name, alias in self._aliases.items()}

    def told(self, prompt: Prompt) -> Prompt:
        """The prompt in the target's names."""
        if not self._aliases:
            return prompt
        choice = prompt.tool_choice
        return msgspec.structs.replace(
            prompt,
            turns=tuple(Turn(turn.role, tuple(map(self._alias, turn.parts)), turn.name) for turn in prompt.turns),
            tools=tuple(msgspec.structs.replace(tool, name=self._of(tool.name)) for tool in prompt.tools),
            tool_choice=ToolChoice(choice.mode, tuple(map(self._of, choice.names))) if choice is not None else None,
        )

    def heard(self, answer: Answer) -> Answer:
        """A whole answer in the caller's names."""
        if not self._names:
            return answer
        choices = (
            msgspec.structs.replace(choice, parts=tuple(map(self._name, choice.parts))) for choice in answer.choices
        )
        return msgspec.structs.replace(answer, choices=tuple(choices))

    def heard_pieces(self, pieces: Iterable[Piece]) -> Iterable[Piece]:
        """Pieces of an answer in the caller's names."""
        return map(self._name_piece, pieces) if self._names else pieces

    def _of(self, name: str) -> str:
        return self._aliases.get(name, name)

    def _alias(self, part: Part) -> Part:
        if isinstance(part, (ToolCall, ToolResult)) and part.name in self._aliases:
            return msgspec.structs.replace(part, name=self._aliases[part.name])
        return part

    def _name(self, part: Part) -> Part:
        if isinstance(part, ToolCall) and part.name in self._names:
            return msgspec.structs.replace(part, name=self._names[part.name])
        return part

    def _name_piece(self, piece: Piece) -> Piece:
        if isinstance(piece, ToolBegun) and piece.name in self._names:
            return msgspec.structs.replace(piece, name=self._names[piece.name])
        return piece


def alias_of(name: str) -> str:
    """A name of at most 64 letters that every provider takes, and that no other name has."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    letters = _STRANGE.sub("_", name)[:_KEPT]
    return f"{letters if letters[:1].isalpha() else '_' + letters}_{digest}"


def _names_in(prompt: Prompt) -> Iterator[str]:
    for tool in prompt.tools:
        yield tool.name
    for turn in prompt.turns:
        for part in turn.parts:
            if isinstance(part, (ToolCall, ToolResult)) and part.name is not None:
                yield part.name
