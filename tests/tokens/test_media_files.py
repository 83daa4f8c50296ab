"""What files say of themselves: pixels, pages and seconds, from real headers and from hostile bytes."""

import random
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octogate.core.document_pages import MAX_PAGES, SCANNED_BYTES, pdf_pages
from octogate.core.media_facts import media_type_of, read_media, read_text_file
from octogate.core.picture_size import picture_size
from octogate.core.recording_length import MAX_SECONDS, recording_seconds

from .files import b64, gif, jpeg, mp3, pdf, png, wav, webp

PICTURES = {
    "png": png(1_920, 1_080),
    "jpeg": jpeg(1_920, 1_080),
    "progressive jpeg": jpeg(1_920, 1_080, frame=0xC2),
    "jpeg behind a thumbnail": jpeg(1_920, 1_080, before=jpeg(160, 90) + bytes(150_000)),
    "jpeg with fill bytes": jpeg(1_920, 1_080).replace(b"\xff\xc0", b"\xff\xff\xff\xc0"),
    "gif": gif(1_920, 1_080),
    "webp lossy": webp("VP8 ", 1_920, 1_080),
    "webp lossless": webp("VP8L", 1_920, 1_080),
    "webp extended": webp("VP8X", 1_920, 1_080),
}


@pytest.mark.parametrize("data", PICTURES.values(), ids=PICTURES)
def test_a_picture_says_its_size_in_its_first_bytes(data):
    assert picture_size(data) == (1_920, 1_080)
    assert picture_size(data + bytes(50_000)) == (1_920, 1_080)


@pytest.mark.parametrize("data", PICTURES.values(), ids=PICTURES)
def test_a_picture_that_ends_too_early_has_no_size_rather_than_a_wrong_one(data):
    sizes = [picture_size(data[:length]) for length in range(0, len(data) + 1, 1 + len(data) // 1_000)]

    assert sizes[0] is None
    assert set(sizes) <= {None, (1_920, 1_080)}


def test_nothing_is_no_size():
    assert picture_size(png(0, 100)) is None
    assert picture_size(gif(100, 0)) is None
    assert picture_size(b"") is picture_size(b"%PDF-1.4") is picture_size(b"<svg/>") is None


BEGINNINGS = [
    b"",
    *(data[:30] for data in PICTURES.values()),
    wav(0)[:40],
    mp3(1)[:60],
    b"ID3\x04",
    pdf(1),
    pdf(1, packed=True),
]


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=400), st.integers(0, 40))
def test_no_bytes_make_a_reader_raise(beginning, rest, cut):
    data = beginning[: len(beginning) - cut] + rest

    size, pages = picture_size(data), pdf_pages(data, size=len(data))
    seconds = recording_seconds(data, size=len(data))

    assert size is None or min(size) > 0
    assert pages is None or 0 < pages <= MAX_PAGES
    assert seconds is None or 0 <= seconds <= MAX_SECONDS


@given(st.sampled_from(["image", "document", "audio", "video"]), st.text(max_size=300), st.booleans())
def test_no_text_makes_a_reader_raise(kind, text, named):
    text = f"data:image/png;base64,{text}" if named else text

    media = read_media(kind, text)

    assert media.kind == kind
    assert 0 <= media.size <= len(text)
    assert read_text_file(text) is not None


HOSTILE = {
    "segments without end": b"\xff\xd8" + b"\xff\xe1\0\x02" * 2_000_000,
    "fill bytes": b"\xff\xd8" + b"\xff" * 8_000_000,
    "page trees": b"/Type /Pages /Count 1 " * 400_000,
    "pages": b"/Type/Page " * 800_000,
    "nearly pages": b"/Type        " * 600_000,
    "bombs": (b"/Type/ObjStm stream\n" + zlib.compress(bytes(10**6))) * 6_000,
    "chunks": b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 1_000_000,
    "half frames": b"ID3" + b"\xff\xe0\xf0" * 2_000_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_take_a_bounded_time(data):
    began = time.process_time()

    for kind in ("image", "document", "audio"):
        read_media(kind, b64(data))

    assert time.process_time() - began < 2.0


def test_pages_are_counted_where_they_are_plain_and_where_they_are_packed():
    for pages in (1, 2, 37):
        assert pdf_pages(pdf(pages), size=len(pdf(pages))) == pages
        assert pdf_pages(pdf(pages, packed=True), size=10_000) == pages


def test_the_larger_of_two_page_counts_is_believed():
    assert pdf_pages(pdf(5, said=1), size=1_000) == 5
    assert pdf_pages(pdf(1, said=80), size=1_000) == 80
    assert pdf_pages(pdf(1, said=10**9 - 1), size=1_000) == MAX_PAGES


def test_a_document_longer_than_what_is_looked_at_is_taken_to_go_on_like_that():
    data = pdf(10) + bytes(SCANNED_BYTES - len(pdf(10)))

    assert pdf_pages(data, size=3 * SCANNED_BYTES) == 30
    assert pdf_pages(b"%PDF-1.7 encrypted", size=1_000_000) is None


def test_a_recording_says_how_long_it_is():
    assert recording_seconds(wav(2.5), size=len(wav(2.5))) == 2.5
    assert recording_seconds(wav(2, rate=44_100)[:100], size=44 + 44_100 * 4) == 2.0
    assert recording_seconds(mp3(3), size=len(mp3(3))) == pytest.approx(3.0)
    assert recording_seconds(mp3(3, tag=bytes(1_000)), size=len(mp3(3)) + 1_010) == pytest.approx(3.0)


def test_a_recording_that_says_less_than_it_holds_is_not_believed():
    streamed = wav(2, said=2**32 - 1)
    short = mp3(10, frames=1)

    assert recording_seconds(streamed, size=len(streamed)) == 2.0
    # 160,000 bytes are at least four seconds, even at 320 kbit/s.
    assert recording_seconds(short, size=len(short)) == pytest.approx(4.0)
    assert recording_seconds(mp3(1, frames=38_280), size=16_000) == pytest.approx(1_000, rel=0.01)


def test_a_header_without_a_rate_says_nothing():
    silent = wav(1).replace((32_000).to_bytes(4, "little"), bytes(4))

    assert recording_seconds(silent, size=len(silent)) == 1.0  # uncompressed: the rate follows from the samples
    assert recording_seconds(wav(1, rate=0), size=1_000) is None
    assert recording_seconds(b"OggS" + bytes(100), size=1_000) is None


def test_a_file_is_the_same_in_every_spelling_of_base64():
    data = png(640, 480) + bytes(random.Random(1).randrange(256) for _ in range(300))
    plain = b64(data)
    spellings = [
        plain,
        f"data:image/png;base64,{plain}",
        f"DATA:image/png;name=a.png;base64,{plain}",
        plain.replace("+", "-").replace("/", "_").rstrip("="),
    ]

    read = [read_media("image", spelling, detail="low") for spelling in spellings]

    assert {(media.width, media.height, media.detail) for media in read} == {(640, 480, "low")}
    assert {media.size for media in read} == {len(data)}
    lines = "\r\n".join(plain[at : at + 76] for at in range(0, len(plain), 76))
    assert read_media("image", lines).width == 640
    assert media_type_of(spellings[2]) == "image/png"


def test_a_text_file_is_read_with_and_without_its_padding():
    for text in ("", "a", "ab", "abc", "Grüße, 人!"):
        assert read_text_file(b64(text.encode())) == text
        assert read_text_file(b64(text.encode()).rstrip("=")) == text
