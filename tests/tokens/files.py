"""Small files made by hand: the first bytes of pictures, whole recordings, documents of so many pages."""

import base64
import struct
import zlib


def png(width, height):
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\0\0\0" + bytes(4)


def jpeg(width, height, *, before=b"", frame=0xC0):
    """`before` stands in a segment of its own, as a thumbnail does."""
    segments = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    for at in range(0, len(before), 65_000):
        piece = before[at : at + 65_000]
        segments += b"\xff\xe1" + struct.pack(">H", len(piece) + 2) + piece
    return b"\xff\xd8" + segments + bytes([0xFF, frame]) + struct.pack(">HBHH", 17, 8, height, width) + bytes(10)


def gif(width, height):
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0"


def webp(kind, width, height):
    if kind == "VP8 ":
        body = b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width | 0x4000, height)
    elif kind == "VP8L":
        body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)
    else:
        body = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body) + 12) + b"WEBP" + kind.encode() + struct.pack("<I", len(body)) + body


def wav(seconds, *, rate=16_000, said=None):
    """16 bits, one channel; `said` is the length that the header claims."""
    sound = bytes(int(seconds * rate) * 2)
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    head = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data"
    return b"RIFF" + struct.pack("<I", 36 + len(sound)) + head + struct.pack("<I", said or len(sound)) + sound


def mp3(seconds, *, tag=b"", frames=None):
    """128 kbit/s, 44.1 kHz; `frames` is what an encoder with a variable rate writes down."""
    named = b"ID3\x04\0\0" + bytes([0, 0, len(tag) >> 7, len(tag) & 0x7F]) + tag if tag else b""
    counted = b"Xing" + struct.pack(">II", 1, frames) if frames is not None else b""
    return named + b"\xff\xfb\x90\x00" + bytes(32) + counted + bytes(int(seconds * 16_000) - 36 - len(counted))


def pdf(pages, *, packed=False, said=None):
    """`packed` puts the page objects into a compressed stream; `said` is what the page tree claims."""
    leaves = b"\n".join(b"%d 0 obj << /Type /Page /Parent 2 0 R >> endobj" % (3 + at) for at in range(pages))
    tree = b"2 0 obj << /Type /Pages /Kids [] /Count %d >> endobj\n" % (pages if said is None else said)
    if packed:
        stream = zlib.compress(tree + leaves)
        return b"%PDF-1.5\n9 0 obj << /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + stream + b"\nendstream endobj"
    return b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n" + tree + leaves + b"\n%%EOF"


def b64(data):
    return base64.b64encode(data).decode()
