"""Citations: the sources of a text block."""

from typing import Final

import msgspec

from octogate.core import seals
from octogate.core.conversation import Citation


class WireCitation(msgspec.Struct, gc=False):
    """What all kinds of citation say; where in a document something stands has no place in the hub."""

    cited_text: str | None = None
    document_title: str | None = None
    title: str | None = None
    url: str | None = None
    source: str | None = None
    encrypted_index: str | None = None


_LIST: Final = msgspec.json.Decoder(list[WireCitation] | None)
_ONE: Final = msgspec.json.Decoder(WireCitation)


def read_citations(raw: msgspec.Raw) -> tuple[Citation, ...]:
    """The `citations` of a text block, a list or null; what cannot be read is as if it were not there."""
    try:
        found = _LIST.decode(raw) if bytes(raw) else None
    except msgspec.ValidationError:
        return ()
    return tuple(map(_citation, found or ()))


def read_citation(raw: msgspec.Raw) -> Citation | None:
    """One citation, as a stream brings it."""
    try:
        return _citation(_ONE.decode(raw)) if bytes(raw) else None
    except msgspec.ValidationError:
        return None


def write_citation(citation: Citation) -> dict[str, object]:
    """A citation as the kind that can stand without a document or a search of this provider.

    `encrypted_index` carries the mark by which a history that goes to this dialect's provider is freed of it again.
    """
    return {
        "type": "web_search_result_location",
        "cited_text": citation.quote or "",
        "encrypted_index": seals.MARK,
        "title": citation.title,
        "url": citation.url or "",
    }


def _citation(wire: WireCitation) -> Citation:
    return Citation(
        url=wire.url or wire.source or None,
        title=wire.title or wire.document_title or None,
        quote=wire.cited_text or None,
    )
