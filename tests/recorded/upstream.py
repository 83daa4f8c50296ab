"""An upstream that plays recorded answers on bare sockets, in pieces of any size and up to any byte."""

import asyncio
import re
import socket
import struct
from collections.abc import Iterator
from typing import Literal

import msgspec

from .cases import Case

End = Literal["whole", "finished", "closed", "reset"]
_ASKED = re.compile(rb'"model":\s*"([^"]+)"')


class Play(msgspec.Struct, frozen=True):
    """How one case is answered.

    `sizes` are those of the pieces, in turn; empty is all at once. `until` bytes are sent, then: "whole" and
    "finished" end the message as HTTP wants it, "closed" and "reset" end the connection in the middle of it.
    """

    case: Case
    sizes: tuple[int, ...] = ()
    until: int | None = None
    end: End = "whole"


class Upstream:
    """Answers a request by the name in it: the model, which every dialect has somewhere."""

    def __init__(self) -> None:
        self.plays: dict[str, Play] = {}
        self.paths: dict[str, str] = {}
        self.bodies: dict[str, bytes] = {}
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=2**26)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._serve(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether another may follow."""
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ", 2)[1].decode()
        length = re.search(rb"\r\ncontent-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        named = re.search(r"/models/([^/:]+):", path)
        found = _ASKED.search(body)
        name = named[1] if named else found[1].decode() if found else ""
        play = self.plays[name]
        self.paths[name], self.bodies[name] = path, body
        await self._answer(play, writer)
        if play.end == "reset":
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return play.end in ("whole", "finished")

    async def _answer(self, play: Play, writer: asyncio.StreamWriter) -> None:
        case = play.case
        body = case.body()[: play.until]
        lines = [f"HTTP/1.1 {case.status} Recorded", *(f"{name}: {value}" for name, value in case.fields())]
        chunked = case.is_stream or bool(play.sizes)
        lines.append("transfer-encoding: chunked" if chunked else f"content-length: {len(case.body())}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        for piece in _pieces(body, play.sizes):
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
            if play.sizes:
                await asyncio.sleep(0)  # the gateway reads in the same loop: let it see this piece alone
        if chunked and play.end in ("whole", "finished"):
            writer.write(b"0\r\n\r\n")
        await writer.drain()


def _pieces(body: bytes, sizes: tuple[int, ...]) -> Iterator[bytes]:
    if not sizes:
        yield from [body] if body else []
        return
    at = turn = 0
    while at < len(body):
        size = sizes[turn % len(sizes)]
        yield body[at : at + size]
        at, turn = at + size, turn + 1
