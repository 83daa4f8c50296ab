"""The rules for a request head that the parser does not know; pure, and each breach raises `Refused`."""

import functools
import re

from octogate.proxy.edge import refusals
from octogate.proxy.edge.refusals import METHODS, Refusal, Refused

SINGLE = frozenset(
    {
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"content-type",
        b"content-encoding",
        b"expect",
        b"authorization",
        b"proxy-authorization",
        b"x-api-key",
        b"x-goog-api-key",
        b"api-key",
        b"idempotency-key",
        b"origin",
        b"referer",
        b"user-agent",
    }
)
"""Fields whose repetition is refused: two readers of the same request could otherwise pick different values."""

_METHODS = {name.encode(): name for name in METHODS}
_VERSIONS = frozenset({"1.0", "1.1"})
_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?").fullmatch
# All of visible ASCII but backslash and fragment: clients do send '|' and '{' raw.
_TARGET = re.compile(rb"(/[!\"$->@-\[\]-~]*)(?:\?([!\"$-\[\]-~]*))?").fullmatch
_BAD_ESCAPE = re.compile(rb"%(?:[01]|7[Ff]|(?![0-9A-Fa-f]{2}))").search
_DOT_SEGMENT = re.compile(rb"/(?:\.|%2[Ee]){1,2}(?:/|%2[Ff]|$)").search


def check_method(method: bytes) -> str:
    """The method as text, if it is served."""
    name = _METHODS.get(method)
    if name is None:
        raise Refused(refusals.METHOD)
    return name


def check_target(target: bytes, method: str) -> tuple[str, str]:
    """Path and query, both as they came.

    `%2f` stays: model names contain slashes, and routes are matched on the raw path, segment by segment.
    Escaped control characters are refused in the query too, for it can end up in a log or in another request.
    """
    if target == b"*" and method == "OPTIONS":
        return "*", ""
    return _plain_path(target) if b"?" not in target else _split(target)


def _split(target: bytes) -> tuple[str, str]:
    found = _TARGET(target)
    if found is None or (b"%" in target and _BAD_ESCAPE(target)):
        raise Refused(refusals.TARGET)
    path, query = found.groups()
    if (b"/." in path or b"%" in path) and _DOT_SEGMENT(path):
        raise Refused(refusals.TARGET)
    return path.decode("ascii"), query.decode("ascii") if query else ""


# Most calls go to the same few paths. Only targets without a query are kept: Google's clients put keys into it.
_plain_path = functools.lru_cache(maxsize=128)(_split)


def check_fields(version: str, fields: dict[bytes, bytes], max_body: int, too_large: Refusal) -> int | None:
    """Check version, Host and framing fields; return the announced length, None for a chunked body.

    Host must be there in HTTP/1.0 as well: everything that talks to a gateway sends it (RFC 9112, sections 3.2, 6.1).
    """
    if version not in _VERSIONS:
        raise Refused(refusals.VERSION)
    host = fields.get(b"host")
    if host is None or _HOST(host) is None:
        raise Refused(refusals.HOST)
    if b"expect" in fields and version == "1.1" and fields[b"expect"].lower() != b"100-continue":
        raise Refused(refusals.EXPECTATION)
    if b"transfer-encoding" in fields:
        if version == "1.0" or b"content-length" in fields:
            raise Refused(refusals.AMBIGUOUS_LENGTH)
        if fields[b"transfer-encoding"].lower() != b"chunked":
            raise Refused(refusals.CODING)
        return None
    announced = fields.get(b"content-length")
    if announced is None:
        return 0
    if not announced.isdigit() or len(announced) > 19:
        raise Refused(refusals.AMBIGUOUS_LENGTH)
    length = int(announced)
    if length > max_body:
        raise Refused(too_large)
    return length
