"""Upstreams that a test scripts byte by byte, on real sockets, under both event loops."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
import uvloop

from octogate.core.snapshot import Origin, Timeouts, Tls
from octogate.proxy.upstream.answer import Answer
from octogate.proxy.upstream.client import Client

REQUEST = b"POST /v1/x HTTP/1.1\r\nhost: upstream\r\ncontent-length: 2\r\n\r\n{}"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


def pytest_asyncio_loop_factories(config, item):
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


class Wire:
    """The upstream's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.requests: list[bytes] = []
        self.ended = asyncio.Event()  # the script is over

    async def request(self) -> bytes:
        """The next request, whole; an empty one when the client has left."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            body = await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            return b""
        self.requests.append(head + body)
        return head + body

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def gone(self) -> None:
        """Return when the client has closed its end."""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while await self.reader.read(65536):
                pass

    def reset(self) -> None:
        """Close with RST."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Script = Callable[[Wire], Awaitable[None]]


@dataclass
class Upstream:
    """A listening upstream. `wires` has one entry for each connection, oldest first."""

    origin: Origin
    wires: list[Wire] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.origin.port


async def _run(script: Script, wire: Wire) -> None:
    try:
        await script(wire)
    except ConnectionError:
        pass
    finally:
        wire.writer.close()
        wire.ended.set()


@pytest.fixture
async def upstream_with() -> AsyncIterator[Callable[..., Awaitable[Upstream]]]:
    """Start an upstream: `await upstream_with(script)`; the script runs once for each connection."""
    servers: list[asyncio.Server] = []
    tasks: set[asyncio.Task[None]] = set()

    async def start(
        script: Script,
        *,
        host: str = "127.0.0.1",
        name: str | None = None,
        server_tls: ssl.SSLContext | None = None,
        tls: Tls | None = None,
    ) -> Upstream:
        tls = tls or Tls()
        upstream = Upstream(Origin("https" if server_tls else "http", name or host, 0, tls))

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            wire = Wire(reader, writer)
            upstream.wires.append(wire)
            tasks.add(asyncio.ensure_future(_run(script, wire)))

        server = await asyncio.start_server(accept, host, 0, ssl=server_tls)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        upstream.origin = Origin(upstream.origin.scheme, upstream.origin.host, port, tls)
        return upstream

    yield start
    for server in servers:
        server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def client_with() -> AsyncIterator[Callable[..., Client]]:
    """Make a client: `client_with(max_connections_per_origin=2)`; closed at the end."""
    clients: list[Client] = []

    def make(**options: object) -> Client:
        clients.append(Client(**options))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()


@dataclass
class Asker:
    """One client towards one upstream: what most stories need."""

    client: Client
    origin: Origin
    timeouts: Timeouts = field(default_factory=lambda: Timeouts(connect=5, first_event=5, idle=5, total=5))

    async def ask(self, *, stream: bool = False, request: bytes = REQUEST) -> Answer:
        return await self.client.ask(self.origin, request, timeouts=self.timeouts, stream=stream)

    async def body(self) -> bytes:
        answer = await self.ask()
        try:
            return await answer.body()
        finally:
            answer.release()

    @property
    def slots(self) -> tuple[int, int, int]:
        """Idle, in use, waiting."""
        states = self.client.describe()
        return (states[0].idle, states[0].in_use, states[0].waiting) if states else (0, 0, 0)


@pytest.fixture
def asking(upstream_with, client_with) -> Callable[..., Awaitable[tuple[Asker, Upstream]]]:
    """Both ends at once: `asker, upstream = await asking(script)`."""

    async def start(script: Script, *, timeouts: Timeouts | None = None, **options: object) -> tuple[Asker, Upstream]:
        upstream = await upstream_with(script)
        asker = Asker(client_with(**options), upstream.origin)
        if timeouts is not None:
            asker.timeouts = timeouts
        return asker, upstream

    return start


async def _echo_ok(wire: Wire) -> None:
    while await wire.request():
        await wire.send(OK)


@pytest.fixture
def always_ok() -> Script:
    """Answers every request with `hello` and keeps the connection."""
    return _echo_ok


@pytest.fixture
def once() -> Callable[..., Script]:
    """A script that reads one request, sends these parts with a flush between them, then closes (or waits)."""

    def make(*parts: bytes, then: str = "close") -> Script:
        async def script(wire: Wire) -> None:
            while await wire.request():
                for part in parts:
                    await wire.send(part)
                    await asyncio.sleep(0)
                if then == "reset":
                    wire.reset()
                    return
                if then == "close":
                    return
                if then == "wait":
                    await wire.gone()
                    return

        return script

    return make


@pytest.fixture
def fast() -> Callable[..., Timeouts]:
    """Timeouts of 5 s, with those that a story is about much shorter."""

    def make(**seconds: float) -> Timeouts:
        return Timeouts(**({"connect": 5.0, "first_event": 5.0, "idle": 5.0, "total": 5.0} | seconds))

    return make
