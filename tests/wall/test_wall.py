"""The failover wall: sixteen upstream failures, each with its only acceptable outcome, over real sockets.

Each story runs for the callers of three dialects. Times are scaled by 0.03: an attempt's 30 s are 0.9 s here.
"""

import time

import pytest

from .caller import DIALECTS, DialectName
from .conftest import SCALE, Wall

GREETING = "Hello from the mock. You said: hello"
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)
plain_and_stream = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@each_dialect
@plain_and_stream
async def test_s01_one_rate_limit_is_answered_by_the_fallback_without_a_wait(
    wall: Wall, attempts_of, dialect: DialectName, stream: bool
) -> None:
    """S01"""
    wall.primary_does("s01")
    began = time.monotonic()

    heard = await wall.ask(dialect, stream=stream)

    assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)
    assert time.monotonic() - began < 1.5, "the two seconds were waited for although somebody else could serve"
    assert attempts_of(await wall.only_receipt()) == ["primary: upstream_rate_limited", "fallback: ok"]


@each_dialect
async def test_s01_the_wait_is_honoured_when_nobody_else_can_serve(
    wall: Wall, attempts_of, dialect: DialectName
) -> None:
    """S01"""
    wall.primary_does("s01", retry_after=0.4)
    began = time.monotonic()

    # The deadline of a call is the longest `total` of its targets, 0.9 s here.
    heard = await wall.ask(dialect, stream=True, group="alone")

    assert (heard.status, heard.text) == (200, GREETING)
    assert time.monotonic() - began >= 0.4
    assert attempts_of(await wall.only_receipt()) == ["primary: upstream_rate_limited", "primary: ok"]


@each_dialect
@plain_and_stream
async def test_s02_rate_limits_for_ever_are_answered_by_the_fallback_and_the_primary_is_not_hammered(
    wall: Wall, attempts_of, dialect: DialectName, stream: bool
) -> None:
    """S02"""
    wall.primary_does("s02")

    heard = await wall.ask(dialect, stream=stream)

    assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)
    assert wall.calls() == (1, 1)
    assert attempts_of(await wall.only_receipt()) == ["primary: upstream_rate_limited", "fallback: ok"]


@each_dialect
@plain_and_stream
async def test_s03_one_500_is_answered_by_the_second_try(
    wall: Wall, attempts_of, dialect: DialectName, stream: bool
) -> None:
    """S03"""
    wall.primary_does("s03")

    heard = await wall.ask(dialect, stream=stream)

    assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)
    assert attempts_of(await wall.only_receipt()) == ["primary: upstream_broken", "primary: ok"]


@each_dialect
@plain_and_stream
async def test_s04_a_primary_that_is_down_is_replaced_and_then_left_alone(
    wall_with_a_lasting_breaker: Wall, attempts_of, dialect: DialectName, stream: bool
) -> None:
    """S04: five failures in a row open the breaker; while it is open the primary is not asked at all."""
    wall = wall_with_a_lasting_breaker
    wall.primary_does("s04")

    for _ in range(8):
        heard = await wall.ask(dialect, stream=stream)
        assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)

    assert wall.calls() == (5, 8)
    assert list(wall.rig.gateway._breakers.open_ids()) == [f"primary-{dialect}/primary-model"]
    await wall.rig.quiet(wall.mock)
    assert attempts_of(wall.rig.receipts[0]) == ["primary: upstream_unavailable", "fallback: ok"]
    assert attempts_of(wall.rig.receipts[-1]) == ["fallback: ok"]
    assert len(wall.rig.receipts) == 8


@each_dialect
@plain_and_stream
async def test_s05_a_reset_before_the_headers_is_answered_by_the_fallback(
    wall: Wall, attempts_of, dialect: DialectName, stream: bool
) -> None:
    """S05"""
    wall.primary_does("s05")

    heard = await wall.ask(dialect, stream=stream)

    assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)
    assert attempts_of(await wall.only_receipt()) == ["primary: upstream_broken", "fallback: ok"]


@each_dialect
@plain_and_stream
async def test_s06_silence_ends_with_the_attempts_timeout_and_the_fallback_answers(
    wall: Wall, attempts_of, dialect: DialectName, stream: bool
) -> None:
    """S06"""
    wall.primary_does("s06")
    began = time.monotonic()

    heard = await wall.ask(dialect, stream=stream, group="both")

    assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)
    assert 30 * SCALE <= time.monotonic() - began < 60 * SCALE
    assert attempts_of(await wall.only_receipt()) == ["primary: upstream_timeout", "fallback: ok"]
    assert wall.mock.stats("primary").outcomes["disconnected"] == 1, "the silent upstream was let go"


@each_dialect
@plain_and_stream
async def test_s07_a_slow_first_token_is_waited_for(
    wall: Wall, attempts_of, dialect: DialectName, stream: bool
) -> None:
    """S07"""
    wall.primary_does("s07")
    began = time.monotonic()

    heard = await wall.ask(dialect, stream=stream)

    assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)
    assert time.monotonic() - began >= 20 * SCALE
    assert attempts_of(await wall.only_receipt()) == ["primary: ok"]
