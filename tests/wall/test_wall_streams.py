"""The failover wall's second half: what breaks inside an answer, what must not be repeated, what heals."""

import asyncio
import time

import pytest

from .caller import DIALECTS, DialectName, Heard
from .conftest import PRICES, SCALE, Wall

GREETING = "Hello from the mock. You said: hello"
SIXTY_WORDS = " ".join(f"word{number}" for number in range(100))
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)
plain_and_stream = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


def fails_honestly(heard: Heard) -> None:
    """An in-band error in the caller's dialect, no clean end, and a connection that is cut."""
    assert heard.status == 200
    assert heard.error is not None
    assert not heard.ends_cleanly
    assert heard.ended in ("cut", "reset"), "the chunked body ended as if it were whole"


@each_dialect
async def test_s08_a_stream_that_is_cut_never_ends_cleanly(wall: Wall, attempts_of, dialect: DialectName) -> None:
    """S08"""
    wall.primary_does("s08")

    heard = await wall.ask(dialect, stream=True, say=SIXTY_WORDS)

    fails_honestly(heard)
    assert heard.text, "what came before the cut was passed on"
    receipt = await wall.only_receipt()
    assert attempts_of(receipt) == ["primary: upstream_interrupted"], "no other target serves behind the first content"
    assert receipt.code == "upstream_interrupted"
    assert receipt.usage is not None
    assert not receipt.usage.exact, "what was streamed until then is billed, as an estimate"
    assert receipt.cost_nano_usd
    assert wall.rig.open_upstream() == 0


@each_dialect
async def test_s08_a_plain_answer_that_is_cut_is_given_by_the_fallback(
    wall: Wall, attempts_of, dialect: DialectName
) -> None:
    """S08: the caller has seen nothing yet."""
    wall.primary_does("s08")

    heard = await wall.ask(dialect, stream=False)

    assert (heard.status, heard.ended) == (200, "whole")
    assert heard.text == GREETING
    assert attempts_of(await wall.only_receipt()) == ["primary: upstream_interrupted", "fallback: ok"]


@each_dialect
async def test_s09_a_stream_that_stalls_is_ended_in_time_and_honestly(
    wall: Wall, attempts_of, dialect: DialectName
) -> None:
    """S09: 45 s at most, scaled."""
    wall.primary_does("s09")
    began = time.monotonic()

    heard = await wall.ask(dialect, stream=True, say=SIXTY_WORDS)

    assert time.monotonic() - began <= 45 * SCALE
    fails_honestly(heard)
    assert heard.text
    receipt = await wall.only_receipt()
    assert attempts_of(receipt) == ["primary: upstream_timeout"]
    assert wall.mock.stats("primary").outcomes["disconnected"] == 1, "the stalled upstream was let go"


@each_dialect
async def test_s10_a_malformed_event_is_not_passed_on_and_fails_the_stream(
    wall: Wall, attempts_of, dialect: DialectName
) -> None:
    """S10"""
    wall.primary_does("s10", delay_ms=5)  # so that the caller has content before the event that is broken

    heard = await wall.ask(dialect, stream=True)

    fails_honestly(heard)
    assert heard.text
    assert GREETING.startswith(heard.text)
    assert not [event for event in heard.events if isinstance(event, str)], "a broken event reached the caller"
    receipt = await wall.only_receipt()
    assert attempts_of(receipt) == ["primary: upstream_malformed_event"]


@each_dialect
async def test_s10_a_malformed_event_among_the_first_bytes_is_answered_by_the_fallback(
    wall: Wall, attempts_of, dialect: DialectName
) -> None:
    """S10: the caller has been sent nothing yet."""
    wall.primary_does("fault-badjson")

    heard = await wall.ask(dialect, stream=True)

    assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)
    assert heard.ends_cleanly
    assert attempts_of(await wall.only_receipt()) == ["primary: upstream_malformed_event", "fallback: ok"]


@each_dialect
async def test_s11_a_stream_that_only_lacks_its_last_event_is_finished_properly(
    wall: Wall, attempts_of, dialect: DialectName
) -> None:
    """S11: Gemini has no event behind the one with the finish reason, so there it is a cut stream."""
    wall.primary_does("s11")

    heard = await wall.ask(dialect, stream=True)

    if dialect == "gemini":
        fails_honestly(heard)
        return
    assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)
    assert heard.ends_cleanly
    assert heard.error is None
    assert attempts_of(await wall.only_receipt()) == ["primary: ok"]


