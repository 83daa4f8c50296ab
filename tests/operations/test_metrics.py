"""Who may read metrics, that any scraper can, and that callers cannot make them grow."""

import asyncio
import random
import string

from prometheus_client.parser import text_string_to_metric_families

from .wire import Line, ask, bearer, chat

CHAT = "/v1/chat/completions"
SCRAPER = "a-scraper-key-that-is-long-enough-5Qx"
MAY_READ = f"{{id: scraper, key: '{SCRAPER}', scopes: ['metrics:read']}}"
ROUNDS = 10_000


async def test_only_a_key_with_the_scope_reads_metrics(serve, configured, key):
    """T-59, S3-21, S3-145."""
    gateway = await serve(configured(keys=MAY_READ))

    nobody = await ask(gateway.port, "GET", "/metrics")
    wrong = await ask(gateway.port, "GET", "/metrics", None, bearer("no-such-key"))
    caller = await ask(gateway.port, "GET", "/metrics", None, bearer(key))
    scraper = await ask(gateway.port, "GET", "/metrics", None, bearer(SCRAPER))
    calling = await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(SCRAPER))

    assert [nobody.status, wrong.status, caller.status, scraper.status, calling.status] == [401, 401, 403, 200, 403]
    assert nobody.fields["www-authenticate"] == "Bearer"
    assert b"octogate_" not in nobody.body + wrong.body + caller.body


async def test_the_loopback_listener_serves_metrics_without_a_key_and_nothing_else(serve, configured, unused_tcp_port):
    """T-59."""
    await serve(configured(more=f"metrics: {{listen: '127.0.0.1:{unused_tcp_port}'}}\n"))

    metrics = await ask(unused_tcp_port, "GET", "/metrics")
    others = [await ask(unused_tcp_port, "GET", path) for path in ("/", "/health", "/v1/models")]
    call = await ask(unused_tcp_port, "POST", CHAT, chat("chat"))

    assert (metrics.status, metrics.fields["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert [answer.status for answer in [*others, call]] == [404] * 4


async def test_any_scraper_can_read_the_format_and_the_numbers_are_right(serve, configured, key):
    gateway = await serve(configured(keys=MAY_READ))
    for _ in range(3):
        await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key))
    await ask(gateway.port, "POST", CHAT, chat("none"), bearer(key))

    families = await scrape(gateway.port)

    for name, family in families.items():
        assert name.startswith("octogate_")
        assert family.documentation
        assert family.type in {"counter", "gauge", "histogram"}
    assert value(families["octogate_calls"], group="chat", code="ok", status="200", dialect="openai_chat") == 3
    assert value(families["octogate_calls"], group="rejected_model", code="model_not_found") == 1
    assert value(families["octogate_tokens"], **{"class": "input"}) == 9
    assert value(families["octogate_config_version"]) == 1
    buckets = [s for s in families["octogate_overhead_seconds"].samples if s.name.endswith("_bucket")]
    assert [bucket.value for bucket in buckets] == sorted(bucket.value for bucket in buckets)
    assert buckets[-1].labels["le"] == "+Inf"


async def test_ten_thousand_model_names_leave_the_series_as_they_were(serve, configured, provider, key):
    """T-59, S3-144: names that nobody serves, direct names that are served, in the body and in the path."""
    gateway = await serve(configured(keys=MAY_READ))
    letters = random.Random(144)
    names = ["".join(letters.choices(string.ascii_letters, k=16)) for _ in range(ROUNDS)]
    await call_all(gateway.port, key, names[:30])
    before = series(await scrape(gateway.port))

    await call_all(gateway.port, key, names)
    families = await scrape(gateway.port)
    after = series(families)

    print(f"{len(before)} series before, {len(after)} after {ROUNDS} model names")
    assert after == before
    assert len(after) < 200
    assert not [name for name in names if any(name in str(labels) for labels in after)]
    calls = sum(sample.value for sample in families["octogate_calls"].samples)
    assert calls == ROUNDS + 30


async def call_all(port: int, key: str, names: list[str]) -> None:
    """One in five is a direct name that is served; the others are refused in one way or another."""
    queue = list(enumerate(names))

    async def worker() -> None:
        line = await Line.open(port)
        while queue:
            number, name = queue.pop()
            model = f"up/{name}" if number % 5 == 0 else name
            if number % 5 == 1:
                path, body = f"/v1beta/models/{name}:generateContent", {"contents": [{"parts": [{"text": "a"}]}]}
            else:
                path, body = CHAT, chat(model)
            answer = await line.ask("POST", path, body, bearer(key))
            assert answer.status == (200 if number % 5 == 0 else 404), answer
        line.close()

    await asyncio.gather(*(worker() for _ in range(4)))


async def scrape(port: int) -> dict:
    body = (await ask(port, "GET", "/metrics", None, bearer(SCRAPER))).body.decode()
    return {family.name: family for family in text_string_to_metric_families(body)}


def series(families: dict) -> set[tuple[str, str]]:
    return {(sample.name, str(sample.labels)) for family in families.values() for sample in family.samples}


def value(family, **labels: str) -> float:
    """The sum of a family's samples with these labels."""
    found = [sample for sample in family.samples if labels.items() <= sample.labels.items()]
    assert found
    return sum(sample.value for sample in found)
