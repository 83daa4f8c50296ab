"""A queue that leaks at a steady rate: calls wait for their turn instead of being refused.

Bound: departures are at least `window / limit` apart, per unit, in the order of arrival; there is no burst. At most
`depth` wait, none longer than `max_wait`: who would is refused at once. Who leaves gives the place to those behind.
"""

from collections import OrderedDict

from octogate.limits.quota import NEVER, Quota


class QueueState:
    """Units by ticket, in the order of arrival; `free` is the moment at which the next may depart."""

    __slots__ = ("free", "number", "waiting")

    def __init__(self, now: int) -> None:
        self.free = now
        self.number = 0
        self.waiting: OrderedDict[int, int] = OrderedDict()


class LeakyQueue:
    """See the module."""

    def new(self, quota: Quota, now: int) -> QueueState:
        """The state of a queue in which nobody has been."""
        return QueueState(now)

    def wait(self, state: QueueState, quota: Quota, now: int) -> int:
        """The microseconds that a call would wait that joined now; NEVER where nothing leaks."""
        if quota.limit == 0:
            return NEVER
        return max(0, state.free - now) + sum(state.waiting.values()) * quota.interval

    def join(self, state: QueueState, quota: Quota, now: int, cost: int, *, depth: int, max_wait: int) -> int | None:
        """A ticket; None for who would be one too many or wait too long."""
        wait = self.wait(state, quota, now)
        if wait == NEVER or wait > max_wait or (wait > 0 and len(state.waiting) >= depth):
            return None
        state.number += 1
        state.waiting[state.number] = cost
        return state.number

    def due(self, state: QueueState, quota: Quota, now: int, ticket: int) -> int:
        """The microseconds until it is the ticket's turn, if all before it depart as soon as they may."""
        ahead = 0
        for number, cost in state.waiting.items():
            if number == ticket:
                break
            ahead += cost
        return max(0, state.free - now) + ahead * quota.interval

    def depart(self, state: QueueState, quota: Quota, now: int, ticket: int) -> None:
        """The ticket's turn has come: the next one's comes `window / limit` later."""
        cost = state.waiting.pop(ticket, 0)
        state.free = max(now, state.free) + cost * quota.interval

    def leave(self, state: QueueState, ticket: int) -> None:
        """Whoever holds the ticket waits no longer."""
        state.waiting.pop(ticket, None)
