"""Width and height of a picture, from the first bytes of a PNG, JPEG, GIF or WebP file."""

import re
import struct
from collections.abc import Iterator

HEAD_BYTES = 262_144
"""As much of a file as is ever looked at: a JPEG may have a colour profile and a thumbnail before its size."""

Size = tuple[int, int]

_PNG = b"\x89PNG\r\n\x1a\n"
_GIFS = (b"GIF87a", b"GIF89a")
_JPEG = b"\xff\xd8"
# The markers of a frame header (ITU T.81, table B.1): all of C0 to CF but the tables DHT, JPG and DAC.
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers without a length: TEM, RST0 to RST7 and SOI.
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_MAX_SEGMENTS = 1_000
# Any number of FF may stand before a marker (T.81, B.1.1.2).
_MARKER = re.compile(rb"\xff+([^\xff])", re.DOTALL)


def picture_size(head: bytes) -> Size | None:
    """(width, height) in pixels, or None when `head` does not say or says a size that no picture has.

    Never raises, whatever the bytes are, and looks at no more than `HEAD_BYTES` of them.
    """
    head = head[:HEAD_BYTES]
    try:
        size = _size(head)
    except struct.error:  # the file ends before its size
        return None
    return size if size is not None and min(size) > 0 else None


def _size(head: bytes) -> Size | None:
    if head.startswith(_PNG):
        return _png(head)
    if head.startswith(_GIFS):
        width, height = struct.unpack_from("<HH", head, 6)
        return width, height
    if head.startswith(_JPEG):
        return _jpeg(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(head)
    return None


def _png(head: bytes) -> Size | None:
    if head[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", head, 16)
    return width, height


def _jpeg(head: bytes) -> Size | None:
    for marker, at in _segments(head):
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", head, at + 3)  # behind the length and the precision
            return width, height
    return None


def _segments(head: bytes) -> Iterator[tuple[int, int]]:
    """Each marker of a JPEG up to its first scan, and where the segment's length stands."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        found = _MARKER.match(head, at)
        if found is None or (marker := found[1][0]) in {_START_OF_SCAN, _END_OF_IMAGE}:
            return
        at = found.end()
        if marker in _BARE_MARKERS:
            continue
        yield marker, at
        (length,) = struct.unpack_from(">H", head, at)
        at += max(length, 2)


def _webp(head: bytes) -> Size | None:
    kind = head[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return (width & 0x3FFF, height & 0x3FFF) if head[23:26] == b"\x9d\x01\x2a" else None
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1) if head[20] == 0x2F else None
    if kind == b"VP8X":
        width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
        return (width, height) if len(head) >= 30 else None
    return None
