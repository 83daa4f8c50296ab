"""A caller that keeps every byte: one connection, one request after the other, whole or piece by piece."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

PATIENCE = 15.0


class Answer(msgspec.Struct):
    """An answer as it came; `is_whole` is false when the connection ended inside it."""

    status: int
    head: bytes
    body: bytes = b""
    is_whole: bool = True

    @property
    def fields(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def version(self) -> int:
        return int(self.fields["x-octogate-config-version"])


class Line:
    """One connection to a gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port: int, tls: ssl.SSLContext | None = None) -> "Line":
        name = "localhost" if tls else None
        opening = asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name, limit=2**20)
        return cls(*await asyncio.wait_for(opening, PATIENCE))

    async def ask(self, method: str, path: str, body: object = None, fields: Mapping[str, str] | None = None) -> Answer:
        """Send one request and read its whole answer."""
        self.send(method, path, body, fields)
        return await self.answer(to=method)

    def send(self, method: str, path: str, body: object = None, fields: Mapping[str, str] | None = None) -> None:
        """Only send it."""
        self.writer.write(request(method, path, body, fields))

    async def answer(self, *, to: str = "POST") -> Answer:
        """The next whole answer, or what there is of it."""
        answer = await self.head()
        if to == "HEAD" or answer.status in (204, 304):
            return answer
        try:
            await asyncio.wait_for(self._read_body(answer), PATIENCE)
        except (asyncio.IncompleteReadError, ConnectionError) as ended:
            answer.body += getattr(ended, "partial", b"")
            answer.is_whole = False
        return answer

    async def head(self) -> Answer:
        """The head of the next answer; the body is still to be read with `more` or `rest`."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        return Answer(int(head.split(b" ", 2)[1]), head[:-4])

    async def more(self, until: bytes) -> bytes:
        """What comes of a stream up to and with `until`."""
        return await asyncio.wait_for(self.reader.readuntil(until), PATIENCE)

    async def rest(self) -> bytes:
        """All until the other side ends the connection, in whatever way."""
        data = b""
        try:
            async with asyncio.timeout(PATIENCE):
                while part := await self.reader.read(65_536):
                    data += part
        except ConnectionError:
            pass
        return data

    def close(self) -> None:
        self.writer.close()

    def vanish(self) -> None:
        """Leave without a word."""
        self.writer.transport.abort()

    async def _read_body(self, answer: Answer) -> None:
        fields = answer.fields
        if "content-length" in fields:
            answer.body = await self.reader.readexactly(int(fields["content-length"]))
        elif fields.get("transfer-encoding") == "chunked":
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                answer.body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readexactly(2)
        else:
            answer.body = await self.reader.read()


async def ask(
    port: int,
    method: str,
    path: str,
    body: object = None,
    fields: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """One request on a connection of its own."""
    line = await Line.open(port, tls)
    try:
        return await line.ask(method, path, body, fields)
    finally:
        line.close()


def request(method: str, path: str, body: object = None, fields: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a request; what is not bytes already is sent as JSON."""
    payload = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    head = {"host": "gateway.test", "content-type": "application/json", "content-length": str(len(payload))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (head | dict(fields or {})).items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + payload


def chat(model: str, say: str = "hello", *, stream: bool = False, **more: object) -> dict[str, object]:
    """The body of a chat call."""
    return {"model": model, "stream": stream, "messages": [{"role": "user", "content": say}], **more}


def bearer(key: str) -> dict[str, str]:
    """The header with which most callers show their key."""
    return {"authorization": f"Bearer {key}"}
