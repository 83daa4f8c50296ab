"""The breaker of one target, with a clock in the hand of the test."""

import pytest

from octogate.core.snapshot import BreakerRules
from octogate.proxy.upstream.breaker import Breakers

RULES = BreakerRules(failure_threshold=5, reset_timeout=5.0, max_timeout=20.0)


@pytest.fixture
def breakers() -> Breakers:
    return Breakers(jitter=lambda: 0.5)  # the middle of ± 20 %: no jitter


def fail(breakers: Breakers, now: float, times: int = 1) -> bool:
    opened = False
    for _ in range(times):
        opened = breakers.fail("t", breakers.begin("t", now), RULES, now)
    return opened


def blocked(breakers: Breakers, now: float) -> bool:
    return "t" in breakers.blocked(("t",), now)


def test_opens_at_the_fifth_failure_in_a_row(breakers):
    """S2-82."""
    assert not fail(breakers, 0.0, 4)
    assert not blocked(breakers, 0.0)
    assert fail(breakers, 0.0)
    assert blocked(breakers, 0.0)


def test_a_success_in_between_starts_the_count_again(breakers):
    fail(breakers, 0.0, 4)
    breakers.succeed("t", breakers.begin("t", 0.0))
    fail(breakers, 0.0, 4)

    assert not blocked(breakers, 0.0)


def test_lets_one_probe_through_when_its_time_has_come(breakers):
    fail(breakers, 0.0, 5)
    assert blocked(breakers, 4.9)
    assert not blocked(breakers, 5.0)

    generation = breakers.begin("t", 5.0)

    assert blocked(breakers, 5.0), "a second probe while the first is under way"
    breakers.succeed("t", generation)
    assert not blocked(breakers, 5.0)
    assert breakers.open_ids() == []


def test_a_failed_probe_doubles_the_time_up_to_the_cap(breakers):
    now, waits = 0.0, []
    fail(breakers, now, 5)
    for _ in range(4):
        wait = next(w for w in range(100) if not blocked(breakers, now + w))
        waits.append(wait)
        now += wait
        fail(breakers, now)

    assert waits == [5, 10, 20, 20]


def test_a_probe_that_says_nothing_makes_room_for_another(breakers):
    """A cancelled or rate-limited probe neither closes nor re-opens."""
    fail(breakers, 0.0, 5)
    breakers.neither("t", breakers.begin("t", 5.0))

    assert not blocked(breakers, 5.0)
    assert breakers.open_ids() == ["t"]


def test_a_late_success_of_an_older_generation_does_not_close_it(breakers):
    old = breakers.begin("t", 0.0)
    fail(breakers, 0.0, 5)

    breakers.succeed("t", old)

    assert blocked(breakers, 0.0)


def test_our_refused_credential_opens_it_at_once(breakers):
    assert breakers.fail("t", breakers.begin("t", 0.0), RULES, 0.0, at_once=True)
    assert blocked(breakers, 0.0)


def test_jitter_stays_within_twenty_per_cent():
    for jitter, expected in ((0.0, 4.0), (1.0, 6.0)):
        breakers = Breakers(jitter=lambda value=jitter: value)
        fail(breakers, 0.0, 5)
        assert blocked(breakers, expected - 0.01)
        assert not blocked(breakers, expected + 0.01)


def test_recovers_within_the_cap_after_a_flapping_target_heals(breakers):
    """Wall S15: the longest time shut is the cap and its jitter, well under 30 s."""
    fail(breakers, 0.0, 5)
    now = 0.0
    for _ in range(20):
        now += 30.0
        fail(breakers, now)

    assert not blocked(breakers, now + 24.0)


def test_says_how_long_until_the_first_target_may_be_tried(breakers):
    fail(breakers, 0.0, 5)

    assert breakers.wait_seconds(("t",), 1.0) == pytest.approx(4.0)
    assert breakers.wait_seconds(("t",), 4.9) == 1.0
