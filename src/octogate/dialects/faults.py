"""Reads what providers say when they refuse or fail: every recorded shape, in a body and inside a stream."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from octogate.core.errors import UpstreamBroken, UpstreamError, UpstreamRefused
from octogate.dialects.base import ProviderFault
from octogate.dialects.judgement import BROKEN_OFF, judge_in_band
from octogate.dialects.meaning import Explained, explain
from octogate.dialects.scrub import scrub
from octogate.dialects.waits import told_wait

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding hostile JSON can raise."""

NO_ANSWER: Final = ProviderFault("The provider's answer is not a whole answer of this dialect.")
"""What a body is that claims success, reports no error, and holds no answer either."""

_MAX_FAULT_BYTES: Final = 256 * 1024
_MAX_ENTRIES: Final = 20
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")
_PARAM: Final = re.compile(r"[A-Za-z_][\w.\[\]-]{0,127}")
_NOTHING: Final = explain(ProviderFault(""))
_NESTED: Final = 2
"""How many errors may stand inside each other as text: an intermediary's, and the provider's that it quotes."""


def read_fault(status: int, body: bytes) -> Explained:
    """The fault in an error body; a text made from `status` when the body is HTML, empty or no JSON."""
    fault = _fault(_decode(body)) or _NOTHING
    message = fault.message or f"The provider answered with status {status} and no readable explanation."
    # Several providers repeat the status as their code, which says nothing more.
    code = None if fault.code == str(status) else fault.code
    return msgspec.structs.replace(fault, message=message, code=code)


def find_fault(body: bytes) -> Explained | None:
    """The fault of a body that claims success; None when it says nothing that looks like one."""
    value = _first(_decode(body))
    if not isinstance(value, dict):
        return None
    if not value.get("error") and "error" not in (value.get("type"), value.get("object")):
        return None
    fault = _fault(value) or _NOTHING
    if fault.message:
        return fault
    return msgspec.structs.replace(fault, message="The provider reported an error without a readable explanation.")


def stream_failure(event: bytes) -> UpstreamError:
    """The error for an event with which a provider breaks off its own stream, before or after its first content."""
    fault = _fault(_decode(event)) or _NOTHING
    judged = judge_in_band(fault)
    if issubclass(judged.kind, UpstreamRefused):
        message = judged.message or BROKEN_OFF
    else:
        message = judged.message if judged.ours else fault.message or BROKEN_OFF
    return judged.error(
        fault,
        upstream_status=None,
        message=message,
        # The provider had begun, so it may have done the work: nothing of it is known to be safe to repeat.
        replay=judged.replay if judged.replay in ("next", "never") else "ambiguous",
        retry_after=fault.wait,
        detail=" ".join(("in-band error", *fault.words)),
    )


def malformed_event(detail: str | None = None) -> UpstreamBroken:
    """The error for an event that is not what the dialect knows; `detail` is for the log and holds no content."""
    return UpstreamBroken(
        "The provider sent an event that cannot be read.", code="upstream_malformed_event", detail=detail
    )


def _decode(body: bytes | str) -> object:
    if len(body) > _MAX_FAULT_BYTES:
        return None
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf") if isinstance(body, bytes) else body)
    except UNREADABLE:
        return None


def _first(value: object) -> object:
    """Google's streams are arrays, and so are the errors that end them."""
    return value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value


def _fault(value: object, depth: int = 0) -> Explained | None:
    """The fault in a decoded body: an `error` object or string, or the members at the top."""
    value = _first(value)
    if isinstance(value, str):
        return explain(ProviderFault(scrub(value)))
    if not isinstance(value, dict):
        return None
    source = _source(value)
    text = _message(source)
    if depth < _NESTED and (quoted := _quoted(source, text, depth)) is not None:
        return quoted
    words = tuple(_words(value, source))
    code = _word(_reason(source)) or _word(source.get("code")) or _word(source.get("error_type"))
    status = source.get("status")
    status = status if isinstance(status, str) else None
    kind = _word(status) or _word(source.get("type")) or _word(value.get("type"))
    param = source.get("param")
    message = scrub(text)
    return explain(
        ProviderFault(message, code, kind),
        *words,
        param=param if isinstance(param, str) and _PARAM.fullmatch(param) and scrub(param) == param else None,
        wait=told_wait(source, message),
    )


def _source(value: dict[str, object]) -> dict[str, object]:
    """The object that holds the message: `error`, or the whole body."""
    inner = value.get("error")
    if isinstance(inner, dict) and inner:
        return inner
    if isinstance(inner, str) and inner and not isinstance(value.get("message"), str):
        return {**value, "message": inner}
    return value


def _quoted(source: dict[str, object], text: str, depth: int) -> Explained | None:
    """The provider's own error where an intermediary passes it on as text: OpenRouter's `metadata.raw`, or JSON."""
    metadata = source.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if not isinstance(raw, str) or not raw.strip():
        raw = text if text.lstrip().startswith("{") else None
    if raw is None:
        return None
    decoded = _decode(raw)
    inner = _fault(decoded if isinstance(decoded, (dict, list)) else raw, depth + 1)
    if inner is None or not inner.message:
        return None
    outer = tuple(word for name in ("code", "type") if (word := _word(source.get(name))))
    if inner.words or not outer:
        return inner
    return msgspec.structs.replace(inner, words=outer, code=inner.code or outer[0])


def _message(source: dict[str, object]) -> str:
    for name in ("message", "detail", "error_description", "msg", "title"):
        text = source.get(name)
        if isinstance(text, str) and text.strip():
            return text
        if isinstance(text, list):
            return "; ".join(filter(None, (_detail(part) for part in text[:_MAX_ENTRIES])))
        if isinstance(text, dict) and isinstance(text.get("message"), str):
            return str(text["message"])
    errors = source.get("errors")
    if isinstance(errors, list):
        return "; ".join(filter(None, (_detail(part) for part in errors[:_MAX_ENTRIES])))
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
    for detail in _details(source):
        if detail.get("reason"):
            return detail["reason"]
    return None


def _details(source: dict[str, object]) -> Iterator[dict[str, object]]:
    details = source.get("details")
    for detail in details[:_MAX_ENTRIES] if isinstance(details, list) else ():
        if isinstance(detail, dict):
            yield detail


def _word(value: object) -> str | None:
    """`value` as a code: a short word or a number; anything longer is prose and could hold anything."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value)
    return text if _WORD.fullmatch(text) else None


def _words(value: dict[str, object], source: dict[str, object]) -> Iterator[str]:
    """Every code of an error that is not its main one, wherever providers put them."""
    inner, metadata = source.get("innererror"), source.get("metadata")
    holders = [source, value, *(holder for holder in (inner, metadata) if isinstance(holder, dict))]
    for holder in holders:
        for name in ("code", "type", "error_type", "status_code", "status"):
            if (word := _word(holder.get(name))) is not None:
                yield word
    kind = value.get("__type")
    if isinstance(kind, str) and (word := _word(kind.rpartition("#")[2])) is not None:  # Amazon's name for a code
        yield word
    if isinstance(metadata, dict) and "flagged_input" in metadata:
        yield "flagged_input"  # OpenRouter's moderation has no code but 403
    for detail in _details(source):
        violations = detail.get("violations")
        for violation in violations[:_MAX_ENTRIES] if isinstance(violations, list) else ():
            if isinstance(violation, dict) and (word := _word(violation.get("quotaId"))) is not None:
                yield word
