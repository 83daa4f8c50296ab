"""Windows of a calendar: their boundaries in every zone, also where clocks change."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from octogate.limits.calendar_window import CalendarWindow, bounds
from octogate.limits.quota import SECOND, Quota

HOUR = 3_600 * SECOND


def at(text: str, zone: str) -> int:
    """The moment that the clocks of a zone show; `fold` is chosen by a trailing asterisk."""
    fold = text.endswith("*")
    return int(datetime.fromisoformat(text.rstrip("*")).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("unit", "zone", "now", "start", "end"),
    [
        ("day", "UTC", "2026-11-21T17:30", "2026-11-21T00:00", "2026-11-22T00:00"),
        ("day", "UTC", "2026-11-21T00:00", "2026-11-21T00:00", "2026-11-22T00:00"),
        ("day", "Asia/Kolkata", "2026-11-21T03:00", "2026-11-21T00:00", "2026-11-22T00:00"),
        ("day", "Europe/Berlin", "2026-03-29T12:00", "2026-03-29T00:00", "2026-03-30T00:00"),
        ("day", "Europe/Berlin", "2026-10-25T02:30*", "2026-10-25T00:00", "2026-10-26T00:00"),
        ("week", "UTC", "2026-11-21T17:30", "2026-11-16T00:00", "2026-11-23T00:00"),
        ("week", "UTC", "2026-11-16T00:00", "2026-11-16T00:00", "2026-11-23T00:00"),
        ("month", "America/New_York", "2026-02-28T23:59", "2026-02-01T00:00", "2026-03-01T00:00"),
        ("month", "UTC", "2026-12-31T23:59", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("year", "Pacific/Auckland", "2026-06-01T00:00", "2026-01-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_a_window_is_a_page_of_the_zones_own_calendar(unit: str, zone: str, now: str, start: str, end: str) -> None:
    """T-24."""
    assert bounds(unit, zone, at(now, zone)) == (at(start, zone), at(end, zone))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)])
def test_a_day_on_which_clocks_change_is_shorter_or_longer(day: str, hours: int) -> None:
    """T-24: the 25 hours of a day in autumn share one limit."""
    start, end = bounds("day", "Europe/Berlin", at(f"{day}T12:00", "Europe/Berlin"))

    assert end - start == hours * HOUR


def test_an_hour_that_comes_twice_is_two_hours() -> None:
    """T-24."""
    first = bounds("hour", "Europe/Berlin", at("2026-10-25T02:30", "Europe/Berlin"))
    second = bounds("hour", "Europe/Berlin", at("2026-10-25T02:30*", "Europe/Berlin"))

    assert first[1] == second[0]
    assert first[1] - first[0] == second[1] - second[0] == HOUR


def test_an_hour_of_a_zone_with_half_an_hour_begins_on_its_own_clock() -> None:
    start, end = bounds("hour", "Asia/Kolkata", at("2026-11-21T10:59", "Asia/Kolkata"))

    assert (start, end) == (at("2026-11-21T10:00", "Asia/Kolkata"), at("2026-11-21T11:00", "Asia/Kolkata"))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"])
@pytest.mark.parametrize("unit", ["hour", "day", "week", "month"])
def test_the_windows_of_two_years_follow_each_other_without_a_gap(zone: str, unit: str) -> None:
    """T-24: every moment lies in exactly one window, midnights that do not exist included."""
    now, last = at("2026-01-01T00:00", zone), at("2027-12-31T00:00", zone)
    step = 7 * 24 * HOUR if unit == "hour" else 0

    while now < last:
        start, end = bounds(unit, zone, now)
        assert start <= now < end
        assert bounds(unit, zone, end)[0] == end
        assert bounds(unit, zone, end - 1) == (start, end)
        now = end + step


def test_a_quota_is_full_until_midnight_and_new_behind_it() -> None:
    quota, calendar = Quota(limit=3, zone="Europe/Berlin", unit="day"), CalendarWindow()
    now = at("2026-11-21T22:00", "Europe/Berlin")
    state = calendar.new(quota, now)
    for _ in range(3):
        assert calendar.wait(state, quota, now, 1) == 0
        mark = calendar.take(state, quota, now, 1)

    assert calendar.wait(state, quota, now, 1) == 2 * HOUR
    assert calendar.wait(state, quota, now + 2 * HOUR, 3) == 0
    calendar.give(state, quota, now + 2 * HOUR, mark, 2)
    assert calendar.level(state, quota, now + 2 * HOUR).used == 0
