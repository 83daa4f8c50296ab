"""T-47: what is tried again at the same target, and what never is, over real sockets."""

import time
from pathlib import Path
from typing import Any

import pytest

from octogate.mock import MockServer

from ..wall.caller import DIALECTS, DialectName
from ..wall.rig import Rig
from .conftest import gateway_to

GREETING = "Hello from the mock. You said: hello"
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)
# One bad answer, then good ones: how many times the upstream is asked, and what the caller gets.
ONCE_BAD = {
    "fault-http-408": (2, 200),
    "fault-http-409": (2, 200),
    "fault-http-425": (2, 200),
    "fault-http-429": (2, 200),
    "fault-http-500": (2, 200),
    "fault-http-502": (2, 200),
    "fault-http-503": (2, 200),
    "fault-http-504": (2, 200),
    "fault-http-529": (2, 200),
    "fault-reset": (2, 200),
    "fault-close": (2, 200),
    "fault-badjson": (2, 200),
    "fault-http-400": (1, 400),
    "fault-http-401": (1, 502),
    "fault-http-402": (1, 503),
    "fault-http-403": (1, 502),
    "fault-http-404": (1, 404),
    "fault-http-413": (1, 413),
    "fault-http-422": (1, 422),
    "fault-context": (1, 400),
    "fault-policy": (1, 400),
}
# Always bad: at most so many calls of the upstream for one of ours.
ALWAYS_BAD = {"fault-http-408": 2, "fault-http-503": 3, "fault-http-500": 3, "fault-reset": 2, "fault-http-422": 1}


def gateway_that_retries(mock: MockServer, folder: Path, **more: Any) -> Any:
    retries = {"max_attempts": 3, "initial_delay": "5ms", "max_delay": "1s"} | more
    return gateway_to(mock.port, folder, resilience={"retries": retries})


@each_dialect
@pytest.mark.parametrize("fault", ONCE_BAD)
async def test_one_bad_answer(mock: MockServer, tmp_path: Path, fault: str, dialect: DialectName) -> None:
    """T-47"""
    mock.behave("chaos", scenario=fault, times=1, retry_after=0.05)
    async with gateway_that_retries(mock, tmp_path) as rig:
        heard = await rig.ask(dialect, dialect, stream=True)

        asked, status = ONCE_BAD[fault]
        assert (mock.stats("chaos").calls, heard.status) == (asked, status)
        assert heard.ended == "whole"
        await one_receipt_with_all_attempts(rig, mock)


@each_dialect
@pytest.mark.parametrize("fault", ALWAYS_BAD)
async def test_an_upstream_that_is_always_bad(
    mock: MockServer, tmp_path: Path, fault: str, dialect: DialectName
) -> None:
    """T-47: one budget for the whole call."""
    mock.behave("chaos", scenario=fault, retry_after=0.01)
    async with gateway_that_retries(mock, tmp_path) as rig:
        heard = await rig.ask(dialect, dialect)

        assert heard.status >= 400
        assert mock.stats("chaos").calls == ALWAYS_BAD[fault]
        await one_receipt_with_all_attempts(rig, mock)


@each_dialect
async def test_nothing_is_tried_again_once_content_has_been_passed_on(
    mock: MockServer, tmp_path: Path, dialect: DialectName
) -> None:
    """T-47"""
    mock.behave("chaos", scenario="fault-cut-reset-3", times=1, delay_ms=5)
    async with gateway_that_retries(mock, tmp_path) as rig:
        heard = await rig.ask(dialect, dialect, stream=True)

        assert heard.error is not None
        assert heard.text
        assert mock.stats("chaos").calls == 1
        await one_receipt_with_all_attempts(rig, mock)


async def test_where_the_work_may_have_been_done_it_is_not_repeated_against_the_operators_wish(
    mock: MockServer, tmp_path: Path
) -> None:
    """T-47: `replay_ambiguous: false`"""
    mock.behave("chaos", scenario="fault-reset", times=1)
    async with gateway_that_retries(mock, tmp_path, replay_ambiguous=False) as rig:
        assert (await rig.ask("openai", "openai")).status == 502
        assert mock.stats("chaos").calls == 1


@pytest.mark.parametrize("fault", ["fault-http-429", "fault-http-503"])
async def test_the_wait_that_the_provider_names_is_honoured(mock: MockServer, tmp_path: Path, fault: str) -> None:
    """T-47"""
    mock.behave("chaos", scenario=fault, times=1, retry_after=0.3)
    async with gateway_that_retries(mock, tmp_path) as rig:
        began = time.monotonic()
        heard = await rig.ask("openai", "openai")

        assert (heard.status, heard.text) == (200, GREETING)
        assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("seconds", [30, 86_400])
async def test_a_wait_that_is_too_long_is_passed_on_instead_of_sat_out(
    mock: MockServer, tmp_path: Path, seconds: int
) -> None:
    """T-47: clamped to 300 s."""
    mock.behave("chaos", scenario="fault-http-429", retry_after=seconds)
    async with gateway_that_retries(mock, tmp_path) as rig:
        began = time.monotonic()
        heard = await rig.ask("openai", "openai")

        assert time.monotonic() - began < 2
        assert (heard.status, heard.headers["retry-after"]) == (503, str(min(seconds, 300)))
        assert mock.stats("chaos").calls == 1


async def one_receipt_with_all_attempts(rig: Rig, mock: MockServer) -> None:
    """Every request that reached the upstream is an attempt of the one receipt."""
    await rig.quiet(mock)
    assert len(rig.receipts) == 1
    assert len(rig.receipts[0].attempts) == mock.stats("chaos").calls
