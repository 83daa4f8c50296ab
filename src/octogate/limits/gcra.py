"""The generic cell rate algorithm: a token bucket in one number, the moment at which everything used is paid for.

Bound: that of a token bucket, `capacity + limit * t / window` units in every span t, but for the rounding of one
microsecond per unit, which lets the bucket of a fast rule hold `capacity * limit / window` microseconds' worth more.
"""

from octogate.limits.quota import NEVER, Level, Quota


class GcraState:
    """`paid` is the theoretical arrival time: when a bucket that is refilled steadily would be full again."""

    __slots__ = ("paid",)

    def __init__(self, paid: int) -> None:
        self.paid = paid


class Gcra:
    """See the module."""

    owes = True

    def new(self, quota: Quota, now: int) -> GcraState:
        """See Algorithm."""
        return GcraState(now)

    def wait(self, state: GcraState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm."""
        if cost > quota.capacity or quota.limit == 0:
            return NEVER if cost > 0 else 0
        begin = max(now, state.paid)
        wait = begin + (cost - quota.capacity) * quota.interval - now
        return max(0, wait)

    def take(self, state: GcraState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm."""
        state.paid = max(now, state.paid) + cost * quota.interval
        return 0

    def give(self, state: GcraState, quota: Quota, now: int, mark: int, amount: int) -> None:
        """See Algorithm. What was paid for by time alone cannot be given back."""
        state.paid = max(max(state.paid, now) + amount * quota.interval, now)

    def level(self, state: GcraState, quota: Quota, now: int) -> Level:
        """See Algorithm."""
        ahead = max(0, state.paid - now)
        return Level(-(-ahead // quota.interval), quota.capacity, ahead)

    def lifetime(self, quota: Quota) -> int:
        """See Algorithm."""
        return max(quota.window, quota.capacity * quota.interval)
