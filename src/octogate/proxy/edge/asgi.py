"""Serves one exchange by an ASGI application (HTTP scope only): the control plane's way in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from octogate.core.errors import GatewayError
from octogate.proxy.edge.refusals import error_body

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from octogate.proxy.edge.exchange import Exchange

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    AsgiApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

# The edge writes these itself.
_OURS = frozenset({b"content-length", b"transfer-encoding", b"connection", b"date", b"keep-alive"})


MAX_BODY = 65_536
"""The pages ask for no key: a body there must not take from the memory that calls with one share."""


async def serve_asgi(app: AsgiApp, exchange: Exchange) -> None:
    """Run `app` on `exchange`. The body is read first, so an application never begins on a request that is broken.

    When the caller leaves, the Task is cancelled: `http.disconnect` comes only after the answer is complete.
    """
    try:
        body = await exchange.body(at_most=MAX_BODY)
    except GatewayError as error:
        answer = error_body(error.message, error.code, error.status)
        exchange.send(error.status, b"content-type: application/json\r\n", answer)
        return
    conversation = _Conversation(exchange, body)
    await app(_scope(exchange), conversation.receive, conversation.send)
    if not exchange.answered:
        raise RuntimeError("the application returned without completing its answer")


def _scope(exchange: Exchange) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": exchange.version,
        "method": exchange.method,
        "scheme": "https" if exchange.is_tls else "http",
        "path": unquote(exchange.path),
        "raw_path": exchange.path.encode("ascii"),
        "query_string": exchange.query.encode("ascii"),
        "root_path": "",
        "headers": list(exchange.fields.items()),
        "client": (exchange.client_ip, 0),
        "server": None,
    }


class _Conversation:
    """What an application hears and says about one exchange."""

    def __init__(self, exchange: Exchange, body: bytes) -> None:
        self._exchange = exchange
        self._body: bytes | None = body
        self._status = 0
        self._headers = b""

    async def receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        if not self._exchange.answered:
            await asyncio.Event().wait()  # ended by the Task's cancellation only
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = b"".join(
                b"%b: %b\r\n" % (name, value)
                for name, value in message.get("headers", ())
                if name.lower() not in _OURS and not _breaks_lines(name, value)
            )
        elif message["type"] == "http.response.body":
            self._pass_on(message.get("body", b""), more=message.get("more_body", False))
            await self._drained()

    def _pass_on(self, data: bytes, *, more: bool) -> None:
        exchange = self._exchange
        if not exchange.committed and not more and exchange.method != "HEAD":
            exchange.send(self._status, self._headers, data)
            return
        if not exchange.committed:
            exchange.start(self._status, self._headers)
        if more:
            exchange.write(data)
        else:
            exchange.finish(data)

    async def _drained(self) -> None:
        exchange = self._exchange
        if exchange.congested and not exchange.answered:
            drained = asyncio.Event()
            exchange.on_drain = drained.set
            await drained.wait()
            exchange.on_drain = None


def _breaks_lines(name: bytes, value: bytes) -> bool:
    return b"\n" in name or b"\r" in name or b"\n" in value or b"\r" in value
