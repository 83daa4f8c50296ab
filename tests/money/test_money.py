"""What a call costs: every token once, every class rounded up once, in exact integers."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octogate.core.money import LongContext, Price, Rates, charge, cost_nano_usd, rates_at, read_tokens, usd_text
from octogate.core.usage import Usage

USD = 1_000_000_000
COUNTS = st.integers(0, 3_000_000)
RATES = st.integers(0, 200 * USD)
MAYBE_RATES = st.none() | RATES
INPUT_CLASSES = {
    "cached_tokens": "cached",
    "cache_write_tokens": "cache_write",
    "cache_write_1h_tokens": "cache_write_1h",
    "audio_input_tokens": "audio_input",
    "image_input_tokens": "image_input",
}
OUTPUT_CLASSES = {
    "reasoning_tokens": "reasoning",
    "audio_output_tokens": "audio_output",
    "image_output_tokens": "image_output",
}


def a_price(**rates):
    return Price(id="p", source="test", **{"input": 2 * USD, "output": 10 * USD, **rates})


def exact(tokens, rate):
    return math.ceil(Fraction(tokens * rate, 1_000_000))


@st.composite
def prices(draw):
    optional = [*INPUT_CLASSES.values(), *OUTPUT_CLASSES.values()]
    rates = {name: draw(MAYBE_RATES) for name in optional}
    return a_price(input=draw(RATES), output=draw(RATES), per_call=draw(st.integers(0, USD)), **rates)


@st.composite
def consistent_usages(draw):
    """Usage whose parts are disjoint and fit into their totals."""
    parts = {name: draw(COUNTS) for name in (*INPUT_CLASSES, *OUTPUT_CLASSES)}
    return Usage(
        input_tokens=sum(parts[name] for name in INPUT_CLASSES) + draw(COUNTS),
        output_tokens=sum(parts[name] for name in OUTPUT_CLASSES) + draw(COUNTS),
        **parts,
    )


def side_by_fractions(usage, total, classes, price, base):
    """The specification, in fractions: each priced class apart, all else together, each rounded up once."""
    plain, cost = total, 0
    for field, name in classes.items():
        rate = getattr(price, name)
        if name == "cache_write_1h" and rate is None:
            rate = price.cache_write
        if rate is not None:
            plain -= getattr(usage, field)
            cost += exact(getattr(usage, field), rate)
    return cost + exact(plain, base)


@given(consistent_usages(), prices())
def test_the_total_is_the_sum_of_classes_that_are_each_rounded_up_once(usage, price):
    """S2-87"""
    read = side_by_fractions(usage, usage.input_tokens, INPUT_CLASSES, price, price.input)
    written = side_by_fractions(usage, usage.output_tokens, OUTPUT_CLASSES, price, price.output)

    assert cost_nano_usd(usage, price) == price.per_call + read + written


def test_plain_calls_cost_input_and_output_at_their_prices():
    """S2-87: in × inputCost / 1e6 + out × outputCost / 1e6"""
    gpt_4o = a_price(input=2_500_000_000, output=10_000_000_000)

    assert cost_nano_usd(Usage(1_000, 500), gpt_4o) == 7_500_000
    assert usd_text(7_500_000) == "0.0075"
    assert cost_nano_usd(Usage(), gpt_4o) == 0


@given(st.builds(Usage, *[st.integers(-10, 3_000_000)] * 10), prices())
def test_no_report_however_odd_makes_a_cost_negative_or_cheaper_than_its_cheapest_rate(usage, price):
    named = ("input", "cached", "cache_write", "cache_write_1h", "audio_input", "image_input")
    rates = [rate for name in named if (rate := getattr(price, name)) is not None]
    cost = cost_nano_usd(usage, price)

    assert cost >= price.per_call >= 0
    assert cost >= charge(usage.input_tokens, min(rates))


@given(st.builds(Usage, *[COUNTS] * 8), prices())
def test_every_token_is_charged_once_even_when_parts_overlap(usage, price):
    """No cost above all tokens at the dearest rate: nothing is charged twice."""
    named_in = ("input", "cached", "cache_write", "cache_write_1h", "audio_input", "image_input")
    named_out = ("output", "reasoning", "audio_output", "image_output")
    dearest_in = max(rate for name in named_in if (rate := getattr(price, name)) is not None)
    dearest_out = max(rate for name in named_out if (rate := getattr(price, name)) is not None)
    written = max(usage.output_tokens, usage.reasoning_tokens + usage.audio_output_tokens + usage.image_output_tokens)
    most = exact(read_tokens(usage), dearest_in) + exact(written, dearest_out)

    assert cost_nano_usd(usage, price) <= price.per_call + most + 10  # one nano-USD for each class's own rounding


def test_cached_tokens_are_a_part_of_the_input():
    price = a_price(input=3 * USD, cached=USD // 10 * 3, cache_write=USD // 100 * 375, cache_write_1h=6 * USD)
    usage = Usage(input_tokens=1_000, cached_tokens=600, cache_write_tokens=200, cache_write_1h_tokens=100)

    cost = cost_nano_usd(usage, price)

    assert cost == 600 * 300 + 200 * 3_750 + 100 * 6_000 + 100 * 3_000


def test_reasoning_is_a_part_of_the_output_and_costs_the_same_unless_priced_apart():
    usage = Usage(output_tokens=100, reasoning_tokens=80)

    assert cost_nano_usd(usage, a_price(output=10 * USD)) == 100 * 10_000
    assert cost_nano_usd(usage, a_price(output=10 * USD, reasoning=3 * USD)) == 20 * 10_000 + 80 * 3_000


def test_a_class_that_is_not_priced_apart_costs_what_its_parent_costs():
    usage = Usage(input_tokens=100, cached_tokens=50, cache_write_1h_tokens=50)

    assert cost_nano_usd(usage, a_price(input=2 * USD)) == 100 * 2_000
    assert cost_nano_usd(usage, a_price(input=2 * USD, cache_write=3 * USD)) == 50 * 2_000 + 50 * 3_000


def test_a_free_class_is_free_and_not_unpriced():
    usage = Usage(input_tokens=100, cached_tokens=100)

    assert cost_nano_usd(usage, a_price(input=2 * USD, cached=0)) == 0


def test_audio_that_may_have_been_cached_is_charged_as_audio_once():
    price = a_price(input=USD, cached=USD // 10, audio_input=10 * USD)
    apart = Usage(input_tokens=100, cached_tokens=50, audio_input_tokens=50)
    overlapping = Usage(input_tokens=100, cached_tokens=80, audio_input_tokens=50)

    assert cost_nano_usd(apart, price) == 50 * 100 + 50 * 10_000
    assert cost_nano_usd(overlapping, price) == 50 * 10_000 + 50 * 100


def test_a_report_that_leaves_the_cached_tokens_out_of_its_total_is_charged_for_them():
    usage = Usage(input_tokens=10, cached_tokens=1_000)

    assert cost_nano_usd(usage, a_price(input=USD, cached=USD // 10)) == 1_000 * 100


def test_a_long_input_raises_the_price_of_the_whole_call():
    pro = a_price(
        input=1_250_000_000,
        output=10 * USD,
        cached=125_000_000,
        tiers=(LongContext(above_input_tokens=200_000, input=2_500_000_000, output=15 * USD, cached=250_000_000),),
    )

    assert cost_nano_usd(Usage(200_000, 1_000), pro) == 200_000 * 1_250 + 1_000 * 10_000
    assert cost_nano_usd(Usage(200_001, 1_000), pro) == 200_001 * 2_500 + 1_000 * 15_000
    cached = Usage(200_001, cached_tokens=200_000)
    assert cost_nano_usd(cached, pro) == 200_000 * 250 + 1 * 2_500


@given(st.integers(0, 2_000_000), st.lists(st.integers(0, 1_000_000), unique=True, max_size=4))
def test_the_rates_are_those_of_the_largest_tier_that_the_input_exceeds(tokens, starts):
    tiers = tuple(LongContext(above_input_tokens=start, input=start, output=0) for start in sorted(starts))
    passed = [tier for tier in tiers if tokens > tier.above_input_tokens]
    price = a_price(tiers=tiers)

    rates = rates_at(price, tokens)

    assert rates is (passed[-1] if passed else price)
    assert isinstance(rates, Rates)


def test_a_price_per_call_is_added_once():
    assert cost_nano_usd(Usage(10, 10), a_price(input=0, output=0, per_call=12_000_000)) == 12_000_000


@pytest.mark.parametrize(
    ("tokens", "rate", "nano"),
    [(1, 1, 1), (1_000_000, 1, 1), (1_000_001, 1, 2), (0, 5, 0), (3, 333_333, 1), (-5, 7, 0), (10**12, 10**12, 10**18)],
)
def test_a_charge_is_rounded_up_to_the_next_nano_usd(tokens, rate, nano):
    assert charge(tokens, rate) == nano


@given(st.integers(-(10**15), 10**15))
def test_an_amount_as_text_is_exact_and_has_no_exponent(nano):
    text = usd_text(nano)

    assert Fraction(text) == Fraction(nano, USD)
    assert "e" not in text.lower()
    assert text == (text.rstrip("0") if "." in text else text)
    assert not text.endswith(".")


def test_amounts_read_as_people_write_them():
    assert [usd_text(nano) for nano in (0, 1, 1_500, USD, 2 * USD + 500_000_000, -1_500)] == [
        "0",
        "0.000000001",
        "0.0000015",
        "1",
        "2.5",
        "-0.0000015",
    ]
