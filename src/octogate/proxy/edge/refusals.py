"""The answers to what is not an acceptable request, as bytes that are prepared at start."""

from functools import lru_cache

import msgspec

from octogate.core.errors import BadRequest, CallerError, Overloaded, TooLarge
from octogate.proxy.edge.limits import MAX_QUEUED, EdgeLimits
from octogate.proxy.edge.replies import status_line

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Refusal(msgspec.Struct, frozen=True):
    """One way to say no: `code` is for callers, `reason` is the finer metric label, `answer` goes on the wire."""

    status: int
    code: str
    reason: str
    message: str
    answer: bytes

    def error(self) -> CallerError | Overloaded:
        """The same as an exception, for a handler that is waiting for the body and renders its own answer."""
        if self.status == 413:
            return TooLarge(self.message, reason=self.reason)
        if self.status == 503:
            return Overloaded(self.message, reason=self.reason, retry_after=1.0)
        return BadRequest(self.message, code=self.code, status=self.status, reason=self.reason)


class Refused(Exception):
    """Raised inside the parser's callbacks: the bytes break a rule and nothing behind them can be trusted."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def error_body(message: str, code: str, status: int) -> bytes:
    """The JSON error that every SDK can show; the edge knows no dialect yet."""
    kind = "server_error" if status >= 500 and status not in {501, 505} else "invalid_request_error"
    return msgspec.json.encode({"error": {"message": message, "type": kind, "code": code, "param": None}})


def refusal(status: int, code: str, reason: str, message: str, headers: bytes = b"") -> Refusal:
    """Prepare one; `headers` are whole lines."""
    body = error_body(message, code, status)
    head = b"%bcontent-type: application/json\r\n%bconnection: close\r\ncontent-length: %d\r\n\r\n"
    return Refusal(status, code, reason, message, head % (status_line(status), headers, len(body)) + body)


@lru_cache(maxsize=64)
def malformed(complaint: str) -> Refusal:
    """For what the parser refuses; `complaint` is one of its own fixed sentences and never the caller's bytes."""
    message = f"The request is not well-formed HTTP/1.1: {complaint}. Nothing after this point was read."
    return refusal(400, "invalid_request", "malformed", message)


def body_above(limit: int) -> Refusal:
    """For a body that is larger than it may be here."""
    return refusal(413, "request_too_large", "body_size", f"The body may have at most {limit} bytes.")


VERSION = refusal(
    505, "http_version_not_supported", "version", "Only HTTP/1.1 and HTTP/1.0 are spoken here; say HTTP/1.1."
)
METHOD = refusal(
    405,
    "method_not_allowed",
    "method",
    f"This method is not served; allowed are {', '.join(METHODS)}.",
    b"allow: " + ", ".join(METHODS).encode() + b"\r\n",
)
TARGET = refusal(
    400,
    "invalid_request",
    "target",
    "The request target must be a path that begins with '/', in visible ASCII, with valid percent-escapes, without "
    "escaped control characters, backslashes, fragments or dot segments. Absolute URLs are not accepted.",
)
HOST = refusal(
    400, "invalid_request", "host", "Exactly one Host field is required: a name or an IP address, and maybe a port."
)
REPEATED = refusal(
    400, "invalid_request", "repeated_field", "A header field that may occur only once occurs twice; send it once."
)
CODING = refusal(
    501, "not_implemented", "transfer_encoding", "The only Transfer-Encoding that is understood is exactly 'chunked'."
)
AMBIGUOUS_LENGTH = refusal(
    400,
    "invalid_request",
    "ambiguous_length",
    "A body has one length: send Content-Length (digits only), or Transfer-Encoding: chunked in HTTP/1.1, never both.",
)
EXPECTATION = refusal(
    417, "expectation_failed", "expectation", "The only expectation that can be met is 'Expect: 100-continue'."
)
CHUNK_OVERHEAD = refusal(
    400, "invalid_request", "chunk_overhead", "The chunk extensions and trailers outweigh the body; send larger chunks."
)
PIPELINE = refusal(
    400, "invalid_request", "pipeline", f"At most {MAX_QUEUED} pipelined requests may wait; read answers before asking."
)
SLOW_HEAD = refusal(408, "request_timeout", "slow_head", "The header block did not arrive in time; send it at once.")
SLOW_BODY = refusal(408, "request_timeout", "slow_body", "The body did not arrive in time; send it without pauses.")
CONNECTIONS = refusal(
    503, "overloaded", "connections", "All connections are taken; try again shortly.", b"retry-after: 1\r\n"
)
CONNECTIONS_PER_IP = refusal(
    503,
    "overloaded",
    "connections_per_ip",
    "Your address holds as many connections as it may; reuse them, or close some.",
    b"retry-after: 1\r\n",
)
BUFFER = refusal(
    503, "overloaded", "buffered", "The memory for request bodies is in use; try again shortly.", b"retry-after: 1\r\n"
)


class SizeRefusals:
    """The refusals whose text names a configured limit."""

    def __init__(self, limits: EdgeLimits) -> None:
        self.target = refusal(
            414,
            "target_too_long",
            "target_size",
            f"The request target may have at most {limits.max_target_bytes} bytes.",
        )
        self.header_bytes = refusal(
            431,
            "headers_too_large",
            "header_bytes",
            f"The header block may have at most {limits.max_header_bytes} bytes.",
        )
        self.header_fields = refusal(
            431,
            "headers_too_large",
            "header_fields",
            f"The header block may have at most {limits.max_header_fields} fields.",
        )
        self.body = body_above(limits.max_body)
