"""Errors as each provider words them: status, headers and body in the dialect of the path."""

import math
from typing import Any, Literal

import orjson

from octogate.core.call import DialectName
from octogate.mock.steps import Steps, whole

Family = Literal["openai", "anthropic", "gemini"]
JSON_TYPE = ("content-type", "application/json")

FAMILIES: dict[DialectName, Family] = {
    "openai_chat": "openai",
    "openai_responses": "openai",
    "openai_embeddings": "openai",
    "anthropic_messages": "anthropic",
    "gemini_generate": "gemini",
}

_MESSAGES = {
    400: "The request is not valid.",
    401: "Incorrect API key provided.",
    402: "Your credit balance is too low.",
    403: "You have no permission to use this resource.",
    404: "The model does not exist or you do not have access to it.",
    408: "The request took too long to arrive.",
    409: "The request conflicts with another one.",
    413: "The request is larger than allowed.",
    422: "The request could not be processed.",
    425: "Too early.",
    429: "Rate limit reached. Please try again later.",
    500: "The server had an error while processing your request.",
    502: "Bad gateway.",
    503: "The model is overloaded. Please try again later.",
    504: "The server did not answer in time.",
    529: "Overloaded",
}
STATUSES = tuple(_MESSAGES)

_OPENAI_CODES = {
    401: "invalid_api_key",
    402: "insufficient_quota",
    404: "model_not_found",
    429: "rate_limit_exceeded",
}
_ANTHROPIC_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_GEMINI_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class Refused(Exception):
    """The mock answers this request with an error, as a provider would."""

    def __init__(
        self,
        status: int,
        message: str | None = None,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.message = message or _MESSAGES.get(status, "The request failed.")
        self.code = code
        self.param = param
        self.retry_after = retry_after
        super().__init__(self.message)


def context_refused(family: Family) -> Refused:
    """The prompt does not fit into the model, in each provider's own words."""
    if family == "anthropic":
        return Refused(400, "prompt is too long: 210000 tokens > 200000 maximum")
    if family == "gemini":
        return Refused(400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).")
    text = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."
    return Refused(400, text, code="context_length_exceeded", param="messages")


def policy_refused(family: Family) -> Refused:
    """The prompt is against the provider's content policy."""
    code = "content_policy_violation" if family == "openai" else None
    return Refused(400, "The request was rejected by the content policy of this provider.", code=code)


def refusal_steps(family: Family, refused: Refused, number: int) -> Steps:
    """The whole error answer."""
    headers = [JSON_TYPE, *_retry_headers(refused)]
    if family != "gemini":
        headers.append(("request-id" if family == "anthropic" else "x-request-id", f"req_mock{number:06d}"))
    return whole(refused.status, tuple(headers), error_body(family, refused, number))


def error_body(family: Family, refused: Refused, number: int = 0) -> bytes:
    """The JSON of an error, the same in an answer and in a stream."""
    return orjson.dumps(_WRITERS[family](refused, number))


def _openai_error(refused: Refused, _number: int) -> dict[str, Any]:
    status = refused.status
    kind = "requests" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
    code = refused.code or _OPENAI_CODES.get(status)
    return {"error": {"message": refused.message, "type": kind, "param": refused.param, "code": code}}


def _anthropic_error(refused: Refused, number: int) -> dict[str, Any]:
    fallback = "api_error" if refused.status >= 500 else "invalid_request_error"
    kind = _ANTHROPIC_TYPES.get(refused.status, fallback)
    error = {"type": kind, "message": refused.message}
    return {"type": "error", "error": error, "request_id": f"req_mock{number:06d}"}


def _gemini_error(refused: Refused, _number: int) -> dict[str, Any]:
    status = _GEMINI_STATUSES.get(refused.status, "UNKNOWN")
    error: dict[str, Any] = {"code": refused.status, "message": refused.message, "status": status}
    if refused.retry_after is not None:
        retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{refused.retry_after:g}s"}
        error["details"] = [retry]
    return {"error": error}


_WRITERS = {"openai": _openai_error, "anthropic": _anthropic_error, "gemini": _gemini_error}


def _retry_headers(refused: Refused) -> list[tuple[str, str]]:
    seconds = refused.retry_after
    if seconds is None:
        return []
    # Retry-After has whole seconds only; the milliseconds header says the rest when there is one.
    exact = [] if seconds == int(seconds) else [("retry-after-ms", f"{seconds * 1000:g}")]
    return [("retry-after", str(math.ceil(seconds))), *exact]
