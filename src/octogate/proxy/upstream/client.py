"""The upstream client: pooled HTTP/1.1 to any number of origins. No redirects, cookies or environment proxies."""

import asyncio

from octogate.core.errors import UpstreamBroken
from octogate.core.snapshot import Origin, Timeouts
from octogate.proxy.upstream import failures
from octogate.proxy.upstream.answer import Answer
from octogate.proxy.upstream.connection import Connection
from octogate.proxy.upstream.deadlines import Watch
from octogate.proxy.upstream.dial import Dialer, label
from octogate.proxy.upstream.names import Names, Resolver
from octogate.proxy.upstream.pool import Pool, PoolState
from octogate.proxy.upstream.tls import TlsContexts


class Client:
    """Asks upstreams. One per process and event loop; make it and close it inside the running loop.

    `public_only` is for URLs that callers supply: nothing but public addresses is connected then.
    """

    def __init__(
        self,
        *,
        max_connections_per_origin: int = 1000,
        pool_idle: float = 60.0,
        max_answer: int = 32 * 2**20,
        max_header_bytes: int = 65536,
        resolver: Resolver | None = None,
        public_only: bool = False,
    ) -> None:
        self._max_connections = max_connections_per_origin
        self._pool_idle = pool_idle
        self._max_answer = max_answer
        self._max_header_bytes = max_header_bytes
        self._names = Names(resolver)
        self._dialer = Dialer(self._names, TlsContexts(), public_only=public_only)
        self._watch = Watch(self._reap)
        self._pools: dict[Origin, Pool] = {}
        self._is_closed = False

    async def ask(self, origin: Origin, request: bytes, *, timeouts: Timeouts, stream: bool) -> Answer:
        """Send a whole HTTP/1.1 request; return when the head of the answer is in.

        Phases: `connect` for a slot, DNS, TCP and TLS together; then `first_event` (stream) or `total` (plain), which
        stays the deadline of the answer until somebody moves it. A reused connection that turns out to be closed
        before any byte of an answer is replaced by a new one, once.

        Raises UpstreamUnavailable, UpstreamTimeout, UpstreamBroken; `replay` says what may be repeated.
        """
        if self._is_closed:
            raise failures.unreachable(label(origin), "the client is closed")
        pool = self._pools.get(origin) or self._add_pool(origin)
        connection = pool.take() or await pool.lease(timeouts.connect)
        seconds = timeouts.first_event if stream else timeouts.total
        try:
            await connection.ask(request, seconds)
        except UpstreamBroken:
            if not connection.stale:
                pool.settle(connection)
                raise
            connection = await self._ask_afresh(pool, connection, request, timeouts.connect, seconds)
        except BaseException:
            pool.settle(connection)
            raise
        return Answer(connection, pool, self._max_answer)

    async def close(self) -> None:
        """Close every connection, those in use too."""
        self._is_closed = True
        self._watch.stop()
        for pool in self._pools.values():
            pool.close()
        for connection in tuple(self._watch.busy):
            connection.abort()
        await self._names.close()
        await asyncio.sleep(0)  # the loop closes aborted sockets in its next round

    def describe(self) -> list[PoolState]:
        """What every pool holds now."""
        return [pool.describe() for pool in self._pools.values()]

    async def _ask_afresh(
        self, pool: Pool, stale: Connection, request: bytes, connect_seconds: float, seconds: float
    ) -> Connection:
        stale.finish()
        stale.abort()
        connection = await pool.dial(connect_seconds)  # in the slot of the stale one
        try:
            await connection.ask(request, seconds)
        except BaseException:
            pool.settle(connection)
            raise
        return connection

    def _add_pool(self, origin: Origin) -> Pool:
        pool = self._pools[origin] = Pool(
            origin,
            self._dialer,
            self._watch,
            max_connections=self._max_connections,
            max_header_bytes=self._max_header_bytes,
        )
        return pool

    def _reap(self, now: float) -> bool:
        for origin, pool in tuple(self._pools.items()):
            pool.reap(now - self._pool_idle)
            if pool.is_empty:
                del self._pools[origin]
        return bool(self._pools)
