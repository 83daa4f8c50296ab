"""Content blocks of a caller's messages → parts of the hub."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from octogate.core import seals
from octogate.core.conversation import CacheMark, Media, MediaKind, Part, Reasoning, Text, ToolCall, ToolResult
from octogate.dialects.anthropic_messages.citations import read_citations
from octogate.dialects.anthropic_messages.findings import Findings, Shape, first_byte
from octogate.dialects.anthropic_messages.identity import OWN
from octogate.dialects.checks import is_null

_ABSENT: Final = msgspec.Raw()
_FILE: Final = "a file that lies at one provider cannot be read by another"
_OWN_BLOCK: Final = "content of the type {kind!r} has no place at other providers"
_CITATIONS: Final = "only Anthropic cites documents on request"


class Block(msgspec.Struct, gc=False):
    """The members of content blocks that say something."""

    type: object = None
    text: object = None
    thinking: object = None
    signature: object = None
    data: object = None
    id: object = None
    name: object = None
    tool_use_id: object = None
    title: object = None
    context: object = None
    is_error: object = None
    source: msgspec.Raw = _ABSENT
    input: msgspec.Raw = _ABSENT
    content: msgspec.Raw = _ABSENT
    citations: msgspec.Raw = _ABSENT
    cache_control: msgspec.Raw = _ABSENT
    caller: msgspec.Raw = _ABSENT


class Source(msgspec.Struct, gc=False):
    """Where the bytes of an image or a document are."""

    type: object = None
    media_type: object = None
    data: object = None
    url: object = None
    file_id: object = None
    content: msgspec.Raw = _ABSENT


class _CacheControl(msgspec.Struct, gc=False):
    type: object = None
    ttl: object = None


class _Caller(msgspec.Struct, gc=False):
    type: object = None


class _Switch(msgspec.Struct, gc=False):
    enabled: object = None


_BLOCK: Final = Shape(Block)
_SOURCE: Final = Shape(Source)
_CACHE: Final = Shape(_CacheControl)
_CALLER: Final = msgspec.json.Decoder(_Caller)
_SWITCH: Final = msgspec.json.Decoder(_Switch)
_CONTENT: Final = msgspec.json.Decoder(str | list[msgspec.Raw])

Content = str | list[msgspec.Raw]
Readers = Mapping[str, Callable[[Block, str, Findings], Iterator[Part]]]


def read_parts(content: Content, path: str, found: Findings) -> tuple[Part, ...]:
    """The parts of one message's content; a string is one text."""
    if isinstance(content, str):
        return (Text(content),)
    blocks = ((raw, f"{path}[{at}]") for at, raw in enumerate(content))
    return tuple(part for raw, where in blocks for part in _block_parts(raw, where, found, _READERS))


def cache_mark(raw: msgspec.Raw, path: str, found: Findings) -> CacheMark | None:
    """A `cache_control` member: null, or `{"type": "ephemeral", "ttl": "5m" | "1h"}`."""
    if is_null(raw):
        return None
    field = f"{path}.cache_control"
    if found.table(raw, field) is None:
        return None
    mark = _CACHE.read(raw, field, found)
    if mark.type != "ephemeral":
        found.faults.rule(f"{field}.type", "must be one of: ephemeral")
    if mark.ttl not in (None, "5m", "1h"):
        found.faults.rule(f"{field}.ttl", "must be one of: 5m 1h")
    return "1h" if mark.ttl == "1h" else "5m"


def _block_parts(raw: msgspec.Raw, path: str, found: Findings, readers: Readers) -> Iterator[Part]:
    if first_byte(raw) != b"{":
        found.faults.add(path, "Content must be made of objects")
        return
    block, is_all = _BLOCK.peek(raw)
    if not isinstance(block.type, str):
        found.faults.rule(f"{path}.type", "is required" if block.type is None else "must be a string")
        return
    read = readers.get(block.type)
    if read is None:
        found.lose(path, _OWN_BLOCK.format(kind=block.type[:64]), fatal=block.type == "container_upload")
        return
    if not is_all:
        _BLOCK.lose_others(raw, path, found)
    yield from read(block, path, found)


def _text(block: Block, path: str, found: Findings) -> Iterator[Part]:
    text = found.text(block.text, f"{path}.text")
    yield Text(text, read_citations(block.citations), cache=cache_mark(block.cache_control, path, found))


def _image(block: Block, path: str, found: Findings) -> Iterator[Part]:
    source = _source(block, path, found)
    if source is None:
        return
    mark = cache_mark(block.cache_control, path, found)
    media = _media("image", source, path, found, mark, None)
    if media is not None:
        yield media


def _document(block: Block, path: str, found: Findings) -> Iterator[Part]:
    source = _source(block, path, found)
    if source is None:
        return
    title = found.optional_text(block.title, f"{path}.title")
    if found.optional_text(block.context, f"{path}.context"):
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
    source: Source, path: str, found: Findings, title: str | None, mark: CacheMark | None
) -> Iterator[Part]:
    """A document made of blocks: text in a row is one document, a picture in between stands for itself."""
    texts: list[str] = []
    parts: list[Part] = []

    def flush() -> None:
        if texts:
            parts.append(Media("document", "text/plain", text="\n".join(texts), name=title))
            texts.clear()

    for part in _nested(source.content, path, found, _IN_DOCUMENT):
        if isinstance(part, Text):
            texts.append(part.text)
        else:
            flush()
            parts.append(part)
    flush()
    if parts and mark is not None and isinstance(last := parts[-1], Media):
        parts[-1] = msgspec.structs.replace(last, cache=mark)
    yield from parts


