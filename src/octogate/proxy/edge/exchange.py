"""One request and its answer, as a handler sees them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from octogate.core.errors import UnsupportedEncoding
from octogate.proxy.edge.refusals import body_above
from octogate.proxy.edge.replies import BODILESS, CHUNKED, CLOSE, LAST_CHUNK, chunk, status_line

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from octogate.proxy.edge.connection import Connection
    from octogate.proxy.edge.refusals import Refusal

# Below this, one copy is cheaper than a second entry in the transport's queue.
_JOINED_BYTES = 65_536


class Exchange:
    """Read the request from the attributes and `body()`; answer once, by `send` or by `start`, `write`, `finish`.

    `path` and `query` are raw ASCII as received. `fields` has lower-case names; repeated list fields are joined with
    ", " (cookies with "; "). `peer` is the socket's address, "" for a Unix socket. `received_at` is the monotonic
    time at which the head was complete. `label` and `phase` are for whoever handles the exchange to say, without
    content, what it is and how far it got; a label becomes text only when somebody looks. When the caller leaves
    before the answer is complete, the handler's Task is cancelled.
    """

    # Defaults live on the class: most exchanges never set them, and creating one is on the hot path.
    label: object = ""
    phase = "received"
    body_bytes = 0
    bytes_out = 0
    committed = False
    answered = False
    on_drain: Callable[[], None] | None = None
    # The rest is between the connection and its exchange.
    started = False
    complete = False
    closes = False
    truncated = False
    cancelled = False
    wants_continue = False
    body_began = 0.0
    at_most = sys.maxsize
    waiter: asyncio.Future[None] | None = None
    failure: Refusal | None = None
    _chunked = False
    _bodiless = False

    def __init__(
        self,
        connection: Connection,
        method: str,
        path: str,
        query: str,
        fields: dict[bytes, bytes],
        received_at: float,
        version: str,
        keep_alive: bool,
    ) -> None:
        self.connection = connection
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.received_at = received_at
        self.version = version
        self.keep_alive = keep_alive
        self.parts: list[bytes] = []

    def __repr__(self) -> str:
        return f"<Exchange {self.label or self.method} {self.phase} in={self.body_bytes} out={self.bytes_out}>"

    @property
    def peer(self) -> str:
        """The socket's address, "" for a Unix socket."""
        return self.connection.peer

    @property
    def client_ip(self) -> str:
        """The caller's address: the peer, or what our trusted proxies vouch for."""
        return self.connection.state.proxies.client_ip(self.connection.peer, self.fields)

    @property
    def is_tls(self) -> bool:
        """Whether the caller's connection to us is encrypted."""
        return self.connection.is_tls

    @property
    def congested(self) -> bool:
        """Whether the caller reads more slowly than we write; `on_drain` is called when that ends."""
        return self.connection.congested

    async def body(self, *, at_most: int | None = None) -> bytes:
        """The whole body, asked for with 100-continue where the caller waits for that; `at_most` lowers the cap.

        Raises UnsupportedEncoding, TooLarge, BadRequest (malformed 400, too slow 408) or Overloaded.
        """
        if self.fields.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UnsupportedEncoding("Send the body without Content-Encoding; compressed requests are not accepted.")
        if at_most is not None:
            self.at_most = at_most
            if max(self.body_bytes, int(self.fields.get(b"content-length", b"0"))) > at_most:
                raise body_above(at_most).error()
        if not self.complete and self.failure is None:
            await self.connection.rest_of_body(self)
        if self.failure is not None:
            raise self.failure.error()
        if len(self.parts) > 1:
            self.parts = [b"".join(self.parts)]
        return self.parts[0] if self.parts else b""

    def send(self, status: int, headers: bytes, body: bytes) -> None:
        """Answer at once. `headers` are whole lines; length, date and persistence are added here."""
        lines = self._open(status, headers)
        self.answered = True
        if self._bodiless:
            length = b"\r\n" if status in BODILESS else b"content-length: %d\r\n\r\n" % len(body)
            self._put(b"%b%b" % (lines, length))
        elif len(body) <= _JOINED_BYTES:
            self._put(b"%bcontent-length: %d\r\n\r\n%b" % (lines, len(body), body))
        else:
            self._put(b"%bcontent-length: %d\r\n\r\n" % (lines, len(body)))
            self._put(body)

    def start(self, status: int, headers: bytes) -> None:
        """Begin a streamed answer: chunked, or in HTTP/1.0 delimited by the close."""
        lines = self._open(status, headers)
        self._chunked = self.version == "1.1" and status not in BODILESS
        self._put(b"%b%b\r\n" % (lines, CHUNKED if self._chunked else b""))

    def write(self, data: bytes) -> None:
        """Pass on a part of a streamed answer. Look at `congested` afterwards."""
        if self.answered or not self.committed:
            raise RuntimeError("write() belongs between start() and finish()")
        if data and not self._bodiless:
            framed = b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data
            self.bytes_out += len(framed)
            self.connection.write(framed)

    def finish(self, data: bytes = b"") -> None:
        """End a streamed answer, the last part and the terminator in one write."""
        if self.answered or not self.committed:
            raise RuntimeError("finish() belongs behind start(), once")
        self.answered = True
        if self._bodiless:
            return
        if not self._chunked:
            self._put(data)
        else:
            self._put(chunk(data) + LAST_CHUNK if data else LAST_CHUNK)

    def abort(self) -> None:
        """Close without the terminator, behind what was written: the caller can tell that something is missing."""
        if not self.answered:
            self.answered = self.truncated = True
            self.connection.truncate(self)

    def _open(self, status: int, headers: bytes) -> bytes:
        if self.committed:
            raise RuntimeError("the answer has begun already")
        self.committed = True
        self._bodiless = status in BODILESS or self.method == "HEAD"
        state = self.connection.state
        # Decided now and not when the request came: a drain may have begun meanwhile, or the body may be unread.
        self.closes = not self.keep_alive or not self.complete or state.draining
        return b"%b%b%b%b" % (status_line(status), state.date_line, headers, CLOSE if self.closes else b"")

    def _put(self, data: bytes) -> None:
        self.bytes_out += len(data)
        self.connection.write(data)
