"""A rule as it is enforced: what is counted for whom, how, and what happens to a call beyond it."""

from typing import Final, Literal

import msgspec

from octogate.limits.quota import Quota

Unit = Literal["requests", "tokens", "input_tokens", "output_tokens", "concurrency"]
Scope = Literal["global", "key", "user", "team", "end_user", "ip", "endpoint", "model", "provider", "target"]
OnExceed = Literal["reject", "queue", "downgrade", "warn"]

ESTIMATED: Final[frozenset[Unit]] = frozenset({"tokens", "input_tokens", "output_tokens"})
"""Units of which nobody knows the number before the answer: an estimate is reserved, and corrected at the end."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. `name` is unique; with `each` every subject of the scope has a count of its own, else all share one.

    `enforce` false: the rule only tells how many calls it would have refused (shadow).
    """

    name: str
    scope: Scope
    unit: Unit
    quota: Quota
    algorithm: str = "sliding_window"
    each: bool = True
    on_exceed: OnExceed = "reject"
    enforce: bool = True

    @property
    def refuses(self) -> bool:
        """Whether a call beyond it may not pass."""
        return self.enforce and self.on_exceed != "warn"
