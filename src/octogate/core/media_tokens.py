"""Tokens of pictures, documents, recordings and films, by each vendor's own formula: estimates, rather high than low.

OpenAI: https://platform.openai.com/docs/guides/images-vision, …/guides/pdf-files and …/guides/realtime-costs.
Anthropic: https://docs.claude.com/en/docs/build-with-claude/vision and …/pdf-support.
Gemini: https://ai.google.dev/gemini-api/docs/tokens, …/image-understanding and …/media-resolution.
"""

from collections.abc import Callable
from functools import partial
from math import ceil, floor, sqrt
from typing import Literal

import msgspec

from octogate.core.model_names import bare_name

MediaKind = Literal["image", "document", "audio", "video"]

MAX_TOKENS = 1_000_000
"""No estimate for one file is higher: it is as much as any model reads."""


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the input that is not text, as far as it is known.

    `size` is that of the decoded file in bytes, None if the file is elsewhere; `width` and `height` are pixels, 0 when
    unknown. `detail` is the caller's wish in small letters: OpenAI's low, high, auto or original, Gemini's low, medium,
    high or ultra_high, "" for none.
    """

    kind: MediaKind
    size: int | None = None
    width: int = 0
    height: int = 0
    pages: int | None = None
    seconds: float | None = None
    detail: str = ""


class _Rules(msgspec.Struct, frozen=True):
    """What a family of models charges. `picture` takes width, height and detail; 0 × 0 asks for the most."""

    picture: Callable[[int, int, str], int]
    page: Callable[[str], int]
    audio_per_second: int = 32
    video_per_second: int = 300


# A page as a vendor draws it: US letter at 200 dots per inch.
_PAGE_WIDTH, _PAGE_HEIGHT = 1_700, 2_200
# The most that Anthropic's page on PDF support gives for the text of one page; nobody else gives a figure.
_ANTHROPIC_PAGE_TEXT = 3_000
# Some 1,000 words, more than a page of a scientific journal has.
_PAGE_TEXT = 1_500
_PAGE_BYTES, _MAX_PAGES = 10_000, 1_000
# The leanest that speech and films are kept: 16 and 160 kbit/s.
_AUDIO_BYTES_PER_SECOND, _VIDEO_BYTES_PER_SECOND = 2_000, 20_000
# A file elsewhere. A vendor's own limit (hours of film, a thousand pages) would have every such call refused.
_TOKENS_ELSEWHERE = 100_000


def media_tokens(media: Media, *, model: str) -> int:
    """Tokens of one file for `model`: an estimate that leans upwards, never made from the length of its base64 text.

    What is unknown is taken to be the most that the vendor charges (a picture), or what the size allows (the rest).
    """
    rules = _rules_for(model)
    if media.kind == "image":
        return rules.picture(media.width, media.height, media.detail)
    if media.kind == "document":
        pages = media.pages or _pages_by_size(media.size)
        return _TOKENS_ELSEWHERE if pages is None else min(pages * rules.page(media.detail), MAX_TOKENS)
    if media.kind == "audio":
        return _timed(media, rules.audio_per_second, _AUDIO_BYTES_PER_SECOND)
    return _timed(media, rules.video_per_second, _VIDEO_BYTES_PER_SECOND)


def _pages_by_size(size: int | None) -> int | None:
    return None if size is None else min(1 + size // _PAGE_BYTES, _MAX_PAGES)


def _timed(media: Media, per_second: int, bytes_per_second: int) -> int:
    if media.seconds is not None:
        return min(ceil(media.seconds * per_second), MAX_TOKENS)
    if media.size is None:
        return _TOKENS_ELSEWHERE
    return min(-(-media.size * per_second // bytes_per_second), MAX_TOKENS)


def _tiles(width: int, height: int, detail: str, *, base: int, tile: int) -> int:
    """OpenAI's older vision models: `base`, and `tile` for each 512 × 512 after fitting into 2048² and a side of 768.

    Pictures are only ever made smaller. `auto` lets the model choose: the dearer of its choices.
    """
    if detail == "low":
        return base
    if not width or not height:
        return base + 8 * tile  # 2048 × 768
    shrink = min(1.0, 2_048 / max(width, height))
    shrink = min(shrink, 768 / min(width, height))
    across, down = (max(1, ceil(round(side * shrink, 6) / 512)) for side in (width, height))
    return base + across * down * tile


def _patches(
    width: int, height: int, detail: str, *, percent: int, most: int = 1_536, most_original: int | None = None
) -> int:
    """OpenAI's newer vision models: patches of 32 × 32, at most `most` of them, times the model's factor.

    These models charge low detail like high. `most_original` is what `original` detail allows, and whoever leaves the
    choice to the model.
    """
    if most_original is not None and detail not in {"low", "high"}:
        most = most_original
    patches = _fitted_patches(width, height, most) if width and height else most
    return -(-patches * percent // 100)


def _fitted_patches(width: int, height: int, most: int) -> int:
    if ceil(width / 32) * ceil(height / 32) <= most:
        return ceil(width / 32) * ceil(height / 32)
    shrink = sqrt(most * 32**2 / (width * height))
    across, down = width * shrink / 32, height * shrink / 32
    # To whole patches along the side that loses the least; a strip thinner than one patch stays one patch.
    shrink *= min(max(floor(across), 1) / across, max(floor(down), 1) / down)
    return min(ceil(round(width * shrink / 32, 6)) * ceil(round(height * shrink / 32, 6)), most)


def _area(width: int, height: int, _detail: str, *, side: int, most: int) -> int:
    """Anthropic: an area of 750 pixels is a token, or a patch of 28 × 28 begun, whichever is more; at most `most`.

    A picture whose longer edge is above `side` is made smaller first.
    """
    if not width or not height:
        return most
    shrink = min(1.0, side / max(width, height))
    width, height = (max(1, ceil(edge * shrink)) for edge in (width, height))
    return min(max(ceil(width * height / 750), ceil(width / 28) * ceil(height / 28)), most)


_CROP_TOKENS, _MOST_CROPS = 258, 24


def _crops(width: int, height: int, detail: str) -> int:
    """Gemini before 3: 258 up to 384 × 384; above, 258 for each crop.

    A crop is two thirds of the shorter side, and between 256 and 768 pixels; pictures are fitted into 3072² before.
    """
    if detail == "low":
        return 64
    if not width or not height:
        return _CROP_TOKENS * _MOST_CROPS  # 3072 × 384
    if max(width, height) <= 384:
        return _CROP_TOKENS
    shrink = min(1.0, 3_072 / max(width, height))
    width, height = (max(1, ceil(edge * shrink)) for edge in (width, height))
    crop = min(max(floor(min(width, height) / 1.5), 256), 768)
    return min(ceil(width / crop) * ceil(height / crop), _MOST_CROPS) * _CROP_TOKENS


def _cropped_page(detail: str) -> int:
    """Gemini before 3: the documents say 258 for a page; Vertex AI reports it five times, the page and four crops."""
    return 64 if detail == "low" else 5 * _CROP_TOKENS


def _resolution(_width: int, _height: int, detail: str) -> int:
    """Gemini 3: a picture of any size costs what its resolution says; unsaid is high."""
    return {"low": 280, "medium": 560, "ultra_high": 2_240}.get(detail, 1_120)


def _resolution_page(detail: str) -> int:
    """Gemini 3: a page is a picture, of medium resolution if unsaid; its text is not charged."""
    return {"low": 280, "high": 1_120, "ultra_high": 1_120}.get(detail, 560)


def _patches_of_16(width: int, height: int, _detail: str) -> int:
    """A model that we do not know: the smallest patches in use (16 × 16, Pixtral), up to 10,000."""
    most = 10_000
    return min(ceil(width / 16) * ceil(height / 16), most) if width and height else most


def _drawn(picture: Callable[[int, int, str], int], text: int) -> Callable[[str], int]:
    """A page that is read twice: as text and as a picture."""
    return lambda detail: text + picture(_PAGE_WIDTH, _PAGE_HEIGHT, detail)


def _openai(picture: Callable[[int, int, str], int]) -> _Rules:
    """Recordings count one token for each 100 ms (realtime costs); films are not taken."""
    return _Rules(picture, _drawn(picture, _PAGE_TEXT), audio_per_second=10)


def _anthropic(picture: Callable[[int, int, str], int]) -> _Rules:
    return _Rules(picture, _drawn(picture, _ANTHROPIC_PAGE_TEXT))


_FINE_CLAUDE = _anthropic(partial(_area, side=2_576, most=4_784))
_COARSE_CLAUDE = _anthropic(partial(_area, side=1_568, most=1_600))
_BIG_PATCHES = _openai(partial(_patches, percent=120, most=2_500, most_original=10_000))

# Claude 4 up to 4.6; "2" is for names with a date.
_COARSE_FOURS = tuple(f"claude-{kind}-4-{minor}" for kind in ("haiku", "sonnet", "opus") for minor in "01256")

# The first beginning that fits decides: special models stand before their family.
_RULES: tuple[tuple[tuple[str, ...], _Rules], ...] = (
    (("gpt-4o-mini",), _openai(partial(_tiles, base=2_833, tile=5_667))),
    (("gpt-4.1-mini", "gpt-5-mini"), _openai(partial(_patches, percent=162))),
    (("gpt-4.1-nano", "gpt-5-nano"), _openai(partial(_patches, percent=246))),
    (("o4-mini", "codex-mini"), _openai(partial(_patches, percent=172))),
    (("gpt-5.",), _BIG_PATCHES),
    (("gpt-5",), _openai(partial(_tiles, base=70, tile=140))),
    (("gpt-4", "chatgpt-4o", "gpt-realtime", "gpt-audio"), _openai(partial(_tiles, base=85, tile=170))),
    (("o1", "o3"), _openai(partial(_tiles, base=75, tile=150))),
    (("computer-use",), _openai(partial(_tiles, base=65, tile=129))),
    (("gpt-", "o4"), _BIG_PATCHES),
    (("claude-2", "claude-3", *_COARSE_FOURS), _COARSE_CLAUDE),
    (("claude",), _FINE_CLAUDE),
    (("gemini-1", "gemini-2"), _Rules(_crops, _cropped_page)),
    (("gemini",), _Rules(_resolution, _resolution_page)),
    (("gemma",), _Rules(_crops, _cropped_page)),
)
_UNKNOWN = _Rules(_patches_of_16, _COARSE_CLAUDE.page)


def _rules_for(model: str) -> _Rules:
    name = bare_name(model)
    return next((rules for beginnings, rules in _RULES if name.startswith(beginnings)), _UNKNOWN)
