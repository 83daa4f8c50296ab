"""An upstream on bare sockets that sends one stream up to any byte and then stops in any way."""

import asyncio
import socket
import struct
from typing import Literal

End = Literal["finished", "closed", "reset"]
ENDS: tuple[End, ...] = ("finished", "closed", "reset")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"


class CutUpstream:
    """Answers every request with `body`, and then as `end` says.

    "finished" ends the message as HTTP wants it, "closed" and "reset" end the connection in the middle of it.
    """

    def __init__(self) -> None:
        self.body, self.end, self.content_type = b"", ENDS[0], b"text/event-stream"
        self.asked = 0

    async def __aenter__(self) -> "CutUpstream":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=512)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body, end = self.body, self.end
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        self.asked += 1
        writer.write(HEAD % self.content_type + (b"%x\r\n%b\r\n" % (len(body), body) if body else b""))
        if end == "finished":
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        if end == "reset":
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()
