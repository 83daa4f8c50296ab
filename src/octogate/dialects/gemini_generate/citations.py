"""Sources of an answer's words: `groundingMetadata` and `citationMetadata` on the wire, `Citation` at the hub.

On the wire places are counted in bytes of UTF-8, at the hub in characters. What servers count from is not sure (a part,
the whole text), and sometimes off; so a segment is found by its own words first.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from octogate.core.conversation import Citation
from octogate.dialects.gemini_generate.spelling import Object
from octogate.dialects.gemini_generate.wire import Candidate


class _Source(msgspec.Struct, gc=False):
    uri: str | None = None
    title: str | None = None
    text: str | None = None


class _Chunk(msgspec.Struct, rename="camel", gc=False):
    web: _Source | None = None
    retrieved_context: _Source | None = None
    maps: _Source | None = None


class _Segment(msgspec.Struct, rename="camel", gc=False):
    start_index: int | None = None
    end_index: int | None = None
    text: str | None = None


class _Support(msgspec.Struct, rename="camel", gc=False):
    segment: _Segment | None = None
    grounding_chunk_indices: list[int] | None = None


class _Grounding(msgspec.Struct, rename="camel", gc=False):
    grounding_chunks: list[_Chunk] | None = None
    grounding_supports: list[_Support] | None = None


class _Cited(msgspec.Struct, rename="camel", gc=False):
    uri: str | None = None
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class _Citations(msgspec.Struct, gc=False):
    citations: list[_Cited] | None = None


_GROUNDING: Final = msgspec.json.Decoder(_Grounding | None)
_CITATIONS: Final = msgspec.json.Decoder(_Citations | None)

_MAX_SOURCES: Final = 256
"""Of each kind in one answer or event: every one is looked for in all its words."""

_MAX_SEARCHED_CHARS: Final = 1_000_000
"""Of words; where a source of longer ones belongs is not looked for."""

_MAX_QUOTED_CHARS: Final = 10_000
"""Of words that are repeated beside a source; whoever cites more cites the answer as a whole."""

Place = tuple[int, int | None, int | None]
"""Which of the texts, and from which to which character of it."""


def read_citations(candidate: Candidate, texts: Sequence[str]) -> list[tuple[int, Citation]]:
    """The sources of a candidate, each with the number of the text in `texts` that it belongs to; [] without texts.

    A source that no segment names belongs to the last text, as a whole.
    """
    if not texts:
        return []
    found: list[tuple[int, Citation]] = []
    if bytes(candidate.grounding_metadata):
        found += _grounded(_GROUNDING.decode(candidate.grounding_metadata), texts)
    if bytes(candidate.citation_metadata):
        cited = _CITATIONS.decode(candidate.citation_metadata)
        for one in ((cited.citations if cited is not None else None) or [])[:_MAX_SOURCES]:
            at, start, end = _locate(_Segment(one.start_index, one.end_index), texts)
            found.append((at, Citation(one.uri, one.title, start=start, end=end)))
    return found


def _grounded(said: _Grounding | None, texts: Sequence[str]) -> Iterator[tuple[int, Citation]]:
    listed = (said.grounding_chunks if said is not None else None) or []
    chunks = [_citation(chunk) for chunk in listed[:_MAX_SOURCES]]
    named: set[int] = set()
    supports = (said.grounding_supports if said is not None else None) or []
    for support in supports[:_MAX_SOURCES]:
        at, start, end = _locate(support.segment or _Segment(), texts)
        for index in (support.grounding_chunk_indices or [])[:_MAX_SOURCES]:
            if 0 <= index < len(chunks):
                named.add(index)
                yield at, msgspec.structs.replace(chunks[index], start=start, end=end)
    yield from ((len(texts) - 1, chunk) for index, chunk in enumerate(chunks) if index not in named)


def _citation(chunk: _Chunk) -> Citation:
    source = chunk.web or chunk.retrieved_context or chunk.maps or _Source()
    return Citation(source.uri, source.title, source.text)


def _locate(segment: _Segment, texts: Sequence[str]) -> Place:
    """Where a segment stands: at its bytes in one of the texts, else wherever its words are, else nobody knows."""
    if sum(map(len, texts)) > _MAX_SEARCHED_CHARS:
        return len(texts) - 1, None, None
    start, end = segment.start_index or 0, segment.end_index
    if end is not None and 0 <= start < end:
        for at, text in enumerate(texts):
            cut = _characters(text, start, end)
            if cut is not None and segment.text in (None, "", text[cut[0] : cut[1]]):
                return at, *cut
    for at, text in enumerate(texts if segment.text else ()):
        place = text.find(segment.text or "")
        if place >= 0:
            return at, place, place + len(segment.text or "")
    return len(texts) - 1, None, None


def _characters(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The same place in characters; None when the text is shorter, or the place inside a character."""
    if text.isascii():
        return (start, end) if end <= len(text) else None
    encoded = text.encode()
    if end > len(encoded):
        return None
    try:
        before = len(encoded[:start].decode())
        return before, before + len(encoded[start:end].decode())
    except UnicodeDecodeError:
        return None


def write_citations(cited: Sequence[tuple[int, str, Citation]]) -> Object | None:
    """The `groundingMetadata` for sources, each with the number of its part and the part's text; None for none."""
    if not cited:
        return None
    chunks: dict[tuple[str | None, str | None, str | None], int] = {}
    supports: dict[tuple[int, int, int], tuple[str, list[int]]] = {}
    cited = cited[:_MAX_SOURCES]
    bytes_before = _bytes_before(cited)
    for part, text, citation in cited:
        source = (citation.url, citation.title, citation.quote)
        index = chunks.setdefault(source, len(chunks))
        if citation.start is not None and citation.end is not None and _is_quotable(citation.start, citation.end):
            words = text[citation.start : citation.end]
            start = bytes_before[part, citation.start]
            supports.setdefault((part, start, start + len(words.encode())), (words, []))[1].append(index)
    return {
        "groundingChunks": [_write_source(*source) for source in chunks],
        "groundingSupports": [_write_support(*place, *said) for place, said in supports.items()],
    }


def _is_quotable(start: int, end: int) -> bool:
    return 0 <= start <= end <= start + _MAX_QUOTED_CHARS


def _bytes_before(cited: Sequence[tuple[int, str, Citation]]) -> dict[tuple[int, int], int]:
    """The bytes of UTF-8 before each cited place, counted in one pass over each text."""
    texts = {(part, one.start): text for part, text, one in cited if one.start is not None and one.start >= 0}
    found: dict[tuple[int, int], int] = {}
    last, at, size = -1, 0, 0
    for (part, start), text in sorted(texts.items()):
        if part != last:
            last, at, size = part, 0, 0
        size += len(text[at:start].encode())
        at = start
        found[part, start] = size
    return found


def _write_source(url: str | None, title: str | None, quote: str | None) -> Object:
    source = {name: value for name, value in (("uri", url), ("title", title), ("text", quote)) if value is not None}
    return {"web" if quote is None else "retrievedContext": source}


def _write_support(part: int, start: int, end: int, words: str, indices: list[int]) -> Object:
    number = {"partIndex": part} if part else {}
    return {
        "segment": {**number, "startIndex": start, "endIndex": end, "text": words},
        "groundingChunkIndices": indices,
    }