def _search_result(block: Block, path: str, found: Findings) -> Iterator[Part]:
    """A result that the caller found: a text document that says where it is from."""
    where = found.text(_string_of(block.source), f"{path}.source")
    title = found.text(block.title, f"{path}.title")
    _lose_citations(block, path, found)
    words = [part.text for part in _nested(block.content, f"{path}.content", found, _TEXT) if isinstance(part, Text)]
    text = "\n".join((where, *words))
    yield Media(
        "document", "text/plain", text=text, name=title, cache=cache_mark(block.cache_control, path, found)
    )  # fmt: skip


def _thinking(block: Block, path: str, found: Findings) -> Iterator[Part]:
    text = found.text(block.thinking, f"{path}.thinking")
    signature = found.optional_text(block.signature, f"{path}.signature") or ""
    yield Reasoning(text, seals.unseal(signature, OWN))


def _redacted(block: Block, path: str, found: Findings) -> Iterator[Part]:
    signature = seals.unseal(found.text(block.data, f"{path}.data"), OWN)
    if signature is not None:
        yield Reasoning(signature=signature, hidden=True)


def _tool_use(block: Block, path: str, found: Findings) -> Iterator[Part]:
    call_id, signature = seals.unpack_id(found.text(block.id, f"{path}.id"))
    name = found.text(block.name, f"{path}.name")
    arguments = None if is_null(block.input) else found.table(block.input, f"{path}.input")
    found.tool_names[call_id] = name
    if first_byte(block.caller) == b"{" and _CALLER.decode(block.caller).type != "direct":
        found.lose(f"{path}.caller", "only Anthropic runs code that calls tools")
    mark = cache_mark(block.cache_control, path, found)
    yield ToolCall(call_id, name, "{}" if arguments is None else bytes(arguments).decode(), signature, mark)


def _tool_result(block: Block, path: str, found: Findings) -> Iterator[Part]:
    call_id, _ = seals.unpack_id(found.text(block.tool_use_id, f"{path}.tool_use_id"))
    is_error = found.flag(block.is_error, f"{path}.is_error")
    parts = tuple(_nested(block.content, f"{path}.content", found, _IN_RESULT))
    mark = cache_mark(block.cache_control, path, found)
    yield ToolResult(call_id, parts, found.tool_names.get(call_id), is_error is True, mark)


def _nested(raw: msgspec.Raw, path: str, found: Findings, readers: Readers) -> list[Text | Media]:
    """Content inside a block: a string, or blocks of the types in `readers`."""
    if is_null(raw):
        return []
    if first_byte(raw) not in (b'"', b"["):
        found.faults.rule(path, "must be a string or an array")
        return []
    content = _CONTENT.decode(raw)
    if isinstance(content, str):
        return [Text(content)] if content else []
    blocks = ((block, f"{path}[{at}]") for at, block in enumerate(content))
    parts = (part for block, where in blocks for part in _block_parts(block, where, found, readers))
    return [part for part in parts if isinstance(part, (Text, Media))]


def _source(block: Block, path: str, found: Findings) -> Source | None:
    raw = found.table(block.source, f"{path}.source")
    return None if raw is None else _SOURCE.read(raw, f"{path}.source", found)


def _media(
    kind: MediaKind, source: Source, path: str, found: Findings, mark: CacheMark | None, title: str | None
) -> Media | None:
    """A source as media; a file that was uploaded is kept, but is a fatal loss everywhere else."""
    field = f"{path}.source"
    if source.type == "base64":
        media_type = found.text(source.media_type, f"{field}.media_type")
        return Media(kind, media_type, data=found.text(source.data, f"{field}.data"), name=title, cache=mark)
    if source.type == "text" and kind == "document":
        return Media(kind, "text/plain", text=found.text(source.data, f"{field}.data"), name=title, cache=mark)
    if source.type == "url":
        media_type = "application/pdf" if kind == "document" else ""
        return Media(kind, media_type, url=found.text(source.url, f"{field}.url"), name=title, cache=mark)
    if source.type == "file":
        found.lose(f"{field}.file_id", _FILE, fatal=True)
        return Media(kind, file_id=found.text(source.file_id, f"{field}.file_id"), name=title, cache=mark)
    kinds = "base64 url file" if kind == "image" else "base64 text content url file"
    found.faults.rule(f"{field}.type", f"must be one of: {kinds}")
    return None


def _lose_citations(block: Block, path: str, found: Findings) -> None:
    if first_byte(block.citations) == b"{" and _SWITCH.decode(block.citations).enabled is True:
        found.lose(f"{path}.citations", _CITATIONS)


def _string_of(raw: msgspec.Raw) -> object:
    return msgspec.json.decode(raw) if first_byte(raw) == b'"' else None


# What may stand inside what, so that nothing nests without end.
_TEXT: Final[Readers] = {"text": _text}
_IN_DOCUMENT: Final[Readers] = {**_TEXT, "image": _image}
_IN_RESULT: Final[Readers] = {**_IN_DOCUMENT, "document": _document, "search_result": _search_result}
_READERS: Final[Readers] = {
    **_IN_RESULT,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
}
