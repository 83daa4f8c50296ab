"""What each algorithm promises, in the plainest words: from a log of who was admitted, never from its own state."""

from collections.abc import Hashable
from typing import Final, Protocol

from octogate.limits.quota import Quota


class Entry:
    """Units that were admitted at a moment; what turned out to be used later takes their place."""

    __slots__ = ("moment", "units")

    def __init__(self, moment: int, units: int) -> None:
        self.moment = moment
        self.units = units


class Judge(Protocol):
    """The promise of an algorithm. All moments are those of a clock on the wall that nobody can set."""

    def correct(self, log: list[Entry], entry: Entry, units: int, now: int) -> None:
        """The log, when `units` more (or fewer) were used than `entry` says."""

    def is_kept(self, log: list[Entry], quota: Quota, now: int) -> bool:
        """Whether the newest entry was rightly admitted."""

    def is_due(self, log: list[Entry], quota: Quota, now: int, cost: int) -> bool:
        """Whether `cost` units more were rightly refused: the other side, no less than what is promised."""

    def forget(self, log: list[Entry], quota: Quota, now: int) -> list[Entry]:
        """Without the entries that can make no difference any more."""

    def form(self, log: list[Entry], quota: Quota, now: int) -> Hashable:
        """All that matters of a log."""

    def age(self, entry: Entry, quota: Quota, now: int) -> int:
        """All that matters of the moment of an entry that may still be corrected."""


class _Window:
    """A judge that looks at the units of a span of time, by the moment at which they were admitted."""

    def correct(self, log: list[Entry], entry: Entry, units: int, now: int) -> None:
        entry.units += units

    def is_kept(self, log: list[Entry], quota: Quota, now: int) -> bool:
        return units_since(log, now - quota.window) <= quota.limit

    def is_due(self, log: list[Entry], quota: Quota, now: int, cost: int) -> bool:
        return units_since(log, now - self.reach(quota, now)) + cost > quota.limit

    def forget(self, log: list[Entry], quota: Quota, now: int) -> list[Entry]:
        return [entry for entry in log if entry.units and entry.moment > now - self.reach(quota, now)]

    def form(self, log: list[Entry], quota: Quota, now: int) -> Hashable:
        return tuple(sorted((now - entry.moment, entry.units) for entry in log))

    def age(self, entry: Entry, quota: Quota, now: int) -> int:
        return min(now - entry.moment, self.reach(quota, now))

    def reach(self, quota: Quota, now: int) -> int:
        """For how long what was used may count."""
        return quota.window


class AnyWindow(_Window):
    """Never more than the limit in any window; what was used counts for just as long."""


class AnyWindowOfBuckets(_Window):
    """Never more than the limit in any window; what was used counts for up to one bucket longer."""

    def reach(self, quota: Quota, now: int) -> int:
        return quota.width * (quota.buckets + 1)


class OwnWindow(_Window):
    """Never more than the limit between two boundaries; what was used before the last one does not count."""

    def is_kept(self, log: list[Entry], quota: Quota, now: int) -> bool:
        return units_since(log, now - self.reach(quota, now)) <= quota.limit

    def reach(self, quota: Quota, now: int) -> int:
        return now % quota.window + 1


class OwnWindowOfAClock(_Window):
    """The same by a clock that is set back, whose boundaries nobody else knows: twice the limit in any window."""

    def is_kept(self, log: list[Entry], quota: Quota, now: int) -> bool:
        return units_since(log, now - quota.window) <= 2 * quota.limit


class Bucket:
    """In every span no more than the capacity and what was refilled; units that come back are there when they come."""

    def correct(self, log: list[Entry], entry: Entry, units: int, now: int) -> None:
        log.append(Entry(now, units))

    def is_kept(self, log: list[Entry], quota: Quota, now: int) -> bool:
        return _fullest(log, quota, now) <= quota.capacity * quota.window

    def is_due(self, log: list[Entry], quota: Quota, now: int, cost: int) -> bool:
        return _fullest(log, quota, now) + cost * quota.window > quota.capacity * quota.window

    def forget(self, log: list[Entry], quota: Quota, now: int) -> list[Entry]:
        """One entry for all: of two spans that end now, the fuller one stays the fuller one for ever."""
        fullest = _fullest(log, quota, now)
        if fullest == 0:
            return []
        start = next(at for at in range(len(log)) if _excess(log[at:], quota, now) == fullest)
        return [Entry(log[start].moment, sum(entry.units for entry in log[start:]))]

    def form(self, log: list[Entry], quota: Quota, now: int) -> Hashable:
        return _fullest(log, quota, now)

    def age(self, entry: Entry, quota: Quota, now: int) -> int:
        return 0


def units_since(log: list[Entry], moment: int) -> int:
    """The units that were admitted after `moment`."""
    return sum(entry.units for entry in log if entry.moment > moment)


def _excess(log: list[Entry], quota: Quota, now: int) -> int:
    """How much more was used since the first entry than was refilled, in units times the window."""
    return sum(entry.units for entry in log) * quota.window - quota.limit * (now - log[0].moment)


def _fullest(log: list[Entry], quota: Quota, now: int) -> int:
    return max(0, *(_excess(log[at:], quota, now) for at in range(len(log)))) if log else 0


JUDGES: Final[dict[str, tuple[Judge, Judge]]] = {
    "sliding_window": (AnyWindowOfBuckets(), AnyWindowOfBuckets()),
    "sliding_log": (AnyWindow(), AnyWindow()),
    "token_bucket": (Bucket(), Bucket()),
    "gcra": (Bucket(), Bucket()),
    "fixed_window": (OwnWindow(), OwnWindowOfAClock()),
}
"""By algorithm: who judges where the clock is right, and who does where it is set back."""
