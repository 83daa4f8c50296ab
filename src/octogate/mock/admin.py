"""The inspection endpoints under `/__mock/`: what was asked, how much, and how to behave from now on."""

from collections import Counter
from typing import Any, Protocol

import orjson

from octogate.mock.behaviour import Settings
from octogate.mock.journal import InstanceStats, Journal
from octogate.mock.refusals import JSON_TYPE, Refused
from octogate.mock.routes import DEFAULT_INSTANCE, Route
from octogate.mock.steps import Steps, whole

# The documentation lists exactly these.
ENDPOINTS = (
    "GET /__mock/health",
    "GET /__mock/requests",
    "DELETE /__mock/requests",
    "GET /__mock/stats",
    "GET /__mock/violations",
    "GET /__mock/behaviour",
    "PUT /__mock/behaviour",
    "POST /__mock/reset",
)


class Administered(Protocol):
    """What the endpoints need of the server."""

    journal: Journal

    @property
    def open_connections(self) -> int:
        """Connections over all instances."""

    def behave(self, instance: str = ..., **settings: object) -> None:
        """Set an instance's parameters."""

    def settings(self, instance: str = ...) -> Settings:
        """An instance's parameters."""

    def reset(self, instance: str = ...) -> None:
        """Forget everything."""


def administer(server: Administered, method: str, route: Route, body: bytes) -> Steps:
    """Answer one inspection request; `route.instance` "" means all of them."""
    try:
        return _json(200, _answer(server, f"{method} /__mock/{route.admin}", route.instance, body))
    except Refused as refused:
        return _json(refused.status, {"error": refused.message})


def _answer(server: Administered, endpoint: str, instance: str, body: bytes) -> Any:
    match endpoint:
        case "GET /__mock/health":
            return {"status": "ok"}
        case "GET /__mock/requests":
            return {"requests": [record.as_json() for record in server.journal.records(instance)]}
        case "DELETE /__mock/requests":
            server.journal.forget_records(instance)
        case "GET /__mock/stats":
            return _stats(server, instance)
        case "GET /__mock/violations":
            return _violations(server, instance)
        case "GET /__mock/behaviour":
            return server.settings(instance or DEFAULT_INSTANCE)
        case "PUT /__mock/behaviour":
            server.behave(instance or DEFAULT_INSTANCE, **_read_settings(body))
        case "POST /__mock/reset":
            server.reset(instance)
        case _:
            raise Refused(404, f"The mock has no such endpoint; it has: {', '.join(ENDPOINTS)}.")
    return {"status": "ok"}


def _stats(server: Administered, instance: str) -> dict[str, Any]:
    names = [instance] if instance else server.journal.instances()
    instances = {name: _shown(server.journal.stats(name)) for name in names}
    return {"open_connections": server.open_connections, "instances": instances}


def _violations(server: Administered, instance: str) -> dict[str, Any]:
    """How often each rule was broken, and the kept requests that broke one."""
    names = [instance] if instance else server.journal.instances()
    counts = sum((server.journal.stats(name).violations for name in names), Counter[str]())
    broken = [record for record in server.journal.records(instance) if record.violation is not None]
    shown = ("id", "instance", "path", "model", "request_id", "violation", "violation_message")
    requests = [{name: getattr(record, name) for name in shown} for record in broken]
    return {"violations": counts.total(), "by_rule": dict(counts), "requests": requests}


def _shown(stats: InstanceStats) -> dict[str, Any]:
    return {
        "calls": stats.calls,
        "open_calls": stats.open_calls,
        "most_open_calls": stats.most_open_calls,
        "disconnected": stats.outcomes["disconnected"],
        "outcomes": dict(stats.outcomes),
        "violations": dict(stats.violations),
        "statuses": {str(status): count for status, count in stats.statuses.items()},
        "input_tokens": stats.tokens.input_tokens,
        "output_tokens": stats.tokens.output_tokens,
        "by_request_id": {
            name: {"calls": one.calls, "input_tokens": one.input_tokens, "output_tokens": one.output_tokens}
            for name, one in stats.by_request_id.items()
        },
    }


def _read_settings(body: bytes) -> dict[str, Any]:
    try:
        settings = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise Refused(400, "The body is not JSON.") from error
    if not isinstance(settings, dict):
        raise Refused(400, "The body is not a JSON object of parameters.")
    return settings


def _json(status: int, value: Any) -> Steps:
    return whole(status, (JSON_TYPE,), orjson.dumps(value))
