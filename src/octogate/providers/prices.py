"""List prices and catalogue: what a model costs at its vendor, from a dated file that ships with Octogate."""

import re
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path

import msgspec

from octogate.core.money import NANO_PER_USD, LongContext, Price, Rates

_FILE = Path(__file__).with_name("prices.json")
_MAX_NAME = 256
_CACHED_LOOKUPS = 4096
# "-2024-08-06", "-20250514", "@20250514": the day of a snapshot behind the name of its model.
_SNAPSHOT_DAY = re.compile(r"[-@]20\d{2}-?[01]\d-?[0-3]\d$")
_PATHS_BEFORE_NAMES = ("models/", "publishers/google/models/", "publishers/anthropic/models/")
_MOCK_DAY = "2026-11-01"


class CatalogueModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model of a vendor. `model` is the vendor's own name, `canonical` ours, where there is one.

    None means not known. `tier` is one of budget, standard, premium, ultra-premium.
    """

    kind: str
    model: str
    price: Price | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    canonical: str | None = None
    tier: str | None = None
    capabilities: tuple[str, ...] = ()


def _featured(canonical: str, model: str, facts: tuple[str, int, int], *capabilities: str) -> CatalogueModel:
    tier, context, output = facts
    return CatalogueModel(
        kind=canonical.partition("/")[0],
        model=model,
        canonical=canonical,
        tier=tier,
        context_tokens=context,
        max_output_tokens=output,
        capabilities=capabilities,
    )


# Tier, context window and output maximum are from the vendors' model pages.
FEATURED: tuple[CatalogueModel, ...] = (
    _featured("openai/gpt-5.1", "gpt-5.1", ("ultra-premium", 400_000, 128_000), "coding", "reasoning", "creative"),
    _featured("openai/gpt-5", "gpt-5", ("ultra-premium", 400_000, 128_000), "coding", "reasoning", "creative"),
    _featured("openai/gpt-4o", "chatgpt-4o-latest", ("premium", 128_000, 16_384), "coding", "creative", "fast-chat"),
    _featured("openai/gpt-3.5-turbo", "gpt-3.5-turbo", ("standard", 16_385, 4_096), "fast-chat", "extraction"),
    _featured("openai/gpt-4o-mini", "gpt-4o-mini", ("budget", 128_000, 16_384), "fast-chat", "extraction"),
    _featured(
        "anthropic/claude-opus-4.5",
        "claude-opus-4-5-20251101",
        ("ultra-premium", 200_000, 64_000),
        *("coding", "reasoning", "creative"),
    ),
    _featured(
        "anthropic/claude-sonnet-4",
        "claude-sonnet-4-20250514",
        ("premium", 200_000, 64_000),
        *("coding", "reasoning", "creative"),
    ),
    _featured(
        "anthropic/claude-haiku-4.5",
        "claude-haiku-4-5-20251001",
        ("standard", 200_000, 64_000),
        *("coding", "fast-chat", "extraction"),
    ),
    _featured(
        "anthropic/claude-haiku-3",
        "claude-3-haiku-20240307",
        ("standard", 200_000, 4_096),
        *("fast-chat", "extraction"),
    ),
    _featured("gemini/gemini-3-pro", "gemini-3-pro-preview", ("premium", 1_048_576, 65_536), "coding", "reasoning"),
    _featured("gemini/gemini-2.5-pro", "gemini-2.5-pro", ("premium", 1_048_576, 65_536), "coding", "reasoning"),
    _featured(
        "gemini/gemini-3-flash", "gemini-3-flash-preview", ("standard", 1_048_576, 65_536), "coding", "fast-chat"
    ),
    _featured(
        "gemini/gemini-2.5-flash", "gemini-2.5-flash", ("standard", 1_048_576, 65_536), "fast-chat", "extraction"
    ),
    _featured(
        "gemini/gemini-2.5-flash-lite",
        "gemini-2.5-flash-lite",
        ("budget", 1_048_576, 65_536),
        *("fast-chat", "extraction"),
    ),
)
CANONICAL: dict[str, str] = {
    **{featured.canonical: featured.model for featured in FEATURED if featured.canonical},
    # Never left its experiment; the vendor sends its callers to the successor.
    "gemini/gemini-2.0-pro": "gemini-2.5-pro",
}
"""Our `kind/model` ids → the vendors' own names. An id that is not here passes through as it is."""


