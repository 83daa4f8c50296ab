"""How many pictures a call brings: exact, and next to free where there are none."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from octogate.core.call import Call
from octogate.dialects.faults import UNREADABLE

_ABSENT: Final = msgspec.Raw(b"null")


class _Block(msgspec.Struct, gc=False):
    """A message or a part of one, in the words of any dialect: what may be a picture, and what may hold more."""

    type: msgspec.Raw = _ABSENT
    content: msgspec.Raw = _ABSENT
    output: msgspec.Raw = _ABSENT
    parts: msgspec.Raw = _ABSENT
    inlineData: msgspec.Raw = _ABSENT  # noqa: N815 - Gemini's spelling
    inline_data: msgspec.Raw = _ABSENT
    fileData: msgspec.Raw = _ABSENT  # noqa: N815 - Gemini's spelling
    file_data: msgspec.Raw = _ABSENT
    functionResponse: msgspec.Raw = _ABSENT  # noqa: N815 - Gemini's spelling
    function_response: msgspec.Raw = _ABSENT


_MEMBERS: Final = ("messages", "input", "contents")
_TYPES: Final = frozenset({b'"image"', b'"image_url"', b'"input_image"', b'"computer_screenshot"'})
_MARK: Final = b"image"
_PICTURE: Final = re.compile(rb'"mime_?type"\s*:\s*"image/', re.IGNORECASE)
MAX_BLOCKS: Final = 20_000
"""What is looked at takes some 40 ms at the most; no real conversation has more."""
_MAX_BRACES: Final = 100_000
"""Of a list that is taken apart at all: taking apart a million parts takes half a second."""

_DEPTH: Final = 4  # message, tool result, its parts; nothing real is deeper
_BLOCK: Final = msgspec.json.Decoder(_Block)
_BLOCKS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def count_pictures(call: Call) -> int:
    """Pictures among the first `MAX_BLOCKS` messages and parts; none in what is no conversation, but a crowd."""
    try:
        return _count([call.fields[name] for name in _MEMBERS if name in call.fields])
    except UNREADABLE:
        return 0


def _count(lists: list[msgspec.Raw]) -> int:
    found = seen = 0
    left = [(raw, _DEPTH) for raw in lists]
    while left:
        raw, depth = left.pop()
        for block in _blocks(raw):
            seen += 1
            if seen > MAX_BLOCKS:
                return found
            if _is_picture(block):
                found += 1
            elif depth > 1:
                left += [(part, depth - 1) for part in _inner(block)]
    return found


def _is_picture(block: _Block) -> bool:
    if bytes(block.type) in _TYPES:
        return True
    blobs = (block.inlineData, block.inline_data, block.fileData, block.file_data)
    return any(blob is not _ABSENT and _PICTURE.search(blob) for blob in blobs)


def _inner(block: _Block) -> Iterator[msgspec.Raw]:
    inner = (block.content, block.output, block.parts, block.functionResponse, block.function_response)
    return (part for part in inner if part is not _ABSENT)


def _blocks(raw: msgspec.Raw) -> Iterator[_Block]:
    text = bytes(raw)
    if _MARK not in text or text.count(b"{") > _MAX_BRACES:
        return iter(())
    blocks = _BLOCKS.decode(text) if text[:1] == b"[" else [raw]
    return (_BLOCK.decode(block) for block in blocks if bytes(memoryview(block)[:1]) == b"{")
