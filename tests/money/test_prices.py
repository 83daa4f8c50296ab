"""The price list: what is known, what is not, and from which day on."""

import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import msgspec
import pytest

from octogate.core.money import Price, cost_nano_usd, usd_text
from octogate.core.usage import Usage
from octogate.providers import prices
from octogate.providers.prices import CANONICAL, FEATURED, CatalogueModel, catalogue, price_for

TODAY = date(2026, 11, 21)
USD = 1_000_000_000


def known(kind, model, at=TODAY) -> Price:
    price = price_for(kind, model, at=at)
    assert price is not None, (kind, model)
    return price


def test_a_price_says_which_row_it_is_and_where_it_comes_from():
    price = known("openai", "gpt-4o-mini")

    assert (price.input, price.cached, price.output) == (150_000_000, 75_000_000, 600_000_000)
    assert price.id == "openai/gpt-4o-mini@2026-11-01"
    assert price.source == "genai-prices 0.2.3, 2026-11-01"


@pytest.mark.parametrize("model", FEATURED, ids=lambda model: model.canonical)
def test_every_model_of_the_built_in_catalogue_has_a_price_a_window_a_tier_and_capabilities(model: CatalogueModel):
    """S2-7"""
    price = known(model.kind, model.model)

    assert 0 < price.input < price.output
    assert cost_nano_usd(Usage(1_000_000), price) >= price.input
    assert model.context_tokens
    assert model.max_output_tokens
    assert model.max_output_tokens < model.context_tokens
    assert model.tier in {"budget", "standard", "premium", "ultra-premium"}
    assert set(model.capabilities) <= {"coding", "reasoning", "creative", "fast-chat", "extraction"}
    assert model.capabilities


@pytest.mark.parametrize(
    ("canonical", "usd_in", "usd_out"),
    [
        ("openai/gpt-3.5-turbo", 0.5, 1.5),
        ("openai/gpt-4o-mini", 0.15, 0.6),
        ("anthropic/claude-sonnet-4", 3, 15),
        ("anthropic/claude-haiku-3", 0.25, 1.25),
        ("gemini/gemini-3-pro", 2, 12),
        ("gemini/gemini-2.5-pro", 1.25, 10),
        ("gemini/gemini-3-flash", 0.5, 3),
        ("gemini/gemini-2.5-flash", 0.3, 2.5),
        ("gemini/gemini-2.5-flash-lite", 0.1, 0.4),
        # Lowered or corrected by their vendors since the catalogue was first drawn up.
        ("openai/gpt-5.1", 1.25, 10),
        ("openai/gpt-5", 1.25, 10),
        ("openai/gpt-4o", 5, 15),
        ("anthropic/claude-opus-4.5", 5, 25),
        ("anthropic/claude-haiku-4.5", 1, 5),
    ],
)
def test_the_catalogue_charges_what_the_vendor_does(canonical, usd_in, usd_out):
    """S2-7, S2-87"""
    kind = canonical.partition("/")[0]
    price = known(kind, CANONICAL[canonical])

    assert cost_nano_usd(Usage(1_000, 0), price) == round(usd_in * USD) // 1_000
    assert cost_nano_usd(Usage(0, 1_000), price) == round(usd_out * USD) // 1_000


def test_our_names_lead_to_the_names_that_vendors_use():
    """S2-8"""
    assert CANONICAL["anthropic/claude-sonnet-4"] == "claude-sonnet-4-20250514"
    assert CANONICAL["openai/gpt-4o"] == "chatgpt-4o-latest"
    assert CANONICAL["gemini/gemini-3-pro"] == "gemini-3-pro-preview"
    assert CANONICAL["gemini/gemini-2.0-pro"] == "gemini-2.5-pro"
    assert known("anthropic", "claude-haiku-3") == known("anthropic", "claude-3-haiku-20240307")


