"""A caller that speaks bytes, and an edge whose handler writes down what it was given."""

import asyncio
import contextlib
from typing import NamedTuple

from octogate.proxy.edge.exchange import Exchange
from octogate.proxy.edge.limits import EdgeLimits
from octogate.proxy.edge.server import EdgeServer

PATIENCE = 10.0
JSON = b"content-type: application/json\r\n"


class Answer(NamedTuple):
    status: int
    fields: dict[bytes, bytes]
    body: bytes
    whole: bool = True


class Seen(NamedTuple):
    method: str
    path: str
    body: bytes
    fields: dict[bytes, bytes]


class Wire:
    """One connection, seen from the caller's side. Everything it waits for ends after `PATIENCE` seconds."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def send(self, data: bytes) -> None:
        """Write everything; the other side may hang up halfway, which is for the answers to show."""
        self.writer.write(data)
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(self.writer.drain(), PATIENCE)

    async def answer(self, *, to: str = "GET") -> Answer:
        """The next answer; `whole` is false if the connection ended inside it."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        first, *lines = head[:-4].split(b"\r\n")
        status = int(first.split(b" ")[1])
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        if status == 100 or to == "HEAD" or status in {204, 304}:
            return Answer(status, fields, b"")
        parts: list[bytes] = []
        whole = await asyncio.wait_for(self._read_body(fields, parts), PATIENCE)
        return Answer(status, fields, b"".join(parts), whole)

    async def _read_body(self, fields: dict[bytes, bytes], parts: list[bytes]) -> bool:
        try:
            if b"content-length" in fields:
                parts.append(await self.reader.readexactly(int(fields[b"content-length"])))
            elif b"transfer-encoding" not in fields:
                parts.append(await self.reader.read(-1))
            else:
                while size := int((await self.reader.readuntil(b"\r\n"))[:-2], 16):
                    parts.append((await self.reader.readexactly(size + 2))[:-2])
                await self.reader.readexactly(2)
        except asyncio.IncompleteReadError as cut:
            parts.append(cut.partial)
            return False
        return True

    async def answers(self, count: int) -> list[int]:
        return [(await self.answer()).status for _ in range(count)]

    async def ended(self) -> bytes:
        """What still comes until the other side hangs up, by a close or a reset."""
        try:
            return await asyncio.wait_for(self.reader.read(-1), PATIENCE)
        except ConnectionError:
            return b""

    def hang_up(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        self.writer.transport.abort()


class Edge:
    """A running EdgeServer and what became of the requests."""

    def __init__(self, limits: EdgeLimits, handler=None) -> None:
        self.seen: list[Seen] = []
        self.refused: list[str] = []
        self.errors: list[Exception] = []
        self.wires: list[Wire] = []
        self.server = EdgeServer(
            handler or self.write_down,
            limits,
            on_refused=self.refused.append,
            on_error=lambda error, exchange: self.errors.append(error),
        )

    @property
    def port(self) -> int:
        return self.server.port

    async def write_down(self, exchange: Exchange) -> None:
        body = await exchange.body()
        self.seen.append(Seen(exchange.method, exchange.path, body, exchange.fields))
        exchange.send(200, b"content-type: text/plain\r\n", b"%b %b" % (exchange.path.encode(), body))

    async def call(self, data: bytes = b"", *, limit: int = 2**16, host: str = "127.0.0.1") -> Wire:
        """Connect and say `data`."""
        wire = Wire(*await asyncio.open_connection(host, self.port, limit=limit))
        self.wires.append(wire)
        if data:
            wire.say(data)
        return wire

    def canaries(self) -> int:
        """How many requests that were hidden in bodies have reached the handler."""
        return sum(seen.path == "/canary" for seen in self.seen)

    async def until(self, condition) -> None:
        """Wait until the server has noticed: polls a synchronous fact that no event announces."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.005)

    async def close(self) -> None:
        for wire in self.wires:
            wire.writer.transport.abort()
        await self.server.finish(0)
        assert self.server.connections == 0
        assert not self.server.in_flight
        assert self.server.buffered_bytes == 0
