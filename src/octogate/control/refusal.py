"""Refusals of the control pages, in the shape that OpenAI clients read."""

import math

from starlette.responses import JSONResponse

from octogate.core.errors import GatewayError

_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def refusal(error: GatewayError) -> JSONResponse:
    """The answer that tells `error`; its `detail` stays inside."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
    body = {"message": error.message, "type": kind, "param": error.param, "code": error.code}
    answer = JSONResponse({"error": body}, error.status)
    if error.status == 401:
        answer.headers["www-authenticate"] = "Bearer"
    if error.retry_after is not None:
        answer.headers["retry-after"] = str(math.ceil(error.retry_after))
    return answer
