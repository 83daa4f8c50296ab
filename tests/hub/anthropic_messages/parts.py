"""Puts the pieces of a stream together again, as a client does."""

from collections.abc import Iterable

from octogate.core.conversation import (
    ArgumentsPiece,
    Citation,
    CitationPiece,
    HiddenReasoning,
    MediaPiece,
    Part,
    PartEnd,
    Piece,
    Reasoning,
    ReasoningPiece,
    Refusal,
    RefusalPiece,
    Signature,
    SignaturePiece,
    Text,
    TextPiece,
    ToolBegun,
    ToolCall,
)


def parts_of(pieces: Iterable[Piece]) -> list[Part]:
    """The parts that the pieces of one choice make; each must have been closed before the next begins."""
    parts: list[Part] = []
    open_ones: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, HiddenReasoning):
            assert not open_ones
            parts.append(Reasoning(signature=piece.signature, hidden=True))
        elif isinstance(piece, MediaPiece):
            assert not open_ones
            parts.append(piece.media)
        elif isinstance(piece, PartEnd):
            parts.append(_part(open_ones))
            open_ones = []
        elif isinstance(
            piece,
            (TextPiece, ReasoningPiece, RefusalPiece, ToolBegun, ArgumentsPiece, SignaturePiece, CitationPiece),
        ):
            open_ones.append(piece)
    assert not open_ones
    return parts


def _part(pieces: list[Piece]) -> Part:
    first = pieces[0]
    text = "".join(
        piece.text for piece in pieces if isinstance(piece, (TextPiece, ReasoningPiece, RefusalPiece, ArgumentsPiece))
    )
    signature: Signature | None = None
    citations: list[Citation] = []
    for piece in pieces[1:]:
        if isinstance(piece, SignaturePiece):
            signature = piece.signature
        elif isinstance(piece, CitationPiece):
            citations.append(piece.citation)
        else:
            assert type(piece) is (ArgumentsPiece if isinstance(first, ToolBegun) else type(first))
    if isinstance(first, ToolBegun):
        return ToolCall(first.id, first.name, text, first.signature)
    if isinstance(first, ReasoningPiece):
        return Reasoning(text, signature)
    if isinstance(first, RefusalPiece):
        return Refusal(text)
    assert isinstance(first, TextPiece)
    return Text(text, tuple(citations), signature)
