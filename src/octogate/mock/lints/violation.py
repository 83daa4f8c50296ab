"""A rule of a provider that a request breaks."""

import re

import msgspec


class Violation(msgspec.Struct, frozen=True):
    """`rule` is the mock's short name; the rest is what the provider's 400 says."""

    rule: str
    message: str
    param: str | None = None
    code: str | None = None


TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What OpenAI takes as the name of a function."""
