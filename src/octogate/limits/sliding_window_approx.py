"""Two counters that stand for a sliding window: the last window counts by the share of it that is still in sight.

Bound: `limit` in each window that starts at a multiple of it, and less than twice the limit in any other: whoever
spends everything at the end of one window and waits for the end of the next is not seen. Steady traffic is off by less
than 1 %.
"""

from octogate.limits.quota import NEVER, Level, Quota


class ApproxState:
    """`used` in the window of the number `at`, `before` in the one before it."""

    __slots__ = ("at", "before", "used")

    def __init__(self, at: int) -> None:
        self.at = at
        self.before = 0
        self.used = 0


class SlidingWindowApprox:
    """See the module."""

    owes = False

    def new(self, quota: Quota, now: int) -> ApproxState:
        """See Algorithm."""
        return ApproxState(now // quota.window)

    def wait(self, state: ApproxState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm."""
        _advance(state, quota, now)
        if _weighed(state.before, _elapsed(state, quota, now), quota) + state.used + cost <= quota.limit:
            return 0
        if cost > quota.limit:
            return NEVER
        start = state.at * quota.window
        room = quota.limit - state.used - cost
        if room >= 0:
            return start + _faded(state.before, room, quota) - now
        return start + quota.window + _faded(state.used, quota.limit - cost, quota) - now

    def take(self, state: ApproxState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm. The mark is the number of the window."""
        _advance(state, quota, now)
        state.used += cost
        return state.at

    def give(self, state: ApproxState, quota: Quota, now: int, mark: int, amount: int) -> None:
        """See Algorithm."""
        _advance(state, quota, now)
        if mark == state.at:
            state.used = max(0, state.used + amount)
        elif mark == state.at - 1:
            state.before = max(0, state.before + amount)

    def level(self, state: ApproxState, quota: Quota, now: int) -> Level:
        """See Algorithm."""
        _advance(state, quota, now)
        used = _weighed(state.before, _elapsed(state, quota, now), quota) + state.used
        left = quota.window - _elapsed(state, quota, now)
        return Level(used, quota.limit, left + quota.window if state.used else left if used else 0)

    def lifetime(self, quota: Quota) -> int:
        """See Algorithm."""
        return 2 * quota.window


def _advance(state: ApproxState, quota: Quota, now: int) -> None:
    at = now // quota.window
    if at > state.at:
        state.before = state.used if at == state.at + 1 else 0
        state.used = 0
        state.at = at


def _elapsed(state: ApproxState, quota: Quota, now: int) -> int:
    return max(0, now - state.at * quota.window)


def _weighed(before: int, elapsed: int, quota: Quota) -> int:
    """The share of the last window, rounded up."""
    return -(-before * (quota.window - elapsed) // quota.window)


def _faded(before: int, room: int, quota: Quota) -> int:
    """How far into a window `before` weighs no more than `room`."""
    return quota.window - room * quota.window // before if before > room else 0
