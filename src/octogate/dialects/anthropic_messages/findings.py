"""What reading a caller's body brings to light beside its meaning: faults, and losses at other providers."""

import msgspec

from octogate.core.conversation import Loss
from octogate.dialects.checks import Faults, is_null


class Findings:
    """Collects both while a body is read."""

    __slots__ = ("faults", "losses", "tool_names")

    def __init__(self) -> None:
        self.faults = Faults()
        self.losses: list[Loss] = []
        self.tool_names: dict[str, str] = {}
        """By the ids of the calls read so far."""

    def lose(self, field: str, reason: str, *, fatal: bool = False) -> None:
        """`field` cannot be told to another provider."""
        self.losses.append(Loss(field, reason, fatal))

    def text(self, value: object, field: str) -> str:
        """`value` if it is a string; else a fault."""
        if isinstance(value, str):
            return value
        self.faults.rule(field, "is required" if value is None else "must be a string")
        return ""

    def optional_text(self, value: object, field: str) -> str | None:
        """The same for a member that may be absent or null."""
        return None if value is None else self.text(value, field)

    def table(self, raw: msgspec.Raw, field: str) -> msgspec.Raw | None:
        """`raw` if it is an object; else a fault."""
        if first_byte(raw) == b"{":
            return raw
        self.faults.rule(field, "is required" if is_null(raw) else "must be an object")
        return None


def first_byte(raw: msgspec.Raw) -> bytes:
    """What a raw value begins with, which tells its kind; b"" for an absent one. Copies no more than that."""
    return bytes(memoryview(raw)[:1])