@pytest.mark.parametrize(
    ("kind", "model", "row"),
    [
        ("openai", "gpt-4o-2024-08-06", "gpt-4o"),
        ("openai", "gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),
        ("openai", "GPT-4o", "gpt-4o"),
        ("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("anthropic", "claude-opus-5-20260723", "claude-opus-5"),
        ("vertex", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("gemini", "models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("gemini", "gemini-2.5-pro-preview-06-05", "gemini-2.5-pro"),
        ("gemini", "gemini-2.5-pro-preview-tts", "gemini-2.5-pro-tts"),
        ("azure", "gpt-4.1-mini", "gpt-4.1-mini"),
        ("bedrock", "us.anthropic.claude-opus-5", "regional.anthropic.claude-opus-5"),
        ("openrouter", "anthropic/claude-opus-5", "anthropic/claude-opus-5"),
    ],
)
def test_dated_and_spelled_out_names_lead_to_their_row(kind, model, row):
    assert known(kind, model).id.startswith(f"{kind}/{row}@")


def test_a_snapshot_whose_day_is_not_listed_costs_what_its_model_costs_and_says_so():
    price = known("openai", "gpt-5.1-2026-10-31")

    assert price.input == known("openai", "gpt-5.1").input
    assert price.id == known("openai", "gpt-5.1").id
    assert price.source.endswith("; the price of gpt-5.1")


@pytest.mark.parametrize(
    "kind", ["vllm", "sglang", "ollama", "lmstudio", "llamacpp", "nvidia", "openai_compatible", ""]
)
def test_servers_that_people_run_themselves_have_no_list_price(kind):
    assert price_for(kind, "gpt-4o", at=TODAY) is None
    assert catalogue(kind) == ()


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("openai", "gpt-9-imaginary"),
        ("openai", ""),
        ("openai", "x" * 10_000),
        ("openai", "\ud800"),
        ("openai", "whisper-1"),  # priced by the hour
        ("openai", "tts-1"),  # priced by the character
        ("mistral", "mistral-ocr-latest"),  # priced by the page
        ("gemini", "veo-3"),
    ],
)
def test_what_cannot_be_priced_by_tokens_is_unknown_and_not_free(kind, model):
    assert price_for(kind, model, at=TODAY) is None


def test_a_free_model_has_a_price_and_it_is_zero():
    price = known("openrouter", "openai/gpt-oss-20b:free")

    assert cost_nano_usd(Usage(1_000_000, 1_000_000), price) == 0


def test_a_price_holds_from_its_day_on_and_is_named_by_it():
    before, after = (known("openai", "gpt-5.6-luna", at=date(2026, 7, day)) for day in (29, 30))

    assert (before.input, after.input) == (USD, USD // 5)
    assert before.id != after.id == "openai/gpt-5.6-luna@2026-07-30"


def test_prices_that_change_with_the_hour_are_taken_at_their_dearest():
    assert known("deepseek", "deepseek-v4-flash").input == 300_000_000
    assert known("deepseek", "deepseek-reasoner").output == 2_190_000_000


def test_long_inputs_and_fees_per_call_come_with_the_price():
    tier = known("gemini", "gemini-2.5-pro").tiers[0]

    assert (tier.above_input_tokens, tier.input, tier.output) == (200_000, 2_500_000_000, 15 * USD)
    assert known("anthropic", "claude-sonnet-4-5").tiers[0].input == 6 * USD
    assert known("perplexity", "sonar").per_call == 12_000_000


def test_the_built_in_mock_costs_something_so_that_a_demo_shows_it():
    price = known("mock", "whatever")

    assert (price.source, price.input, price.output) == ("mock", USD, 2 * USD)
    assert [model.price for model in catalogue("mock")] == [price]


def test_the_catalogue_of_a_kind_lists_the_featured_models_first_and_no_model_twice():
    models = catalogue("gemini", at=TODAY)

    assert [model.canonical for model in models[:5]] == [name for name in CANONICAL if name.startswith("gemini/")][:5]
    assert len({model.model for model in models}) == len(models) > 30
    assert all(model.price for model in models)


def test_a_price_is_today_s_when_no_day_is_given(monkeypatch):
    class Noon(prices.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 7, 29, 12, tzinfo=tz)

    monkeypatch.setattr(prices, "datetime", Noon)
    assert price_for("openai", "gpt-5.6-luna").input == USD


def test_every_row_can_be_charged():
    usage = Usage(300_000, 1_000, 200_000, 10_000, 10_000, 100, 100, 100, 100, 100)
    for kind in prices._file().kinds:
        for model in catalogue(kind, at=TODAY):
            assert cost_nano_usd(usage, model.price) >= 0


def test_names_from_callers_do_not_fill_the_memory():
    for number in range(prices._CACHED_LOOKUPS + 100):
        price_for("openai", f"made-up-{number}", at=TODAY)

    assert prices._price.cache_info().currsize == prices._CACHED_LOOKUPS


def test_the_file_is_read_in_time_and_only_when_it_is_asked_for():
    script = (
        "import time, octogate.providers.prices as p; assert not p._file.cache_info().currsize;"
        "t = time.perf_counter(); assert p.price_for('openrouter', 'openai/gpt-4o');"
        "print(time.perf_counter() - t)"
    )
    seconds = min(
        float(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=30).stdout)
        for _ in range(3)
    )
    assert seconds < 0.030

    began = time.perf_counter()
    for _ in range(1_000):
        price_for("openrouter", "openai/gpt-4o", at=TODAY)
    assert time.perf_counter() - began < 0.1


def test_the_list_is_what_the_compiler_makes_of_the_package():
    pytest.importorskip("genai_prices")
    tool = Path(__file__).parents[2] / "tools" / "compile_prices.py"
    shipped = prices._FILE.read_bytes()
    as_of = msgspec.json.decode(shipped)["as_of"]

    made = subprocess.run(
        [sys.executable, str(tool), "--as-of", as_of], capture_output=True, check=True, timeout=60
    ).stdout

    assert made == shipped


def test_rows_are_found_as_the_package_itself_finds_them():
    pytest.importorskip("genai_prices")
    from genai_prices.data import providers as dataset

    lists = {provider.id: provider for provider in dataset}
    checked = 0
    for kind, (name, *_) in prices._file().kinds.items():
        asked = {text for row in prices._rows(name) for text in (row.id, *row.equals, *row.starts)}
        asked.update(model.id.lower() for model in lists[name].models)  # those that cannot be priced, too
        for model in asked:
            theirs = lists[name].find_model(model)
            ours = price_for(kind, model, at=TODAY)
            if theirs is None or ours is None:
                continue
            row = ours.id.removeprefix(f"{kind}/").rpartition("@")[0]
            assert row == theirs.id.lower(), (kind, model)
            checked += 1
    assert checked > 2_000


def test_the_documentation_shows_the_built_in_names_with_their_prices():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "prices.md").read_text()

    for model in FEATURED:
        price = known(model.kind, model.model)
        figures = f"{usd_text(price.input)} | {usd_text(price.output)} | {model.context_tokens:,}"
        assert (
            f"| `{model.canonical}` | `{model.model}` | {figures} | {model.max_output_tokens:,} | {model.tier} |"
            in page
        )
    for kind in prices._file().kinds:
        assert f"`{kind}`" in page
