"""Checks members of a caller's body and collects every fault, each with its path and a sentence that says the rule."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from octogate.core.errors import BadRequest, Fault
from octogate.dialects.body import Members, read_value

MAX_FAULTS: Final = 100
MAX_MODEL_CHARS: Final = 256
MAX_WHOLE: Final = 2**53
"""All readers of JSON agree on whole numbers up to this one (RFC 8259, 6)."""

STEERING: Final = frozenset(
    "api_base base_url api_key api_version headers extra_headers extra_body extra_query proxy proxies"
    " router_settings_override mock_response callbacks user_config fallbacks".split()
)
"""Members with which bodies have steered gateways to other addresses, keys or settings: always refused."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Check = Callable[[object], str | None]
"""Takes a decoded value; gives what must hold ("must be at least 1") or None when it does."""


class Faults:
    """Collects faults in the order in which they are found, up to a bound; `raise_if_any` ends the reading."""

    __slots__ = ("_found", "_more")

    def __init__(self) -> None:
        self._found: list[Fault] = []
        self._more = 0

    def add(self, field: str, message: str) -> None:
        """One more thing that is wrong with the member at the path `field`."""
        if len(self._found) < MAX_FAULTS:
            self._found.append(Fault(field, message))
        else:
            self._more += 1

    def rule(self, field: str, rule: str) -> None:
        """The same, with the sentence made of the member's own name and `rule`: "Max tokens must be at least 1"."""
        self.add(field, f"{label(field)} {rule}")

    def raise_if_any(self) -> None:
        """Raise BadRequest with all faults."""
        found = self._found
        if not found:
            return
        rest = len(found) + self._more - 1
        others = f" (and {rest} more)" if rest else ""
        raise BadRequest(
            f"Validation failed: {found[0].message}{others}", param=found[0].field, faults=tuple(found)
        )  # fmt: skip


def label(field: str) -> str:
    """What a member is called in a sentence: `messages[0].max_tokens` → "Max tokens"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field.rsplit(".", 1)[-1]).replace("_", " ")
    return words[:1].upper() + words[1:].lower()


def number(minimum: float, maximum: float) -> Check:
    """A number within bounds."""

    def check(value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "must be a number"
        return _within(value, minimum, maximum)

    return check


def integer(minimum: int, maximum: int = MAX_WHOLE) -> Check:
    """A whole number within bounds; `1.0` is one too, as it is for providers, but `1e300` is none that they read."""

    def check(value: object) -> str | None:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            return "must be an integer"
        return _within(value, minimum, maximum)

    return check


def boolean(value: object) -> str | None:
    """true or false."""
    return None if isinstance(value, bool) else "must be a boolean"


def text(value: object) -> str | None:
    """Any string."""
    return None if isinstance(value, str) else "must be a string"


def array(value: object) -> str | None:
    """Any array."""
    return None if isinstance(value, list) else "must be an array"


def table(value: object) -> str | None:
    """Any object."""
    return None if isinstance(value, dict) else "must be an object"


def model_id(value: object) -> str | None:
    """The name of a model: any short text on one line."""
    if not isinstance(value, str):
        return "must be a string"
    if len(value) > MAX_MODEL_CHARS:
        return f"must be at most {MAX_MODEL_CHARS} characters"
    if not value.isprintable() and _CONTROL.search(value):
        return "must not contain control characters"
    return None


def check_members(members: Members, checks: Mapping[str, Check], faults: Faults, path: str = "") -> dict[str, object]:
    """Run the checks for the members that are there; null counts as not there. Gives the decoded values that passed."""
    values: dict[str, object] = {}
    for name in members:
        check = checks.get(name)
        if check is None:
            if name in STEERING and not path:
                faults.rule(name, "is not accepted in a body")
            continue
        value = read_value(members[name])
        if value is None:
            continue
        rule = check(value)
        if rule is None:
            values[name] = value
        else:
            faults.rule(path + name, rule)
    return values


def whole(value: object) -> int | None:
    """A checked integer as one; None when it was not given."""
    return int(value) if isinstance(value, (int, float)) else None


def real(value: object) -> float | None:
    """A checked number as one; None when it was not given."""
    return float(value) if isinstance(value, (int, float)) else None


def model_of(value: object) -> str:
    """The model that a call names; "" when it leaves the choice to the gateway."""
    return value if isinstance(value, str) and value != "auto" else ""


def is_null(raw: msgspec.Raw | None) -> bool:
    """Whether a member is absent or null."""
    return raw is None or bytes(raw) in (b"", b"null")


def _within(value: float, minimum: float, maximum: float | None) -> str | None:
    if value < minimum:
        return f"must be greater than or equal to {minimum}"
    if maximum is not None and value > maximum:
        return f"must be less than or equal to {maximum}"
    return None
