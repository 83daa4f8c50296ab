"""The queue that leaks: order, spacing, depth, longest wait, and those who leave."""

import itertools
import random

from octogate.limits.leaky_queue import LeakyQueue
from octogate.limits.quota import NEVER, SECOND, Quota

QUOTA = Quota(limit=5, window=SECOND)
STEP = SECOND // 5
QUEUE = LeakyQueue()
DEEP = {"depth": 100, "max_wait": 60 * SECOND}


def test_twenty_at_once_depart_in_order_and_evenly() -> None:
    """T-31, S1-28."""
    state = QUEUE.new(QUOTA, 0)
    tickets = [QUEUE.join(state, QUOTA, 0, 1, **DEEP) for _ in range(20)]
    departures = []

    for ticket in tickets:
        assert ticket is not None
        due = QUEUE.due(state, QUOTA, 0, ticket)
        departures.append(due)
        QUEUE.depart(state, QUOTA, due, ticket)

    assert departures == [number * STEP for number in range(20)]


def test_there_is_no_burst_behind_a_silence() -> None:
    """T-31."""
    state = QUEUE.new(QUOTA, 0)
    first = QUEUE.join(state, QUOTA, 10 * SECOND, 1, **DEEP)
    assert first is not None
    QUEUE.depart(state, QUOTA, 10 * SECOND, first)
    second = QUEUE.join(state, QUOTA, 10 * SECOND, 1, **DEEP)
    assert second is not None

    assert QUEUE.due(state, QUOTA, 10 * SECOND, second) == STEP


def test_a_heavy_call_makes_the_next_one_wait_longer() -> None:
    state = QUEUE.new(QUOTA, 0)
    heavy, light = QUEUE.join(state, QUOTA, 0, 4, **DEEP), QUEUE.join(state, QUOTA, 0, 1, **DEEP)
    assert heavy is not None
    assert light is not None

    assert QUEUE.due(state, QUOTA, 0, light) == 4 * STEP


def test_who_would_be_one_too_many_or_wait_too_long_is_refused_at_once() -> None:
    """T-31, S1-28."""
    state = QUEUE.new(QUOTA, 0)
    bounds = {"depth": 3, "max_wait": 60 * SECOND}
    joined = [QUEUE.join(state, QUOTA, 0, 1, **bounds) for _ in range(5)]
    assert [ticket is not None for ticket in joined] == [True, True, True, False, False]

    patient = QUEUE.new(QUOTA, 0)
    waits = [QUEUE.join(patient, QUOTA, 0, 1, depth=100, max_wait=2 * STEP) for _ in range(5)]
    assert [ticket is not None for ticket in waits] == [True, True, True, False, False]


def test_who_leaves_gives_the_place_to_those_behind() -> None:
    """T-31."""
    state = QUEUE.new(QUOTA, 0)
    tickets = [QUEUE.join(state, QUOTA, 0, 1, depth=4, max_wait=60 * SECOND) for _ in range(4)]
    assert None not in tickets
    assert QUEUE.join(state, QUOTA, 0, 1, depth=4, max_wait=60 * SECOND) is None

    QUEUE.leave(state, tickets[1])
    QUEUE.leave(state, tickets[1])

    assert QUEUE.due(state, QUOTA, 0, tickets[2]) == STEP
    assert QUEUE.join(state, QUOTA, 0, 1, depth=4, max_wait=60 * SECOND) is not None


def test_a_queue_that_leaks_nothing_takes_nobody() -> None:
    closed = Quota(limit=0, window=SECOND)

    assert QUEUE.wait(QUEUE.new(closed, 0), closed, 0) == NEVER
    assert QUEUE.join(QUEUE.new(closed, 0), closed, 0, 1, **DEEP) is None


def test_departures_are_never_closer_than_the_rate_whatever_happens() -> None:
    """T-31: with joins, leaves and departures in any order of events."""
    dice, state, now = random.Random(2), QUEUE.new(QUOTA, 0), 0
    waiting: list[int] = []
    departures: list[int] = []
    order: list[int] = []
    for _ in range(20_000):
        now += dice.randrange(STEP)
        if waiting and QUEUE.due(state, QUOTA, now, waiting[0]) == 0:
            ticket = waiting.pop(0)
            QUEUE.depart(state, QUOTA, now, ticket)
            departures.append(now)
            order.append(ticket)
        elif dice.random() < 0.6:
            joined = QUEUE.join(state, QUOTA, now, 1, depth=10, max_wait=60 * SECOND)
            if joined is not None:
                waiting.append(joined)
            assert len(waiting) <= 11
        elif waiting:
            QUEUE.leave(state, waiting.pop(dice.randrange(len(waiting))))

    assert order == sorted(order)
    assert len(departures) > 2_000
    assert min(later - sooner for sooner, later in itertools.pairwise(departures)) >= STEP
