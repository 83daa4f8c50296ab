"""What five thousand bad calls leave behind: nothing."""

import asyncio
import gc
import random
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest

from octogate.mock import MockServer
from octogate.proxy.upstream.client import Client

from ..wall.caller import DIALECTS, DialectName, calling, request_bytes
from ..wall.rig import Rig, eventually, open_descriptors
from .conftest import gateway_to

CALLS, WORKERS = 5_000, 40
FAULTS = (
    "", "tokens=200", "s11", "fault-http-400", "fault-http-401", "fault-http-429", "fault-http-500", "fault-http-529",
    "fault-html", "fault-reset", "fault-close", "fault-hang", "fault-slow-500", "fault-cut-3", "fault-cut-reset-3",
    "fault-stall-2", "fault-error-event", "fault-malformed", "fault-badjson", "fault-nofinish", "fault-empty",
    "fault-status200error", "fault-wrongtype", "fault-gzip", "fault-clmismatch", "fault-hugeheader-100", "fault-1xx",
    "fault-redirect", "fault-ping", "fault-closeafter", "fault-infinite--delay_ms=1",
)  # fmt: skip
STATUSES = {200, 400, 502, 503, 504}


async def one_bad_call(rig: Rig, dice: random.Random, seen: Counter[str]) -> None:
    """A call with some fault, to its end or until the caller has enough of it."""
    dialect: DialectName = dice.choice(DIALECTS)
    fault, stream = dice.choice(FAULTS), dice.random() < 0.6
    model = f"secret-vendor-{dialect}/any--{fault}"
    request = request_bytes(dialect, quote(model, safe="") if dialect == "gemini" else model, stream=stream)
    patience = dice.uniform(0.0, 0.03) if dice.random() < 0.2 or "infinite" in fault else 10.0
    async with calling(rig.port, request, dialect) as line:
        try:
            async with asyncio.timeout(patience):
                heard = await line.read_to_end()
        except TimeoutError:
            seen["left"] += 1
            return
    assert heard.status in STATUSES, (fault, heard.status, bytes(heard.body[:300]))
    assert heard.ended == "whole" or heard.error is not None, (fault, bytes(heard.body[-300:]))
    seen[str(heard.status)] += 1


async def many_bad_calls(rig: Rig, count: int, seed: int) -> Counter[str]:
    """`count` calls by forty callers at a time."""
    seen: Counter[str] = Counter()

    async def work(number: int) -> None:
        dice = random.Random(f"{seed}.{number}")
        for _ in range(count // WORKERS):
            await one_bad_call(rig, dice, seen)

    await asyncio.gather(*(work(number) for number in range(WORKERS)))
    return seen


@pytest.mark.slow
async def test_five_thousand_calls_with_mixed_faults_leave_nothing_behind(mock: MockServer, tmp_path: Path) -> None:
    client = Client(pool_idle=0.1)
    async with gateway_to(mock.port, tmp_path, client=client) as rig:
        await many_bad_calls(rig, 200, seed=1)
        await everything_is_back(rig, mock)
        tasks, descriptors = len(asyncio.all_tasks()), open_descriptors()
        before = len(rig.receipts)

        seen = await many_bad_calls(rig, CALLS, seed=2)

        await everything_is_back(rig, mock)
        print(f"{CALLS} calls: {dict(seen)}")
        assert sum(seen.values()) == CALLS
        assert len(asyncio.all_tasks()) == tasks
        assert abs(open_descriptors() - descriptors) <= 2
        assert CALLS - seen["left"] <= len(rig.receipts) - before <= CALLS, "one receipt per call"
        assert {state for receipt in rig.receipts for state in _running(receipt)} == set()


def _running(receipt) -> set[str]:
    return {attempt.outcome for attempt in receipt.attempts} & {"running", "internal_error"}


async def everything_is_back(rig: Rig, mock: MockServer) -> None:
    """No call, task, buffer or slot is in use, and what was pooled has been closed."""
    await rig.quiet(mock, within=15)
    await eventually(lambda: rig.open_upstream() == 0 and not rig.gateway._edge.connections)
    await eventually(lambda: mock.open_connections == 0)
    gc.collect()
