"""A list of everything in the window: exact to the microsecond, for small limits.

Bound: exactly `limit` units in every half-open span of `window`, and nothing is given back late. Memory: one entry per
call.
"""

from collections import deque

from octogate.limits.quota import NEVER, Level, Quota


class SlidingLogState:
    """Entries of [number, moment, units], oldest first."""

    __slots__ = ("entries", "last", "number", "total")

    def __init__(self, now: int) -> None:
        self.entries: deque[list[int]] = deque()
        self.last = now
        self.number = 0
        self.total = 0


class SlidingLog:
    """See the module."""

    owes = False

    def new(self, quota: Quota, now: int) -> SlidingLogState:
        """See Algorithm."""
        return SlidingLogState(now)

    def wait(self, state: SlidingLogState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm."""
        _advance(state, quota, now)
        excess = state.total + cost - quota.limit
        if excess <= 0:
            return 0
        if cost > quota.limit:
            return NEVER
        for _, moment, units in state.entries:
            excess -= units
            if excess <= 0:
                return moment + quota.window - now
        return quota.window

    def take(self, state: SlidingLogState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm. The mark is the number of the entry."""
        _advance(state, quota, now)
        state.number += 1
        state.entries.append([state.number, state.last, cost])
        state.total += cost
        return state.number

    def give(self, state: SlidingLogState, quota: Quota, now: int, mark: int, amount: int) -> None:
        """See Algorithm."""
        _advance(state, quota, now)
        if not state.entries or mark < state.entries[0][0]:
            return
        entry = state.entries[mark - state.entries[0][0]]
        amount = max(amount, -entry[2])
        entry[2] += amount
        state.total += amount

    def level(self, state: SlidingLogState, quota: Quota, now: int) -> Level:
        """See Algorithm."""
        _advance(state, quota, now)
        newest = next((entry for entry in reversed(state.entries) if entry[2]), None)
        return Level(state.total, quota.limit, newest[1] + quota.window - now if newest else 0)

    def lifetime(self, quota: Quota) -> int:
        """See Algorithm."""
        return quota.window


def _advance(state: SlidingLogState, quota: Quota, now: int) -> None:
    """Drop what the window has left behind; a moment that goes back counts as the last one."""
    state.last = max(now, state.last)
    while state.entries and state.entries[0][1] + quota.window <= state.last:
        state.total -= state.entries.popleft()[2]
