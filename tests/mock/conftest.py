"""A running mock, and a client so plain that it shows what is on the wire."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httptools
import orjson
import pytest

from octogate.mock import MockConfig, MockServer

CREDENTIAL = "sk-test-0123456789"


class Exchange:
    """One answer as it came: `ended` is "whole", "cut" (FIN before the end) or "reset" (RST)."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}
        self.body = b""
        self.chunks: list[bytes] = []
        self.ended = ""
        self._parser = httptools.HttpResponseParser(self)

    @property
    def status(self) -> int:
        return self.statuses[-1]

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def data(self) -> list[Any]:
        """The `data:` lines; JSON where it is JSON."""
        lines = [line[6:] for line in self.body.splitlines() if line.startswith(b"data: ")]
        return [_loaded(line) for line in lines]

    @property
    def words(self) -> list[str]:
        """The text deltas of a chat stream."""
        chunks = [chunk for chunk in self.data if isinstance(chunk, dict) and chunk.get("choices")]
        texts = [chunk["choices"][0]["delta"].get("content") for chunk in chunks]
        return [text for text in texts if text]

    def feed(self, data: bytes) -> bool:
        self._parser.feed_data(data)
        return self.ended == "whole"

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.statuses.append(self._parser.get_status_code())

    def on_body(self, body: bytes) -> None:
        self.body += body
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        if self.status >= 200:
            self.ended = "whole"


def _loaded(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return line.decode()


class Wire:
    """Speaks HTTP/1.1 over a bare socket, one connection per request."""

    def __init__(self, server: MockServer) -> None:
        self.server = server

    async def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Exchange:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        exchange = Exchange()
        try:
            writer.write(request_bytes(method, path, body, headers))
            async with asyncio.timeout(20):
                while True:
                    data = await reader.read(65_536)
                    if not data or exchange.feed(data):
                        break
        except ConnectionResetError:
            exchange.ended = "reset"
        finally:
            writer.close()
        exchange.ended = exchange.ended or "cut"
        return exchange

    async def chat(self, model: str, *, stream: bool = False, say: str = "hello", **options: Any) -> Exchange:
        headers = options.pop("headers", None)
        path = options.pop("path", "/v1/chat/completions")
        body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": say}], **options}
        return await self.ask("POST", path, body, headers)

    def request(self, model: str, *, stream: bool = False) -> bytes:
        """The bytes of a chat request, for a test that holds the socket itself."""
        body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "hello"}]}
        return request_bytes("POST", "/v1/chat/completions", body)

    async def messages(self, model: str, *, stream: bool = False, **options: Any) -> Exchange:
        body = {"model": model, "stream": stream, "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}
        return await self.ask("POST", "/v1/messages", body | options)

    async def responses(self, model: str, *, stream: bool = False) -> Exchange:
        return await self.ask("POST", "/v1/responses", {"model": model, "stream": stream, "input": "hello"})

    async def gemini(self, model: str, *, stream: bool = False, sse: bool = True) -> Exchange:
        verb = "streamGenerateContent" if stream else "generateContent"
        path = f"/v1beta/models/{model}:{verb}" + ("?alt=sse" if stream and sse else "")
        return await self.ask("POST", path, {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]})


def request_bytes(method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> bytes:
    payload = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
    fields = {"host": "mock", "authorization": f"Bearer {CREDENTIAL}", "content-type": "application/json"}
    fields |= {"content-length": str(len(payload)), **(headers or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items() if value)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + payload


@pytest.fixture
async def mock() -> AsyncIterator[MockServer]:
    """A mock whose scenarios run a hundred times faster."""
    async with MockServer(config=MockConfig(time_scale=0.01)) as server:
        yield server


@pytest.fixture
def wire_of() -> Callable[[MockServer], Wire]:
    """For a test that starts its own mock."""
    return Wire


@pytest.fixture
def wire(mock: MockServer) -> Wire:
    return Wire(mock)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], Any]:
    """Wait until something that the other side of a socket does has happened."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # the event is in another object's callbacks, so look after each turn of the loop
                await asyncio.sleep(0.001)

    return wait
