"""What an operator can see of calls afterwards: the log's line with its attempts, metrics by kind of failure, costs."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from octogate.mock import MockConfig, MockServer

from .process import GatewayProcess
from .wire import Answer, ask, bearer, chat

CHAT = "/v1/chat/completions"
SCRAPER = "a-scraper-key-that-is-long-enough-7Qx"
PROMPT = "the words of the caller that no log may hold"
KINDS = {
    "upstream_timeout": "fault-hang",
    "upstream_rate_limited": "fault-http-429",
    "upstream_unavailable": "fault-http-503",
    "upstream_broken": "fault-http-500",
    "upstream_credentials_exhausted": "fault-http-401",
    "upstream_not_found": "fault-http-404",
    "upstream_refused": "fault-http-422",
    "context_length_exceeded": "fault-context",
}


@pytest.fixture
async def mock() -> AsyncIterator[MockServer]:
    async with MockServer(config=MockConfig(time_scale=0.1)) as server:
        yield server


@pytest.fixture
def text(key: str, mock: MockServer) -> Callable[..., str]:
    """A configuration with one provider per instance of the mock, each with its own price."""

    def write(models: str) -> str:
        providers = "".join(
            f"  {name}:\n    type: openai_compatible\n    base_url: {mock.base_urls(name)['openai']}\n"
            f"    api_key: not-a-real-credential\n    timeout: {{first_event: 300ms, idle: 300ms, total: 300ms}}\n"
            for name in ("first", "second", "third")
        )
        return (
            f"version: 1\nserver: {{drain_delay: 0s}}\n"
            f"auth: {{static_keys: [{{id: caller, key: '{key}'}}, "
            f"{{id: scraper, key: '{SCRAPER}', scopes: ['metrics:read']}}]}}\n"
            f"providers:\n{providers}models:\n{models}"
            "resilience: {retries: {max_attempts: 1}, circuit_breaker: {failure_threshold: 1000}}\n"
        )

    return write


async def test_every_attempt_is_in_the_line_of_its_call_and_the_call_has_all_that_an_operator_asks_for(
    serve, text, key
):
    """S2-76, S2-93: number, target, outcome, status and time of each attempt; who, what, how long; never the words."""
    gateway = await serve(text("  chat: {targets: [first/fault-http-503, second/fault-http-429, third/mock]}\n"))

    answer = await ask(gateway.port, "POST", CHAT, chat("chat", PROMPT), bearer(key))
    await gateway.stop()
    (line,) = gateway.out.events("call")

    assert answer.status == 200
    assert [(a["number"], a["target"], a["outcome"], a.get("upstream_status")) for a in line["attempts"]] == [
        (1, "first/fault-http-503", "upstream_unavailable", 503),
        (2, "second/fault-http-429", "upstream_rate_limited", 429),
        (3, "third/mock", "ok", 200),
    ]
    assert all(attempt["duration_ms"] > 0 for attempt in line["attempts"])
    assert line["request_id"] == answer.fields["x-request-id"]
    assert (line["level"], line["status"], line["code"], line["group"]) == ("info", 200, "ok", "chat")
    assert (line["target"], line["key_id"]) == ("third/mock", "caller")
    assert line["time"].endswith("Z")
    assert line["duration_ms"] > line["overhead_ms"] > 0
    assert PROMPT.encode() not in bytes(gateway.out.data) + bytes(gateway.err.data)
    assert key.encode() not in bytes(gateway.out.data) + bytes(gateway.err.data)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_a_provider_that_hangs_costs_its_timeout_and_the_next_one_serves(serve, text, key, stream):
    """S2-77: 300 ms here."""
    gateway = await serve(text("  chat: {targets: [first/fault-hang, second/mock]}\n"))

    answer = await ask(gateway.port, "POST", CHAT, chat("chat", PROMPT, stream=stream), bearer(key))
    await gateway.stop()
    (line,) = gateway.out.events("call")

    assert answer.status == 200
    assert [attempt["outcome"] for attempt in line["attempts"]] == ["upstream_timeout", "ok"]
    assert 290 < line["attempts"][0]["duration_ms"] < 3_000


async def test_every_kind_of_failure_is_a_label_of_its_own_and_nothing_else_is(serve, text, key):
    """S2-80: kinds on the attempts and on the calls, one each."""
    models = "".join(f"  g-{code.replace('_', '-')}: {{targets: [first/{fault}]}}\n" for code, fault in KINDS.items())
    gateway = await serve(text(models))

    for code in KINDS:
        answer = await ask(gateway.port, "POST", CHAT, chat(f"g-{code.replace('_', '-')}"), bearer(key))
        assert answer.json["error"]["code"] == code
    families = await scrape(gateway)

    seen = {sample.labels["outcome"]: sample.value for sample in families["octogate_attempts"].samples}
    by_code = {sample.labels["code"]: sample.value for sample in families["octogate_calls"].samples}
    assert seen == dict.fromkeys(KINDS, 1.0)
    assert by_code == dict.fromkeys(KINDS, 1.0)


async def test_the_cost_of_a_call_is_added_to_the_counter_of_the_target_that_served_it(serve, text, key):
    """S2-88: the difference between two scrapes is what the calls cost, to the last digit."""
    price = "price: {input: 3, output: 15}"
    gateway = await serve(
        text(
            f"  dear: {{targets: [{{provider: first, model: mock, {price}}}]}}\n"
            f"  failing: {{targets: [{{provider: second, model: fault-http-503, {price}}}, "
            f"{{provider: third, model: mock, {price}}}]}}\n"
        )
    )
    before = await costs(gateway)

    answers = [await ask(gateway.port, "POST", CHAT, chat(group), bearer(key)) for group in ("dear", "dear", "failing")]
    after = await costs(gateway)

    spent = {target: after[target] - before.get(target, Decimal(0)) for target in after}
    assert spent == {"first/mock": 2 * cost_of(answers[0]), "third/mock": cost_of(answers[2])}
    assert cost_of(answers[0]) > 0


async def test_the_gateway_itself_takes_little_of_a_call(serve, text, key):
    """S2-106: the middle call of a hundred spends under 15 ms in the gateway, even on a machine with other work."""
    gateway = await serve(text("  chat: {targets: [first/mock]}\n"))

    overheads = []
    for _ in range(100):
        answer = await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key))
        overheads.append(float(answer.fields["x-octogate-overhead-ms"]))

    print(f"overhead: p50 {sorted(overheads)[50]} ms, p99 {sorted(overheads)[99]} ms")
    assert 0 < sorted(overheads)[50] < 15


def cost_of(answer: Answer) -> Decimal:
    """3 and 15 USD for a million tokens."""
    usage = answer.json["usage"]
    return Decimal(3 * usage["prompt_tokens"] + 15 * usage["completion_tokens"]) / 10**6


async def costs(gateway: GatewayProcess) -> dict[str, Decimal]:
    samples = (await scrape(gateway))["octogate_cost_usd"].samples
    return {sample.labels["target"]: Decimal(repr(sample.value)) for sample in samples}


async def scrape(gateway: GatewayProcess) -> dict[str, Any]:
    body = (await ask(gateway.port, "GET", "/metrics", None, bearer(SCRAPER))).body.decode()
    return {family.name: family for family in text_string_to_metric_families(body)}
