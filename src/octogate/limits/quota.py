"""What a rule allows, and what an algorithm answers. Moments and spans are integer microseconds, amounts integers."""

from typing import Final, Protocol, TypeVar

import msgspec

NEVER: Final = -1
"""The wait of a call that no waiting will help: it asks for more than the rule could ever give at once."""
SECOND: Final = 1_000_000


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """`limit` units per `window`. A limit of 0 blocks.

    `burst` is the capacity of the algorithms that have one; `buckets` into how many parts a sliding window is cut;
    `zone` whose calendar a calendar window follows, `unit` being which of its pages.
    """

    limit: int
    window: int = 60 * SECOND
    burst: int = 0
    buckets: int = 12
    zone: str = "UTC"
    unit: str = "day"
    capacity: int = -1
    """The largest amount that fits at once: the burst where one is given, else the limit."""
    width: int = -1
    """Of one bucket, rounded up, so that the buckets never cover less than the window."""
    interval: int = -1
    """Between two units at a steady rate, rounded up: never faster than the limit."""

    def __post_init__(self) -> None:
        # Asked for in every call, and always the same.
        msgspec.structs.force_setattr(self, "capacity", (self.burst or self.limit) if self.limit else 0)
        msgspec.structs.force_setattr(self, "width", -(-self.window // self.buckets))
        msgspec.structs.force_setattr(self, "interval", -(-self.window // max(self.limit, 1)))


class Level(msgspec.Struct, frozen=True):
    """How full a state is: `used` of `limit`, empty again (as far as it knows) in `reset` microseconds."""

    used: int
    limit: int
    reset: int

    @property
    def remaining(self) -> int:
        """What still fits now."""
        return max(0, self.limit - self.used)


State = TypeVar("State")


class Algorithm(Protocol[State]):
    """A way to count. All of it depends on the arguments alone; `take` and `give` change the state, nothing else does.

    A moment that lies before the last one seen counts as that one: a clock that jumps back makes a rule stricter.
    """

    owes: bool
    """Whether a debt outlives `lifetime`: then all units are alike, no mark says anything, and no window forgives."""

    def new(self, quota: Quota, now: int) -> State:
        """The state of whoever has used nothing."""

    def wait(self, state: State, quota: Quota, now: int, cost: int) -> int:
        """0 if `cost` units fit now, NEVER, or the microseconds after which they fit if nobody else comes."""

    def take(self, state: State, quota: Quota, now: int, cost: int) -> int:
        """Use `cost` units, whether they fit or not; gives a mark under which they can be corrected."""

    def give(self, state: State, quota: Quota, now: int, mark: int, amount: int) -> None:
        """Add `amount` (negative: give back) to what was taken under `mark`; debt is allowed, credit is not."""

    def level(self, state: State, quota: Quota, now: int) -> Level:
        """How full it is."""

    def lifetime(self, quota: Quota) -> int:
        """After how many microseconds without use a state is as good as new, and may be forgotten."""
