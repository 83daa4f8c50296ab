"""The algorithms by the names that a configuration gives them."""

from typing import Any, Final

from octogate.limits.calendar_window import CalendarWindow
from octogate.limits.concurrency import Concurrency
from octogate.limits.fixed_window import FixedWindow
from octogate.limits.gcra import Gcra
from octogate.limits.quota import Algorithm
from octogate.limits.sliding_log import SlidingLog
from octogate.limits.sliding_window import SlidingWindow
from octogate.limits.sliding_window_approx import SlidingWindowApprox
from octogate.limits.token_bucket import TokenBucket

ALGORITHMS: Final[dict[str, Algorithm[Any]]] = {
    "sliding_window": SlidingWindow(),
    "token_bucket": TokenBucket(),
    "gcra": Gcra(),
    "fixed_window": FixedWindow(),
    "calendar_window": CalendarWindow(),
    "sliding_window_approx": SlidingWindowApprox(),
    "sliding_log": SlidingLog(),
    "concurrency": Concurrency(),
}
"""All that admit or refuse at once; the leaky queue, which lets wait, has verbs of its own."""
