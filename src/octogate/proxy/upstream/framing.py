"""Reads one HTTP/1.1 answer after another from bytes: strict framing, bounded heads, no I/O.

llhttp parses. It already refuses Content-Length with Transfer-Encoding, duplicate or odd lengths, bare line feeds,
folded fields and bad chunk sizes; what it lets pass and we do not is checked in `_head_fault`.
"""

import httptools

MAX_FIELDS = 200
MAX_INTERIM_ANSWERS = 100


class AnswerReader:
    """The parsing side of one connection. Feed it what the socket gave; read the attributes between feeds.

    `status` and `fields` (lower-case names, repeated ones joined by a comma) are valid once `has_head`. `pieces` are
    the body bytes of the last feeds, until somebody takes them. `complete`: the message is whole. `surplus`: bytes
    came behind it. `until_close`: only the end of the connection ends the body.
    """

    __slots__ = (
        "_header_bytes",
        "_header_count",
        "_interim",
        "_max_header_bytes",
        "_parser",
        "_quiet_bytes",
        "_skipping",
        "complete",
        "fault",
        "fields",
        "has_head",
        "is_chunked",
        "keep_alive",
        "pieces",
        "status",
        "surplus",
        "until_close",
    )

    def __init__(self, max_header_bytes: int) -> None:
        self._max_header_bytes = max_header_bytes
        self._parser = httptools.HttpResponseParser(self)
        self.pieces: list[bytes] = []
        self.begin()

    def begin(self) -> None:
        """Expect the next answer."""
        self.status = 0
        self.fields: dict[bytes, bytes] = {}
        self.has_head = self.complete = self.surplus = False
        self.keep_alive = self.until_close = self.is_chunked = False
        self.fault: str | None = None
        self._skipping = False
        self._header_bytes = self._header_count = self._interim = self._quiet_bytes = 0
        if self.pieces:
            self.pieces = []

    def feed(self, data: bytes | memoryview) -> None:
        """Take what arrived, keep nothing of `data` itself.

        Sets `fault` when it is not acceptable; the reader is of no use then.
        """
        before = len(self.pieces)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.fault = self.fault or "it switches protocols"
        except httptools.HttpParserError as error:
            if self.complete:
                self.surplus = True
            else:
                self.fault = self.fault or f"bad framing: {error}"
        if len(self.pieces) > before or self.complete:
            self._quiet_bytes = 0
            return
        # Counts what the parser swallows unseen: a head that never ends, trailers, chunk extensions.
        self._quiet_bytes += len(data)
        if self._quiet_bytes > self._max_header_bytes and not self.fault:
            self.fault = "too many bytes of framing"

    def take(self) -> bytes:
        """The body bytes since the last take, as one."""
        pieces, self.pieces = self.pieces, []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def end(self) -> bool:
        """The peer has closed: true if that is a proper end of the message."""
        if self.until_close and not self.fault:
            self.complete = True
        return self.complete

    # Called by the parser.

    def on_message_begin(self) -> None:
        """Empty lines between messages do not get here."""
        if self.complete:
            self.surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head, or of a trailer."""
        if self.has_head or self.fault:  # a trailer, or a message behind the end: not ours to trust
            return
        self._header_count += 1
        self._header_bytes += len(name) + len(value) + 4
        if self._header_count > MAX_FIELDS or self._header_bytes > self._max_header_bytes:
            self.fault = "the head is too large"
            return
        name = name.lower()
        fields = self.fields
        if name in fields:
            value = fields[name] + b", " + value
        fields[name] = value

    def on_headers_complete(self) -> None:
        """The head of an interim or of the final answer."""
        if self.has_head:
            return
        status = self._parser.get_status_code()
        if status < 200:
            self._skip_interim(status)
            return
        self.status = status
        self.has_head = True
        self.keep_alive = self._parser.should_keep_alive()
        self.fault = self.fault or self._head_fault()

    def on_body(self, body: bytes) -> None:
        """One chunk, or what this feed holds of it."""
        if not self.complete:
            self.pieces.append(body)

    def on_message_complete(self) -> None:
        """Also called for each interim answer."""
        if self._skipping:
            self._skipping = False
            self.fields = {}
        elif self.has_head:
            self.complete = True

    def _skip_interim(self, status: int) -> None:
        self._skipping = True
        self._interim += 1
        if status == 101:
            self.fault = self.fault or "it switches protocols"
        elif self._interim > MAX_INTERIM_ANSWERS:
            self.fault = self.fault or "too many interim answers"

    def _head_fault(self) -> str | None:
        fields = self.fields
        version = self._parser.get_http_version()
        if self.status > 599 or version not in ("1.1", "1.0"):
            return "not an HTTP/1 answer"
        transfer = fields.get(b"transfer-encoding")
        if transfer is not None:
            if transfer.strip().lower() != b"chunked" or version == "1.0":
                return "an unknown transfer-encoding"
            self.is_chunked = True
        elif b"content-length" not in fields:
            self.until_close = self.status not in (204, 304)
        # We ask for identity: an encoded body is an answer that nobody behind us can read.
        encoding = fields.get(b"content-encoding")
        if encoding is not None and encoding.strip().lower() not in (b"", b"identity"):
            return "an encoded body"
        return None
