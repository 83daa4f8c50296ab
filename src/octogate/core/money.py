"""Money: integer nano-USD (10⁻⁹ USD), exact prices, one rounding per component, up."""

import msgspec

from octogate.core.usage import Usage

NANO_PER_USD = 1_000_000_000
TOKENS_PER_PRICE = 1_000_000


class Rates(msgspec.Struct, frozen=True, omit_defaults=True):
    """Nano-USD per million tokens of each class.

    None means "not priced apart": the class costs what its parent costs. The parent of `cache_write_1h` is
    `cache_write`; the parent of every other class is `input` or `output`.
    """

    input: int
    output: int
    cached: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None
    image_input: int | None = None
    image_output: int | None = None


class LongContext(Rates, frozen=True, omit_defaults=True, kw_only=True):
    """What *all* tokens of a call cost once its input is larger than `above_input_tokens`."""

    above_input_tokens: int


class Price(Rates, frozen=True, omit_defaults=True, kw_only=True):
    """One row of the price list; `tiers` go from small to large inputs.

    `per_call` and `per_image` are nano-USD for the call itself and for each picture in it, beside its tokens.
    `id` names the row and its version in receipts; `source` says where the figures come from and of which day.
    """

    id: str
    source: str
    per_call: int = 0
    per_image: int = 0
    tiers: tuple[LongContext, ...] = ()


def cost_nano_usd(usage: Usage, price: Price) -> int:
    """What `usage` costs at `price`: each token is charged once, each class is rounded up on its own.

    Rounding up means that a budget is never undercharged; the total is the sum of what a receipt shows per class.
    """
    read = read_tokens(usage)
    rates = rates_at(price, read) if price.tiers else price
    fixed = price.per_call + price.per_image * usage.input_images
    return fixed + _input_cost(usage, rates, read) + _output_cost(usage, rates)


def rates_at(price: Price, input_tokens: int) -> Rates:
    """The rates for a call of that input: those of the largest tier that it exceeds."""
    rates: Rates = price
    for tier in price.tiers:
        if input_tokens > tier.above_input_tokens:
            rates = tier
    return rates


def read_tokens(usage: Usage) -> int:
    """All tokens that were read: what was reported, but never less than the parts that cannot overlap."""
    cache = usage.cached_tokens + usage.cache_write_tokens + usage.cache_write_1h_tokens
    media = usage.audio_input_tokens + usage.image_input_tokens
    return max(usage.input_tokens, cache, media) if cache or media else usage.input_tokens


def charge(tokens: int, per_million: int) -> int:
    """`tokens` at `per_million` nano-USD per million, rounded up; nothing for a count that is not positive."""
    return -(-tokens * per_million // TOKENS_PER_PRICE) if tokens > 0 else 0


def usd_text(nano: int) -> str:
    """`nano` nano-USD as an exact decimal string without an exponent: 1500 → "0.0000015"."""
    sign, nano = ("-", -nano) if nano < 0 else ("", nano)
    whole, rest = divmod(nano, NANO_PER_USD)
    return sign + (f"{whole}.{rest:09d}".rstrip("0") if rest else str(whole))


def _input_cost(usage: Usage, rates: Rates, read: int) -> int:
    parts: list[tuple[int, int]] = []
    if usage.cached_tokens > 0 and rates.cached is not None:
        parts.append((rates.cached, usage.cached_tokens))
    if usage.cache_write_tokens > 0 and rates.cache_write is not None:
        parts.append((rates.cache_write, usage.cache_write_tokens))
    if usage.cache_write_1h_tokens > 0:
        rate = rates.cache_write if rates.cache_write_1h is None else rates.cache_write_1h
        if rate is not None:
            parts.append((rate, usage.cache_write_1h_tokens))
    if usage.audio_input_tokens > 0 and rates.audio_input is not None:
        parts.append((rates.audio_input, usage.audio_input_tokens))
    if usage.image_input_tokens > 0 and rates.image_input is not None:
        parts.append((rates.image_input, usage.image_input_tokens))
    return _split(read, rates.input, parts) if parts else charge(read, rates.input)


def _output_cost(usage: Usage, rates: Rates) -> int:
    parts: list[tuple[int, int]] = []
    if usage.reasoning_tokens > 0 and rates.reasoning is not None:
        parts.append((rates.reasoning, usage.reasoning_tokens))
    if usage.audio_output_tokens > 0 and rates.audio_output is not None:
        parts.append((rates.audio_output, usage.audio_output_tokens))
    if usage.image_output_tokens > 0 and rates.image_output is not None:
        parts.append((rates.image_output, usage.image_output_tokens))
    written = max(usage.output_tokens, usage.reasoning_tokens + usage.audio_output_tokens + usage.image_output_tokens)
    return _split(written, rates.output, parts) if parts else charge(written, rates.output)


def _split(total: int, base_rate: int, parts: list[tuple[int, int]]) -> int:
    """Charge `total` tokens once each: the parts at their own rates, the rest at `base_rate`.

    Providers do not say which cached tokens are audio. Parts that together exceed the total must overlap: we assume
    as few such tokens as the counts allow and charge them at the dearer of their rates. (`charge` is written out:
    up to six calls of it would be a third of the time.)
    """
    if len(parts) > 1:
        parts.sort(reverse=True)
    cost = 0
    for rate, tokens in parts:
        if tokens >= total:
            return cost - (-total * rate // TOKENS_PER_PRICE)
        total -= tokens
        cost -= -tokens * rate // TOKENS_PER_PRICE
    return cost - (-total * base_rate // TOKENS_PER_PRICE)
