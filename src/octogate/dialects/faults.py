"""Reads what providers say when they refuse or fail: every recorded shape, in a body and inside a stream."""

import re
from typing import Final

import msgspec

from octogate.core.errors import UpstreamBroken, UpstreamError, UpstreamLimited, UpstreamTimeout, UpstreamUnavailable
from octogate.dialects.base import ProviderFault
from octogate.dialects.scrub import scrub

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding hostile JSON can raise."""

NO_ANSWER: Final = ProviderFault("The provider's answer is not a whole answer of this dialect.")
"""What a body is that claims success, reports no error, and holds no answer either."""

_MAX_FAULT_BYTES: Final = 256 * 1024
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")
_LIMITED: Final = re.compile(
    r"rate.?limit|too.?many.?requests|resource.?exhausted|quota|throttl|\b429\b|^(?:tokens|requests)$", re.I
)
_UNAVAILABLE: Final = re.compile(r"overloaded|unavailable|capacity|\b503\b|\b529\b", re.I)
_TIMED_OUT: Final = re.compile(r"timeout|timed.?out|deadline.?exceeded|\b504\b|\b408\b", re.I)


def read_fault(status: int, body: bytes) -> ProviderFault:
    """The fault in an error body; a text made from `status` when the body is HTML, empty or no JSON."""
    fault = _fault(_decode(body)) or ProviderFault("")
    message = fault.message or f"The provider answered with status {status} and no readable explanation."
    # Several providers repeat the status as their code, which says nothing more.
    return ProviderFault(message, None if fault.code == str(status) else fault.code, fault.kind)


def find_fault(body: bytes) -> ProviderFault | None:
    """The fault of a body that claims success; None when it says nothing that looks like one."""
    value = _decode(body)
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict) or not (value.get("error") or value.get("type") == "error"):
        return None
    fault = _fault(value)
    if fault is None or not fault.message:
        return ProviderFault("The provider reported an error without a readable explanation.")
    return fault


def stream_failure(event: bytes) -> UpstreamError:
    """The error for an event with which a provider breaks off its own stream.

    The class is by what the provider calls it, never by the prose: a refusal that quotes "rate limit" is not one.
    """
    value = _decode(event)
    fault = _fault(value) or ProviderFault("")
    words = " ".join((fault.code or "", fault.kind or "", *_status_words(value)))
    message = fault.message or "The provider broke off the stream with an error."
    detail = f"in-band error {words}".strip()
    if any(map(_LIMITED.search, words.split())):
        return UpstreamLimited(message, detail=detail)
    if _UNAVAILABLE.search(words):
        return UpstreamUnavailable(message, detail=detail)
    if _TIMED_OUT.search(words):
        return UpstreamTimeout(message, detail=detail)
    return UpstreamBroken(message, detail=detail)


def malformed_event() -> UpstreamBroken:
    """The error for an event that is not what the dialect knows."""
    return UpstreamBroken("The provider sent an event that cannot be read.", code="upstream_malformed_event")


def _decode(body: bytes) -> object:
    if len(body) > _MAX_FAULT_BYTES:
        return None
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except UNREADABLE:
        return None


def _fault(value: object) -> ProviderFault | None:
    """The fault in a decoded body: an `error` object or string, or the members at the top."""
    if isinstance(value, list):
        return _fault(value[0]) if value and isinstance(value[0], dict) else None
    if isinstance(value, str):
        return ProviderFault(scrub(value))
    if not isinstance(value, dict):
        return None
    inner = value.get("error")
    if isinstance(inner, dict) and inner:
        source = inner
    elif isinstance(inner, str) and inner and not isinstance(value.get("message"), str):
        source = {**value, "message": inner}
    else:
        source = value
    code = _word(_reason(source)) or _word(source.get("code")) or _word(source.get("error_type"))
    status = source.get("status")
    status = status if isinstance(status, str) else None
    kind = _word(status) or _word(source.get("type")) or _word(value.get("type"))
    return ProviderFault(scrub(_message(source)), code, kind)


def _message(source: dict[str, object]) -> str:
    for name in ("message", "detail", "error_description", "msg", "title"):
        text = source.get(name)
        if isinstance(text, str) and text.strip():
            return text
        if isinstance(text, list):
            return "; ".join(filter(None, (_detail(part) for part in text[:20])))
        if isinstance(text, dict) and isinstance(text.get("message"), str):
            return str(text["message"])
    errors = source.get("errors")
    if isinstance(errors, list):
        return "; ".join(filter(None, (_detail(part) for part in errors[:20])))
    return ""


def _detail(part: object) -> str:
    """One entry of a validation list: `{"loc": ["body", "n"], "msg": "…"}`, `{"message": "…"}` or a string."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    text = part.get("msg") or part.get("message")
    if not isinstance(text, str):
        return ""
    place = part.get("loc")
    return f"{'.'.join(map(str, place))}: {text}" if isinstance(place, list) else text


def _reason(source: dict[str, object]) -> object:
    """The machine-readable reason among Google's error details."""
    details = source.get("details")
    if isinstance(details, list):
        for detail in details[:20]:
            if isinstance(detail, dict) and detail.get("reason"):
                return detail["reason"]
    return None


def _word(value: object) -> str | None:
    """`value` as a code: a short word or a number; anything longer is prose and could hold anything."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value)
    return text if _WORD.fullmatch(text) else None


def _status_words(value: object) -> list[str]:
    """The numeric status and other codes beside the main ones."""
    inner = value.get("error") if isinstance(value, dict) else None
    source = inner if isinstance(inner, dict) else value
    if not isinstance(source, dict):
        return []
    return [word for name in ("code", "type", "status_code") if (word := _word(source.get(name)))]
