"""How many pages a PDF has, counted without reading what is on them."""

import re
import zlib
from collections.abc import Iterator
from itertools import islice

SCANNED_BYTES = 8 * 2**20
"""As much of a file as is looked at; the rest is taken to be like it."""

MAX_PAGES = 1_000
"""No vendor reads more of one document (Gemini: 1,000, Anthropic: 600)."""

_PAGE = re.compile(rb"/Type\s{0,8}/Page(?![A-Za-z])")
_PAGE_TREE = re.compile(rb"/Type\s{0,8}/Pages(?![A-Za-z])")
_COUNT = re.compile(rb"/Count\s{1,8}(\d{1,9})")
# Since PDF 1.5 the page objects may stand in compressed streams (ISO 32000-1, 7.5.7).
_OBJECT_STREAM = re.compile(rb"/Type\s{0,8}/ObjStm(?![A-Za-z])")
_STREAM = re.compile(rb"stream\r?\n")
_NEAR_BYTES = 1_024
_MAX_STREAMS = 256
_MAX_TREES = 1_000
_INFLATED_BYTES = 4 * 2**20
_MAX_INFLATED_OF_ONE = 2**18
_WINDOW_BYTES = 2**20


def pdf_pages(data: bytes, *, size: int) -> int | None:
    """The pages of a PDF of `size` bytes of which `data` are the first; None when no page is to be seen.

    The larger of two numbers, at most `MAX_PAGES`: the page objects that are there, and what the page tree says. A
    document that wants to be counted low would have to be one that its reader cannot read either. Never raises.
    """
    data = data[:SCANNED_BYTES]
    objects, said = _seen(data)
    inflated = b"\n".join(_object_streams(data))
    packed_objects, packed_said = _seen(inflated)
    counted = objects + packed_objects
    if len(data) == SCANNED_BYTES:
        counted = -(-counted * size // SCANNED_BYTES)
    pages = max(counted, said, packed_said)
    return min(pages, MAX_PAGES) or None


def _seen(data: bytes) -> tuple[int, int]:
    """Page objects, and the largest number of pages that a page tree claims."""
    objects = sum(1 for _ in islice(_found(_PAGE, data), MAX_PAGES))
    said = 0
    for tree in islice(_found(_PAGE_TREE, data), _MAX_TREES):
        near = data[max(0, tree - _NEAR_BYTES) : tree + _NEAR_BYTES]
        said = max([said, *(int(count[1]) for count in _COUNT.finditer(near))])
    return objects, said


def _found(pattern: re.Pattern[bytes], data: bytes) -> Iterator[int]:
    """Where the pattern begins. Window by window: one long search would keep all other threads waiting."""
    for start in range(0, len(data), _WINDOW_BYTES):
        end = start + _WINDOW_BYTES
        for match in pattern.finditer(data, start, end + 64):
            if match.start() < end:
                yield match.start()


def _object_streams(data: bytes) -> Iterator[bytes]:
    """The inflated object streams; both their number and their size have a bound."""
    left = _INFLATED_BYTES
    for seen, at in enumerate(_found(_OBJECT_STREAM, data)):
        opening = _STREAM.search(data, at, at + _NEAR_BYTES)
        if seen >= _MAX_STREAMS or left <= 0:
            return
        if opening is None:
            continue
        most = min(left, _MAX_INFLATED_OF_ONE)
        try:
            part = zlib.decompressobj().decompress(data[opening.end() : opening.end() + most], most)
        except zlib.error:  # encrypted, or packed otherwise: nothing to be seen here
            continue
        left -= len(part)
        yield part
