"""What is known of a call so far: written by the stages as it passes them, read when it is settled."""

from typing import TYPE_CHECKING, Final

from octogate.core.call import Call, DialectName, Operation
from octogate.core.plan import Attempt, Plan, Skipped
from octogate.core.snapshot import Key, Snapshot, Target

if TYPE_CHECKING:
    from octogate.core.conversation import Loss, Prompt
    from octogate.core.usage import Usage
    from octogate.dialects.base import StreamReader

PHASES: Final = ("auth", "receive", "route", "upstream", "relay")
"""The disjoint intervals of a call, in order."""


class Progress:
    """One call on its way. Times are monotonic seconds; a mark of 0.0 has not been reached."""

    __slots__ = (
        "answered_at",
        "attempts",
        "authenticated_at",
        "call",
        "correlation_id",
        "dialect",
        "group",
        "key",
        "losses",
        "operation",
        "plan",
        "prompt",
        "read_at",
        "reader",
        "received_at",
        "request_id",
        "routed_at",
        "settled",
        "skipped",
        "snapshot",
        "trace_id",
        "usage",
    )

    def __init__(self, request_id: str, received_at: float, snapshot: Snapshot, dialect: DialectName) -> None:
        self.request_id = request_id
        self.received_at = received_at
        self.snapshot = snapshot
        self.dialect = dialect
        self.operation: Operation = "generate"
        self.authenticated_at = self.read_at = self.routed_at = self.answered_at = 0.0
        self.key: Key | None = None
        self.call: Call | None = None
        self.group: str | None = None
        self.plan: Plan | None = None
        self.attempts: list[Attempt] = []
        self.skipped: tuple[Skipped, ...] = ()  # what the plan left out, then what could not be told
        self.usage: Usage | None = None
        self.reader: StreamReader | None = None  # of the stream that is being relayed
        self.correlation_id: str | None = None
        self.trace_id: str | None = None
        self.settled = False
        self.prompt: Prompt | None = None  # the call as it is translated, once one target needs that
        self.losses: tuple[Loss, ...] = ()  # what the last target could not be told

    def __str__(self) -> str:
        return f"{self.request_id} {self.dialect} {self.key.id if self.key else '-'} {self.group}"

    def begin_attempt(self, target: Target, now: float) -> Attempt:
        """A new attempt at `target` starts."""
        attempt = Attempt(number=len(self.attempts) + 1, target=target, started_at=now)
        self.attempts.append(attempt)
        return attempt

    def skip(self, target: Target, detail: str | None) -> None:
        """`target` of another dialect cannot be told what the call says; `detail` names the fields."""
        self.skipped = (*self.skipped, Skipped(target.id, "unsupported", detail))

    @property
    def served_by(self) -> Target | None:
        """The target of the last attempt: the one that answered, if any did."""
        return self.attempts[-1].target if self.attempts else None