class _Version(Rates, frozen=True, kw_only=True):
    since: date | None = msgspec.field(default=None, name="from")
    per_call: int = 0
    tiers: tuple[LongContext, ...] = ()


class _Row(msgspec.Struct, frozen=True):
    id: str
    versions: tuple[_Version, ...]
    context: int | None = None
    equals: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    def is_match(self, name: str) -> bool:
        if name in self.equals:
            return True
        if any(part in name for part in self.unless):
            return False
        return name.startswith(self.starts) or name.endswith(self.ends) or any(part in name for part in self.contains)


class _File(msgspec.Struct, frozen=True):
    source: str
    as_of: date
    kinds: dict[str, tuple[str, ...]]
    lists: dict[str, msgspec.Raw]


def price_for(kind: str, model: str, *, at: date | None = None) -> Price | None:
    """The list price of a vendor's model on a day (UTC; today if not given). None = unknown, which is not free.

    `kind` is the provider's kind, `model` the vendor's name for it, or ours behind `kind/`. A snapshot whose day is
    not listed costs what its model costs, and `source` says so. Kinds that people run themselves have no list price.
    """
    if kind == "mock":
        return _MOCK_PRICE
    if len(model) > _MAX_NAME:
        return None
    return _price(kind, model, at or datetime.now(UTC).date())


def catalogue(kind: str, *, at: date | None = None) -> tuple[CatalogueModel, ...]:
    """Every model of a kind that has a price, the featured ones first."""
    if kind == "mock":
        return (CatalogueModel(kind=kind, model="mock", price=_MOCK_PRICE),)
    day = at or datetime.now(UTC).date()
    featured = [
        msgspec.structs.replace(model, price=price_for(kind, model.model, at=day))
        for model in FEATURED
        if model.kind == kind
    ]
    shown = {model.model for model in featured}
    lists = _file().kinds.get(kind, ())[:1]
    others = [
        CatalogueModel(kind=kind, model=row.id, context_tokens=row.context, price=_priced(kind, row, day))
        for name in lists
        for row in _rows(name)
        if row.id not in shown
    ]
    return (*featured, *(model for model in others if model.price is not None))


@lru_cache(maxsize=_CACHED_LOOKUPS)
def _price(kind: str, model: str, day: date) -> Price | None:
    name = model.lower()
    for path in _PATHS_BEFORE_NAMES:
        name = name.removeprefix(path)
    row = _row(kind, name)
    if row is not None:
        return _priced(kind, row, day)
    if alias := CANONICAL.get(f"{kind}/{name}"):
        return _price(kind, alias, day)
    base = _SNAPSHOT_DAY.sub("", name)
    row = _row(kind, base) if base != name else None
    return _priced(kind, row, day, note=f"; the price of {base}") if row else None


def _row(kind: str, name: str) -> _Row | None:
    for price_list in _file().kinds.get(kind, ()):
        row = _exact(price_list).get(name) or next((row for row in _rows(price_list) if row.is_match(name)), None)
        if row is not None:
            return row
    return None


def _priced(kind: str, row: _Row, day: date, note: str = "") -> Price | None:
    """The last version that has begun. None before the first one."""
    begun = [version for version in row.versions if version.since is None or version.since <= day]
    if not begun:
        return None
    version = begun[-1]
    rates = {name: getattr(version, name) for name in Rates.__struct_fields__}
    return Price(
        id=f"{kind}/{row.id}@{version.since or _file().as_of}",
        source=_file().source + note,
        per_call=version.per_call,
        tiers=version.tiers,
        **rates,
    )


@cache
def _file() -> _File:
    return msgspec.json.decode(_FILE.read_bytes(), type=_File)


@cache
def _rows(price_list: str) -> tuple[_Row, ...]:
    return msgspec.json.decode(_file().lists[price_list], type=tuple[_Row, ...])


@cache
def _exact(price_list: str) -> dict[str, _Row]:
    """The first row of each full name."""
    return {name: row for row in reversed(_rows(price_list)) for name in row.equals}


_MOCK_PRICE = Price(id=f"mock/mock@{_MOCK_DAY}", source="mock", input=NANO_PER_USD, output=2 * NANO_PER_USD)
