"""A sliding window of sub-buckets: never more than the limit in any window, at a fixed cost in memory.

Bound: exactly `limit` units in every half-open span of `window`. An admission at t counts every bucket whose index is
at least t // w - N, with w the width of N buckets that together cover the window; whatever came after t - window lies
in one of them. Price: what was used is given back up to one bucket width late.
"""

from octogate.limits.quota import NEVER, Level, Quota


class SlidingWindowState:
    """Counts by bucket, in a ring of N + 1; `at` is the index of the newest bucket, `total` the sum of all."""

    __slots__ = ("at", "counts", "total")

    def __init__(self, at: int, size: int) -> None:
        self.at = at
        self.counts = [0] * size
        self.total = 0


class SlidingWindow:
    """See the module."""

    owes = False

    def new(self, quota: Quota, now: int) -> SlidingWindowState:
        """See Algorithm."""
        return SlidingWindowState(now // quota.width, quota.buckets + 1)

    def wait(self, state: SlidingWindowState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm."""
        if now // quota.width > state.at:
            _advance(state, quota, now)
        excess = state.total + cost - quota.limit
        if excess <= 0:
            return 0
        if cost > quota.limit:
            return NEVER
        width, size = quota.width, quota.buckets + 1
        for index in range(state.at - quota.buckets, state.at + 1):
            excess -= state.counts[index % size]
            if excess <= 0:
                return (index + size) * width - now
        return size * width

    def take(self, state: SlidingWindowState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm. The mark is the index of the bucket."""
        if now // quota.width > state.at:
            _advance(state, quota, now)
        state.counts[state.at % (quota.buckets + 1)] += cost
        state.total += cost
        return state.at

    def give(self, state: SlidingWindowState, quota: Quota, now: int, mark: int, amount: int) -> None:
        """See Algorithm. What has left the window needs no correction."""
        if now // quota.width > state.at:
            _advance(state, quota, now)
        if mark < state.at - quota.buckets:
            return
        place = mark % (quota.buckets + 1)
        amount = max(amount, -state.counts[place])
        state.counts[place] += amount
        state.total += amount

    def level(self, state: SlidingWindowState, quota: Quota, now: int) -> Level:
        """See Algorithm."""
        _advance(state, quota, now)
        size, reset = quota.buckets + 1, 0
        newest = next((index for index in range(state.at, state.at - size, -1) if state.counts[index % size]), None)
        if newest is not None:
            reset = (newest + size) * quota.width - now
        return Level(state.total, quota.limit, reset)

    def lifetime(self, quota: Quota) -> int:
        """See Algorithm."""
        return quota.width * (quota.buckets + 1)


def _advance(state: SlidingWindowState, quota: Quota, now: int) -> None:
    """Forget the buckets that no longer count."""
    index = now // quota.width
    if index <= state.at:
        return
    size = quota.buckets + 1
    if index - state.at >= size:
        state.counts = [0] * size
        state.total = 0
    elif state.total:
        for passed in range(state.at + 1, index + 1):
            place = passed % size
            state.total -= state.counts[place]
            state.counts[place] = 0
    state.at = index
