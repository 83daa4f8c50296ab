"""Pictures, documents and search results among content blocks → media of the hub."""

from collections.abc import Iterator
from typing import Final

import msgspec

from octogate.core.conversation import CacheMark, Media, MediaKind, Part, Text
from octogate.dialects.anthropic_messages.blocks import Block, Readers, Reading, cache_mark, nested, read_text
from octogate.dialects.anthropic_messages.shape import Shape
from octogate.dialects.body import first_byte
from octogate.dialects.findings import AT_PROVIDER

_ABSENT: Final = msgspec.Raw()
_CITATIONS: Final = "only Anthropic cites documents on request"


class Source(msgspec.Struct, gc=False):
    """Where the bytes of an image or a document are."""

    type: object = None
    media_type: object = None
    data: object = None
    url: object = None
    file_id: object = None
    content: msgspec.Raw = _ABSENT


class _Switch(msgspec.Struct, gc=False):
    enabled: object = None


_SOURCE: Final = Shape(Source)
_SWITCH: Final = msgspec.json.Decoder(_Switch)


def read_image(block: Block, path: str, found: Reading) -> Iterator[Part]:
    """A picture."""
    source = _source(block, path, found)
    if source is None:
        return
    mark = cache_mark(block.cache_control, path, found)
    media = _media("image", source, path, found, mark, None)
    if media is not None:
        yield media


def read_document(block: Block, path: str, found: Reading) -> Iterator[Part]:
    """A document, in one of five ways."""
    source = _source(block, path, found)
    if source is None:
        return
    title = found.text(block.title, f"{path}.title")
    if found.text(block.context, f"{path}.context"):
        found.lose(f"{path}.context", "only Anthropic knows what a document is about apart from its text")
    _lose_citations(block, path, found)
    mark = cache_mark(block.cache_control, path, found)
    if source.type == "content":
        yield from _document_content(source, f"{path}.source.content", found, title, mark)
        return
    media = _media("document", source, path, found, mark, title)
    if media is not None:
        yield media


def _document_content(
    source: Source, path: str, found: Reading, title: str | None, mark: CacheMark | None
) -> Iterator[Part]:
    """A document made of blocks: text in a row is one document, a picture in between stands for itself."""
    texts: list[str] = []
    parts: list[Part] = []

    def flush() -> None:
        if texts:
            parts.append(Media("document", "text/plain", text="\n".join(texts), name=title))
            texts.clear()

    for part in nested(source.content, path, found, IN_DOCUMENT):
        if isinstance(part, Text):
            texts.append(part.text)
        else:
            flush()
            parts.append(part)
    flush()
    if parts and mark is not None and isinstance(last := parts[-1], Media):
        parts[-1] = msgspec.structs.replace(last, cache=mark)
    yield from parts


def read_search_result(block: Block, path: str, found: Reading) -> Iterator[Part]:
    """A result that the caller found: a text document that says where it is from."""
    where = found.needed(_string_of(block.source), f"{path}.source")
    title = found.needed(block.title, f"{path}.title")
    _lose_citations(block, path, found)
    words = [part.text for part in nested(block.content, f"{path}.content", found, ONLY_TEXT) if isinstance(part, Text)]
    text = "\n".join((where, *words))
    yield Media(
        "document", "text/plain", text=text, name=title, cache=cache_mark(block.cache_control, path, found)
    )  # fmt: skip


def _source(block: Block, path: str, found: Reading) -> Source | None:
    raw = found.raw_table(block.source, f"{path}.source", needed=True)
    return None if raw is None else _SOURCE.read(raw, f"{path}.source", found)


def _media(
    kind: MediaKind, source: Source, path: str, found: Reading, mark: CacheMark | None, title: str | None
) -> Media | None:
    """A source as media; a file that was uploaded is kept, but is a fatal loss everywhere else."""
    field = f"{path}.source"
    if source.type == "base64":
        media_type = found.needed(source.media_type, f"{field}.media_type")
        return Media(kind, media_type, data=found.needed(source.data, f"{field}.data"), name=title, cache=mark)
    if source.type == "text" and kind == "document":
        return Media(kind, "text/plain", text=found.needed(source.data, f"{field}.data"), name=title, cache=mark)
    if source.type == "url":
        media_type = "application/pdf" if kind == "document" else ""
        return Media(kind, media_type, url=found.needed(source.url, f"{field}.url"), name=title, cache=mark)
    if source.type == "file":
        found.lose(f"{field}.file_id", AT_PROVIDER, fatal=True)
        return Media(kind, file_id=found.needed(source.file_id, f"{field}.file_id"), name=title, cache=mark)
    kinds = "base64 url file" if kind == "image" else "base64 text content url file"
    found.faults.rule(f"{field}.type", f"must be one of: {kinds}")
    return None


def _lose_citations(block: Block, path: str, found: Reading) -> None:
    if first_byte(block.citations) == b"{" and _SWITCH.decode(block.citations).enabled is True:
        found.lose(f"{path}.citations", _CITATIONS)


def _string_of(raw: msgspec.Raw) -> object:
    return msgspec.json.decode(raw) if first_byte(raw) == b'"' else None


# What may stand inside what, so that nothing nests without end.
ONLY_TEXT: Final[Readers] = {"text": read_text}
IN_DOCUMENT: Final[Readers] = {**ONLY_TEXT, "image": read_image}
IN_RESULT: Final[Readers] = {**IN_DOCUMENT, "document": read_document, "search_result": read_search_result}
