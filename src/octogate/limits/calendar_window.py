"""Counters that start again with every hour, day, week, month or year of a place, whatever its clocks do.

Bound: `limit` between two boundaries of the calendar, hence up to twice the limit around one. A day on which clocks
change has 23 or 25 hours, and one limit all the same; no local hour is counted twice.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from octogate.limits.quota import NEVER, SECOND, Level, Quota

UNITS: Final = ("hour", "day", "week", "month", "year")


class CalendarState:
    """`used` between the moments `start` and `end`."""

    __slots__ = ("end", "start", "used")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end
        self.used = 0


class CalendarWindow:
    """See the module. Moments are microseconds since 1970, UTC."""

    owes = False

    def new(self, quota: Quota, now: int) -> CalendarState:
        """See Algorithm."""
        return CalendarState(*bounds(quota.unit, quota.zone, now))

    def wait(self, state: CalendarState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm."""
        _advance(state, quota, now)
        if state.used + cost <= quota.limit:
            return 0
        return NEVER if cost > quota.limit else state.end - now

    def take(self, state: CalendarState, quota: Quota, now: int, cost: int) -> int:
        """See Algorithm. The mark is the start of the window."""
        _advance(state, quota, now)
        state.used += cost
        return state.start

    def give(self, state: CalendarState, quota: Quota, now: int, mark: int, amount: int) -> None:
        """See Algorithm. What a past window used needs no correction."""
        _advance(state, quota, now)
        if mark == state.start:
            state.used = max(0, state.used + amount)

    def level(self, state: CalendarState, quota: Quota, now: int) -> Level:
        """See Algorithm."""
        _advance(state, quota, now)
        return Level(state.used, quota.limit, state.end - now if state.used else 0)

    def lifetime(self, quota: Quota) -> int:
        """See Algorithm: no page of a calendar is longer than a leap year and an hour."""
        days = {"hour": 1, "day": 2, "week": 8, "month": 32, "year": 367}[quota.unit]
        return days * 86_400 * SECOND


def bounds(unit: str, zone: str, now: int) -> tuple[int, int]:
    """Start and end of the window in which `now` lies, both as microseconds since 1970."""
    here = datetime.fromtimestamp(now // SECOND, ZoneInfo(zone))
    if unit == "hour":
        # Of the clock on the wall, told in UTC: an hour that comes twice is two hours.
        behind = (here.minute * 60 + here.second) * SECOND + now % SECOND
        return now - behind, now - behind + 3_600 * SECOND
    first, behind_last = _days(unit, here.date())
    return _midnight(first, zone), _midnight(behind_last, zone)


def _days(unit: str, day: date) -> tuple[date, date]:
    """The first day of the window around `day`, and the first day behind it. Weeks begin on Mondays."""
    if unit == "day":
        return day, day + timedelta(days=1)
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    if unit == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1)
    return date(day.year, 1, 1), date(day.year + 1, 1, 1)


@lru_cache(maxsize=1024)
def _midnight(day: date, zone: str) -> int:
    """The moment at which a day begins: the first one where clocks go back over midnight."""
    return int(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).timestamp()) * SECOND


def _advance(state: CalendarState, quota: Quota, now: int) -> None:
    if now >= state.end:
        state.start, state.end = bounds(quota.unit, quota.zone, now)
        state.used = 0
