"""The mock upstream as a server: start it, point a client at it, ask it what it saw."""

import asyncio
import signal
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import quote, urlsplit

import msgspec
import uvloop

from octogate.mock.admin import administer
from octogate.mock.behaviour import Settings, behave
from octogate.mock.journal import InstanceStats, Journal, Record, masked_target
from octogate.mock.player import Player
from octogate.mock.refusals import JSON_TYPE
from octogate.mock.responder import Reply, Responder
from octogate.mock.routes import DEFAULT_INSTANCE, route_of
from octogate.mock.steps import whole
from octogate.mock.wire import Connection, Request

MAX_INSTANCE_SETTINGS = 1_000
BACKLOG = 4_096


class MockConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a mock server.

    `time_scale` multiplies every duration of a scenario or fault (0.01 makes 20 s 0.2 s); `latency_ms` and `delay_ms`
    are taken as they are. `defaults` are parameters for every answer. `idle_seconds` closes a connection without a
    request.
    """

    time_scale: float = 1.0
    defaults: Settings = {}
    max_records: int = 1_000
    max_request_ids: int = 100_000
    max_connections: int = 20_000
    max_body_bytes: int = 64 * 1024 * 1024
    idle_seconds: float = 120.0


class MockServer:
    """One listener with any number of instances (`/p/<name>/…`), each with its own state."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, config: MockConfig | None = None) -> None:
        self.config = config or MockConfig()
        self.journal = Journal(max_records=self.config.max_records, max_request_ids=self.config.max_request_ids)
        behave(self.config.defaults)
        self._host = host
        self._port = port
        self._responder = Responder(defaults=self.config.defaults, time_scale=self.config.time_scale)
        self._settings: OrderedDict[str, Settings] = OrderedDict()
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._served = 0

    async def __aenter__(self) -> "MockServer":
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen. With port 0 the kernel picks one; `port` says which."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, self._host, self._port, backlog=BACKLOG)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the listener and drop every connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            connection.abort()
        await self._server.wait_closed()
        self._server = None

    @property
    def port(self) -> int:
        """The port that the server listens on."""
        return self._port

    @property
    def open_connections(self) -> int:
        """Connections over all instances."""
        return len(self._connections)

    def base_urls(self, instance: str | None = None) -> dict[str, str]:
        """What to give to the SDKs as their base URL."""
        prefix = f"/p/{quote(instance, safe='')}" if instance else ""
        root = f"http://{self._host}:{self._port}{prefix}"
        return {"openai": f"{root}/openai/v1", "anthropic": f"{root}/anthropic", "gemini": f"{root}/gemini"}

    def requests(self, instance: str = "") -> list[Record]:
        """The last requests, the oldest first."""
        return self.journal.records(instance)

    def stats(self, instance: str = DEFAULT_INSTANCE) -> InstanceStats:
        """The counts of one instance."""
        return self.journal.stats(instance)

    def behave(self, instance: str = DEFAULT_INSTANCE, **settings: object) -> None:
        """Make an instance behave so from now on; without settings it is well again. Raises Refused on wrong ones."""
        behave(settings)
        self._settings[instance] = settings
        self._settings.move_to_end(instance)
        if len(self._settings) > MAX_INSTANCE_SETTINGS:
            self._settings.popitem(last=False)

    def settings(self, instance: str = DEFAULT_INSTANCE) -> Settings:
        """What `behave` set for an instance."""
        return self._settings.get(instance, {})

    def reset(self, instance: str = "") -> None:
        """Forget requests, counts, runs and settings of one instance, or of all."""
        self.journal.reset(instance)
        self._responder.runs.reset(instance)
        for name in [name for name in self._settings if instance in ("", name)]:
            del self._settings[name]

    def _connection(self) -> Connection:
        connection = Connection(
            self._play,
            lost=self._connections.discard,
            max_body_bytes=self.config.max_body_bytes,
            idle_seconds=self.config.idle_seconds,
        )
        self._connections.add(connection)
        return connection

    def _play(self, request: Request, transport: asyncio.Transport, played: Callable[[bool], None]) -> Player:
        self._served += 1
        route = route_of(request.method, request.target, request.headers)
        record = Record(
            id=self._served,
            instance=route.instance,
            method=request.method,
            path=masked_target(request.target),
            headers=request.headers,
            body=request.body,
            body_size=len(request.body),
            at=time.time(),
        )
        is_probe = request.method == "HEAD" or urlsplit(request.target).path in ("", "/")
        is_watched = route.admin is None and not is_probe
        if route.admin is not None:
            reply = Reply(administer(self, request.method, route, request.body))
        elif is_probe:
            reply = Reply(whole(200, (JSON_TYPE,), b"{}"))
        else:
            settings = self.settings(route.instance)
            reply = self._responder.reply(route, request.target, request.headers, request.body, settings)
            record.model, record.scenario = reply.model, reply.scenario
            if reply.violation is not None:
                record.violation, record.violation_message = reply.violation.rule, reply.violation.message
            self.journal.open(record)
        started = time.monotonic()

        def done(reusable: bool) -> None:
            record.seconds = time.monotonic() - started
            if is_watched:
                self.journal.close(record)
            played(reusable)

        return Player(
            transport,
            reply.steps,
            record,
            input_tokens=reply.input_tokens,
            keep_alive=request.keep_alive,
            chunks=not request.is_old,
            bodiless=request.method == "HEAD",
            done=done,
        )


def run(
    host: str = "127.0.0.1",
    port: int = 4010,
    *,
    config: MockConfig | None = None,
    ready: Callable[[MockServer], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is called when the port is open."""
    uvloop.run(_serve(MockServer(host=host, port=port, config=config), ready))


async def _serve(server: MockServer, ready: Callable[[MockServer], None] | None) -> None:
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    async with server:
        if ready is not None:
            ready(server)
        await asked_to_stop.wait()
