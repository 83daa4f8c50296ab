"""Checks a list of messages, in the two dialects whose messages have a role and a content."""

from collections.abc import Callable

import msgspec

from octogate.dialects import body as bodies
from octogate.dialects.checks import Faults

Explain = Callable[[str, dict[str, object], Faults], None]
"""Adds the faults of the message at a path."""


def explain_messages(raw: msgspec.Raw, max_messages: int, found: Faults, explain: Explain) -> None:
    """Every fault of every message; slow, and only for bodies that may have some."""
    messages = bodies.read_value(raw)
    if messages is bodies.UNREADABLE_NUMBER:
        found.rule("messages", "must not hold a number that is out of range")
    elif not isinstance(messages, list):
        found.rule("messages", "must be an array")
    elif not messages:
        found.rule("messages", "must have at least 1 item")
    elif len(messages) > max_messages:
        found.rule("messages", f"must have at most {max_messages} items")
    else:
        for at, message in enumerate(messages):
            if isinstance(message, dict):
                explain(f"messages[{at}]", message, found)
            else:
                found.add(f"messages[{at}]", "Message must be an object")


def explain_role(path: str, message: dict[str, object], roles: tuple[str, ...], found: Faults) -> None:
    """The fault of a message's role."""
    role = message.get("role")
    if role is None:
        found.rule(f"{path}.role", "is required")
    elif role not in roles:
        found.rule(f"{path}.role", f"must be one of: {' '.join(roles)}")
