"""Money: integer nano-USD (10⁻⁹ USD), exact prices, one rounding per component, up."""

import msgspec

from octogate.core.usage import Usage

NANO_PER_USD = 1_000_000_000
TOKENS_PER_PRICE = 1_000_000


class Price(msgspec.Struct, frozen=True, omit_defaults=True):
    """Nano-USD per million tokens of each class; None means "not priced apart": the class costs as its parent does.

    `id` names the row and its version in receipts; `source` says where the figures come from and of which day.
    """

    id: str
    source: str
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


def cost_nano_usd(usage: Usage, price: Price) -> int:
    """What `usage` costs at `price`: each class is rounded up on its own, so a budget is never undercharged."""
    total = 0
    plain_input, plain_output = usage.input_tokens, usage.output_tokens
    for count, per_million in (
        (usage.cached_tokens, price.cached),
        (usage.cache_write_tokens, price.cache_write),
        (usage.cache_write_1h_tokens, price.cache_write_1h),
        (usage.audio_input_tokens, price.audio_input),
        (usage.image_input_tokens, price.image_input),
    ):
        if count and per_million is not None:
            plain_input -= count
            total += charge(count, per_million)
    for count, per_million in (
        (usage.reasoning_tokens, price.reasoning),
        (usage.audio_output_tokens, price.audio_output),
        (usage.image_output_tokens, price.image_output),
    ):
        if count and per_million is not None:
            plain_output -= count
            total += charge(count, per_million)
    return total + charge(max(plain_input, 0), price.input) + charge(max(plain_output, 0), price.output)


def charge(tokens: int, per_million: int) -> int:
    """`tokens` at `per_million` nano-USD per million, rounded up."""
    return -(-tokens * per_million // TOKENS_PER_PRICE)


def usd_text(nano: int) -> str:
    """`nano` nano-USD as an exact decimal string without an exponent: 1500 → "0.0000015"."""
    whole, rest = divmod(nano, NANO_PER_USD)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") if rest else str(whole)
