"""A plan: the targets of one call in the order of trying, and why."""

import msgspec

from octogate.core.snapshot import ModelGroup, Target


class Skipped(msgspec.Struct, frozen=True):
    """A target that was not a candidate, and the reason from a closed set."""

    target_id: str
    reason: str  # disabled, provider_disabled, breaker_open, dialect, weight_zero


class Plan(msgspec.Struct, frozen=True):
    """Targets to try, best first. `never` is true when no target could serve such a call even on a good day."""

    group: ModelGroup
    targets: tuple[Target, ...]
    skipped: tuple[Skipped, ...] = ()
    reason: str = ""
    never: bool = False


class Attempt(msgspec.Struct):
    """One try at one target, as it will stand in the receipt. Times are monotonic seconds."""

    number: int
    target: Target
    started_at: float
    ended_at: float = 0.0
    outcome: str = "running"  # ok, cancelled, or the code of the error
    upstream_status: int | None = None
    first_byte_at: float | None = None
    detail: str | None = None
