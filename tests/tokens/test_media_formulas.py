"""What files cost: numbers worked out by hand from the vendors' pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octogate.core.media_tokens import MAX_TOKENS, Media, media_tokens

MODELS = ["gpt-4o", "gpt-4o-mini", "gpt-4.1-mini", "o4-mini", "gpt-5", "gpt-5.4", "o3", "claude-sonnet-4-5"]
MODELS += ["claude-opus-4-7", "gemini-2.5-flash", "gemini-3-pro-preview", "gemma-3-27b", "nobody-knows-it"]


def picture(width, height, *, model, detail=""):
    return media_tokens(Media(kind="image", width=width, height=height, detail=detail), model=model)


@pytest.mark.parametrize(
    ("width", "height", "detail", "tokens"),
    [
        (1_024, 1_024, "high", 85 + 4 * 170),  # 768 × 768
        (2_048, 4_096, "high", 85 + 6 * 170),  # 1024 × 2048, then 768 × 1536
        (2_048, 4_096, "low", 85),
        (1_024, 1_024, "auto", 85 + 4 * 170),
        (1_024, 1_024, "", 85 + 4 * 170),
        (512, 512, "high", 85 + 170),
        (513, 512, "high", 85 + 2 * 170),
        (1, 1, "high", 85 + 170),
        (768, 2_048, "high", 85 + 8 * 170),
        (100_000, 1, "high", 85 + 4 * 170),  # 2048 × 1
        (128, 128, "", 85 + 170),
    ],
)
def test_openai_counts_tiles_of_512_after_fitting_the_picture(width, height, detail, tokens):
    assert picture(width, height, detail=detail, model="gpt-4o") == tokens
    assert picture(width, height, detail=detail, model="openai/gpt-4.1-2025-04-14") == tokens


@pytest.mark.parametrize(
    ("model", "low", "square", "most"),
    [
        ("gpt-4o", 85, 85 + 4 * 170, 85 + 8 * 170),
        ("gpt-4o-mini", 2_833, 2_833 + 4 * 5_667, 2_833 + 8 * 5_667),
        ("gpt-5", 70, 70 + 4 * 140, 70 + 8 * 140),
        ("gpt-5-chat-latest", 70, 70 + 4 * 140, 70 + 8 * 140),
        ("o1", 75, 75 + 4 * 150, 75 + 8 * 150),
        ("o3", 75, 75 + 4 * 150, 75 + 8 * 150),
        ("computer-use-preview", 65, 65 + 4 * 129, 65 + 8 * 129),
    ],
)
def test_each_tile_model_has_its_own_base_and_tile(model, low, square, most):
    assert picture(4_000, 3_000, detail="low", model=model) == low
    assert picture(1_024, 1_024, detail="high", model=model) == square
    assert picture(0, 0, model=model) == most


@pytest.mark.parametrize(
    ("width", "height", "patches"),
    [(1_024, 1_024, 32 * 32), (1_800, 2_400, 33 * 44), (32, 32, 1), (33, 32, 2), (1_000, 1_500, 32 * 47)],
)
def test_openai_counts_patches_of_32_for_its_small_models(width, height, patches):
    for model, percent in (("gpt-4.1-mini", 162), ("gpt-4.1-nano", 246), ("o4-mini", 172), ("gpt-5-mini", 162)):
        tokens = -(-patches * percent // 100)
        assert picture(width, height, model=model) == tokens
        assert picture(width, height, detail="low", model=model) == tokens  # low detail is not cheaper there


def test_patches_end_at_1536_and_for_newer_models_where_their_detail_says():
    assert picture(20_000, 20_000, model="gpt-4.1-mini") <= -(-1_536 * 162 // 100) == 2_489
    assert picture(0, 0, model="gpt-4.1-nano") == 3_779
    assert picture(0, 0, model="gpt-5.4") == picture(0, 0, detail="original", model="gpt-5.4") == 12_000
    assert picture(0, 0, detail="high", model="gpt-5.4") == 3_000
    assert picture(1_024, 1_024, model="gpt-5.4") == -(-1_024 * 120 // 100)


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [
        (200, 200, 64),  # 54 by area, 8 × 8 patches
        (1_000, 1_000, 1_334),
        (1_092, 1_092, 1_590),
        (8_000, 8_000, 1_600),
        (3_136, 1_568, 1_600),  # 1568 × 784 are 1,640
        (8_000, 400, 168),  # 1568 × 79: 166 by area, 56 × 3 patches
        (166, 282, 66),
    ],
)
def test_anthropic_counts_750_pixels_a_token_up_to_1600(width, height, tokens):
    for model in ("claude-opus-4-5", "claude-sonnet-4-20250514", "claude-3-5-haiku-latest", "claude-opus-4-6"):
        assert picture(width, height, model=model) == tokens


def test_anthropics_newer_models_see_more_and_charge_more():
    assert picture(1_000, 1_000, model="claude-opus-4-7") == 1_334
    assert picture(8_000, 8_000, model="claude-opus-4-7") == 4_784
    assert picture(0, 0, model="claude-opus-5") == 4_784
    assert picture(0, 0, model="claude-sonnet-4-5") == 1_600


@pytest.mark.parametrize(
    ("width", "height", "crops"),
    [
        (384, 384, 1),
        (8, 8, 1),
        (385, 384, 4),  # crops of 256
        (960, 540, 3 * 2),  # crops of 360: the example of the page
        (1_024, 1_024, 2 * 2),
        (3_072, 3_072, 16),
        (30_000, 30_000, 16),
        (3_072, 384, 24),
        (100_000, 1, 12),
    ],
)
def test_gemini_counts_258_for_each_crop(width, height, crops):
    assert picture(width, height, model="gemini-2.5-flash") == crops * 258
    assert picture(width, height, model="models/gemini-2.0-flash") == crops * 258


def test_gemini_3_charges_what_the_resolution_says_whatever_the_size():
    tokens = [
        picture(9, 9, detail=detail, model="gemini-3-pro") for detail in ("", "low", "medium", "high", "ultra_high")
    ]

    assert tokens == [1_120, 280, 560, 1_120, 2_240]
    assert picture(4_000, 4_000, model="gemini-3-pro") == 1_120
    assert picture(4_000, 4_000, detail="low", model="gemini-2.5-pro") == 64


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("gemini-2.5-pro", 5 * 258),
        ("gemini-3-pro-preview", 560),
        ("claude-sonnet-4-5", 3_000 + 1_600),
        ("claude-opus-4-7", 3_000 + 4_784),  # 1700 × 2200 fitted into 2576, by area 4,987
        ("gpt-4o", 1_500 + 85 + 4 * 170),  # 768 × 994
        ("gpt-4.1-mini", 1_500 + -(-34 * 44 * 162 // 100)),
        ("nobody-knows-it", 4_600),
    ],
)
def test_a_page_is_its_text_and_its_picture(model, tokens):
    assert media_tokens(Media(kind="document", size=1, pages=1), model=model) == tokens
    assert media_tokens(Media(kind="document", size=10, pages=20), model=model) == 20 * tokens


def test_a_page_of_gemini_follows_the_resolution():
    def page(model, detail):
        return media_tokens(Media(kind="document", size=1, pages=1, detail=detail), model=model)

    assert [page("gemini-3-pro", detail) for detail in ("low", "medium", "high")] == [280, 560, 1_120]
    assert page("gemini-2.5-pro", "low") == 64


def test_a_document_without_visible_pages_has_one_for_ten_thousand_bytes():
    assert media_tokens(Media(kind="document", size=95_000), model="gemini-2.5-pro") == 10 * 1_290
    assert media_tokens(Media(kind="document", size=10**12), model="claude-opus-4-5") == MAX_TOKENS


def test_sound_is_counted_by_the_second():
    """OpenAI: one token for 100 ms of input. Gemini: 32 a second."""
    minute = Media(kind="audio", size=1_000_000, seconds=60.0)

    assert media_tokens(minute, model="gpt-4o-audio-preview") == 600
    assert media_tokens(minute, model="gemini-2.5-flash") == 1_920
    assert media_tokens(minute, model="nobody-knows-it") == 1_920
    assert media_tokens(Media(kind="audio", size=1, seconds=0.25), model="gemini-2.5-flash") == 8
    assert media_tokens(Media(kind="audio", size=20_000), model="gemini-2.5-flash") == 320
    assert media_tokens(Media(kind="video", size=200_000), model="gemini-2.5-flash") == 3_000


def test_a_file_elsewhere_costs_the_most_for_a_picture_and_a_round_sum_otherwise():
    for kind in ("document", "audio", "video"):
        assert media_tokens(Media(kind=kind), model="gpt-4o") == 100_000
    assert media_tokens(Media(kind="image"), model="nobody-knows-it") == 10_000


sides = st.integers(1, 2**32)


@given(st.sampled_from(MODELS), sides, sides, st.sampled_from(["", "low", "high", "auto", "original", "medium"]))
def test_no_picture_costs_more_than_one_of_unknown_size(model, width, height, detail):
    tokens = picture(width, height, model=model, detail=detail)

    assert 0 < tokens <= picture(0, 0, model=model, detail=detail)


@given(st.sampled_from(MODELS), st.sampled_from(["document", "audio", "video"]), st.integers(0, 10**15))
def test_no_file_costs_more_than_a_model_reads_or_less_than_nothing(model, kind, size):
    assert 0 <= media_tokens(Media(kind=kind, size=size), model=model) <= MAX_TOKENS
