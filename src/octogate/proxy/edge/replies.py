"""The first lines of an answer, prepared, and which answers carry no body."""

from email.utils import formatdate
from http import HTTPStatus

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CLOSE = b"connection: close\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
LAST_CHUNK = b"0\r\n\r\n"
BODILESS = frozenset({204, 304})

_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


def status_line(status: int) -> bytes:
    """The status line; a status without a registered phrase (529) has an empty one."""
    return _LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


def date_line(wall: float) -> bytes:
    """The Date field for `wall` seconds since the epoch (RFC 9110, section 6.6.1)."""
    return f"date: {formatdate(wall, usegmt=True)}\r\n".encode()


def chunk(data: bytes) -> bytes:
    """One chunk; the data must not be empty, for an empty chunk ends the answer."""
    return b"%x\r\n%b\r\n" % (len(data), data)
