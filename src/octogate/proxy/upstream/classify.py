"""What a provider's refusal means: which error it is, whether it may be repeated, and after how long."""

import email.utils
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from octogate.core.errors import (
    CredentialRefused,
    UpstreamBroken,
    UpstreamError,
    UpstreamLimited,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from octogate.dialects.base import ProviderFault

MAX_RETRY_AFTER_SECONDS = 300.0
BUSY: Final = "The provider is over capacity."
LIMITED: Final = "The provider's rate limit is used up."
FAILED: Final = "The provider failed to answer."
_QUOTA = re.compile(
    r"insufficient_quota|billing_hard_limit|exceeded your current quota|credit balance|out of credits", re.IGNORECASE
)
_CONTEXT = re.compile(
    r"context[_ ](?:length|window)|maximum context|prompt is too long|too many (?:input )?tokens"
    r"|input token count|exceeds? the (?:maximum|limit|max)[^.]{0,40}tokens?|reduce the length",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(
    r"api[ _-]?key (?:not valid|is invalid|expired)|incorrect api key|invalid api key|API_KEY_INVALID", re.IGNORECASE
)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNIT_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def classify(  # noqa: PLR0911 - one return per row of the table reads as the table
    status: int, fields: Mapping[bytes, bytes], fault: ProviderFault, *, now: float
) -> UpstreamError:
    """The error for an answer with `status` ≥ 300. `now` is wall time, for dates in Retry-After."""
    said = f"{fault.code or ''} {fault.kind or ''} {fault.message}"
    if status == 429 and _CONTEXT.search(said) and not _QUOTA.search(said):
        return _refused(400, fault, "context_length_exceeded")  # two providers answer 429 to an overlong prompt
    if status in (402, 429):
        return _limited(status, fields, fault, said, now)
    if status in (401, 403) or (status == 400 and _BAD_KEY.search(said)):
        return CredentialRefused(
            "The gateway's access to the provider was refused.",
            replay="next",
            upstream_status=status,
            detail=told(fault),
        )
    if status == 404:
        return UpstreamRefused(fault.message, replay="next", status=404, upstream_status=404, code="upstream_not_found")
    if status in (408, 409, 425):
        return UpstreamBroken(FAILED, replay="once", upstream_status=status, detail=told(fault))
    if 400 <= status < 500:
        return _refused(status, fault, "context_length_exceeded" if _CONTEXT.search(said) else None)
    if status in (503, 529):
        wait = retry_after(fields, now)
        return UpstreamUnavailable(BUSY, replay="safe", upstream_status=status, detail=told(fault), retry_after=wait)
    if status == 504:
        return UpstreamTimeout(FAILED, upstream_status=status, detail=told(fault))
    return UpstreamBroken(FAILED, upstream_status=status, detail=told(fault))


def told(fault: ProviderFault) -> str | None:
    """What the log keeps of a provider's words: its code and its type. The prose can quote the caller's prompt."""
    return " ".join(dict.fromkeys(filter(None, (fault.code, fault.kind)))) or None


def _limited(status: int, fields: Mapping[bytes, bytes], fault: ProviderFault, said: str, now: float) -> UpstreamError:
    if status == 402 or _QUOTA.search(said):
        return UpstreamLimited(
            "The gateway's quota at the provider is used up.",
            replay="next",
            code="upstream_quota_exhausted",
            upstream_status=status,
            detail=told(fault),
        )
    return UpstreamLimited(
        LIMITED, replay="safe", upstream_status=status, detail=told(fault), retry_after=retry_after(fields, now)
    )


def _refused(status: int, fault: ProviderFault, code: str | None) -> UpstreamError:
    known = code or "upstream_refused"
    return UpstreamRefused(
        fault.message, replay="never", status=status, upstream_status=status, code=known, reason=fault.code
    )


def retry_after(fields: Mapping[bytes, bytes], now: float) -> float | None:
    """How long the provider asks us to wait, in seconds, clamped to 0…300; None when it does not say.

    Looked at in this order: retry-after-ms, x-ms-retry-after-ms, retry-after (seconds or a date), the resets of
    OpenAI's (`6m0s`) and Anthropic's (RFC 3339) rate-limit headers.
    """
    for name in (b"retry-after-ms", b"x-ms-retry-after-ms"):
        if (milliseconds := _number(fields.get(name))) is not None:
            return _clamped(milliseconds / 1000)
    if (raw := fields.get(b"retry-after")) is not None:
        seconds = _number(raw)
        if seconds is None:
            seconds = _until_http_date(raw, now)
        if seconds is not None:
            return _clamped(seconds)
    return _reset(fields, now)


def _reset(fields: Mapping[bytes, bytes], now: float) -> float | None:
    waits: list[float] = []
    for unit in (b"requests", b"tokens", b"input-tokens", b"output-tokens"):
        if fields.get(b"x-ratelimit-remaining-" + unit) == b"0":
            waits += _some(_duration(fields.get(b"x-ratelimit-reset-" + unit, b"")))
        if fields.get(b"anthropic-ratelimit-" + unit + b"-remaining") == b"0":
            waits += _some(_until_rfc3339(fields.get(b"anthropic-ratelimit-" + unit + b"-reset", b""), now))
    return _clamped(max(waits)) if waits else None


def _some(value: float | None) -> list[float]:
    return [] if value is None else [value]


def _number(raw: bytes | None) -> float | None:
    if raw is None or not re.fullmatch(rb"\s*\d{1,12}(?:\.\d{1,6})?\s*", raw):
        return None
    return float(raw)


def _duration(raw: bytes) -> float | None:
    text = raw.decode("latin-1")
    parts = _DURATION_PART.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
    return _number(raw)


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


def _clamped(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
