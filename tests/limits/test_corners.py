"""Corners that random traffic seldom meets: odd windows, corrections that come late, clocks that jump and jump again."""

import random
from typing import Any

import pytest

from octogate.limits.algorithms import ALGORITHMS
from octogate.limits.quota import Quota

from .reference import Admission, most_in_any_window

WINDOW = 60_000_000
ODD = [
    Quota(limit=3, window=10, buckets=7),
    Quota(limit=5, window=1_000_003, buckets=12),
    Quota(limit=7, window=97, burst=2, buckets=60),
    Quota(limit=2, window=1, buckets=5),
]
COUNTED = ("sliding_window", "fixed_window", "sliding_window_approx", "sliding_log", "calendar_window", "concurrency")


@pytest.mark.parametrize("quota", ODD, ids=lambda quota: f"{quota.limit}-{quota.window}")
@pytest.mark.parametrize("name", ["sliding_window", "sliding_log", "token_bucket", "gcra"])
def test_windows_that_no_number_of_buckets_divides_keep_their_bound(name: str, quota: Quota) -> None:
    """T-23: rounding is always on the safe side."""
    algorithm: Any = ALGORITHMS[name]
    dice, now = random.Random(1), 10**15
    state, found = algorithm.new(quota, now), list[Admission]()
    for _ in range(4_000):
        now += dice.randrange(2 * quota.window // quota.limit + 2)
        if algorithm.wait(state, quota, now, 1) == 0:
            algorithm.take(state, quota, now, 1)
            found.append((now, 1))

    if name.startswith("sliding"):
        assert most_in_any_window(found, quota.window) <= quota.limit
        return
    for spans in (1, 3, 50, 400):
        span = spans * quota.window
        # A half-open span of n microseconds has admissions that are at most n - 1 apart.
        assert most_in_any_window(found, span) <= quota.capacity + quota.limit * (span - 1) // quota.window


@pytest.mark.parametrize("name", COUNTED)
def test_a_correction_that_comes_too_late_touches_nothing(name: str) -> None:
    """What it corrects has left the window, and its place may be somebody else's."""
    algorithm: Any = ALGORITHMS[name]
    quota, now = Quota(limit=10, window=WINDOW), 50 * 86_400_000_000
    state = algorithm.new(quota, now)
    early = algorithm.take(state, quota, now, 4)
    later = now + max(algorithm.lifetime(quota), 2 * WINDOW)
    algorithm.take(state, quota, later, 3)

    for amount in (-4, 5):
        algorithm.give(state, quota, later, early, amount)
        assert algorithm.level(state, quota, later).used == 3


@pytest.mark.parametrize("name", ["sliding_window", "fixed_window", "sliding_log", "calendar_window", "concurrency"])
def test_nobody_gets_back_more_than_was_taken(name: str) -> None:
    algorithm: Any = ALGORITHMS[name]
    quota, now = Quota(limit=10, window=WINDOW), 50 * 86_400_000_000
    state = algorithm.new(quota, now)
    mark = algorithm.take(state, quota, now, 4)

    algorithm.give(state, quota, now, mark, -1_000)

    assert algorithm.level(state, quota, now).used == 0
    assert algorithm.level(state, quota, now).remaining == 10


@pytest.mark.parametrize("name", ["token_bucket", "gcra"])
def test_a_bucket_is_never_fuller_than_full(name: str) -> None:
    algorithm: Any = ALGORITHMS[name]
    quota, now = Quota(limit=10, window=WINDOW, burst=5), 50 * 86_400_000_000
    state = algorithm.new(quota, now)
    mark = algorithm.take(state, quota, now, 2)

    algorithm.give(state, quota, now, mark, -1_000)

    assert algorithm.level(state, quota, now).remaining == 5
    assert algorithm.wait(state, quota, now, 5) == 0


@pytest.mark.parametrize("name", ["sliding_window", "token_bucket", "gcra", "sliding_log", "concurrency"])
def test_a_clock_that_jumps_back_and_forth_neither_makes_nor_loses_units(name: str) -> None:
    """T-26, S1-47: after all jumps the state is that of a clock that stood still meanwhile."""
    algorithm: Any = ALGORITHMS[name]
    quota, now = Quota(limit=10, window=WINDOW), 50 * 86_400_000_000
    steady, jumping = algorithm.new(quota, now), algorithm.new(quota, now)
    for back in (0, 30_000_000, 5_000_000, WINDOW, 1):
        algorithm.take(steady, quota, now, 1)
        algorithm.take(jumping, quota, now - back, 1)

    for ahead in (0, 1, WINDOW // 3, WINDOW - 1):
        assert algorithm.level(jumping, quota, now + ahead) == algorithm.level(steady, quota, now + ahead)
    assert algorithm.level(jumping, quota, now + 2 * WINDOW).used == 0
