"""A plan: the targets of one call in the order of trying, and why."""

from typing import Final

import msgspec

from octogate.core.call import DialectName, Operation
from octogate.core.snapshot import ModelGroup, Target

TRANSLATED: Final[tuple[DialectName, ...]] = (
    "openai_chat",
    "anthropic_messages",
    "gemini_generate",
    "openai_responses",
)
"""The dialects that are translated into each other; of several that a provider speaks, the first is chosen."""


def spoken(caller: DialectName, operation: Operation, provider: frozenset[DialectName]) -> DialectName | None:
    """The dialect in which a provider that speaks `provider` is asked: the caller's own if it can be, else another.

    None when no translation leads there: only generation is translated.
    """
    if caller in provider:
        return caller
    if operation != "generate" or caller not in TRANSLATED:
        return None
    return next((dialect for dialect in TRANSLATED if dialect in provider), None)


class Skipped(msgspec.Struct, frozen=True):
    """A target that was not asked, and the reason from a closed set; `detail` is for the log."""

    target_id: str
    reason: str  # disabled, provider_disabled, breaker_open, dialect, ignores_max_tokens, unsupported
    detail: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """Targets to try, best first. `never`: why no target could serve such a call even on a good day."""

    group: ModelGroup
    targets: tuple[Target, ...]
    skipped: tuple[Skipped, ...] = ()
    reason: str = ""
    never: str | None = None


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
    dialect: DialectName | None = None  # set when the call was translated for this target
