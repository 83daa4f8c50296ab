"""One caller's connection: exchanges are served strictly in order, one Task each, under one deadline."""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from octogate.core.errors import GatewayError
from octogate.proxy.edge import refusals
from octogate.proxy.edge.address import socket_address
from octogate.proxy.edge.intake import Intake
from octogate.proxy.edge.limits import MAX_QUEUED, PAUSE_AT_QUEUED
from octogate.proxy.edge.outflow import Outflow, has_hung_up, reset_on_close
from octogate.proxy.edge.refusals import Refused, error_body
from octogate.proxy.edge.replies import CONTINUE

if TYPE_CHECKING:
    from octogate.proxy.edge.exchange import Exchange
    from octogate.proxy.edge.refusals import Refusal
    from octogate.proxy.edge.state import EdgeState

_JSON = b"content-type: application/json\r\n"
_DEFECT = "The gateway could not serve this request because of a defect of its own; it has been recorded."


class Connection(asyncio.Protocol):
    """The reading side feeds `Intake`; the serving side runs one Task for the front exchange.

    `deadline` belongs to the front message only: a second request that trickles in behind a running call must not
    end that call. It is infinite while a handler works. The server's sweeper looks at it.
    """

    __slots__ = (
        "_closing",
        "_discarded",
        "_front",
        "_idle",
        "_intake",
        "_last_word",
        "_outflow",
        "_queued",
        "_task",
        "_transport",
        "congested",
        "deadline",
        "gone",
        "is_tls",
        "network",
        "paused",
        "peer",
        "state",
    )

    def __init__(self, state: EdgeState, *, is_tls: bool) -> None:
        self.state = state
        self.is_tls = is_tls
        self.peer = self.network = ""
        self.deadline = inf
        self.congested = False
        self.gone = True
        self._transport: asyncio.Transport
        self._intake: Intake | None = None
        self._front: Exchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._queued: list[Exchange] = []
        self._last_word: Refusal | None = None
        self._outflow: Outflow
        self.paused = self._idle = self._closing = False
        self._discarded = 0

    # What the event loop calls.

    # uvloop's transports have asyncio.Transport's methods without being one, so that no isinstance can narrow the type.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Admit the caller, or say why not and close."""
        self._transport = transport
        self.peer = socket_address(transport.get_extra_info("peername"))
        refusal = self.state.admit(self)
        if refusal is not None:
            self.state.refused(refusal.reason)
            transport.write(refusal.answer)
            transport.close()
            return
        self.gone = False
        self._intake = Intake(self)
        self._outflow = Outflow(transport, self.state.limits.write_stall)
        self.deadline = monotonic() + self.state.limits.header_deadline

    def data_received(self, data: bytes) -> None:
        """Read what came, start the front exchange if it is new, and set the deadline of whatever is in front."""
        intake = self._intake
        if intake is None:
            self._discard(len(data))
            return
        try:
            intake.feed(data)
        except Refused as refused:
            self._stop_reading(refused.refusal)
        front = self._front
        if front is None:
            if self._last_word is not None:
                self._say_last_word()
            elif self._idle:
                self._idle = False
                self.deadline = monotonic() + self.state.limits.header_deadline
        elif self._task is None:
            self._serve_front(front)
        elif intake.receiving is front and front.failure is None:
            self._set_body_deadline(front)
        else:
            self.deadline = inf

    def eof_received(self) -> None:
        """A caller that sends no more is taken for gone: nothing else tells a dead stream reader from a live one."""
        self._leave()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed, by whichever side."""
        if self in self.state.connections:
            self._leave()
            self.state.dismiss(self)

    def pause_writing(self) -> None:
        """The caller reads more slowly than we write."""
        self.congested = True
        if not self.gone:
            self._outflow.is_moving(monotonic())

    def resume_writing(self) -> None:
        """The caller caught up."""
        self.congested = False
        front = self._front
        if front is None:
            return
        if self._task is None:
            self._serve_front(front)
        elif front.on_drain is not None:
            front.on_drain()

    # What the intake and the front exchange call.

    def opened(self, exchange: Exchange) -> None:
        """A head is complete; its body may still be on the way."""
        if self._front is None:
            self._front = exchange
            return
        if len(self._queued) >= MAX_QUEUED:
            raise Refused(refusals.PIPELINE)
        self._queued.append(exchange)
        if len(self._queued) >= PAUSE_AT_QUEUED:
            self._pause()

    async def rest_of_body(self, exchange: Exchange) -> None:
        """Wait until the body is complete or `exchange.failure` says why it never will be."""
        if self._intake is None:
            raise RuntimeError("the body cannot be read behind the answer")
        if exchange.wants_continue:
            exchange.wants_continue = False
            if not exchange.body_bytes and not exchange.committed:
                self.write(CONTINUE)
            exchange.body_began = monotonic()
            self._set_body_deadline(exchange)
        exchange.waiter = asyncio.get_running_loop().create_future()
        try:
            await exchange.waiter
        finally:
            exchange.waiter = None

    def write(self, data: bytes) -> None:
        """Queue bytes for the caller, if there still is one."""
        if not self.gone:
            self._transport.write(data)

    def truncate(self, exchange: Exchange) -> None:
        """Close behind what was written so that the answer is visibly incomplete."""
        if self.gone:
            return
        if exchange.committed and exchange.version == "1.0":
            # A close is how such an answer ends well: only a reset tells the caller that this one did not.
            reset_on_close(self._transport)
            self._closing = True
            self._intake = None
            self._transport.close()
        else:
            self._close(unread=not exchange.complete)

    # Serving.

    def _serve_front(self, front: Exchange) -> None:
        if self.congested:
            self.deadline = inf
            return  # its answer would pile up behind one that the caller does not read
        if front.failure is not None:
            # The same segment that opened the message also broke it: no handler hears of it.
            self._front = None
            self.state.buffered_bytes -= front.body_bytes
            self._last_word = front.failure
            self._say_last_word()
            return
        self.state.in_flight.add(front)
        self._task = asyncio.get_running_loop().create_task(self._serve(front))
        if front.complete:
            self.deadline = inf
        else:
            front.body_began = monotonic()
            self._set_body_deadline(front)

    async def _serve(self, exchange: Exchange) -> None:
        exchange.started = True
        try:
            if self.gone:
                return
            await self.state.handler(exchange)
            if not (exchange.answered or self.gone):
                raise RuntimeError("the handler returned without an answer")
        except GatewayError as error:
            self._answer_error(exchange, error.status, error.code, error.message)
        except Exception as error:  # noqa: BLE001 - the border: whatever a handler lets out becomes a 500
            self.state.failed(error, exchange)
            self._answer_error(exchange, 500, "internal_error", _DEFECT)
        finally:
            self._served(exchange)

    def _answer_error(self, exchange: Exchange, status: int, code: str, message: str) -> None:
        if not exchange.committed:
            exchange.send(status, _JSON, error_body(message, code, status))

    def _served(self, exchange: Exchange) -> None:
        state = self.state
        state.in_flight.discard(exchange)
        state.buffered_bytes -= exchange.body_bytes
        self._task = self._front = None
        exchange.on_drain = None
        if self.gone:
            state.note_if_empty()
        elif not exchange.answered:
            exchange.abort()
        elif exchange.truncated:
            pass  # it is closing already
        elif exchange.closes:
            self._close(unread=not exchange.complete or bool(self._queued))
        elif self._queued:
            self._front = self._queued.pop(0)
            if len(self._queued) < PAUSE_AT_QUEUED:
                self._resume()
            self._serve_front(self._front)
        elif self._last_word is not None:
            self._say_last_word()
        else:
            self._await_next()

    def _await_next(self) -> None:
        limits = self.state.limits
        if self._intake is not None and self._intake.head_bytes:
            self._idle = False
            self.deadline = monotonic() + limits.header_deadline
        elif self.state.finishing:
            self._transport.close()
        else:
            self._idle = True
            self.deadline = monotonic() + limits.keep_alive

    # Refusing and closing.

    def _stop_reading(self, refusal: Refusal) -> None:
        """Nothing behind this point can be trusted: fail the message it belongs to, or keep it for the end."""
        receiving = self._intake.receiving if self._intake is not None else None
        self._intake = None
        if receiving is None:
            self._last_word = refusal
            return
        receiving.failure = refusal
        if receiving is self._front and self._task is not None:
            self.state.refused(refusal.reason)  # of the others it is counted when it is said
        receiving.keep_alive = False
        if receiving.waiter is not None and not receiving.waiter.done():
            receiving.waiter.set_result(None)

    def _say_last_word(self) -> None:
        refusal, self._last_word = self._last_word, None
        if refusal is not None:
            self.state.refused(refusal.reason)
            self.write(refusal.answer)
        self._close(unread=True)

    def _close(self, *, unread: bool) -> None:
        """Half-close and read on for a moment: a close with unread bytes is a reset, and the answer would be lost."""
        self._intake = None
        self._closing = True
        self._resume()
        transport = self._transport
        if transport.is_closing():
            return
        self.deadline = monotonic() + self.state.limits.linger
        if transport.can_write_eof():
            transport.write_eof()
        elif not unread:
            transport.close()  # TLS has no half-close

    def _discard(self, count: int) -> None:
        self._discarded += count
        if self._discarded > self.state.limits.max_discard:
            self._pause()

    def _pause(self) -> None:
        if not self.paused and not self._transport.is_closing():
            self.paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self.paused and not self._transport.is_closing():
            self.paused = False
            self._transport.resume_reading()

    def _leave(self) -> None:
        """The caller is gone: end the running call at once, unless all that is left of it is its own clean-up."""
        if self.gone:
            return
        self.gone = True
        self._intake = None
        self.state.buffered_bytes -= sum(exchange.body_bytes for exchange in self._queued)
        self._queued.clear()
        front = self._front
        if front is not None and self._task is None:
            self._front = None
            self.state.buffered_bytes -= front.body_bytes
        elif front is not None and (not front.answered or front.waiter is not None):
            self._cancel(front)
        self.deadline = monotonic() + self.state.limits.linger

    def _cancel(self, exchange: Exchange) -> None:
        # A Task that is cancelled before its first step never runs its `finally`; that one sees `gone` instead.
        # Once only: a second cancellation would interrupt the settling that the first one led to.
        if self._task is not None and exchange.started and not exchange.cancelled:
            exchange.cancelled = True
            self._task.cancel()

    # What the server calls.

    def close_if_idle(self) -> None:
        """End a connection on which nothing is going on."""
        if self._front is None and not self._closing:
            self._transport.close()

    def kill(self) -> None:
        """End the call and the connection now."""
        if self._front is not None:
            self._cancel(self._front)
        if not self._transport.is_closing():
            self._transport.abort()

    @property
    def unsent(self) -> int:
        """Bytes of answers that wait in our memory for this caller."""
        return self._transport.get_write_buffer_size() if self.congested else 0

    def cut(self, reason: str) -> None:
        """Disconnect a caller who does not take its answer."""
        self.state.refused(reason)
        self._leave()
        self._transport.abort()

    def sweep(self, now: float) -> None:
        """Enforce what is due; called only if the deadline has passed or the connection is congested or paused."""
        if self.congested and not self._outflow.is_moving(now):
            self.cut("write_stall")
        elif self.paused and not self._closing and has_hung_up(self._transport):
            # A paused socket reports no end of file, so it is asked.
            self._leave()
            self._transport.abort()
        elif self.deadline < now:
            self._expire(now)

    def _expire(self, now: float) -> None:
        front = self._front
        if self._closing or self.gone:
            if self._outflow.is_moving(now) and not self.gone:
                self.deadline = now + self.state.limits.linger
            else:
                self._transport.abort()
        elif front is not None:
            self.deadline = inf
            self._stop_reading(refusals.SLOW_BODY)
        elif self._intake is not None and self._intake.head_bytes:
            self._last_word = refusals.SLOW_HEAD
            self._say_last_word()
        else:
            self._close(unread=False)

    def _set_body_deadline(self, exchange: Exchange) -> None:
        if exchange.wants_continue and not exchange.body_bytes:
            self.deadline = inf  # the caller waits for us
            return
        limits = self.state.limits
        patience = limits.body_idle
        earned = exchange.body_began + patience + exchange.body_bytes / limits.body_min_rate
        self.deadline = min(monotonic() + patience, earned)
