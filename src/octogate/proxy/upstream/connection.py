"""One HTTP/1.1 connection to an upstream: one exchange at a time, its back-pressure and its deadlines."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Protocol

from octogate.proxy.upstream import failures
from octogate.proxy.upstream.deadlines import Watch
from octogate.proxy.upstream.framing import AnswerReader

Sink = Callable[[bytes], bool]
"""Takes body bytes at once, without waiting; returns whether it wants more."""

HIGH_WATER = 256 * 1024
"""Bytes that are kept for a consumer who is not there before the socket is no longer read."""

READ_BYTES = 64 * 1024
"""The most that one read takes: what a caller who does not read leaves in our memory is a few of these."""

LINGER_BYTES = 16 * 1024
LINGER_SECONDS = 0.75  # with one sweep on top it stays within a second
_PRECISE_SECONDS = 1.0  # deadlines nearer than this get a timer; the sweep alone would be up to a quarter late


class Owner(Protocol):
    """The pool, as a connection sees it."""

    def forget(self, connection: "Connection") -> None:
        """A connection that nobody uses has gone."""

    def settle(self, connection: "Connection") -> None:
        """An exchange is over: keep the connection or end it."""


class Connection(asyncio.BufferedProtocol):
    """A socket, its reader, and whoever waits for it. At most one coroutine waits at any time.

    Reads land in `inbox`, which all connections of a pool share: the loop fills it and hands it over in one step.

    Bytes go parser → sink in the socket's own callback, while the call's Task sleeps. Nobody listening: they are
    kept, up to `HIGH_WATER`. `stale`: a reused connection ended before the first byte of an answer.
    """

    __slots__ = (
        "_buffer",
        "_cap",
        "_deadline",
        "_heard_at",
        "_idle_seconds",
        "_inbox",
        "_is_awaiting_head",
        "_is_busy",
        "_is_closed",
        "_is_full",
        "_is_held",
        "_is_reading",
        "_is_stopped",
        "_is_untouched",
        "_linger_left",
        "_loop",
        "_owner",
        "_sink",
        "_timer",
        "_transport",
        "_waiter",
        "_watch",
        "_where",
        "connect_seconds",
        "error",
        "idle_since",
        "reader",
        "reused",
        "stale",
    )

    def __init__(self, where: str, owner: Owner, watch: Watch, max_header_bytes: int, inbox: memoryview) -> None:
        self._where = where
        self._inbox = inbox
        self._owner = owner
        self._watch = watch
        self._loop = asyncio.get_running_loop()
        self.reader = AnswerReader(max_header_bytes)
        self.reused = self.stale = False
        self.connect_seconds = self.idle_since = 0.0
        self.error: Exception | None = None
        self._buffer: bytes | bytearray = b""
        self._cap: int | None = None
        self._sink: Sink | None = None
        self._waiter: asyncio.Future[bool | None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._linger_left: int | None = None
        self._idle_seconds: float | None = None
        self._deadline = self._heard_at = 0.0
        self._is_reading = True
        self._is_busy = self._is_closed = self._is_full = self._is_held = False
        self._is_awaiting_head = self._is_stopped = self._is_untouched = False

    @property
    def is_open(self) -> bool:
        """Whether a request could be sent."""
        return not self._is_closed and not self._transport.is_closing()

    async def ask(self, request: bytes, seconds: float) -> None:
        """Send a request; return when the head of its answer is in. `seconds` is the first deadline.

        Raises UpstreamTimeout and UpstreamBroken; the latter with `stale` set when the request may go out again.
        """
        self._begin()
        if not self.is_open:
            self.stale = self.reused
            raise failures.broken(self._where, "closed before the request")
        self._deadline = self._heard_at + seconds
        self._watch.add(self)
        if seconds < _PRECISE_SECONDS:
            self._arm()
        self._transport.write(request)
        await self._wait()

    async def read(self, cap: int) -> bytes:
        """The rest of the body, at most `cap` bytes."""
        if not self.reader.complete:
            self._cap = cap
            announced = self.reader.fields.get(b"content-length", b"0")
            if int(announced) > cap or len(self._buffer) > cap:
                self._fail(failures.too_large(self._where, cap))
            self._raise_error()
            self._is_held = self._is_full = False
            self._steer()
            await self._wait()
        elif len(self._buffer) > cap:
            raise failures.too_large(self._where, cap)
        return self._take()

    async def pipe(self, sink: Sink) -> bool:
        """Hand body bytes to `sink`, one call per read. True: the message is whole; False: the sink had enough."""
        self._is_stopped = False
        if self._buffer and not sink(self._take()):
            self._is_stopped = True
            return False
        if self.reader.complete:
            return True
        self._raise_error()
        self._sink = sink
        self._is_full = False
        self._steer()
        try:
            return await self._wait()
        finally:
            self._sink = None

    def set_deadline(self, at: float) -> None:
        """The whole exchange ends at this monotonic time."""
        self._deadline = at
        self._arm()

    def set_idle(self, seconds: float) -> None:
        """At most this long between two reads, from now on; not while reading is paused."""
        self._idle_seconds = seconds
        self._heard_at = monotonic()
        self._arm()

    def hold(self, held: bool) -> None:
        """Stop or go on reading the socket at the consumer's wish."""
        self._is_held = held
        self._steer()

    def linger(self) -> bool:
        """Wait in the background for the terminator of a message whose consumer has all it wanted.

        False when that makes no sense. Only a sink that stopped by itself qualifies: a call that was cut short must
        free the upstream at once.
        """
        if not (self._is_stopped and self.reader.is_chunked and self.is_open) or self.reader.complete or self.error:
            return False
        self._linger_left = LINGER_BYTES - len(self._take())
        self._idle_seconds = None
        self._deadline = monotonic() + LINGER_SECONDS
        self._is_held = self._is_full = False
        self._steer()
        return True

    def finish(self) -> bool:
        """End the exchange. True when the connection can serve another one; else the owner aborts it."""
        self._watch.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._is_busy = False
        self._linger_left = self._sink = None
        self._buffer = b""
        reader = self.reader
        if not (reader.complete and reader.keep_alive) or reader.surplus or self.error or not self.is_open:
            return False
        if self._transport.get_write_buffer_size():
            return False  # answered before it had read the request: the rest would be taken for the next one
        self._is_held = self._is_full = False
        self._steer()
        self.reused = True
        self.idle_since = self._heard_at
        return True

    def abort(self) -> None:
        """Close the socket now."""
        self._transport.abort()

    def check(self, now: float) -> None:
        """End the exchange if it is overdue."""
        if now < self._due() or self.reader.complete:
            return
        if self._linger_left is not None:
            self._owner.settle(self)
        elif now >= self._deadline:
            self._fail(failures.late(self._where, "deadline passed"))
        else:
            self._fail(failures.late(self._where, f"silent for {self._idle_seconds:g} s"))

    # Called by the event loop.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio says BaseTransport
        """Connected, and with TLS the handshake is done."""
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next read goes."""
        return self._inbox

    def buffer_updated(self, nbytes: int) -> None:
        """One read of the socket."""
        if not self._is_busy:
            self._transport.abort()  # bytes that nobody asked for
            return
        self._heard_at = monotonic()
        self._is_untouched = False
        reader = self.reader
        reader.feed(self._inbox[:nbytes])
        if self._linger_left is not None:
            self._hear_out(nbytes)
            return
        if reader.pieces:
            self._deliver(reader.take())
        if reader.fault is not None:
            self._fail(failures.broken(self._where, reader.fault))
        elif reader.complete or (self._is_awaiting_head and reader.has_head):
            self._is_awaiting_head = False
            if reader.surplus:
                self._transport.abort()
            self._wake(True)

    def eof_received(self) -> None:
        """The upstream will send no more; nothing stays half open."""
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed, by whichever side."""
        self._end(exc)

    # Inside.

    def _begin(self) -> None:
        self.reader.begin()
        self.error = self._cap = self._idle_seconds = None
        self.stale = self._is_stopped = False
        self._is_busy = self._is_untouched = self._is_awaiting_head = True
        self._heard_at = monotonic()

    async def _wait(self) -> bool:
        waiter = self._waiter = self._loop.create_future()
        try:
            outcome = await waiter
        finally:
            self._waiter = None
        if outcome is None:
            self._raise_error()
        return outcome is True

    def _wake(self, outcome: bool | None) -> None:
        """None: look at `error`. An exception in the future would be reported as lost if the Task is cancelled now."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(outcome)

    def _raise_error(self) -> None:
        if self.error is not None:
            raise self.error

    def _fail(self, error: Exception) -> None:
        if self.error is None:
            self.error = error
        self._transport.abort()
        self._wake(None)

    def _deliver(self, chunk: bytes) -> None:
        sink = self._sink
        if sink is None:
            self._keep(chunk)
            return
        try:
            more = sink(chunk)
        except Exception as error:  # noqa: BLE001 - the consumer's own: it comes out of its `pipe`
            self._sink = None
            self._fail(error)
            return
        if not more:
            self._sink = None
            self._is_stopped = True
            self._wake(False)

    def _keep(self, chunk: bytes) -> None:
        if not self._buffer:
            self._buffer = chunk
        else:
            # One array instead of a list: a stream of tiny reads would cost more in objects than in bytes.
            if isinstance(self._buffer, bytes):
                self._buffer = bytearray(self._buffer)
            self._buffer += chunk
        if self._cap is not None:
            if len(self._buffer) > self._cap:
                self._fail(failures.too_large(self._where, self._cap))
        elif len(self._buffer) > HIGH_WATER:
            self._is_full = True
            self._steer()

    def _take(self) -> bytes:
        kept, self._buffer = self._buffer, b""
        return bytes(kept)

    def _steer(self) -> None:
        """Read the socket, or not: its consumer and the buffer both have a say."""
        wanted = not (self._is_held or self._is_full)
        if wanted == self._is_reading or not self.is_open:
            return
        self._is_reading = wanted
        if wanted:
            self._heard_at = monotonic()
            self._transport.resume_reading()
            self._arm()
        else:
            self._transport.pause_reading()

    def _hear_out(self, count: int) -> None:
        self.reader.pieces.clear()
        self._linger_left = (self._linger_left or 0) - count
        if self.reader.complete or self.reader.fault or self._linger_left <= 0:
            self._owner.settle(self)

    def _end(self, exc: Exception | None) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        if not self._is_busy:
            self._owner.forget(self)
        elif self._linger_left is not None:
            self._owner.settle(self)
        elif exc is None and self.reader.end():
            self._wake(True)
        elif not self.reader.complete:
            self.stale = self.reused and self._is_untouched
            reason = f"closed: {exc}" if exc else "closed"
            make = failures.cut if self.reader.has_head else failures.broken
            self._fail(make(self._where, reason))

    def _due(self) -> float:
        if self._idle_seconds is None or not self._is_reading:
            return self._deadline
        return min(self._deadline, self._heard_at + self._idle_seconds)

    def _arm(self) -> None:
        """A timer for a near deadline. It looks again when it fires, so reads need not move it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        remaining = self._due() - monotonic()
        if self._is_busy and remaining < _PRECISE_SECONDS:
            self._timer = self._loop.call_later(max(remaining, 0.001), self._tick)

    def _tick(self) -> None:
        self._timer = None
        now = monotonic()
        if now < self._due():
            self._arm()
        else:
            self.check(now)
