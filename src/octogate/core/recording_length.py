"""How many seconds a WAV or MP3 recording lasts, from its first bytes and its size."""

import re
import struct

HEAD_BYTES = 65_536
"""As much of a file as is looked at."""

MAX_SECONDS = 34_200.0
"""No vendor takes a longer recording (Gemini: 9.5 hours)."""

# 16 channels of 192,000 samples of 32 bits: no recording has more bytes in a second.
_MAX_BYTE_RATE = 12_288_000
_UNCOMPRESSED = frozenset({1, 3, 0xFFFE})
_WAV_FORMAT, _WAV_DATA = b"fmt ", b"data"
_MAX_CHUNKS = 64

# ISO 11172-3 and 13818-3, layer III: kbit/s and samples/s by the numbers in a frame's header.
_BIT_RATES_1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BIT_RATES_2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLE_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MPEG_1, _LAYER_3 = 3, 1
_FRAME = re.compile(rb"\xff[\xe0-\xff][\x10-\xef]", re.DOTALL)
_VARIABLE = re.compile(rb"Xing|Info")
_MAX_MP3_BYTE_RATE = 40_000


def recording_seconds(head: bytes, *, size: int) -> float | None:
    """The seconds of a recording of `size` bytes that begins with `head`; None when it does not say.

    Never raises, and never says less than the file could hold at the highest rate of its format.
    """
    head = head[:HEAD_BYTES]
    try:
        seconds = _wav(head, size) if head[:4] == b"RIFF" and head[8:12] == b"WAVE" else _mp3(head, size)
    except struct.error:  # the file ends within its own header
        return None
    return None if seconds is None else min(seconds, MAX_SECONDS)


def _wav(head: bytes, size: int) -> float | None:
    at, byte_rate = 12, 0
    for _ in range(_MAX_CHUNKS):
        name, length = struct.unpack_from("<4sI", head, at)
        at += 8
        if name == _WAV_FORMAT:
            byte_rate = _byte_rate(head, at)
        elif name == _WAV_DATA:
            # A recording that is streamed says 0 or 2³²−1 here: the size of the file is what there is.
            return max(size - at, 0) / byte_rate if 0 < byte_rate <= _MAX_BYTE_RATE else None
        at += length + length % 2
    return None


def _byte_rate(head: bytes, at: int) -> int:
    kind, channels, rate, byte_rate, _, bits = struct.unpack_from("<HHIIHH", head, at)
    exact: int = channels * rate * bits // 8
    return exact if kind in _UNCOMPRESSED else int(byte_rate)


def _mp3(head: bytes, size: int) -> float | None:
    first = _FRAME.search(head, _past_tag(head)) if head.startswith((b"ID3", b"\xff")) else None
    if first is None:
        return None
    header = int.from_bytes(head[first.start() : first.start() + 4].ljust(4, b"\0"), "big")
    version, layer = header >> 19 & 3, header >> 17 & 3
    rates = _SAMPLE_RATES.get(version)
    if layer != _LAYER_3 or rates is None or (header >> 10 & 3) == 3:
        return None
    kilobits = (_BIT_RATES_1 if version == _MPEG_1 else _BIT_RATES_2)[(header >> 12 & 15) - 1]
    audio_bytes = max(size - first.start(), 0)
    counted = _counted_frames(head, first.start())
    if counted is None:
        return audio_bytes / (kilobits * 125)
    samples = counted * (1_152 if version == _MPEG_1 else 576)
    return max(samples / rates[header >> 10 & 3], audio_bytes / _MAX_MP3_BYTE_RATE)


def _past_tag(head: bytes) -> int:
    """Where the sound begins: behind an ID3v2 tag, whose size is four times seven bits."""
    if not head.startswith(b"ID3") or len(head) < 10:
        return 0
    sevens = [byte & 0x7F for byte in head[6:10]]
    return 10 + (sevens[0] << 21 | sevens[1] << 14 | sevens[2] << 7 | sevens[3])


def _counted_frames(head: bytes, start: int) -> int | None:
    """The number of frames that an encoder with a variable rate writes into the first one."""
    found = _VARIABLE.search(head, start, start + 64)
    if found is None:
        return None
    flags, frames = struct.unpack_from(">II", head, found.end())
    return int(frames) if flags & 1 else None
