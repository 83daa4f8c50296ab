"""How many at once: leases that are given back, or run out when whoever held them is gone.

Bound: at most `limit` units of leases are alive at any moment. A lease that ran out cannot be renewed: its holder
learns of it by the next heartbeat, and must stop. What a dead holder had is free one lease time after its last one.
"""

from octogate.limits.quota import NEVER, Level, Quota


class LeasesState:
    """Units and expiry by the number of the lease, the next to run out first; `held` is the sum of the units."""

    __slots__ = ("held", "last", "leases", "number")

    def __init__(self, now: int) -> None:
        self.leases: dict[int, tuple[int, int]] = {}
        self.held = 0
        self.number = 0
        self.last = now


class Concurrency:
    """See the module. `Quota.window` is the time that a lease lives without a heartbeat."""

    owes = False

    def new(self, quota: Quota, now: int) -> LeasesState:
        """See Algorithm."""
        return LeasesState(now)

    def wait(self, state: LeasesState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm. The wait is the longest: nobody knows when a holder will be done."""
        _advance(state, now)
        excess = state.held + cost - quota.limit
        if excess <= 0:
            return 0
        if cost > quota.limit:
            return NEVER
        for units, expiry in state.leases.values():
            excess -= units
            if excess <= 0:
                return expiry - state.last
        return quota.window

    def take(self, state: LeasesState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm. The mark is the number of the lease, larger than all before: a fencing token."""
        _advance(state, now)
        state.number += 1
        state.leases[state.number] = (cost, state.last + quota.window)
        state.held += cost
        return state.number

    def renew(self, state: LeasesState, quota: Quota, now: int, mark: int) -> bool:
        """A heartbeat of the holder; False when the lease has run out, and somebody else may hold its units."""
        _advance(state, now)
        found = state.leases.get(mark)
        if found is None:
            return False
        # Behind all others again: the next to run out stays in front.
        del state.leases[mark]
        state.leases[mark] = (found[0], state.last + quota.window)
        return True

    def give(self, state: LeasesState, quota: Quota, now: int, mark: int, amount: int) -> None:
        """See Algorithm. A lease of which nothing is left is over."""
        found = state.leases.get(mark)
        if found is None:
            return
        units = max(0, found[0] + amount)
        state.held += units - found[0]
        if units:
            state.leases[mark] = (units, found[1])
        else:
            del state.leases[mark]

    def level(self, state: LeasesState, quota: Quota, now: int) -> Level:
        """See Algorithm."""
        _advance(state, now)
        last = max((expiry for _, expiry in state.leases.values()), default=state.last)
        return Level(state.held, quota.limit, last - state.last)

    def lifetime(self, quota: Quota) -> int:
        """See Algorithm."""
        return quota.window


def _advance(state: LeasesState, now: int) -> None:
    """Drop the leases that have run out."""
    state.last = max(state.last, now)
    while state.leases:
        mark = next(iter(state.leases))
        units, expiry = state.leases[mark]
        if expiry > state.last:
            return
        del state.leases[mark]
        state.held -= units
