"""A gateway between callers and upstreams that may do anything: both sides speak bytes."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from octogate.app import Gateway

if TYPE_CHECKING:
    from octogate.core.receipt import Receipt

KEY = "a-tenant-with-a-valid-key-of-its-own-0123456789"
OTHER_KEY = "another-tenant-with-another-key-9876543210-zyx"
SECRET = "the-gateways-own-credential-0123456789"
PATIENCE = 10.0
CHAT = "/v1/chat/completions"
STOP = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
HELLO = b'data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\n'
EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
WHOLE = json.dumps(
    {"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
).encode()

Behaviour = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Answer(NamedTuple):
    """What a caller got: `whole` is false when the connection ended too early."""

    status: int
    fields: dict[bytes, bytes]
    body: bytes
    whole: bool = True

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def answer(body: bytes = WHOLE, status: bytes = b"200 OK", *lines: bytes) -> bytes:
    head = b"".join(line + b"\r\n" for line in lines)
    return b"HTTP/1.1 %b\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n\r\n%b" % (
        status, head, len(body), body,
    )  # fmt: skip


def says(data: bytes) -> Behaviour:
    async def behave(_request: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return behave


class Rig:
    """One gateway whose provider `up` does what `behaviour` says for every request that reaches it."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self.folder, self.changes = folder, config
        self.behaviour: Behaviour = says(answer())
        self.requests: list[bytes] = []
        self.receipts: list[Receipt] = []
        self.errors: list[object] = []
        self.file = folder / "octogate.yaml"
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.gateway: Gateway

    async def start(self) -> None:
        self._upstream = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.upstream_port = self._upstream.sockets[0].getsockname()[1]
        self.file.write_text(yaml.safe_dump(self.config()))
        self.gateway = Gateway.from_file(self.file, env={})
        pipeline: Any = self.gateway._pipeline
        pipeline._record = self.receipts.append
        defect = pipeline._on_defect
        pipeline._on_defect = lambda error, request_id: (self.errors.append(error), defect(error, request_id))
        await self.gateway.start()

    async def stop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        await self.gateway.stop(0)
        self._upstream.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def config(self) -> dict[str, Any]:
        up = f"http://127.0.0.1:{self.upstream_port}"
        shown: dict[str, Any] = {
            "version": 1,
            "server": {"host": "127.0.0.1", "port": 0},
            "auth": {"static_keys": [{"id": "one", "key": KEY}, {"id": "two", "key": OTHER_KEY}]},
            "providers": {
                "up": {"type": "openai", "base_url": f"{up}/v1", "api_key": SECRET},
                "claude": {"type": "anthropic", "base_url": up, "api_key": SECRET},
                "google": {"type": "gemini", "base_url": up, "api_key": SECRET},
            },
            "models": {"chat": {"targets": ["up/one", "claude/one", "google/one"]}},
            "resilience": {"retries": {"max_attempts": 1}},
            "logging": {"file": str(self.folder / "log")},
        }
        for section, members in self.changes.items():
            shown[section] = {**shown.get(section, {}), **members}
        return shown

    async def call(self, data: bytes) -> "Caller":
        """Connect and say `data`."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.gateway.port, limit=2**26)
        self._writers.append(writer)
        writer.write(data)
        return Caller(reader, writer)

    async def ask(
        self, body: object, path: str = CHAT, *lines: bytes, key: str | None = KEY, method: bytes = b"POST"
    ) -> Answer:
        """One request on a connection of its own; `body` as it is when it is bytes, else as JSON."""
        caller = await self.call(request(body, path, *lines, key=key, method=method))
        try:
            return await caller.answer()
        finally:
            caller.writer.close()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for a fact that no event announces."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.005)

    def log(self) -> bytes:
        return (self.folder / "log").read_bytes()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                sent = head + await reader.readexactly(length)
                self.requests.append(sent)
                await self.behaviour(sent, reader, writer)
                if self.closes_after:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(ConnectionError):
                writer.close()

    closes_after = False


def request(body: object, path: str = CHAT, *lines: bytes, key: str | None = KEY, method: bytes = b"POST") -> bytes:
    """The bytes of one request."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = b"".join(line + b"\r\n" for line in lines)
    if key is not None:
        head += b"authorization: Bearer %b\r\n" % key.encode()
    return b"%b %b HTTP/1.1\r\nhost: here\r\n%bcontent-length: %d\r\n\r\n%b" % (
        method, path.encode(), head, len(payload), payload,
    )  # fmt: skip


def chat(model: str = "chat", **members: object) -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": "hi"}], **members}


class Caller:
    """One connection, from the caller's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> Answer:
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readuntil(b"\r\n\r\n")
            first, *lines = head[:-4].split(b"\r\n")
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
            body, whole = await self._body(fields)
            return Answer(int(first.split(b" ")[1]), fields, body, whole)

    async def _body(self, fields: dict[bytes, bytes]) -> tuple[bytes, bool]:
        parts: list[bytes] = []
        try:
            if b"content-length" in fields:
                parts.append(await self.reader.readexactly(int(fields[b"content-length"])))
                return b"".join(parts), True
            while size := int((await self.reader.readuntil(b"\r\n"))[:-2], 16):
                parts.append((await self.reader.readexactly(size + 2))[:-2])
            await self.reader.readexactly(2)
        except asyncio.IncompleteReadError as cut:
            return b"".join([*parts, cut.partial]), False
        return b"".join(parts), True

    async def until_event(self, text: bytes) -> bytes:
        """Read on until `text` has come."""
        return await asyncio.wait_for(self.reader.readuntil(text), PATIENCE)