@each_dialect
async def test_s11_a_stream_without_its_finish_reason_is_an_error(
    wall: Wall, attempts_of, dialect: DialectName
) -> None:
    """S11: the HTTP framing is whole, the answer is not."""
    wall.primary_does("fault-nofinish")

    heard = await wall.ask(dialect, stream=True)

    fails_honestly(heard)
    assert attempts_of(await wall.only_receipt()) == ["primary: upstream_interrupted"]


@each_dialect
@plain_and_stream
async def test_s12_an_overlong_prompt_is_the_callers_own_400(
    wall: Wall, attempts_of, dialect: DialectName, stream: bool
) -> None:
    """S12"""
    wall.primary_does("s12")

    heard = await wall.ask(dialect, stream=stream)

    assert (heard.status, heard.ended) == (400, "whole")
    assert heard.error is not None
    assert wall.calls() == (1, 0)
    receipt = await wall.only_receipt()
    assert receipt.code == "context_length_exceeded"
    assert receipt.cost_nano_usd in (None, 0)


@each_dialect
@plain_and_stream
async def test_s13_a_content_refusal_passes_through_and_is_not_tried_elsewhere(
    wall: Wall, attempts_of, dialect: DialectName, stream: bool
) -> None:
    """S13"""
    wall.primary_does("s13")

    heard = await wall.ask(dialect, stream=stream)

    assert (heard.status, heard.ended) == (400, "whole")
    assert heard.error is not None
    assert wall.calls() == (1, 0)
    assert attempts_of(await wall.only_receipt()) == ["primary: content_policy"]


@each_dialect
async def test_s14_a_cut_stream_is_not_continued_by_a_target_that_would_begin_anew(
    wall: Wall, attempts_of, dialect: DialectName
) -> None:
    """S14: an honest error, and the fallback is never asked."""
    wall.primary_does("s14")
    wall.fallback_does("fault-noprefill")

    heard = await wall.ask(dialect, stream=True, say=SIXTY_WORDS)

    fails_honestly(heard)
    assert wall.calls() == (1, 0)
    assert attempts_of(await wall.only_receipt()) == ["primary: upstream_interrupted"]


@each_dialect
async def test_s15_a_flapping_primary_is_covered_and_used_again_when_it_has_healed(
    wall: Wall, dialect: DialectName
) -> None:
    """S15: no caller notices; at most 30 s (scaled) behind the healing the primary serves again."""
    wall.primary_does("s15")
    healed_at = time.monotonic() + 60 * SCALE

    while time.monotonic() < healed_at:
        heard = await wall.ask(dialect, stream=True)
        assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)
        await asyncio.sleep(0.02)  # the pace of the callers, not a wait for anything
    while not wall.rig.receipts[-1].target.startswith("primary"):
        assert time.monotonic() < healed_at + 30 * SCALE, "the primary is not used again"
        assert (await wall.ask(dialect, stream=True)).status == 200

    await wall.rig.quiet(wall.mock)
    assert {receipt.code for receipt in wall.rig.receipts} == {"ok"}


@each_dialect
@plain_and_stream
async def test_s16_everything_is_attributed_to_the_target_that_served(
    wall: Wall, attempts_of, dialect: DialectName, stream: bool
) -> None:
    """S16: model, usage, cost, receipt."""
    wall.primary_does("s16")

    heard = await wall.ask(dialect, stream=stream)

    assert (heard.status, heard.text, heard.model) == (200, GREETING, "fallback-model")
    receipt = await wall.only_receipt()
    assert attempts_of(receipt) == [
        "primary: upstream_broken", "primary: upstream_broken", "primary: upstream_broken", "fallback: ok"
    ]  # fmt: skip
    billed = wall.mock.stats("fallback").tokens
    assert receipt.target == f"fallback-{dialect}/fallback-model"
    assert (receipt.usage.input_tokens, receipt.usage.output_tokens) == (billed.input_tokens, billed.output_tokens)
    prices = PRICES["fallback"]
    assert receipt.cost_nano_usd == 1000 * (
        billed.input_tokens * prices["input"] + billed.output_tokens * prices["output"]
    )
