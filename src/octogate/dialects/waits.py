"""How long a provider's words ask us to wait: Google's RetryInfo, a number beside the message, or a sentence."""

import re
from collections.abc import Mapping
from typing import Final

MAX_WAIT_SECONDS: Final = 300.0
"""No provider may hold a call for longer than this, whatever it says."""

_AMOUNT: Final = r"\d{1,9}(?:\.\d{1,9})?"
_PART: Final = re.compile(rf"({_AMOUNT})(ms|s|m|h|d)")
_PARTS: Final = re.compile(rf"(?:{_AMOUNT}(?:ms|s|m|h|d))+")
_UNIT_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
# "Please try again in 1m30.5s", "retry after 7 seconds", "Please retry in 34.07s."
_SENTENCE: Final = re.compile(
    rf"\b(?:try again|retry) (?:in|after) (?:((?:{_AMOUNT}(?:ms|s|m|h|d))+)(?![a-z])"
    rf"|({_AMOUNT}) ?(milliseconds?|seconds?|secs?|minutes?|mins?|hours?)\b)",
    re.I,
)
_NAMED_UNITS: Final = {"mil": "ms", "sec": "s", "min": "m", "hou": "h"}


def duration(text: str) -> float | None:
    """Seconds in `6m0s`, `1.54s` or `120ms`, as OpenAI and Google write them; None for anything else."""
    if len(text) > 64 or not _PARTS.fullmatch(text):
        return None
    return sum(float(amount) * _UNIT_SECONDS[unit] for amount, unit in _PART.findall(text))


def clamped(seconds: float) -> float:
    """Between now and MAX_WAIT_SECONDS from now."""
    return min(max(seconds, 0.0), MAX_WAIT_SECONDS)


def told_wait(error: Mapping[str, object], message: str) -> float | None:
    """What an error object asks for in its members, else in its sentence; clamped, None when it does not say."""
    seconds = _in_members(error)
    if seconds is None:
        seconds = _in_sentence(message)
    return None if seconds is None else clamped(seconds)


def _in_members(error: Mapping[str, object]) -> float | None:
    details = error.get("details")
    for detail in details[:20] if isinstance(details, list) else ():
        if isinstance(detail, dict) and isinstance(detail.get("retryDelay"), str):
            return duration(detail["retryDelay"])
    seconds = error.get("retry_after")
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 <= seconds < 1e9:
        return float(seconds)
    return None


def _in_sentence(message: str) -> float | None:
    found = _SENTENCE.search(message)
    if found is None:
        return None
    short, amount, unit = found.groups()
    return duration(short.lower()) if short else float(amount) * _UNIT_SECONDS[_NAMED_UNITS[unit[:3].lower()]]
