"""What a limit means, in the plainest words: a list of all admissions, counted again for every question."""

from collections.abc import Sequence

Admission = tuple[int, int]
"""(moment, units)."""


def most_in_any_window(admissions: Sequence[Admission], window: int) -> int:
    """The largest sum in any half-open span (t - window, t]; it is enough to look at spans that end with an admission."""
    most = first = total = 0
    for moment, units in admissions:
        total += units
        while admissions[first][0] <= moment - window:
            total -= admissions[first][1]
            first += 1
        most = max(most, total)
    return most


def in_window(admissions: Sequence[Admission], window: int, now: int) -> int:
    """The sum in (now - window, now]."""
    return sum(units for moment, units in admissions if now - window < moment <= now)
