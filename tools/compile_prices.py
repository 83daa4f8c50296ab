"""Compile the data of the installed `genai-prices` package into the price list that Octogate ships.

    python tools/compile_prices.py --as-of 2026-11-01 > src/octogate/providers/prices.json

The output depends only on the package's version and the date given. A clause or a unit that is not understood stops
the compilation, so that an update of the data is looked at by a person.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from importlib.metadata import version
from typing import Any

from genai_prices import types as t
from genai_prices.data import providers as dataset

# Our provider kind → the package's provider. Servers that people run themselves have no list price, on purpose.
KINDS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "vertex": "google",
    "azure": "azure",
    "bedrock": "aws",
    "cerebras": "cerebras",
    "cloudflare": "cloudflare",
    "cohere": "cohere",
    "databricks": "databricks",
    "deepseek": "deepseek",
    "fireworks": "fireworks",
    "groq": "groq",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "novita": "novita",
    "openrouter": "openrouter",
    "ovhcloud": "ovhcloud",
    "perplexity": "perplexity",
    "together": "together",
    "voyage": "voyageai",
    "xai": "x-ai",
    "zai": "zai",
}
CLASSES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_reasoning_mtok": "reasoning",
    "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output",
    "input_image_mtok": "image_input",
    "output_image_mtok": "image_output",
}
# Charged by the vendor beside the tokens and only when a tool is used, or a discount that usage cannot show.
NOT_METERED = {"web_searches_kcount", "storage_searches_kcount", "cache_audio_read_mtok", "cache_image_read_mtok"}
ANSWERS_WITHOUT_TOKENS = re.compile(r"embed|bge-|gte-|voyage-|rerank")
NOT_SPEECH = "^(?!.*-[tT][tT][sS](?:$|-))"
DATED = re.compile(r"^\^(?P<name>(?:[\w/-]|\\\.)+?)(?:-|\[-@\])\\d\{[48]\}(?:-\\d\{2\}-\\d\{2\})?\$$")
NUMBERED = re.compile(r"^\^(?P<name>(?:[\w/-]|\\\.)+-)\\d$")

Rule = tuple[str, str]
Json = dict[str, Any]


def main() -> int:
    """Write the price list to standard output."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--as-of", type=date.fromisoformat, required=True, help="the day of the data, YYYY-MM-DD")
    as_of = arguments.parse_args().as_of.isoformat()
    wanted = set(KINDS.values())
    lists = {provider.id: provider for provider in dataset if provider.id in wanted}
    catalogue = {
        "source": f"genai-prices {version('genai-prices')}, {as_of}",
        "as_of": as_of,
        "kinds": {kind: [name, *_fallbacks(lists[name], wanted)] for kind, name in sorted(KINDS.items())},
        "lists": {name: list(_rows(provider)) for name, provider in sorted(lists.items())},
    }
    sys.stdout.write(_text(catalogue))
    return 0


def _text(catalogue: Json) -> str:
    """JSON with one row per line, so that a difference between two versions can be read."""
    head = {key: value for key, value in catalogue.items() if key != "lists"}
    lines = [json.dumps(head, ensure_ascii=False)[:-1] + ',\n"lists": {']
    blocks = []
    for name, rows in catalogue["lists"].items():
        body = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
        blocks.append(f'"{name}": [\n{body}\n]')
    return "\n".join([*lines, ",\n".join(blocks), "}}"]) + "\n"


def _fallbacks(provider: t.Provider, wanted: set[str]) -> list[str]:
    return [name for name in provider.fallback_model_providers or [] if name in wanted]


def _rows(provider: t.Provider) -> Iterator[Json]:
    for model in provider.models:
        versions = _versions(model)
        if versions:
            row: Json = {"id": model.id.lower(), **_match(model)}
            if model.context_window:
                row["context"] = model.context_window
            yield {**row, "versions": versions}


def _match(model: t.ModelInfo) -> Json:
    """The clauses as lists of lower-case strings per kind of comparison."""
    match: Json = {}
    for kind, text in dict.fromkeys(_rules(model.match)):
        match.setdefault(kind, []).append(text.lower())
    return match


def _rules(clause: t.MatchLogic) -> Iterator[Rule]:
    if isinstance(clause, t.ClauseEquals):
        yield "equals", clause.equals
    elif isinstance(clause, t.ClauseStartsWith):
        yield "starts", clause.starts_with
    elif isinstance(clause, t.ClauseEndsWith):
        yield "ends", clause.ends_with
    elif isinstance(clause, t.ClauseContains):
        yield "contains", clause.contains
    elif isinstance(clause, t.ClauseOr):
        for part in clause.or_:
            yield from _rules(part)
    elif isinstance(clause, t.ClauseAnd):
        yield from _conjunction(clause)
    else:
        yield from _pattern(clause.regex)


