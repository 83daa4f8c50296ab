"""Time as an argument, so that a test can own it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where time comes from. Seconds as float in both."""

    def monotonic(self) -> float:
        """For durations and deadlines; never goes back."""

    def wall(self) -> float:
        """UTC seconds since the epoch, for records."""


class SystemClock:
    """The machine's own clocks."""

    monotonic = staticmethod(time.monotonic)
    wall = staticmethod(time.time)
