"""A gateway behind which everything can go wrong, and the words that no caller may ever read."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from octogate.mock import MockConfig, MockServer
from octogate.proxy.upstream.client import Client

from ..wall.caller import DIALECTS, Heard
from ..wall.rig import CREDENTIAL, Rig, configuration, running

# Nothing of this may be in what a caller gets: our credential, where the provider is, what we call it.
PRIVATE_WORDS = (
    CREDENTIAL,
    CREDENTIAL[:16],
    "127.0.0.1",
    "upstream.test",
    "secret-vendor",
    "vendor-model",
    "Traceback",
)
TIMEOUTS = {"connect": "1s", "first_event": "700ms", "idle": "400ms", "total": "1s", "stream_total": "20s"}


def pytest_asyncio_loop_factories(config, item):
    return {"uvloop": uvloop.new_event_loop}


def vendors(port: int, *, host: str = "127.0.0.1", scheme: str = "http", **options: Any) -> dict[str, Any]:
    """One provider per dialect at this port, as the mock's instance `chaos`."""
    paths = {"openai": "/p/chaos/openai/v1", "anthropic": "/p/chaos/anthropic", "gemini": "/p/chaos/gemini"}
    return {
        f"secret-vendor-{dialect}": {
            "type": dialect,
            "base_url": f"{scheme}://{host}:{port}{paths[dialect]}",
            "api_key": CREDENTIAL,
            "timeout": TIMEOUTS,
        }
        | options
        for dialect in DIALECTS
    }


@contextlib.asynccontextmanager
async def gateway_to(
    port: int, folder: Path, *, client: Client | None = None, resilience: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[Rig]:
    """A gateway whose groups `openai`, `anthropic` and `gemini` have the one provider at this port."""
    providers = vendors(port, **options)
    models = {
        dialect: {"targets": [f"secret-vendor-{dialect}/vendor-model"], "response_model": "group"}
        for dialect in DIALECTS
    }
    # One try per call, and a breaker that does not open: each fault is met as it is.
    rules = {"retries": {"max_attempts": 1}, "circuit_breaker": {"failure_threshold": 1_000}}
    config = configuration(providers, models, log=folder / "log.jsonl", **(rules | (resilience or {})))
    async with running(config, folder, client=client) as rig:
        yield rig


@pytest.fixture
async def mock() -> AsyncIterator[MockServer]:
    async with MockServer(config=MockConfig(time_scale=0.02)) as server:
        yield server


@pytest.fixture
async def rig(mock: MockServer, tmp_path: Path) -> AsyncIterator[Rig]:
    async with gateway_to(mock.port, tmp_path) as made:
        yield made


@pytest.fixture
def keeps_its_secrets() -> Callable[..., None]:
    """Asserts that neither headers nor body of an answer tell anything about the provider."""

    def check(heard: Heard, *more: str) -> None:
        seen = bytes(heard.body).decode("utf-8", "replace") + repr(heard.headers)
        told = [word for word in (*PRIVATE_WORDS, *more) if word in seen]
        assert not told, f"the caller can read {told} in {seen[:500]}"

    return check
