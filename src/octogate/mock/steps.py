"""What an answer is made of on the wire: a lazy list of steps that one player carries out."""

from collections.abc import Iterator
from typing import Literal

import msgspec

EventKind = Literal["frame", "content", "finish", "end", "error"]


class Head(msgspec.Struct, frozen=True):
    """Status line and headers. `length` is the Content-Length; None means chunked."""

    status: int
    headers: tuple[tuple[str, str], ...]
    length: int | None = None


class Data(msgspec.Struct, frozen=True):
    """Body bytes: one stream event, or a plain body.

    `tokens` is how many output tokens they carry. Kinds: `content` is text, reasoning, tool arguments or a refusal,
    `finish` says why the answer ended, `end` is the terminal event, `frame` is everything around them.
    """

    payload: bytes
    kind: EventKind = "frame"
    tokens: int = 0


class Raw(msgspec.Struct, frozen=True):
    """Bytes outside of all framing."""

    payload: bytes


class Wait(msgspec.Struct, frozen=True):
    """Silence."""

    seconds: float


class End(msgspec.Struct, frozen=True):
    """The answer is whole: the chunked terminator where one is due."""


class Cut(msgspec.Struct, frozen=True):
    """Close the connection (FIN) whatever is missing."""


class Reset(msgspec.Struct, frozen=True):
    """Abort the connection (RST)."""


Step = Head | Data | Raw | Wait | End | Cut | Reset
Steps = Iterator[Step]


def whole(status: int, headers: tuple[tuple[str, str], ...], body: bytes, *, tokens: int = 0) -> Steps:
    """A plain answer in one piece; an error body is told from content by its status."""
    yield Head(status, headers, length=len(body))
    yield Data(body, kind="content" if status < 300 else "error", tokens=tokens)
    yield End()
