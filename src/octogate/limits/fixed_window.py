"""Counters that start again at every multiple of the window, as most providers count.

Bound: `limit` in each of these windows, hence up to twice the limit in a window that lies across a boundary.
"""

from octogate.limits.quota import NEVER, Level, Quota


class FixedWindowState:
    """`used` in the window of the number `at`."""

    __slots__ = ("at", "used")

    def __init__(self, at: int) -> None:
        self.at = at
        self.used = 0


class FixedWindow:
    """See the module."""

    owes = False

    def new(self, quota: Quota, now: int) -> FixedWindowState:
        """See Algorithm."""
        return FixedWindowState(now // quota.window)

    def wait(self, state: FixedWindowState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm."""
        if _used(state, quota, now) + cost <= quota.limit:
            return 0
        if cost > quota.limit:
            return NEVER
        return (max(state.at, now // quota.window) + 1) * quota.window - now

    def take(self, state: FixedWindowState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm. The mark is the number of the window."""
        state.used = _used(state, quota, now) + cost
        state.at = max(state.at, now // quota.window)
        return state.at

    def give(self, state: FixedWindowState, quota: Quota, now: int, mark: int, amount: int) -> None:
        """See Algorithm. What a past window used needs no correction."""
        if mark == max(state.at, now // quota.window):
            state.used = max(0, state.used + amount)

    def level(self, state: FixedWindowState, quota: Quota, now: int) -> Level:
        """See Algorithm."""
        used = _used(state, quota, now)
        end = (max(state.at, now // quota.window) + 1) * quota.window
        return Level(used, quota.limit, end - now if used else 0)

    def lifetime(self, quota: Quota) -> int:
        """See Algorithm."""
        return quota.window


def _used(state: FixedWindowState, quota: Quota, now: int) -> int:
    return state.used if now // quota.window <= state.at else 0
