"""A primary and a fallback target in three dialects, thirty times faster than life."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvloop

from octogate.core.receipt import Receipt
from octogate.mock import MockConfig, MockServer

from .caller import DIALECTS, DialectName, Heard
from .rig import CREDENTIAL, Rig, configuration, running

SCALE = 0.03
# 30 s for an attempt and 30 s of silence in a stream, scaled; the wall allows 45 s for the latter.
TIMEOUTS = {"connect": "2s", "first_event": "900ms", "idle": "600ms", "total": "900ms", "stream_total": "10s"}
PRICES = {"primary": {"input": 1, "output": 2}, "fallback": {"input": 3, "output": 4}}


def pytest_asyncio_loop_factories(config, item):
    return {"uvloop": uvloop.new_event_loop}


class Wall:
    """The wall: one gateway, a mock that is `primary` and `fallback`, groups `both-…` and `alone-…` per dialect."""

    def __init__(self, rig: Rig, mock: MockServer) -> None:
        self.rig, self.mock = rig, mock

    def primary_does(self, scenario: str, **settings: object) -> None:
        self.mock.behave("primary", scenario=scenario, **settings)

    def fallback_does(self, scenario: str) -> None:
        self.mock.behave("fallback", scenario=scenario)

    async def ask(self, dialect: DialectName, *, stream: bool, group: str = "both", say: str = "hello") -> Heard:
        return await self.rig.ask(dialect, f"{group}-{dialect}", stream=stream, say=say)

    async def only_receipt(self) -> Receipt:
        """The receipt of the one call there was, once everything is given back."""
        await self.rig.quiet(self.mock)
        assert len(self.rig.receipts) == 1, [receipt.code for receipt in self.rig.receipts]
        receipt = self.rig.receipts[0]
        sent = self.mock.stats("primary").calls + self.mock.stats("fallback").calls
        assert len(receipt.attempts) == sent, "an attempt that reached an upstream is not in the receipt"
        return receipt

    def calls(self) -> tuple[int, int]:
        """What the primary and the fallback were asked."""
        return self.mock.stats("primary").calls, self.mock.stats("fallback").calls


def attempts(receipt: Receipt) -> list[str]:
    """`primary: upstream_unavailable`, one for each attempt."""
    return [f"{attempt.target.split('-')[0]}: {attempt.outcome}" for attempt in receipt.attempts]


def wall_config(mock: MockServer, log: Path, **resilience: object) -> dict[str, object]:
    """Two providers per dialect at one mock, and the groups in front of them."""
    providers = {
        f"{role}-{dialect}": {
            "type": dialect,
            "base_url": mock.base_urls(role)[dialect],
            "api_key": CREDENTIAL,
            "timeout": TIMEOUTS,
            "models": {f"{role}-model": {"price": PRICES[role]}},
        }
        for role in PRICES
        for dialect in DIALECTS
    }
    models: dict[str, object] = {}
    for dialect in DIALECTS:
        both = [f"{role}-{dialect}/{role}-model" for role in PRICES]
        models[f"both-{dialect}"] = {"targets": both}
        models[f"alone-{dialect}"] = {"targets": both[:1], "retries": {"max_delay": "5s"}}
    return configuration(providers, models, log=log, **resilience)


@contextlib.asynccontextmanager
async def wall_in(folder: Path, **resilience: object) -> AsyncIterator[Wall]:
    async with (
        MockServer(config=MockConfig(time_scale=SCALE)) as mock,
        running(wall_config(mock, folder / "log.jsonl", **resilience), folder) as rig,
    ):
        yield Wall(rig, mock)


@pytest.fixture
async def wall(tmp_path: Path) -> AsyncIterator[Wall]:
    """With a breaker that opens for 5 s, scaled."""
    async with wall_in(tmp_path) as made:
        yield made


@pytest.fixture
async def wall_with_a_lasting_breaker(tmp_path: Path) -> AsyncIterator[Wall]:
    """With a breaker that stays open for the whole story."""
    async with wall_in(tmp_path, circuit_breaker={"failure_threshold": 5, "reset_timeout": "20s"}) as made:
        yield made


@pytest.fixture
def attempts_of() -> Callable[[Receipt], list[str]]:
    return attempts
