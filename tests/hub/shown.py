"""Values of the hub in a form in which they can be compared, and read in a file."""

from collections.abc import Iterable
from typing import Any

import msgspec

from octogate.core.conversation import ArgumentsPiece, Piece, ReasoningPiece, RefusalPiece, TextPiece

_GROWING = (TextPiece, ReasoningPiece, RefusalPiece, ArgumentsPiece)


def shown(value: Any) -> Any:
    """JSON values: each struct by its name, without what is at its default; raw JSON by what it says."""
    if isinstance(value, msgspec.Struct):
        members = {"is": type(value).__name__}
        for field in msgspec.structs.fields(value):
            member = getattr(value, field.name)
            if field.required or member != field.default:
                members[field.name] = shown(member)
        return members
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value)
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    return {name: shown(item) for name, item in value.items()} if isinstance(value, dict) else value


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """The same pieces, neighbours of one growing part as one; a text with probabilities stays apart."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if (
            isinstance(piece, _GROWING)
            and type(last) is type(piece)
            and last.choice == piece.choice
            and getattr(piece, "logprobs", None) is None
        ):
            found[-1] = msgspec.structs.replace(last, text=last.text + piece.text)
        else:
            found.append(piece)
    return found
