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
_MARK: Final = re.compile(rb"image", re.IGNORECASE)
_PICTURE: Final = re.compile(rb'"mime_?type"\s*:\s*"image/', re.IGNORECASE)
_DEPTH: Final = 4  # message, tool result, its parts; nothing real is deeper
_BLOCK: Final = msgspec.json.Decoder(_Block)
_BLOCKS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def count_pictures(call: Call) -> int:
    """Pictures in the whole conversation; 0 for what cannot be read."""
    try:
        return sum(_count(call.fields[name], _DEPTH) for name in _MEMBERS if name in call.fields)
    except UNREADABLE:
        return 0


def _count(raw: msgspec.Raw, depth: int) -> int:
    if depth == 0 or _MARK.search(raw) is None:
        return 0
    return sum(_count_block(block, depth) for block in _blocks(raw))


def _count_block(raw: msgspec.Raw, depth: int) -> int:
    block = _BLOCK.decode(raw)
    if bytes(block.type) in _TYPES:
        return 1
    blobs = (block.inlineData, block.inline_data, block.fileData, block.file_data)
    if any(len(bytes(blob)) > 4 and _PICTURE.search(blob) for blob in blobs):
        return 1
    inner = (block.content, block.output, block.parts, block.functionResponse, block.function_response)
    return sum(_count(part, depth - 1) for part in inner if part is not _ABSENT)


def _blocks(raw: msgspec.Raw) -> Iterator[msgspec.Raw]:
    text = bytes(raw)
    blocks = _BLOCKS.decode(text) if text[:1] == b"[" else [raw]
    return (block for block in blocks if bytes(block)[:1] == b"{")
