"""Sources of a text between the annotations of chat completions and the hub."""

from typing import Final

from octogate.core.conversation import Citation

_MAX_SOURCES: Final = 100
"""Of all choices together, and each of them gets them all: their number must not multiply with that of the choices."""


def read_annotations(annotations: object, before: int = 0) -> tuple[Citation, ...]:
    """The `url_citation`s in a list of annotations; `before` characters of the message are not of the same part."""
    if not isinstance(annotations, list):
        return ()
    found = (_read_annotation(annotation, before) for annotation in annotations)
    return tuple(citation for citation in found if citation is not None)


def read_sources(citations: object, results: object) -> tuple[Citation, ...]:
    """Perplexity's lists beside the choices: URLs, and search results with their titles."""
    titles: dict[str, str] = {}
    for result in results[:_MAX_SOURCES] if isinstance(results, list) else ():
        if isinstance(result, dict) and isinstance(result.get("url"), str) and isinstance(result.get("title"), str):
            titles[result["url"]] = result["title"]
    urls = citations[:_MAX_SOURCES] if isinstance(citations, list) else list(titles)
    return tuple(Citation(url, titles.get(url)) for url in urls if isinstance(url, str))


def write_annotation(citation: Citation, start: int, end: int) -> dict[str, object] | None:
    """An annotation; None for a source that has no URL, for which there is no kind of annotation.

    `start` and `end` bound the cited part within the message: that is where the citation lies when nobody said more.
    """
    if citation.url is None:
        return None
    first = start + citation.start if citation.start is not None else start
    last = start + citation.end if citation.end is not None else end
    source = {"url": citation.url, "title": citation.title or "", "start_index": first, "end_index": last}
    return {"type": "url_citation", "url_citation": source}


def _read_annotation(annotation: object, before: int) -> Citation | None:
    source = annotation.get("url_citation") if isinstance(annotation, dict) else None
    if not isinstance(source, dict) or not isinstance(source.get("url"), str):
        return None
    start, end = _position(source.get("start_index"), before), _position(source.get("end_index"), before)
    return Citation(
        source["url"], _text(source.get("title")) or None, quote=_text(source.get("content")), start=start, end=end
    )


def _position(value: object, before: int) -> int | None:
    return max(0, value - before) if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
