"""A caller who hangs up frees the upstream within half a second, whenever it happens."""

import asyncio
import time
from pathlib import Path

import pytest

from octogate.mock import MockServer

from ..wall.caller import DIALECTS, DialectName, calling, request_bytes
from ..wall.rig import Rig, eventually
from .conftest import gateway_to

FREED_SECONDS = 0.5
WORDS = 12
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


async def freed(mock: MockServer, rig: Rig, calls: int) -> float:
    """Seconds until the upstream has seen the end of that many calls and the gateway holds nothing."""
    began = time.monotonic()
    stats = mock.stats("chaos")
    await eventually(lambda: stats.outcomes["disconnected"] >= calls and not stats.open_calls)
    elapsed = time.monotonic() - began
    await rig.quiet(mock)
    return elapsed


@each_dialect
async def test_at_every_event_of_a_stream(mock: MockServer, rig: Rig, dialect: DialectName) -> None:
    mock.behave("chaos", tokens=WORDS, delay_ms=4, scenario="fault-infinite")
    request = request_bytes(dialect, dialect, stream=True)

    for index in range(1, WORDS + 1):
        async with calling(rig.port, request, dialect) as line:
            await line.read_events(index)
        assert await freed(mock, rig, index) <= FREED_SECONDS, f"event {index}"

    assert [receipt.code for receipt in rig.receipts] == ["cancelled"] * WORDS
    assert all(receipt.status == 499 and receipt.usage is not None for receipt in rig.receipts)
    assert rig.open_upstream() == 0, "a connection in the middle of an answer was kept"


@each_dialect
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
async def test_before_the_first_byte(mock: MockServer, rig: Rig, dialect: DialectName, stream: bool) -> None:
    mock.behave("chaos", scenario="fault-hang-1000")

    async with calling(rig.port, request_bytes(dialect, dialect, stream=stream), dialect):
        await eventually(lambda: mock.stats("chaos").open_calls == 1)

    assert await freed(mock, rig, 1) <= FREED_SECONDS
    assert [receipt.code for receipt in rig.receipts] == ["cancelled"]
    assert [attempt.outcome for attempt in rig.receipts[0].attempts] == ["cancelled"]


@each_dialect
async def test_in_the_middle_of_a_plain_answer(mock: MockServer, rig: Rig, dialect: DialectName) -> None:
    mock.behave("chaos", scenario="fault-stall")

    async with calling(rig.port, request_bytes(dialect, dialect), dialect):
        await eventually(lambda: any(record.status == 200 for record in mock.requests("chaos")))

    assert await freed(mock, rig, 1) <= FREED_SECONDS
    assert [receipt.code for receipt in rig.receipts] == ["cancelled"]


async def test_while_a_retry_is_waited_for(mock: MockServer, tmp_path: Path) -> None:
    """Nothing is sent for somebody who has gone."""
    mock.behave("chaos", scenario="s02", retry_after=0.5)
    retries = {"retries": {"max_attempts": 3, "max_delay": "5s"}}
    async with gateway_to(mock.port, tmp_path, resilience=retries) as rig:
        async with calling(rig.port, request_bytes("openai", "openai")):
            await eventually(lambda: mock.stats("chaos").outcomes["refused"] == 1)
        await eventually(lambda: bool(rig.receipts), within=0.4)
        await rig.quiet(mock)

        assert [receipt.code for receipt in rig.receipts] == ["cancelled"]
        assert mock.stats("chaos").calls == 1


async def test_many_at_once(mock: MockServer, rig: Rig) -> None:
    """Two hundred streams hang up in the same moment."""
    mock.behave("chaos", scenario="fault-infinite", delay_ms=20)
    request = request_bytes("openai", "openai", stream=True)

    async def leave_after_two_events() -> None:
        async with calling(rig.port, request) as line:
            await line.read_events(2)
            everybody_is_here.release()
            await all_leave.wait()

    everybody_is_here, all_leave = asyncio.Semaphore(0), asyncio.Event()
    callers = [asyncio.ensure_future(leave_after_two_events()) for _ in range(200)]
    for _ in callers:
        await everybody_is_here.acquire()
    all_leave.set()
    await asyncio.gather(*callers)

    await freed(mock, rig, 200)
    assert rig.open_upstream() == 0
