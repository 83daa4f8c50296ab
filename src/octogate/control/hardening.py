"""Security headers on every control answer, whoever produced it."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from octogate.core.ids import request_id

_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
# Answers that are not the page need nothing at all; the page brings its own policy.
_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_HSTS = "max-age=31536000"


class Hardened:
    """Wraps an application: adds the headers and a request id. HSTS only over TLS, where browsers honour it."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                _harden(MutableHeaders(scope=message), tls=scope.get("scheme") == "https")
            await send(message)

        await self._application(scope, receive, send_hardened)


def _harden(headers: MutableHeaders, *, tls: bool) -> None:
    headers.update(_HEADERS)
    headers.setdefault("content-security-policy", _POLICY)
    headers["x-request-id"] = request_id()
    if tls:
        headers["strict-transport-security"] = _HSTS
