"""A bucket that is refilled all the time: bursts up to its capacity, the limit on average.

Bound: at most `capacity + limit * t / window` units in every span t. Nothing is admitted late: what is refilled can be
used, and what is given back counts from then on. The level is counted in units times microseconds of the window, so
that no refill is ever rounded.
"""

from octogate.limits.quota import NEVER, Level, Quota


class TokenBucketState:
    """`level` units times `window`, as they were at the moment `last`."""

    __slots__ = ("last", "level")

    def __init__(self, level: int, last: int) -> None:
        self.level = level
        self.last = last


class TokenBucket:
    """See the module."""

    owes = True

    def new(self, quota: Quota, now: int) -> TokenBucketState:
        """See Algorithm."""
        return TokenBucketState(quota.capacity * quota.window, now)

    def wait(self, state: TokenBucketState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm. The wait is for the missing units, to the microsecond."""
        missing = cost * quota.window - _refilled(state, quota, now)
        if missing <= 0:
            return 0
        if cost > quota.capacity or quota.limit == 0:
            return NEVER
        return -(-missing // quota.limit) + max(0, state.last - now)

    def take(self, state: TokenBucketState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm. There is nothing to remember: units are all alike."""
        state.level = _refilled(state, quota, now) - cost * quota.window
        state.last = max(state.last, now)
        return 0

    def give(self, state: TokenBucketState, quota: Quota, now: int, mark: int, amount: int) -> None:
        """See Algorithm. No bucket is ever fuller than full."""
        state.level = min(_refilled(state, quota, now) - amount * quota.window, quota.capacity * quota.window)
        state.last = max(state.last, now)

    def level(self, state: TokenBucketState, quota: Quota, now: int) -> Level:
        """See Algorithm."""
        missing = quota.capacity * quota.window - _refilled(state, quota, now)
        reset = -(-missing // quota.limit) if quota.limit and missing > 0 else 0
        return Level(-(-missing // quota.window), quota.capacity, reset)

    def lifetime(self, quota: Quota) -> int:
        """See Algorithm: the time in which an empty bucket is full again, and never less than a window."""
        return max(quota.window, -(-quota.capacity * quota.window // max(quota.limit, 1)))


def _refilled(state: TokenBucketState, quota: Quota, now: int) -> int:
    level = state.level
    if now > state.last:
        level += (now - state.last) * quota.limit
    full = quota.capacity * quota.window
    return min(level, full)
