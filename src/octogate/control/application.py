"""The routes of the control pages."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from octogate.control.facts import ControlFacts
from octogate.control.hardening import Hardened
from octogate.control.page import FAVICON, FRONT_PAGE, FrontPage
from octogate.control.refusal import refusal
from octogate.core.errors import GatewayError, Internal, MethodNotAllowed, NotFound

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = "GET, HEAD"


class ControlPages:
    """The handlers; each asks `facts` and answers at once."""

    def __init__(self, facts: ControlFacts) -> None:
        self._facts = facts

    async def front(self, request: Request) -> Response:
        """The start page: where to point an SDK."""
        ready, _ = self._facts.readiness()
        html = FRONT_PAGE.render(
            request.headers,
            tls=request.url.scheme == "https",
            ready=ready,
            providers=self._facts.enabled_providers(),
            version=self._facts.version()["version"] or "",
        )
        return Response(html, media_type="text/html", headers={"content-security-policy": FrontPage.policy})

    async def health(self, _request: Request) -> Response:
        """Is the process alive? Counts the providers that are enabled, healthy or not."""
        return JSONResponse({"status": "healthy", "providers": self._facts.enabled_providers()})

    async def alive(self, _request: Request) -> Response:
        """Is the process alive? The short form that container probes of other gateways ask for."""
        return JSONResponse({"status": "healthy"})

    async def healthz(self, _request: Request) -> Response:
        """Is the process alive? Says which build it is, too."""
        return JSONResponse({"ok": True, **self._facts.version()})

    async def readyz(self, _request: Request) -> Response:
        """May calls be sent here? 503 while starting and draining."""
        ready, details = self._facts.readiness()
        return JSONResponse({"ok": ready, **self._facts.version(), **details}, _status(ready))

    async def readiness(self, _request: Request) -> Response:
        """Readiness under the name that other gateways use."""
        ready, details = self._facts.readiness()
        return JSONResponse({"status": "healthy" if ready else "unhealthy", **details}, _status(ready))

    async def version(self, _request: Request) -> Response:
        """Which build this is."""
        return JSONResponse(dict(self._facts.version()))

    async def metrics(self, request: Request) -> Response:
        """All metrics, for callers who may read them."""
        try:
            self._facts.may_read_metrics(dict(request.headers.raw))
        except GatewayError as error:
            return refusal(error)
        return Response(self._facts.metrics_text(), headers={"content-type": METRICS_TYPE})

    async def favicon(self, _request: Request) -> Response:
        """The mark in the browser's tab."""
        return Response(FAVICON, media_type="image/svg+xml")


def control_application(facts: ControlFacts) -> ASGIApp:
    """The pages with their security headers around them."""
    pages = ControlPages(facts)
    handlers = {
        "/": pages.front,
        "/health": pages.health,
        "/healthz": pages.healthz,
        "/readyz": pages.readyz,
        "/health/liveliness": pages.alive,
        "/health/liveness": pages.alive,
        "/health/readiness": pages.readiness,
        "/version": pages.version,
        "/metrics": pages.metrics,
        "/favicon.svg": pages.favicon,
    }
    routes = [Route(path, handler, methods=["GET"]) for path, handler in handlers.items()]
    application = Starlette(
        routes=routes,
        exception_handlers={404: _nothing_here, 405: _other_method, Exception: _broken},
    )
    application.router.redirect_slashes = False
    return Hardened(application)


def _status(ready: bool) -> int:
    return 200 if ready else 503


async def _nothing_here(_request: Request, _error: Exception) -> Response:
    return refusal(NotFound("There is nothing at this address. The API begins at /v1, the start page is at /."))


async def _other_method(request: Request, _error: Exception) -> Response:
    answer = refusal(MethodNotAllowed(f"{request.method} is not allowed here; allowed: {_METHODS}."))
    answer.headers["allow"] = _METHODS
    return answer


async def _broken(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again behind this answer, so the server above still gets to log it.
    return refusal(Internal("Octogate failed to answer; its log has the reason under this answer's x-request-id."))
