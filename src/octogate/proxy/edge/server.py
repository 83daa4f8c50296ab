"""The listener: sockets, the sweeper of deadlines, and the orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

from octogate.proxy.edge.connection import Connection
from octogate.proxy.edge.limits import SWEEP_SECONDS
from octogate.proxy.edge.replies import date_line
from octogate.proxy.edge.state import EdgeState
from octogate.proxy.edge.tls import Certificates, TlsFiles

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from octogate.proxy.edge.exchange import Exchange
    from octogate.proxy.edge.limits import EdgeLimits

# What a cancelled handler may still take for its own clean-up: it settles in memory and waits for nobody.
_ABORT_SECONDS = 2.0
_BACKLOG = 4096


class EdgeServer:
    """Serves HTTP/1.1 on any number of sockets: `handler` runs once per request, in a Task of its own.

    `on_refused` gets the reason of every request that was refused before a handler saw it (for a metric);
    `on_error` gets what a handler did not catch. Neither ever carries content.
    """

    def __init__(
        self,
        handler: Callable[[Exchange], Awaitable[None]],
        limits: EdgeLimits,
        *,
        on_refused: Callable[[str], None] | None = None,
        on_error: Callable[[Exception, Exchange], None] | None = None,
    ) -> None:
        self._state = EdgeState(handler, limits, on_refused, on_error)
        self._listeners: list[asyncio.Server] = []
        self._unix_files: list[tuple[Path, int]] = []
        self._certificates: list[Certificates] = []
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def port(self) -> int:
        """The port of the first TCP socket; 0 if there is none."""
        for listener in self._listeners:
            for listening in listener.sockets:
                if listening.family in {socket.AF_INET, socket.AF_INET6}:
                    return int(listening.getsockname()[1])
        return 0

    @property
    def in_flight(self) -> Collection[Exchange]:
        """The exchanges that a handler is working on."""
        return self._state.in_flight

    @property
    def connections(self) -> int:
        """Open connections, idle ones included."""
        return len(self._state.connections)

    @property
    def buffered_bytes(self) -> int:
        """Bytes of request bodies held in memory."""
        return self._state.buffered_bytes

    async def listen(
        self,
        host: str = "",
        port: int = 0,
        *,
        tls: TlsFiles | None = None,
        unix_path: str | None = None,
    ) -> None:
        """Open one more socket: `host` and `port` (0: any free one), or `unix_path`."""
        certificates = Certificates(tls) if tls is not None else None
        loop = asyncio.get_running_loop()
        limits = self._state.limits

        def accept() -> Connection:
            return Connection(self._state, is_tls=certificates is not None)

        context = certificates.listening if certificates is not None else None
        handshake = limits.header_deadline if certificates is not None else None
        shutdown = limits.linger if certificates is not None else None
        if unix_path is not None:
            listener = await loop.create_unix_server(
                accept,
                unix_path,
                ssl=context,
                backlog=_BACKLOG,
                ssl_handshake_timeout=handshake,
                ssl_shutdown_timeout=shutdown,
            )
            self._remember_unix_file(Path(unix_path))
        else:
            listener = await loop.create_server(
                accept,
                host,
                port,
                ssl=context,
                backlog=_BACKLOG,
                ssl_handshake_timeout=handshake,
                ssl_shutdown_timeout=shutdown,
            )
        self._listeners.append(listener)
        if certificates is not None:
            self._certificates.append(certificates)
        if self._sweeper is None:
            self._sweep()

    def reload_tls(self) -> None:
        """Read the certificates again for the handshakes to come; invalid files raise and change nothing."""
        for certificates in self._certificates:
            certificates.reload()

    def begin_drain(self) -> None:
        """From now on every answer says `connection: close`; new connections are still accepted."""
        self._state.draining = True

    def stop_listening(self) -> None:
        """Close the listening sockets; what is connected stays."""
        for listener in self._listeners:
            listener.close()
        for path, inode in self._unix_files:
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_ino == inode:  # another process may have taken the name over
                    path.unlink()
        self._listeners.clear()
        self._unix_files.clear()

    async def finish(self, grace: float, *, at_once: asyncio.Event | None = None) -> int:
        """Stop listening, wait up to `grace` seconds for running calls, end the rest; return how many that were.

        `at_once` ends the wait early when it is set.
        """
        state = self._state
        self.begin_drain()
        self.stop_listening()
        state.finishing = True
        for connection in tuple(state.connections):
            connection.close_if_idle()
        await self._emptied_within(grace, at_once)
        aborted = len(state.in_flight)
        for connection in state.connections | {exchange.connection for exchange in state.in_flight}:
            connection.kill()
        await self._emptied_within(_ABORT_SECONDS)
        if self._sweeper is not None:
            self._sweeper.cancel()
        return aborted

    def _remember_unix_file(self, path: Path) -> None:
        self._unix_files.append((path, path.stat().st_ino))

    async def _emptied_within(self, seconds: float, at_once: asyncio.Event | None = None) -> None:
        self._state.note_if_empty()
        events = (self._state.emptied, at_once)
        waits = [asyncio.create_task(event.wait()) for event in events if event is not None]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _sweep(self) -> None:
        now = time.monotonic()
        self._state.date_line = date_line(time.time())
        for connection in tuple(self._state.connections):
            if connection.deadline < now or connection.congested or connection.paused:
                connection.sweep(now)
        self._bound_unsent()
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

    def _bound_unsent(self) -> None:
        """Many callers who take large answers byte by byte never stall, so what waits for them has a bound together."""
        slow = [connection for connection in self._state.connections if connection.congested]
        waiting = sum(connection.unsent for connection in slow)
        if waiting <= self._state.limits.max_unsent:
            return
        for connection in sorted(slow, key=lambda each: each.unsent, reverse=True):
            waiting -= connection.unsent
            connection.cut("unsent")
            if waiting <= self._state.limits.max_unsent:
                return
