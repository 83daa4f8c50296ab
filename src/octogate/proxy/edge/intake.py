"""Turns a connection's bytes into exchanges, in order; raises `Refused` at the first byte that breaks a rule."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser

from octogate.proxy.edge import refusals
from octogate.proxy.edge.exchange import Exchange
from octogate.proxy.edge.framing import SINGLE, check_fields, check_method, check_target
from octogate.proxy.edge.refusals import Refused, malformed

if TYPE_CHECKING:
    from octogate.proxy.edge.connection import Connection

_HOP_FIELDS = frozenset({b"connection", b"upgrade", b"http2-settings"})

# One-byte chunks cost five bytes each and are legal; a flood of extensions or trailers is something else.
_OVERHEAD_BYTES = 65_536
_OVERHEAD_RATIO = 16


class Intake:
    """Feeds the parser and keeps what it cannot: sizes, repeated fields, and where a message stands.

    `receiving` is the exchange whose body is incomplete. `head_bytes` is above 0 only within a head.
    """

    __slots__ = (
        "_barren_bytes",
        "_chunked",
        "_connection",
        "_fields",
        "_limits",
        "_offered",
        "_overhead",
        "_parser",
        "_repeated",
        "_state",
        "_target",
        "head_bytes",
        "receiving",
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._state = connection.state
        self._limits = connection.state.limits
        self._parser = HttpRequestParser(self)
        self._offered = False
        self._chunked = False
        self._overhead = self._barren_bytes = 0
        self.receiving: Exchange | None = None
        self._expect_head()

    def _expect_head(self) -> None:
        self.head_bytes = 0
        self._target = b""
        self._fields: dict[bytes, bytes] = {}
        self._repeated = 0

    def feed(self, data: bytes) -> None:
        """Take what arrived. Exchanges go to `connection.opened` as soon as their head is complete."""
        receiving = self.receiving
        if receiving is None:
            # Raw bytes, because an unfinished field shows up in no callback, however long it grows.
            self.head_bytes += len(data)
            self._parse(data)
        elif not self._chunked:
            self._parse(data)
        else:
            before = receiving.body_bytes
            self._parse(data)
            self._weigh_chunks(receiving, before, len(data))
        if self.head_bytes > self._limits.max_header_bytes + self._limits.max_target_bytes:
            raise Refused(self._state.sizes.header_bytes)

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as offer:
            self._decline_upgrade(data[offer.args[0] :])
        except HttpParserCallbackError as error:
            if isinstance(error.__context__, Refused):
                raise error.__context__ from None
            raise
        except HttpParserError as error:
            if self._parser.get_method() == b"PRI":
                raise Refused(refusals.VERSION) from None
            raise Refused(malformed(str(error))) from None

    def _decline_upgrade(self, rest: bytes) -> None:
        """Read the message again without its offer to upgrade (RFC 9110, section 7.8: it may be ignored).

        The parser takes any offer for the end of HTTP and drops the body: a client that offers h2c on a POST would
        lose its request.
        """
        parser = self._parser
        lines = [b"%b %b HTTP/%b" % (parser.get_method(), self._target, parser.get_http_version().encode())]
        lines += [b"%b: %b" % field for field in self._fields.items() if field[0] not in _HOP_FIELDS]
        if not parser.should_keep_alive():
            lines.append(b"connection: close")
        self._offered = False
        self._parser = HttpRequestParser(self)
        self._expect_head()
        self.feed(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

    def _weigh_head(self, fields: dict[bytes, bytes]) -> None:
        """Once per head and not once per field; what one segment can hold bounds the work until then."""
        sizes, limits = self._state.sizes, self._limits
        if len(fields) + self._repeated > limits.max_header_fields:
            raise Refused(sizes.header_fields)
        if sum(map(len, fields)) + sum(map(len, fields.values())) + 4 * len(fields) > limits.max_header_bytes:
            raise Refused(sizes.header_bytes)

    def _weigh_chunks(self, receiving: Exchange, before: int, arrived: int) -> None:
        """Bound what is neither head nor body: it is not counted by the body cap and the parser keeps trailers."""
        if self.receiving is not receiving:
            return
        gained = receiving.body_bytes - before
        self._overhead += arrived - gained
        self._barren_bytes = 0 if gained else self._barren_bytes + arrived
        allowed = _OVERHEAD_BYTES + _OVERHEAD_RATIO * receiving.body_bytes
        if self._overhead > allowed or self._barren_bytes > _OVERHEAD_BYTES:
            raise Refused(refusals.CHUNK_OVERHEAD)

    # The parser's callbacks.

    def on_message_begin(self) -> None:
        """A head has begun, maybe in the middle of a segment whose bytes were counted for the message before."""
        self.head_bytes += 1

    def on_url(self, part: bytes) -> None:
        """A piece of the target."""
        self._target += part
        if len(self._target) > self._limits.max_target_bytes:
            raise Refused(self._state.sizes.target)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One whole field, of the head or of the trailer."""
        if self.receiving is not None:
            return  # a trailer: what comes behind the body was never authorised and must not become a field
        name = name.lower()
        value = value.rstrip(b" \t")
        fields = self._fields
        if name in fields:
            if name in SINGLE:
                raise Refused(refusals.REPEATED)
            self._repeated += 1
            if self._repeated > self._limits.max_header_fields:
                raise Refused(self._state.sizes.header_fields)  # now: joining thousands costs quadratic time
            value = fields[name] + (b"; " if name == b"cookie" else b", ") + value
        fields[name] = value

    def on_headers_complete(self) -> None:
        """Check the head and open the exchange, before any of its body is read."""
        parser, fields, state = self._parser, self._fields, self._state
        self._weigh_head(fields)
        version = parser.get_http_version()
        length = check_fields(version, fields, self._limits.max_body, state.sizes.body)
        method = check_method(parser.get_method())
        path, query = check_target(self._target, method)
        if b"upgrade" in fields and parser.should_upgrade():
            self._offered = True
            return
        if length and state.buffered_bytes + length > self._limits.max_buffered:
            raise Refused(refusals.BUFFER)
        keep_alive = version == "1.1" and parser.should_keep_alive()
        exchange = Exchange(self._connection, method, path, query, fields, monotonic(), version, keep_alive)
        exchange.wants_continue = b"expect" in fields and version == "1.1" and length != 0
        self._chunked = length is None
        self._overhead = self._barren_bytes = 0
        self._expect_head()
        self._connection.opened(exchange)
        self.receiving = exchange

    def on_body(self, data: bytes) -> None:
        """A piece of the body, without its framing."""
        exchange, state = self.receiving, self._state
        if exchange is None:
            raise Refused(malformed("a body without a head"))
        exchange.parts.append(data)
        exchange.body_bytes += len(data)
        state.buffered_bytes += len(data)
        if exchange.body_bytes > self._limits.max_body:
            raise Refused(state.sizes.body)
        if exchange.body_bytes > exchange.at_most:
            raise Refused(refusals.body_above(exchange.at_most))
        if state.buffered_bytes > self._limits.max_buffered:
            raise Refused(refusals.BUFFER)

    def on_message_complete(self) -> None:
        """The message is whole."""
        exchange = self.receiving
        if exchange is None:
            return  # an offer to upgrade: the message is about to be read again
        self.receiving = None
        self.head_bytes = 0
        exchange.complete = True
        waiter = exchange.waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
