"""Leases: never more than the limit at once, none for ever, and no zombie's."""

import random

from octogate.limits.concurrency import Concurrency
from octogate.limits.quota import NEVER, SECOND, Quota

LEASE = 30 * SECOND
QUOTA = Quota(limit=3, window=LEASE)


def test_a_place_that_is_given_back_is_free_at_once() -> None:
    """S1-24."""
    leases, now = Concurrency(), 7
    state = leases.new(QUOTA, now)
    marks = [leases.take(state, QUOTA, now, 1) for _ in range(3)]

    assert leases.wait(state, QUOTA, now, 1) == LEASE
    leases.give(state, QUOTA, now + 1, marks[1], -1)
    assert leases.wait(state, QUOTA, now + 1, 1) == 0
    leases.give(state, QUOTA, now + 1, marks[1], -1)
    assert leases.level(state, QUOTA, now + 1).used == 2


def test_a_dead_holders_place_is_free_one_lease_time_after_its_last_heartbeat() -> None:
    """T-27, S1-66."""
    leases = Concurrency()
    state = leases.new(QUOTA, 0)
    dead, alive = leases.take(state, QUOTA, 0, 2), leases.take(state, QUOTA, 0, 1)
    for beat in range(10 * SECOND, 10 * LEASE, 10 * SECOND):
        assert leases.renew(state, QUOTA, beat, alive)
        assert leases.wait(state, QUOTA, beat, 2) == (LEASE - beat if beat < LEASE else 0)

    assert dead not in state.leases
    assert leases.level(state, QUOTA, 10 * LEASE - 1).used == 1


def test_a_zombie_is_told_that_its_place_is_gone() -> None:
    """T-27: it stood still for two lease times, and somebody else has its place."""
    leases = Concurrency()
    state = leases.new(QUOTA, 0)
    zombie = leases.take(state, QUOTA, 0, 3)
    other = leases.take(state, QUOTA, 2 * LEASE, 3)

    assert other > zombie
    assert not leases.renew(state, QUOTA, 2 * LEASE, zombie)
    leases.give(state, QUOTA, 2 * LEASE, zombie, -3)
    assert leases.level(state, QUOTA, 2 * LEASE).used == 3
    assert leases.renew(state, QUOTA, 2 * LEASE, other)


def test_no_moment_has_more_than_the_limit() -> None:
    """T-22: with heartbeats, early ends, deaths and clocks that jump back."""
    leases, dice = Concurrency(), random.Random(5)
    quota = Quota(limit=8, window=LEASE)
    state, now, held = leases.new(quota, 0), 0, {}
    refused = expired = 0
    for _ in range(40_000):
        now = max(0, now + dice.randrange(-SECOND, 6 * SECOND))
        moment = max([now, *(begun for begun, _ in held.values())], default=now)
        latest = max(moment, state.last)
        gone = [mark for mark, (begun, _) in held.items() if begun + LEASE <= latest]
        for mark in gone:
            expired += 1
            del held[mark]
            assert not leases.renew(state, quota, now, mark)
        action = dice.random()
        if action < 0.5:
            cost = dice.choice((1, 1, 1, 3))
            if leases.wait(state, quota, now, cost) == 0:
                mark = leases.take(state, quota, now, cost)
                held[mark] = (state.last, cost)
            else:
                refused += 1
        elif held and action < 0.8:
            mark = dice.choice(list(held))
            assert leases.renew(state, quota, now, mark)
            held[mark] = (state.last, held[mark][1])
        elif held:
            mark = dice.choice(list(held))
            leases.give(state, quota, now, mark, -held.pop(mark)[1])
        assert sum(cost for _, cost in held.values()) <= quota.limit
        assert state.held == sum(units for units, _ in state.leases.values()) <= quota.limit

    assert refused > 1_000
    assert expired > 100


def test_more_than_all_places_never_fit() -> None:
    leases = Concurrency()

    assert leases.wait(leases.new(QUOTA, 0), QUOTA, 0, 4) == NEVER
