"""Fifty thousand bad calls, and a million hostile credentials."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvloop

from octogate.core.errors import GatewayError
from octogate.mock import MockConfig, MockServer
from octogate.proxy.auth import authenticate
from octogate.proxy.upstream.client import Client

from ..chaos.conftest import gateway_to
from ..chaos.test_leaks import everything_is_back, many_bad_calls
from ..proxy.builders import group, snapshot, target
from ..wall.rig import open_descriptors
from .record import proving

CALLS = 50_000
HEADERS = 1_000_000


def pytest_asyncio_loop_factories(config, item):
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def mock() -> AsyncIterator[MockServer]:
    async with MockServer(config=MockConfig(time_scale=0.02)) as server:
        yield server


@pytest.mark.prove
async def test_fifty_thousand_calls_with_mixed_faults_leave_nothing_behind(mock: MockServer, tmp_path: Path) -> None:
    """Ten times what every push runs."""
    async with gateway_to(mock.port, tmp_path, client=Client(pool_idle=0.1)) as rig:
        await many_bad_calls(rig, 200, seed=1)
        await everything_is_back(rig, mock)
        tasks, descriptors = len(asyncio.all_tasks()), open_descriptors()
        before = len(rig.receipts)
        with proving("Leaks: calls with mixed faults leave no task, descriptor, buffer or slot", seeds="2") as proof:
            seen = await many_bad_calls(rig, CALLS, seed=2)
            proof.n = sum(seen.values())
            await everything_is_back(rig, mock)
            assert proof.n == CALLS
            assert len(asyncio.all_tasks()) == tasks
            assert abs(open_descriptors() - descriptors) <= 2
            assert CALLS - seen["left"] <= len(rig.receipts) - before <= CALLS


@pytest.mark.prove
def test_a_million_hostile_credentials_are_refused_and_nothing_else_happens() -> None:
    """T-12"""
    dice, config = random.Random(12), snapshot(group(target()))
    pieces = [b"Bearer ", b"bearer\t", b"\xc2\xa0", b"'", b'";--', b"\x00", b"\xff\xfe", b" ", b"sk-", b"=", b""]
    names = [b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key"]
    queries = ["", "key=x&key=y", "key=%00", "alt=sse&key=", "key=%ff%fe", "key=" + "a" * 2_000]
    with proving("T-12 hostile credentials are refused with 400 or 401", seeds="12") as proof:
        for _ in range(HEADERS):
            fields = {dice.choice(names): b"".join(dice.choices(pieces, k=dice.randint(0, 5))) for _ in range(2)}
            with pytest.raises(GatewayError) as refused:
                authenticate(fields, dice.choice(queries), config, now=0.0)
            assert refused.value.status in (400, 401)
            proof.n += 1
