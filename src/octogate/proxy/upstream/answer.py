"""An upstream's answer whose head is in: read it, pipe it, and give the connection back once."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from octogate.proxy.upstream.connection import Connection, Sink
from octogate.proxy.upstream.pool import Pool


class Answer:
    """One answer. Whoever got it calls `release` in a `finally`; everything else is of no use afterwards.

    `fields` has lower-case names; repeated ones are joined by a comma. A body without Content-Length and chunks ends
    when the upstream closes: only the dialect can tell whether it is whole. The deadline that `ask` set stays in
    force until `set_deadline` replaces it; one that expires raises UpstreamTimeout from `body` or `pipe`, an upstream
    that leaves in the middle Interrupted, framing that breaks UpstreamBroken.
    """

    __slots__ = ("_connection", "_max_bytes", "_pool", "connect_seconds", "fields", "reused", "status")

    def __init__(self, connection: Connection, pool: Pool, max_bytes: int) -> None:
        self._connection: Connection | None = connection
        self._pool = pool
        self._max_bytes = max_bytes
        self.status: int = connection.reader.status
        self.fields: dict[bytes, bytes] = connection.reader.fields
        self.reused: bool = connection.reused
        self.connect_seconds: float = 0.0 if connection.reused else connection.connect_seconds

    def body(self) -> Coroutine[Any, Any, bytes]:
        """The rest of the body. Above the cap: UpstreamBroken `upstream_response_too_large`, never to be repeated."""
        return self._live().read(self._max_bytes)

    def pipe(self, sink: Sink) -> Coroutine[Any, Any, bool]:
        """Pass the body on as it arrives: one call of `sink` per socket read, from inside the socket's callback.

        Returns True when the message is whole, False as soon as `sink` returned False; then `pipe` may be called
        again. Meanwhile bytes are kept, up to 256 KiB.
        """
        return self._live().pipe(sink)

    def set_idle(self, seconds: float) -> None:
        """The longest silence between two reads, from now on. It does not run while reading is paused."""
        self._live().set_idle(seconds)

    def set_deadline(self, at_monotonic: float) -> None:
        """When the whole answer must be in, as `time.monotonic()` counts."""
        self._live().set_deadline(at_monotonic)

    def pause(self) -> None:
        """Stop reading: the caller is slower than the upstream. Nothing happens after `release`."""
        if self._connection is not None:
            self._connection.hold(True)

    def resume(self) -> None:
        """Read again. The caller's socket may drain after `release`: nothing happens then."""
        if self._connection is not None:
            self._connection.hold(False)

    def release(self, *, abort: bool = False) -> None:
        """Give the connection back; safe in any state, any number of times, and it never waits.

        A whole answer: the connection is kept. A chunked one whose sink stopped: its terminator is awaited in the
        background. Anything else, a cancelled Task, or `abort`: the socket is closed at once, so that the upstream
        stops working for nobody.
        """
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if abort:
            connection.abort()
        if abort or _is_cancelled() or not connection.linger():
            self._pool.settle(connection)

    def _live(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("the answer has been released")
        return self._connection


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
