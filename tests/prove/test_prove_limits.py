"""T-22 and T-23 at length: ten million admissions, and not one of them beyond a bound."""

import random
from collections import deque
from typing import Any

import pytest

from octogate.limits.algorithms import ALGORITHMS
from octogate.limits.quota import Quota

from .record import proving

pytestmark = pytest.mark.prove

WINDOW = 60_000_000
SEEDS = 5
QUESTIONS = 400_000
QUOTAS = (
    Quota(limit=1, window=WINDOW), Quota(limit=10, window=WINDOW, burst=3), Quota(limit=1_000, window=WINDOW, buckets=60),
    Quota(limit=97, window=1_000_003, buckets=7),
)  # fmt: skip


class Window:
    """What was admitted in the last span (now - span, now], kept up as it comes."""

    def __init__(self, span: int) -> None:
        self.span = span
        self.entries: deque[tuple[int, int]] = deque()
        self.total = 0

    def add(self, now: int, units: int) -> int:
        """One more admission; the sum of the window that ends with it."""
        self.entries.append((now, units))
        self.total += units
        while self.entries[0][0] <= now - self.span:
            self.total -= self.entries.popleft()[1]
        return self.total


@pytest.mark.parametrize("name", ["sliding_window", "sliding_log", "token_bucket", "gcra"])
def test_no_admission_of_millions_is_beyond_the_bound(name: str) -> None:
    """T-22, T-23: over-admissions 0."""
    algorithm: Any = ALGORITHMS[name]
    with proving(f"T-22, T-23 {name}: of these admissions not one is beyond its bound", seeds=str(SEEDS)) as proof:
        for seed in range(SEEDS):
            for quota in QUOTAS:
                proof.n += flood(algorithm, quota, seed, bound_of(name, quota))


def bound_of(name: str, quota: Quota) -> int:
    """In any window: the limit, or what a full bucket and its refill come to, with the rounding that gcra documents."""
    if name.startswith("sliding"):
        return quota.limit
    return quota.capacity + quota.limit + (quota.capacity * quota.limit // quota.window + 1 if name == "gcra" else 0)


def flood(algorithm: Any, quota: Quota, seed: int, bound: int) -> int:
    """Bursts, silences and steady traffic around the limit; gives the number of admissions."""
    dice, now, window = random.Random(seed), 10**15, Window(quota.window)
    state, mean = algorithm.new(quota, now), quota.window // quota.limit
    admitted = 0
    for _ in range(QUESTIONS):
        shape = dice.random()
        now += 0 if shape < 0.3 else int(dice.random() * 2 * mean) if shape < 0.999 else quota.window
        cost = 1 if shape < 0.9 else 1 + int(dice.random() * quota.capacity / 3)
        if algorithm.wait(state, quota, now, cost) == 0:
            algorithm.take(state, quota, now, cost)
            admitted += 1
            assert window.add(now, cost) <= bound, (seed, quota, now)
    assert QUESTIONS // 20 < admitted < QUESTIONS
    return admitted