def _conjunction(clause: t.ClauseAnd) -> Iterator[Rule]:
    start, pattern = clause.and_
    if not (isinstance(start, t.ClauseStartsWith) and isinstance(pattern, t.ClauseRegex)):
        raise SystemExit(f"not understood: {clause!r}")
    if pattern.regex != NOT_SPEECH:
        raise SystemExit(f"not understood: {clause!r}")
    yield "starts", start.starts_with
    yield "unless", "-tts"


def _pattern(regex: str) -> Iterator[Rule]:
    """A dated name is found by its name (the reader cuts dates off); a numbered one has ten beginnings."""
    if dated := DATED.match(regex):
        yield "equals", dated["name"].replace("\\", "")
    elif numbered := NUMBERED.match(regex):
        yield from (("starts", numbered["name"].replace("\\", "") + str(digit)) for digit in range(10))
    else:
        raise SystemExit(f"not understood: {regex!r}")


def _versions(model: t.ModelInfo) -> list[Json]:
    """The prices by the day from which they hold. Empty when a call's cost cannot be told from its tokens."""
    prices = [t.ConditionalPrice(prices=model.prices)] if isinstance(model.prices, t.ModelPrice) else model.prices
    starts = sorted({day for price in prices if (day := _start(price))})
    versions = []
    for day in [None, *starts]:
        rates = _dearest(_candidates(prices, day), model.id)
        if rates is None:
            return []
        if rates:
            versions.append({"from": day.isoformat(), **rates} if day else rates)
    return versions


def _start(price: t.ConditionalPrice) -> date | None:
    return price.constraint.start_date if isinstance(price.constraint, t.StartDateConstraint) else None


def _candidates(prices: list[t.ConditionalPrice], day: date | None) -> list[t.ModelPrice]:
    """What can hold on that day: the last price wins, but one for certain hours leaves the earlier ones possible."""
    found = []
    for price in reversed(prices):
        start = _start(price)
        if start is not None and (day is None or start > day):
            continue
        found.append(price.prices)
        if not isinstance(price.constraint, t.TimeOfDateConstraint):
            break
    return found


def _dearest(candidates: list[t.ModelPrice], model: str) -> Json | None:
    """One set of rates, class by class the dearest. {} = no price on that day, None = not chargeable by tokens."""
    if not candidates:
        return {}
    found = [_rates(candidate, model) for candidate in candidates]
    if len(found) == 1:
        return found[0]
    if any(rates is None or "tiers" in rates for rates in found):
        return None
    return {key: max(rates[key] for rates in found if rates) for key in found[0] or {}}


def _rates(price: t.ModelPrice, model: str) -> Json | None:
    fields = {key: value for key, value in vars(price).items() if value is not None and key not in NOT_METERED}
    if not fields and model.endswith(":free"):
        return {"input": 0, "output": 0}
    per_call = fields.pop("requests_kcount", None)
    if "input_mtok" not in fields or set(fields) - set(CLASSES):
        return None
    if "output_mtok" not in fields:
        if not ANSWERS_WITHOUT_TOKENS.search(model.lower()):
            return None
        fields["output_mtok"] = Decimal(0)
    rates: Json = {name: _nano(_at(fields[key], None)) for key, name in CLASSES.items() if key in fields}
    if per_call is not None:
        rates["per_call"] = _nano(per_call / 1000)
    if tiers := [_tier(fields, above) for above in _thresholds(fields.values())]:
        rates["tiers"] = tiers
    return rates


def _thresholds(values: Iterable[Any]) -> list[int]:
    return sorted({tier.start for value in values if isinstance(value, t.TieredPrices) for tier in value.tiers})


def _tier(fields: Json, above: int) -> Json:
    rates = {name: _nano(_at(fields[key], above)) for key, name in CLASSES.items() if key in fields}
    return {"above_input_tokens": above, **rates}


def _at(value: Any, above: int | None) -> Decimal:
    if not isinstance(value, t.TieredPrices):
        return Decimal(value)
    passed = [tier.price for tier in value.tiers if above is not None and tier.start <= above]
    return passed[-1] if passed else value.base


def _nano(usd: Decimal) -> int:
    """Nano-USD, rounded up. Twelve digits first: the data has a few binary fractions such as 0.18000000000000002."""
    exact = usd.quantize(Decimal("1e-12"), rounding=ROUND_HALF_EVEN) * 1_000_000_000
    return int(exact.to_integral_value(rounding=ROUND_CEILING))


if __name__ == "__main__":
    raise SystemExit(main())
