"""The connections of one origin: last in first out, bounded, waiters served in order.

A slot belongs to whoever leases it, from before the dial until `settle`; an idle connection owns its own. So
`leased + idle` never exceeds the bound, and there are waiters only while every slot is leased.
"""

import asyncio
import contextlib
from collections import deque
from time import monotonic

import msgspec

from octogate.core.snapshot import Origin
from octogate.proxy.upstream import failures
from octogate.proxy.upstream.connection import READ_BYTES, Connection
from octogate.proxy.upstream.deadlines import Watch
from octogate.proxy.upstream.dial import Dialer, label

MAX_WAITING = 10_000


class PoolState(msgspec.Struct, frozen=True):
    """What a pool holds now. `open` counts connections being opened too; `in_use` includes lingering ones."""

    where: str
    open: int
    idle: int
    in_use: int
    waiting: int


class Pool:
    """Leases connections of one origin. Every lease ends with exactly one `settle`."""

    def __init__(
        self, origin: Origin, dialer: Dialer, watch: Watch, *, max_connections: int, max_header_bytes: int
    ) -> None:
        self._origin = origin
        self._where = label(origin)
        self._dialer = dialer
        self._watch = watch
        self._max_connections = max_connections
        self._max_header_bytes = max_header_bytes
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._leased = 0
        self._is_closed = False
        self._inbox = memoryview(bytearray(READ_BYTES))

    def describe(self) -> PoolState:
        """A picture for tests and operators."""
        idle = len(self._idle)
        waiting = sum(not waiter.done() for waiter in self._waiting)
        return PoolState(self._where, idle + self._leased, idle, self._leased, waiting)

    @property
    def is_empty(self) -> bool:
        """Whether it can be dropped."""
        return not self._idle and not self._leased

    def take(self) -> Connection | None:
        """An open connection that is not in use, the most recently used first."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                self._leased += 1
                return connection
        return None

    async def lease(self, seconds: float) -> Connection:
        """A connection within `seconds`: a new one, or the next that comes free. Call `take` before.

        Raises UpstreamUnavailable and UpstreamTimeout, both safe to repeat.
        """
        if self._leased < self._max_connections:
            self._leased += 1
            return await self.dial(seconds)
        until = monotonic() + seconds
        connection = await self._wait(seconds)
        return connection or await self.dial(max(until - monotonic(), 0.001))

    async def dial(self, seconds: float) -> Connection:
        """A new connection for a slot that the caller already holds; the slot is given back on failure."""
        began = monotonic()
        connection = Connection(self._where, self, self._watch, self._max_header_bytes, self._inbox)
        try:
            await self._dialer.open(self._origin, connection, seconds=seconds)
        except BaseException:
            self._pass_on(None)
            raise
        connection.connect_seconds = monotonic() - began
        return connection

    def settle(self, connection: Connection) -> None:
        """The exchange is over: keep the connection for the next one, or end it."""
        if connection.finish() and not self._is_closed:
            self._pass_on(connection)
        else:
            connection.abort()
            self._pass_on(None)

    def forget(self, connection: Connection) -> None:
        """An idle connection has ended."""
        with contextlib.suppress(ValueError):  # handed to a waiter a moment ago, who will see that it is closed
            self._idle.remove(connection)

    def reap(self, before: float) -> None:
        """Close what has been idle since before this time. The oldest are in front."""
        while self._idle and self._idle[0].idle_since < before:
            self._idle.pop(0).abort()

    def close(self) -> None:
        """Keep nothing from now on."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().abort()

    async def _wait(self, seconds: float) -> Connection | None:
        if len(self._waiting) >= MAX_WAITING:
            raise failures.unreachable(self._where, "too many calls wait for a connection")
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(seconds):
                return await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                self._pass_on(waiter.result())  # it came in the same moment: it must not be lost
            with contextlib.suppress(ValueError):
                self._waiting.remove(waiter)
            if isinstance(error, TimeoutError):
                raise failures.unreachable(self._where, f"no free connection within {seconds:g} s") from error
            raise

    def _pass_on(self, connection: Connection | None) -> None:
        """Give a slot, with or without a connection in it, to the first who waits; else keep it."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self._leased -= 1
        if connection is not None:
            self._idle.append(connection)
