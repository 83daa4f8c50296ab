"""Server-sent events, as the providers write them."""

from typing import Any

import orjson


def event(data: dict[str, Any], name: str = "") -> bytes:
    """One event with LF line ends; `name` writes the `event:` line that Anthropic and Responses send."""
    return framed(orjson.dumps(data), name)


def framed(data: bytes, name: str = "") -> bytes:
    """The same for bytes that need not be JSON."""
    head = f"event: {name}\n".encode() if name else b""
    return b"%sdata: %s\n\n" % (head, data)
