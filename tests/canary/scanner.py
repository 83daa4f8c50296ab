"""Looks for canaries in whatever a gateway leaves behind, in every form in which a leak could be written down.

A suite adds what it drives: `Canary` values that it sends, and sinks (a name and the bytes found there). `scan` reads
every sink raw and unpacked, and looks for each canary as it is, encoded, reversed, and for any 12 characters of it.
"""

import base64
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import quote, quote_plus

import msgspec

WINDOW = 12
MAX_UNPACKED_BYTES = 64 * 2**20
_STEP = 4_096
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
# Packed data that was written down as text once more; all of gzip's headers begin alike.
_PACKED_TEXT = re.compile(rb"H4sI[A-Za-z0-9+/=_-]{16,}|1f8b08[0-9a-f]{20,}")


class Canary(msgspec.Struct, frozen=True):
    """Something that must not come out: `text` is unique and has nothing in it that may be public."""

    name: str
    text: str
    kind: Literal["secret", "content"]


class Hit(msgspec.Struct, frozen=True):
    """Where a canary was found and how it was written there; `around` shows the place."""

    canary: str
    sink: str
    form: str
    around: bytes


def scan(sinks: Mapping[str, bytes], canaries: Iterable[Canary]) -> list[Hit]:
    """Every canary in every sink, at most one hit for each pair."""
    needles = {canary.name: list(forms(canary.text)) for canary in canaries}
    return [hit for sink, data in sinks.items() for hit in _scan_one(sink, data, needles)]


def folder_sinks(folder: Path, *, but: Iterable[Path] = ()) -> dict[str, bytes]:
    """Every file below `folder`, except those that a test wrote its canaries into itself."""
    own = {path.resolve() for path in but}
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.resolve() not in own)
    return {f"file {path.relative_to(folder)}": path.name.encode() + b"\n" + path.read_bytes() for path in files}


def forms(text: str) -> Iterator[tuple[str, bytes]]:
    """All spellings of `text`: (what it is called, the bytes to look for), the whole before its parts."""
    whole = text.encode()
    spellings = {
        "raw": whole,
        "reversed": text[::-1].encode(),
        "hex": whole.hex().encode(),
        "HEX": whole.hex().upper().encode(),
        "url": quote(text, safe="").encode(),
        "form": quote_plus(text).encode(),
        "url, every byte": "".join(f"%{byte:02X}" for byte in whole).encode(),
        "url, every byte, small": "".join(f"%{byte:02x}" for byte in whole).encode(),
        "json": json.dumps(text)[1:-1].encode(),
        "json, every character": "".join(f"\\u{ord(character):04x}" for character in text).encode(),
        "repr": repr(text)[1:-1].encode(),
        "repr of bytes": repr(whole)[2:-1].encode(),
        "wide": text.encode("utf-16-le"),
        "swapped case": text.swapcase().encode(),
    }
    seen: set[bytes] = set()
    for name, spelling in [*spellings.items(), *_base64_forms(whole)]:
        if spelling not in seen:
            seen.add(spelling)
            yield name, spelling
    for name, spelling in (("raw", whole), ("reversed", spellings["reversed"]), *_base64_forms(whole)):
        for at in range(len(spelling) - WINDOW + 1):
            part = spelling[at : at + WINDOW]
            if part not in seen:
                seen.add(part)
                yield f"{WINDOW} of {name}", part


def _base64_forms(whole: bytes) -> Iterator[tuple[str, bytes]]:
    """Base64 depends on what stands before the text: three alignments, without the characters that neighbours touch."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + whole)
        first = -(-before * 4 // 3) if before else 0
        last = (before + len(whole)) // 3 * 4
        inner = encoded[first:last]
        yield f"base64+{before}", inner
        yield f"base64url+{before}", inner.translate(bytes.maketrans(b"+/", b"-_"))


def _scan_one(sink: str, data: bytes, needles: Mapping[str, list[tuple[str, bytes]]]) -> Iterator[Hit]:
    layers = [("", data), *((f", {how}", inner) for how, inner in _unpacked(data))]
    for canary, spellings in needles.items():
        for how, layer in layers:
            hit = _first(canary, sink, how, layer, spellings)
            if hit is not None:
                yield hit
                break


def _first(canary: str, sink: str, how: str, data: bytes, spellings: list[tuple[str, bytes]]) -> Hit | None:
    for form, needle in spellings:
        at = data.find(needle)
        if at >= 0:
            return Hit(canary, sink, form + how, data[max(0, at - 60) : at + len(needle) + 60])
    return None


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What is gzip or zlib inside `data`, wherever it begins, also where it was written as base64 or hex."""
    for found in _PACKED.finditer(data):
        if inner := _inflated(data[found.start() :]):
            yield "packed", inner
    for found in _PACKED_TEXT.finditer(data):
        text = found[0].translate(bytes.maketrans(b"-_", b"+/"))
        packed = _from_hex(text) if text.startswith(b"1f8b") else base64.b64decode(text[: len(text) // 4 * 4])
        if inner := _inflated(packed):
            yield "packed, as text", inner


def _from_hex(text: bytes) -> bytes:
    return bytes.fromhex(text[: len(text) // 2 * 2].decode())


def _inflated(data: bytes) -> bytes:
    """As much as can be read: a leak is no smaller because its tail was cut or overwritten."""
    inflater, out = zlib.decompressobj(wbits=47), bytearray()
    for at in range(0, len(data), _STEP):
        before = inflater.copy()
        try:
            out += inflater.decompress(data[at : at + _STEP])
        except zlib.error:
            return bytes(out + _before_the_error(before, data[at : at + _STEP]))
        if inflater.eof or len(out) > MAX_UNPACKED_BYTES:
            break
    return bytes(out)


def _before_the_error(inflater: "zlib._Decompress", data: bytes) -> bytes:
    out = bytearray()
    try:
        for at in range(len(data)):
            out += inflater.decompress(data[at : at + 1])
    except zlib.error:
        pass
    return bytes(out)
