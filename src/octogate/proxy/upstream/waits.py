"""How long a provider's headers ask us to wait, whichever of the many ways to say so it uses."""

import email.utils
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from octogate.dialects.waits import clamped, duration

_EPOCH: Final = 1e9
"""From here on a number is a moment, not a number of seconds; a thousand times that, in milliseconds."""


def retry_after(fields: Mapping[bytes, bytes], now: float) -> float | None:
    """How long the provider asks us to wait, in seconds, clamped to 0…300; None when it does not say.

    Looked at in this order: retry-after-ms, x-ms-retry-after-ms, retry-after (seconds or a date), the resets of
    OpenAI's (`6m0s`), Anthropic's (RFC 3339) and OpenRouter's (a moment) rate-limit headers. `now` is wall time.
    """
    for name in (b"retry-after-ms", b"x-ms-retry-after-ms"):
        if (milliseconds := _number(fields.get(name))) is not None:
            return clamped(milliseconds / 1000)
    if (raw := fields.get(b"retry-after")) is not None:
        seconds = _number(raw)
        if seconds is None:
            seconds = _until_http_date(raw, now)
        if seconds is not None:
            return clamped(seconds)
    return _reset(fields, now)


def _reset(fields: Mapping[bytes, bytes], now: float) -> float | None:
    """The latest reset of those that are used up; the others say nothing about this refusal."""
    waits: list[float | None] = []
    for unit in (b"requests", b"tokens", b"input-tokens", b"output-tokens"):
        if fields.get(b"x-ratelimit-remaining-" + unit, b"0") == b"0":
            waits.append(_until(fields.get(b"x-ratelimit-reset-" + unit, b""), now))
        if fields.get(b"anthropic-ratelimit-" + unit + b"-remaining", b"0") == b"0":
            waits.append(_until_rfc3339(fields.get(b"anthropic-ratelimit-" + unit + b"-reset", b""), now))
    if fields.get(b"x-ratelimit-remaining", b"0") == b"0":
        waits.append(_until(fields.get(b"x-ratelimit-reset", b""), now))
    known = [wait for wait in waits if wait is not None]
    return clamped(max(known)) if known else None


def _number(raw: bytes | None) -> float | None:
    if raw is None or not re.fullmatch(rb"\s*\d{1,15}(?:\.\d{1,9})?\s*", raw):
        return None
    return float(raw)


def _until(raw: bytes, now: float) -> float | None:
    """Seconds in `6m0s`, `1.5`, a moment in seconds or milliseconds since 1970, or a date and time."""
    number = _number(raw)
    if number is None:
        seconds = duration(raw.decode("latin-1"))
        return seconds if seconds is not None else _until_rfc3339(raw, now)
    if number < _EPOCH:
        return number
    return (number / 1000 if number >= _EPOCH * 1000 else number) - now


def _until_http_date(raw: bytes, now: float) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(raw.decode("latin-1")).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None


def _until_rfc3339(raw: bytes, now: float) -> float | None:
    try:
        return datetime.fromisoformat(raw.decode("latin-1")).timestamp() - now
    except (ValueError, OverflowError):
        return None
