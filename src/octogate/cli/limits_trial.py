"""What the algorithms of `octogate.limits` do with given calls: asked as the gateway asks them, in invented time."""

import inspect
from collections import deque
from collections.abc import Sequence
from typing import Final

import msgspec

from octogate.limits.algorithms import ALGORITHMS
from octogate.limits.leaky_queue import LeakyQueue
from octogate.limits.quota import SECOND, Quota

Admission = tuple[int, int]
"""(moment, units)."""

DRAWABLE: Final = (*(name for name in ALGORITHMS if name != "concurrency"), "leaky_queue")
"""Concurrency is not: it counts calls that are under way, whatever the moment of their arrival."""
LONGEST_QUEUE: Final = 1_000
_MONDAY: Final = 4 * 86_400 * SECOND
"""A midnight (UTC) with which an hour, a day and a week begin, so that time zero begins a page of every calendar."""


class Trial(msgspec.Struct, frozen=True):
    """One algorithm's answers. What waits at the end is neither admitted nor refused."""

    algorithm: str
    admitted: tuple[Admission, ...]
    refused: tuple[Admission, ...]
    bound: str
    """In the words of the algorithm's own documentation."""
    at_most: int
    """What the bound means for any window of this rule."""


def run_trial(algorithm: str, quota: Quota, moments: Sequence[int], cost: int, until: int) -> Trial:
    """Offer a call of `cost` units at each of `moments`, microseconds since the start, and note what happens."""
    if algorithm == "leaky_queue":
        admitted, refused = _queue(quota, moments, cost, until)
        counted_by: type = LeakyQueue
    else:
        admitted, refused = _ask(algorithm, quota, moments, cost)
        counted_by = type(ALGORITHMS[algorithm])
    return Trial(algorithm, tuple(admitted), tuple(refused), bound_of(counted_by), at_most(algorithm, quota, cost))


def bound_of(counted_by: type) -> str:
    """The paragraph about the bound in the documentation of an algorithm's module."""
    module = inspect.getmodule(counted_by)
    text = inspect.cleandoc((module and module.__doc__) or "").partition("Bound: ")[2].partition("\n\n")[0]
    return " ".join(text.split())


def at_most(algorithm: str, quota: Quota, cost: int) -> int:
    """That bound as a number: the units which no span as long as the window can exceed, in calls of `cost`."""
    if algorithm in ("token_bucket", "gcra"):
        return quota.capacity + quota.limit
    if algorithm in ("fixed_window", "calendar_window", "sliding_window_approx"):
        return 2 * quota.limit
    if algorithm == "leaky_queue" and quota.limit:
        # Every call keeps its distance to the next, so only the last one may be larger than the room that is left.
        return quota.limit + cost - 1
    return quota.limit


def per_column(events: Sequence[Admission], until: int, columns: int) -> list[int]:
    """The units of each of `columns` equal parts of the time up to `until`."""
    found = [0] * columns
    for moment, units in events:
        found[moment * columns // until] += units
    return found


def in_window(admitted: Sequence[Admission], window: int, until: int, columns: int) -> list[int]:
    """For each column the largest sum of units in a span (t - window, t] with t in the column."""
    found: list[int] = []
    total = first = following = 0
    for column in range(columns):
        start, end = (-(-number * until // columns) for number in (column, column + 1))
        while first < following and admitted[first][0] <= start - window:
            total -= admitted[first][1]
            first += 1
        most = total
        while following < len(admitted) and admitted[following][0] < end:
            moment, units = admitted[following]
            following += 1
            total += units
            while admitted[first][0] <= moment - window:
                total -= admitted[first][1]
                first += 1
            most = max(most, total)
        found.append(most)
    return found


def _ask(name: str, quota: Quota, moments: Sequence[int], cost: int) -> tuple[list[Admission], list[Admission]]:
    algorithm = ALGORITHMS[name]
    zero = _MONDAY if name == "calendar_window" else 0
    state = algorithm.new(quota, zero)
    admitted: list[Admission] = []
    refused: list[Admission] = []
    for moment in moments:
        if algorithm.wait(state, quota, zero + moment, cost):
            refused.append((moment, cost))
        else:
            algorithm.take(state, quota, zero + moment, cost)
            admitted.append((moment, cost))
    return admitted, refused


def _queue(quota: Quota, moments: Sequence[int], cost: int, until: int) -> tuple[list[Admission], list[Admission]]:
    """Of a queue as long as the limit, in which nobody waits longer than a window."""
    queue, depth = LeakyQueue(), min(quota.limit, LONGEST_QUEUE)
    state = queue.new(quota, 0)
    tickets: deque[int] = deque()
    left: list[Admission] = []
    refused: list[Admission] = []

    def let_go(now: int, end: int) -> None:
        """Everybody whose turn comes from `now` to `end`, both included."""
        while tickets and (now := now + queue.due(state, quota, now, tickets[0])) <= end:
            queue.depart(state, quota, now, tickets.popleft())
            left.append((now, cost))

    before = 0
    for moment in moments:
        let_go(before, moment)
        ticket = queue.join(state, quota, moment, cost, depth=depth, max_wait=quota.window)
        if ticket is None:
            refused.append((moment, cost))
        else:
            tickets.append(ticket)
        before = moment
    let_go(before, until - 1)
    return left, refused
