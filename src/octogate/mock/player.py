"""Carries out the steps of one answer on a socket, with callbacks instead of a task: ten thousand may wait at once."""

import asyncio
import socket
import struct
from collections.abc import Callable
from http import HTTPStatus

from octogate.mock.journal import Outcome, Record
from octogate.mock.steps import Cut, Data, End, Head, Raw, Reset, Step, Steps, Wait

# After so many steps without waiting the loop gets its turn, or one endless stream would stop all others.
_STEPS_PER_TURN = 64
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Player:
    """Plays one answer. `done` is called once, with whether the connection may carry another request."""

    def __init__(
        self,
        transport: asyncio.Transport,
        steps: Steps,
        record: Record,
        *,
        input_tokens: int,
        keep_alive: bool,
        chunks: bool,
        bodiless: bool,
        done: Callable[[bool], None],
    ) -> None:
        self._transport = transport
        self._steps = steps
        self._record = record
        self._input_tokens = input_tokens
        self._keep_alive = keep_alive
        self._may_chunk = chunks
        self._bodiless = bodiless
        self._done = done
        self._chunked = False
        self._blocked = False
        self._timer: asyncio.Handle | None = None
        self._over = False

    def advance(self) -> None:
        """Go on until the next wait, the next full buffer or the end."""
        self._timer = None
        try:
            for _ in range(_STEPS_PER_TURN):
                if self._blocked or self._over:
                    return
                step = next(self._steps, None)
                if step is None:
                    self._finish(self._keep_alive)
                    return
                if isinstance(step, Wait):
                    self._timer = asyncio.get_running_loop().call_later(step.seconds, self.advance)
                    return
                self._perform(step)
        except Exception:
            self._transport.abort()
            raise
        self._timer = asyncio.get_running_loop().call_soon(self.advance)

    def pause(self) -> None:
        """The socket is full."""
        self._blocked = True

    def resume(self) -> None:
        """The socket takes bytes again."""
        self._blocked = False
        if self._timer is None:
            self.advance()

    def stop(self) -> None:
        """The connection is gone: whatever is left was not wanted."""
        if not self._over:
            self._end_as("disconnected")
            self._finish(False)

    def _perform(self, step: Step) -> None:
        match step:
            case Head():
                self._write_head(step)
            case Data():
                self._write_data(step)
            case Raw():
                self._transport.write(step.payload)
            case End():
                self._write_end()
            case Cut():
                self._end_as("broken")
                self._finish(False)
            case Reset():
                self._end_as("broken")
                reset(self._transport)
                self._finish(False)

    def _write_head(self, head: Head) -> None:
        record = self._record
        record.status = head.status
        if head.status < HTTPStatus.MULTIPLE_CHOICES:
            record.input_tokens = self._input_tokens
        self._chunked = head.length is None and self._may_chunk
        if head.length is None and not self._may_chunk:
            self._keep_alive = False  # HTTP/1.0 has no chunks: the end of the connection is the end of the body
        lines = [f"HTTP/1.1 {head.status} {_reason(head.status)}"]
        lines += [f"{name}: {value}" for name, value in head.headers]
        if head.length is not None:
            lines.append(f"content-length: {head.length}")
        elif self._chunked:
            lines.append("transfer-encoding: chunked")
        if not self._keep_alive:
            lines.append("connection: close")
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def _write_data(self, data: Data) -> None:
        self._record.output_tokens += data.tokens
        self._record.events += data.kind == "content"
        if not data.payload or self._bodiless:
            return
        payload = data.payload
        self._transport.write(b"%x\r\n%s\r\n" % (len(payload), payload) if self._chunked else payload)

    def _write_end(self) -> None:
        if self._chunked and not self._bodiless:
            self._transport.write(b"0\r\n\r\n")
        self._end_as("ok" if (self._record.status or 0) < HTTPStatus.BAD_REQUEST else "refused")

    def _end_as(self, outcome: Outcome) -> None:
        if self._record.outcome == "running":
            self._record.outcome = outcome

    def _finish(self, reusable: bool) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        self._end_as("broken")  # steps that stop without an end
        self._done(reusable)


def reset(transport: asyncio.Transport) -> None:
    """Close with RST: a linger time of zero throws away what is unsent and skips the FIN."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Overloaded"
