"""Whether a configured key can be used at all, and whether anybody could guess it."""

import math
import re
from collections import Counter

from octogate.core.keys import checksum_ok, looks_like_ours

MIN_LENGTH = 24
MIN_BITS = 64.0
# Keys that stand in documentation, examples and default files of gateways; compared without case.
_SAMPLES = frozenset(
    {
        "sk-1234",
        "sk-octo-dev-123",
        "sk-12345678901234567890",
        "changeme",
        "change-me",
        "change_me",
        "your-secret-key-1",
        "your-secret-key-2",
        "your-api-key",
        "your_api_key",
        "my-secret-key",
        "secret",
        "password",
        "test",
        "sk-test",
        "sk-proj-test",
    }
)
_PLACEHOLDER = re.compile(
    r"your[-_ ]?(secret|api|own|master|router)|change[-_ ]?me|replace[-_ ]?(me|with)|example|<.*>|\.\.\.|x{6}"
)
_REFERENCE = re.compile(r"\$\{.*\}|os\.environ/.*")


def unusable(key: str) -> str | None:
    """Why `key` can never be a caller key, in any mode; None when it can."""
    if not key:
        return "is empty"
    if _REFERENCE.fullmatch(key):
        return "is a reference that was not replaced"
    if len(key) > 1024 or not key.isascii() or not key.isprintable() or " " in key:
        return "must be printable ASCII without spaces, at most 1024 characters, or no header could carry it"
    if looks_like_ours(key) and not checksum_ok(key):
        return "has the form of an Octogate key but its checksum does not fit: it was not copied whole"
    return None


def weakness(key: str) -> str | None:
    """Why `key` is too easy to guess; None when it is strong."""
    lowered = key.lower()
    if lowered in _SAMPLES or _PLACEHOLDER.search(lowered):
        return "is a sample from documentation that everybody knows"
    if len(key) < MIN_LENGTH:
        return f"is shorter than {MIN_LENGTH} characters"
    if _bits(key) < MIN_BITS:
        return "repeats itself too much"
    return None


def _bits(key: str) -> float:
    """Shannon entropy of the characters: an upper bound for what the key can be worth, 0 for one repeated letter."""
    counts = Counter(key).values()
    return -sum(count * math.log2(count / len(key)) for count in counts)
