"""Writes errors the way OpenAI's SDKs read them; shared by the three dialects of that family."""

from typing import Final

import msgspec

from octogate.core.errors import GatewayError, UpstreamError
from octogate.dialects.rendering import shown_code, writable

_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    529: "overloaded_error",
}


def error_body(error: GatewayError, request_id: str) -> bytes:
    """`{"error": {…}}`, with the faults a second time at the top for clients that look for `details` there."""
    body: dict[str, object] = {"error": error_object(error, request_id)}
    if error.faults:
        body["details"] = error.faults
    return msgspec.json.encode(body)


def error_object(error: GatewayError, request_id: str) -> dict[str, object]:
    """The value of `error`. `code` is ours, or the provider's own word where a caller's request was refused by it."""
    value: dict[str, object] = {
        "message": writable(error.message),
        "type": error_type(error),
        "param": writable(error.param) if error.param is not None else None,
        "code": shown_code(error),
        "request_id": request_id,
        "source": error.source,
    }
    if error.reason is not None and error.reason != value["code"]:
        value["reason"] = writable(error.reason)
    if error.faults:
        value["details"] = error.faults
    if isinstance(error, UpstreamError) and error.attempts:
        value["attempts"] = error.attempts
    return value


def error_type(error: GatewayError) -> str:
    """OpenAI's `type` for an error."""
    if error.code == "insufficient_quota":
        return "insufficient_quota"
    if error.status in _TYPES:
        return _TYPES[error.status]
    return "invalid_request_error" if error.status < 500 else "api_error"
