"""What a file in a call says of its tokens: its size, and its pixels, pages or seconds, read from base64 text."""

import binascii
import re

from octogate.core.document_pages import SCANNED_BYTES, pdf_pages
from octogate.core.media_tokens import Media, MediaKind
from octogate.core.picture_size import HEAD_BYTES as PICTURE_HEAD_BYTES
from octogate.core.picture_size import picture_size
from octogate.core.recording_length import HEAD_BYTES as RECORDING_HEAD_BYTES
from octogate.core.recording_length import recording_seconds

MAX_TEXT_BYTES = 4 * 2**20
"""As much of a text file as is decoded."""

# Nearly every picture says its size here; only a JPEG may take more.
_FIRST_LOOK_BYTES = 1_024
_WINDOW_CHARACTERS = 2**20
_MAX_HEADER_CHARACTERS = 256
_WEB_SAFE = bytes.maketrans(b"-_", b"+/")
_BLANKS = b" \t\r\n"


def read_media(kind: MediaKind, base64_text: str, *, detail: str = "") -> Media:
    """The facts of a file that came as base64 or as a `data:` URL. Never raises; what cannot be read stays unknown.

    Cheap for pictures and recordings, of which only the first bytes are decoded; a PDF of 8 MiB takes some 50 ms.
    """
    start = _payload_start(base64_text)
    padding = base64_text.count("=", max(start, len(base64_text) - 2))
    size = (len(base64_text) - start - padding) * 3 // 4
    if kind == "image":
        width, height = _picture(base64_text, start)
        return Media(kind=kind, size=size, width=width, height=height, detail=detail)
    if kind == "document":
        pages = pdf_pages(_decoded(base64_text, start, SCANNED_BYTES), size=size)
        return Media(kind=kind, size=size, pages=pages, detail=detail)
    if kind == "audio":
        seconds = recording_seconds(_decoded(base64_text, start, RECORDING_HEAD_BYTES), size=size)
        return Media(kind=kind, size=size, seconds=seconds, detail=detail)
    return Media(kind=kind, size=size, detail=detail)


def read_text_file(base64_text: str) -> str:
    """The text of a file that came as base64 or as a `data:` URL, up to `MAX_TEXT_BYTES`."""
    return _decoded(base64_text, _payload_start(base64_text), MAX_TEXT_BYTES).decode("utf-8", "replace")


def media_type_of(base64_text: str) -> str:
    """The media type that a `data:` URL begins with, in small letters; "" when there is none."""
    if base64_text[:5].lower() != "data:":
        return ""
    return re.split("[;,]", base64_text[5:_MAX_HEADER_CHARACTERS], maxsplit=1)[0].lower()


def _payload_start(base64_text: str) -> int:
    """Where the base64 begins: behind the comma of a `data:` URL."""
    return base64_text.find(",", 0, _MAX_HEADER_CHARACTERS) + 1 if base64_text[:5].lower() == "data:" else 0


def _picture(base64_text: str, start: int) -> tuple[int, int]:
    head = _decoded(base64_text, start, _FIRST_LOOK_BYTES)
    size = picture_size(head)
    if size is None and head.startswith(b"\xff\xd8"):
        size = picture_size(_decoded(base64_text, start, PICTURE_HEAD_BYTES))
    return size or (0, 0)


def _decoded(base64_text: str, start: int, most: int) -> bytes:
    """The first `most` bytes, window by window, so that other threads get their turn; less where it is no base64."""
    pieces: list[bytes] = []
    rest = b""
    end = min(len(base64_text), start + most * 4 // 3 + 4)
    for at in range(start, end, _WINDOW_CHARACTERS):
        window = base64_text[at : min(at + _WINDOW_CHARACTERS, end)].encode("ascii", "replace")
        window = rest + window.translate(_WEB_SAFE, _BLANKS)
        whole = len(window) // 4 * 4
        rest = window[whole:]
        try:
            pieces.append(binascii.a2b_base64(window[:whole]))
        except binascii.Error:  # not base64
            break
    else:
        pieces.append(_last(rest))
    return b"".join(pieces)[:most]


def _last(rest: bytes) -> bytes:
    """What stands behind the last whole group of four: padding may be missing, as it often is in web-safe base64."""
    try:
        return binascii.a2b_base64(rest + b"=" * (-len(rest) % 4))
    except binascii.Error:
        return b""
