"""One connection: HTTP/1.1 requests in, one answer at a time out, and a watch for the client that leaves early."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import httptools
import msgspec

from octogate.mock.player import Player

MAX_HEAD_BYTES = 65_536
MAX_PIPELINED = 16

_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Request(msgspec.Struct):
    """A request as it came. Header names are lower case; of a repeated header the last value counts."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    keep_alive: bool
    is_old: bool  # HTTP/1.0


Play = Callable[[Request, asyncio.Transport, Callable[[bool], None]], Player]


class Connection(asyncio.Protocol):
    """Parses, queues, plays. `play` makes the player of a request; `lost` is told when the connection is gone."""

    def __init__(
        self, play: Play, *, lost: Callable[["Connection"], None], max_body_bytes: int, idle_seconds: float
    ) -> None:
        self._play = play
        self._lost = lost
        self._max_body_bytes = max_body_bytes
        self._idle_seconds = idle_seconds
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[Request] = deque()
        self._player: Player | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._refusal = b""
        self.on_message_begin()

    def connection_made(self, transport: Any) -> None:
        """A client is here; it has a while to send a request."""
        # Any: uvloop's transports behave as asyncio.Transport but do not derive from it.
        self._transport = transport
        self._watch_idle()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; refuse what is not HTTP or too large."""
        if self._is_in_head:
            self._unfinished_head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refusal = _BAD_REQUEST
        if self._unfinished_head_bytes > MAX_HEAD_BYTES or len(self._waiting) > MAX_PIPELINED:
            self._refusal = _BAD_REQUEST
        if self._refusal:
            self._refuse(self._refusal)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The client left, or we closed."""
        self._stop_watching()
        self._waiting.clear()
        if self._player is not None:
            self._player.stop()
        self._lost(self)

    def pause_writing(self) -> None:
        """Backpressure."""
        if self._player is not None:
            self._player.pause()

    def resume_writing(self) -> None:
        """And its end."""
        if self._player is not None:
            self._player.resume()

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def on_message_begin(self) -> None:
        """The parser met a new request."""
        self._target = b""
        self._headers: dict[str, str] = {}
        self._pieces: list[bytes] = []
        self._body_bytes = 0
        self._head_bytes = 0
        self._unfinished_head_bytes = 0  # the parser shows a header only when it has all of it
        self._is_in_head = True

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A whole header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        self._head_bytes += len(name) + len(value)

    def on_headers_complete(self) -> None:
        """The body follows."""
        self._is_in_head = False
        self._unfinished_head_bytes = 0
        if self._head_bytes + len(self._target) > MAX_HEAD_BYTES:
            self._refusal = _BAD_REQUEST
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        """A piece of the body; beyond the cap it is only counted."""
        self._body_bytes += len(body)
        if self._body_bytes <= self._max_body_bytes:
            self._pieces.append(body)
        else:
            self._refusal = _TOO_LARGE

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._refusal:
            return
        self._waiting.append(
            Request(
                method=self._parser.get_method().decode("ascii"),
                target=self._target.decode("latin-1"),
                headers=self._headers,
                body=b"".join(self._pieces),
                keep_alive=self._parser.should_keep_alive(),
                is_old=self._parser.get_http_version() == "1.0",
            )
        )
        self._is_in_head = True
        self._play_next()

    def _play_next(self) -> None:
        if self._player is not None or not self._waiting or self._transport is None:
            return
        self._stop_watching()
        self._player = self._play(self._waiting.popleft(), self._transport, self._played)
        self._player.advance()

    def _played(self, reusable: bool) -> None:
        self._player = None
        if self._transport is None or self._transport.is_closing():
            return
        if not reusable:
            self._transport.close()
            return
        self._watch_idle()
        # Not at once: a long pipeline would otherwise recurse.
        asyncio.get_running_loop().call_soon(self._play_next)

    def _refuse(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            if self._player is None:
                self._transport.write(answer)
            self._transport.close()

    def _watch_idle(self) -> None:
        self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self.abort)

    def _stop_watching(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
