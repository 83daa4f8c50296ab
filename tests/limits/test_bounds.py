"""Each algorithm's own bound in any window, its waits to the microsecond, and what it gives back."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from octogate.limits.algorithms import ALGORITHMS
from octogate.limits.quota import NEVER, Quota

from .reference import Admission, in_window, most_in_any_window

WINDOW = 60_000_000
QUOTAS = [
    Quota(limit=limit, window=WINDOW, burst=burst, buckets=buckets)
    for limit, burst, buckets in ((1, 0, 12), (2, 0, 1), (10, 3, 12), (7, 0, 60), (100, 20, 12), (1000, 0, 7))
]
RATES = ("sliding_window", "token_bucket", "gcra", "fixed_window", "sliding_window_approx", "sliding_log")
ARRIVALS = 1_500


def arrivals(seed: int, quota: Quota) -> Iterator[tuple[int, int]]:
    """Moments and costs: bursts, silences, steps onto boundaries, and steady traffic about the limit."""
    dice = random.Random(seed)
    now = dice.randrange(10**15)
    steps = (0, 1, WINDOW // quota.limit, WINDOW // (3 * quota.limit) + 1, WINDOW // 12, WINDOW - 1, WINDOW)
    for _ in range(ARRIVALS):
        shape = dice.random()
        if shape < 0.7:
            now += dice.randrange(2 * WINDOW // quota.limit + 1)
        elif shape < 0.9:
            now += dice.choice(steps)
        else:
            now += WINDOW - now % WINDOW - dice.randrange(2)
        yield now, dice.choice((1, 1, 1, 1, 2, max(1, quota.limit // 3)))


def admitted(name: str, quota: Quota, seed: int) -> list[Admission]:
    algorithm: Any = ALGORITHMS[name]
    found: list[Admission] = []
    state = None
    for now, cost in arrivals(seed, quota):
        state = state or algorithm.new(quota, now)
        if algorithm.wait(state, quota, now, cost) == 0:
            algorithm.take(state, quota, now, cost)
            found.append((now, cost))
    return found


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: f"{quota.limit}-{quota.burst}-{quota.buckets}")
@pytest.mark.parametrize("name", ["sliding_window", "sliding_log"])
def test_no_window_ever_holds_more_than_the_limit(name: str, quota: Quota) -> None:
    """T-22, T-23, T-24: exactly the limit, wherever the window begins."""
    for seed in range(6):
        found = admitted(name, quota, seed)

        assert most_in_any_window(found, WINDOW) <= quota.limit
        assert len(found) > 50


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: f"{quota.limit}-{quota.burst}-{quota.buckets}")
@pytest.mark.parametrize("name", ["token_bucket", "gcra"])
def test_a_bucket_admits_its_burst_and_what_was_refilled(name: str, quota: Quota) -> None:
    """T-23, S1-27: in spans of every length."""
    for seed in range(6):
        found = admitted(name, quota, seed)

        for span in (1, WINDOW // 7, WINDOW // 2, WINDOW, 3 * WINDOW):
            assert most_in_any_window(found, span) <= quota.capacity + quota.limit * span // WINDOW + 1


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: f"{quota.limit}-{quota.burst}-{quota.buckets}")
def test_a_fixed_window_keeps_its_limit_between_its_boundaries(quota: Quota) -> None:
    """S1-29: and shows the doubling across them that it is known for."""
    doubled = 0
    for seed in range(6):
        found = admitted("fixed_window", quota, seed)
        for start in {moment // WINDOW for moment, _ in found}:
            assert sum(units for moment, units in found if moment // WINDOW == start) <= quota.limit
        doubled = max(doubled, most_in_any_window(found, WINDOW))
    assert quota.limit < doubled <= 2 * quota.limit


@pytest.mark.parametrize("quota", QUOTAS, ids=lambda quota: f"{quota.limit}-{quota.burst}-{quota.buckets}")
def test_the_approximation_stays_below_twice_the_limit(quota: Quota) -> None:
    """S1-30: exactly the limit between its own boundaries."""
    for seed in range(6):
        found = admitted("sliding_window_approx", quota, seed)
        for start in {moment // WINDOW for moment, _ in found}:
            assert sum(units for moment, units in found if moment // WINDOW == start) <= quota.limit
        assert most_in_any_window(found, WINDOW) < 2 * quota.limit or quota.limit == 1


def test_steady_traffic_is_approximated_within_one_percent() -> None:
    """S1-30."""
    quota = Quota(limit=1_000, window=WINDOW)
    algorithm: Any = ALGORITHMS["sliding_window_approx"]
    state = algorithm.new(quota, 0)
    found = [
        (now, algorithm.take(state, quota, now, 1) * 0 + 1)
        for now in range(0, 20 * WINDOW, WINDOW // 1_500)
        if algorithm.wait(state, quota, now, 1) == 0
    ]

    assert most_in_any_window(found, WINDOW) <= quota.limit * 1.01


@pytest.mark.parametrize("name", RATES)
def test_a_wait_is_the_shortest_that_helps(name: str) -> None:
    """T-34, S1-52: who comes back then is admitted, who comes a microsecond earlier is not."""
    algorithm: Any = ALGORITHMS[name]
    refusals = 0
    for quota in QUOTAS:
        state = None
        for now, cost in arrivals(quota.limit, quota):
            state = state or algorithm.new(quota, now)
            wait = algorithm.wait(state, quota, now, cost)
            if wait == 0:
                algorithm.take(state, quota, now, cost)
            elif wait == NEVER:
                assert cost > min(quota.limit, quota.capacity)
            else:
                refusals += 1
                assert wait > 0
                early, late = copied(state), copied(state)
                assert algorithm.wait(early, quota, now + wait - 1, cost) > 0
                assert algorithm.wait(late, quota, now + wait, cost) == 0
    assert refusals > 500


def copied(state: Any) -> Any:
    """The same state, so that a question about the future changes nothing."""
    import copy

    return copy.deepcopy(state)


def test_a_sliding_window_gives_back_at_most_one_bucket_late() -> None:
    """T-22: what it refuses and a log of everything would admit, it admits one bucket width later."""
    algorithm: Any = ALGORITHMS["sliding_window"]
    late = 0
    for quota in QUOTAS:
        width = -(-WINDOW // quota.buckets)
        found: list[Admission] = []
        state = None
        for now, cost in arrivals(quota.limit, quota):
            state = state or algorithm.new(quota, now)
            if algorithm.wait(state, quota, now, cost) == 0:
                algorithm.take(state, quota, now, cost)
                found.append((now, cost))
            elif cost <= quota.limit and in_window(found[-2_000:], WINDOW, now) + cost <= quota.limit:
                late += 1
                assert algorithm.wait(state, quota, now, cost) <= width
    assert late > 20


@pytest.mark.parametrize("name", [*RATES, "calendar_window", "concurrency"])
def test_what_a_level_calls_left_is_just_what_fits(name: str) -> None:
    """S0-26, T-34: `remaining` is the truth, not more and not less."""
    algorithm: Any = ALGORITHMS[name]
    for quota in QUOTAS:
        state = None
        for now, cost in list(arrivals(3, quota))[:300]:
            state = state or algorithm.new(quota, now)
            if algorithm.wait(state, quota, now, cost) == 0:
                algorithm.take(state, quota, now, cost)
            level = algorithm.level(state, quota, now)
            assert level.remaining == 0 or algorithm.wait(state, quota, now, level.remaining) == 0
            assert algorithm.wait(state, quota, now, level.remaining + 1) != 0
            assert algorithm.level(copied(state), quota, now + level.reset).used == 0 or name == "sliding_window_approx"


@pytest.mark.parametrize("name", [*RATES, "calendar_window", "concurrency"])
def test_edges(name: str) -> None:
    """S1-48, S1-49: nothing, one, all, one too many, and a limit that blocks."""
    algorithm: Any = ALGORITHMS[name]
    quota, blocked = Quota(limit=10, window=WINDOW), Quota(limit=0, window=WINDOW)
    now = 5 * WINDOW + 7

    fresh = algorithm.new(quota, now)
    assert [algorithm.wait(fresh, quota, now, cost) for cost in (0, 1, 10)] == [0, 0, 0]
    assert algorithm.wait(fresh, quota, now, 11) == NEVER
    assert algorithm.level(fresh, quota, now).used == 0

    for nothing in (blocked, Quota(limit=0, window=WINDOW, burst=20)):
        assert algorithm.wait(algorithm.new(nothing, now), nothing, now, 1) == NEVER
    assert algorithm.wait(algorithm.new(blocked, now), blocked, now, 0) == 0


@pytest.mark.parametrize("name", [*RATES, "calendar_window", "concurrency"])
def test_a_clock_that_jumps_back_gives_nothing_away(name: str) -> None:
    """T-26, S1-47."""
    algorithm: Any = ALGORITHMS[name]
    quota = Quota(limit=10, window=WINDOW)
    now = 50 * 86_400_000_000
    state = algorithm.new(quota, now)
    for _ in range(10):
        assert algorithm.wait(state, quota, now, 1) == 0
        algorithm.take(state, quota, now, 1)

    for back in (1, 5_000_000, WINDOW, 90_000_000_000):
        assert algorithm.wait(state, quota, now - back, 1) > 0
    assert algorithm.wait(state, quota, now, 1) > 0


@pytest.mark.parametrize("name", [*RATES, "calendar_window", "concurrency"])
def test_what_is_given_back_fits_again_and_debt_is_paid(name: str) -> None:
    """S3-18: an estimate is corrected where it was made."""
    algorithm: Any = ALGORITHMS[name]
    quota = Quota(limit=100, window=WINDOW)
    now = 50 * 86_400_000_000
    state = algorithm.new(quota, now)
    mark = algorithm.take(state, quota, now, 60)

    algorithm.give(state, quota, now, mark, -20)
    assert algorithm.level(state, quota, now).used == 40
    algorithm.give(state, quota, now, mark, 160)
    assert algorithm.level(state, quota, now).used == 200
    assert algorithm.level(state, quota, now).remaining == 0
    assert algorithm.wait(state, quota, now, 1) > 0
    algorithm.give(state, quota, now, mark, -200)
    assert algorithm.level(state, quota, now).used == 0
    assert algorithm.wait(state, quota, now, 100) == 0


@pytest.mark.parametrize("name", [*RATES, "calendar_window", "concurrency"])
def test_a_lowered_limit_keeps_what_was_used(name: str) -> None:
    """S1-48: and a raised one lets in the difference."""
    algorithm: Any = ALGORITHMS[name]
    wide, narrow = Quota(limit=100, window=WINDOW), Quota(limit=10, window=WINDOW)
    now = 50 * 86_400_000_000
    state = algorithm.new(wide, now)
    algorithm.take(state, wide, now, 50)

    assert algorithm.wait(copied(state), narrow, now, 1) > 0 or name in ("token_bucket", "gcra")
    assert algorithm.wait(state, Quota(limit=60, window=WINDOW), now, 10) == 0 or name in ("token_bucket", "gcra")


@pytest.mark.parametrize("name", [*RATES, "calendar_window", "concurrency"])
def test_a_state_that_is_forgotten_was_as_good_as_new(name: str) -> None:
    """S1-50: no entry is dropped while it still says something."""
    algorithm: Any = ALGORITHMS[name]
    for quota in (Quota(limit=100, window=WINDOW), Quota(limit=1, window=WINDOW, burst=50)):
        now = 50 * 86_400_000_000
        state = algorithm.new(quota, now)
        algorithm.take(state, quota, now, quota.capacity)

        assert algorithm.level(state, quota, now + algorithm.lifetime(quota)).used == 0
