"""Control pages over facts that a test can set, asked in process."""

from collections.abc import Mapping

import pytest

from octogate.control import build_control
from octogate.core.errors import Forbidden, Unauthenticated

READER, OTHER = b"Bearer may-read", b"Bearer may-call"


class Facts:
    """A gateway as the control pages see it."""

    providers = 3
    error: str | None = None

    def enabled_providers(self) -> int:
        return self.providers

    def readiness(self) -> tuple[bool, dict[str, object]]:
        return self.error is None, {"error": self.error} if self.error else {"config_version": 7}

    def version(self) -> Mapping[str, str | None]:
        return {"version": "9.8.7", "commit": "abc1234", "build_date": "2026-11-21"}

    def metrics_text(self) -> bytes:
        return b"octogate_calls_total 1\n"

    def may_read_metrics(self, fields: Mapping[bytes, bytes]) -> None:
        if fields.get(b"authorization") == OTHER:
            raise Forbidden("This key may not read metrics; it needs the scope metrics:read.", detail="key other")
        if fields.get(b"authorization") != READER:
            raise Unauthenticated("A key is required.")


class Answer:
    def __init__(self, messages: list[dict[str, object]]) -> None:
        self.status = messages[0]["status"]
        self.fields = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])
        self.text = self.body.decode()


class Control:
    def __init__(self) -> None:
        self.facts = Facts()
        self._application = build_control(self.facts)

    async def ask(
        self, path: str, method: str = "GET", *, scheme: str = "http", fields: Mapping[str, str] | None = None
    ) -> Answer:
        sent: list[dict[str, object]] = []
        headers = {"host": "gateway.test:4000", **(fields or {})}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": scheme,
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 4000),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        await self._application(scope, receive, send)
        return Answer(sent)


@pytest.fixture
def control() -> Control:
    return Control()
