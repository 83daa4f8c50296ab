"""The blocks that contents are made of: their members, and how each is read by its type."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from octogate.core.conversation import CacheMark, Media, Part, Text
from octogate.dialects.anthropic_messages.citations import read_citations
from octogate.dialects.anthropic_messages.shape import Shape
from octogate.dialects.body import first_byte
from octogate.dialects.checks import is_null
from octogate.dialects.findings import Findings

_ABSENT: Final = msgspec.Raw()
_OWN_BLOCK: Final = "content of the type {kind!r} has no place at other providers"


class Reading(Findings):
    """What comes to light, and which tools were called so far."""

    __slots__ = ("tool_names",)

    def __init__(self) -> None:
        super().__init__()
        self.tool_names: dict[str, str] = {}
        """By the ids of the calls."""


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


class _CacheControl(msgspec.Struct, gc=False):
    type: object = None
    ttl: object = None


_BLOCK: Final = Shape(Block)
_CACHE: Final = Shape(_CacheControl)
_CONTENT: Final = msgspec.json.Decoder(str | list[msgspec.Raw])

Content = str | list[msgspec.Raw]
Readers = Mapping[str, Callable[[Block, str, Reading], Iterator[Part]]]


def block_parts(raw: msgspec.Raw, path: str, found: Reading, readers: Readers) -> Iterator[Part]:
    """The parts that one block is, if `readers` know its type."""
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


def nested(raw: msgspec.Raw, path: str, found: Reading, readers: Readers) -> list[Text | Media]:
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
    parts = (part for block, where in blocks for part in block_parts(block, where, found, readers))
    return [part for part in parts if isinstance(part, (Text, Media))]


def read_text(block: Block, path: str, found: Reading) -> Iterator[Part]:
    """Words, and where they are from."""
    text = found.needed(block.text, f"{path}.text")
    yield Text(text, read_citations(block.citations), cache=cache_mark(block.cache_control, path, found))


def cache_mark(raw: msgspec.Raw, path: str, found: Findings) -> CacheMark | None:
    """A `cache_control` member: null, or `{"type": "ephemeral", "ttl": "5m" | "1h"}`."""
    if is_null(raw):
        return None
    field = f"{path}.cache_control"
    if found.raw_table(raw, field, needed=True) is None:
        return None
    mark = _CACHE.read(raw, field, found)
    if mark.type != "ephemeral":
        found.faults.rule(f"{field}.type", "must be one of: ephemeral")
    if mark.ttl not in (None, "5m", "1h"):
        found.faults.rule(f"{field}.ttl", "must be one of: 5m 1h")
    return "1h" if mark.ttl == "1h" else "5m"
