"""A caller on a bare socket: it shows how an answer ended, which a polite HTTP client would hide."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Literal

import httptools
import orjson

KEY = "sk-og-caller-0123456789abcdefghijklmnopqrstuvwxyz"
WAIT_SECONDS = 20.0

DialectName = Literal["openai", "anthropic", "gemini"]
DIALECTS: tuple[DialectName, ...] = ("openai", "anthropic", "gemini")


class Heard:
    """One answer as it came. `ended`: "whole", "cut" (FIN before the end), "reset" (RST)."""

    def __init__(self, dialect: DialectName) -> None:
        self.dialect = dialect
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.ended = ""
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> bool:
        """Take bytes; True when the answer is whole."""
        self._parser.feed_data(data)
        return self.ended == "whole"

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.ended = "whole"

    @property
    def json(self) -> Any:
        return orjson.loads(bytes(self.body))

    @property
    def events(self) -> list[Any]:
        """The `data:` lines of the stream; JSON where it is JSON."""
        lines = [line[5:].strip() for line in bytes(self.body).splitlines() if line.startswith(b"data:")]
        return [_loaded(line) for line in lines]

    @property
    def text(self) -> str:
        """The words that the caller has, stream or plain."""
        if self.headers.get("content-type", "").startswith("text/event-stream"):
            return "".join(_text_of(self.dialect, event) for event in self.events if isinstance(event, dict))
        return _plain_text(self.dialect, self.json)

    @property
    def model(self) -> str:
        """Which model the answer says it is from."""
        first = self.events[0] if self.headers["content-type"].startswith("text/event-stream") else self.json
        if self.dialect == "gemini":
            return str(first["modelVersion"])
        return str(first["message"]["model"] if "message" in first else first["model"])

    @property
    def error(self) -> dict[str, Any] | None:
        """The error of the answer: its body, or the in-band event of a stream."""
        found = [event for event in (self.events or [_loaded(bytes(self.body))]) if isinstance(event, dict)]
        return next((dict(event["error"]) for event in found if event.get("error")), None)

    @property
    def ends_cleanly(self) -> bool:
        """Whether the stream says that it is complete: the dialect's terminal event."""
        ends = {"openai": b"data: [DONE]", "anthropic": b"event: message_stop", "gemini": b'"finishReason"'}
        return ends[self.dialect] in self.body


def _loaded(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return line.decode("utf-8", "replace")


def _text_of(dialect: DialectName, event: dict[str, Any]) -> str:
    if dialect == "openai":
        return "".join(choice.get("delta", {}).get("content") or "" for choice in event.get("choices") or ())
    if dialect == "anthropic":
        return str(event.get("delta", {}).get("text", "")) if event.get("type") == "content_block_delta" else ""
    parts = [part for one in event.get("candidates") or () for part in one.get("content", {}).get("parts", ())]
    return "".join(part.get("text", "") for part in parts)


def _plain_text(dialect: DialectName, body: dict[str, Any]) -> str:
    if dialect == "openai":
        return str(body["choices"][0]["message"]["content"])
    return str(body["content"][0]["text"]) if dialect == "anthropic" else _text_of("gemini", body)


def request_bytes(
    dialect: DialectName,
    model: str,
    *,
    stream: bool = False,
    say: str = "hello",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> bytes:
    """One call as the dialect's SDK would send it."""
    path, made = _call(dialect, model, stream=stream, say=say)
    payload = body if body is not None else orjson.dumps(made)
    fields = {"host": "gateway", "content-type": "application/json", "authorization": f"Bearer {KEY}"}
    fields |= {"content-length": str(len(payload)), **(headers or {})}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + payload


def _call(dialect: DialectName, model: str, *, stream: bool, say: str) -> tuple[str, dict[str, Any]]:
    messages = [{"role": "user", "content": say}]
    if dialect == "openai":
        return "/v1/chat/completions", {"model": model, "stream": stream, "messages": messages}
    if dialect == "anthropic":
        return "/v1/messages", {"model": model, "stream": stream, "max_tokens": 500, "messages": messages}
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"/v1beta/models/{model}:{verb}", {"contents": [{"role": "user", "parts": [{"text": say}]}]}


class Line:
    """A caller's open connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, dialect: DialectName) -> None:
        self.reader, self.writer, self.heard = reader, writer, Heard(dialect)

    async def read_to_end(self) -> Heard:
        """Everything up to the end of the answer, however it ends."""
        try:
            while data := await self.reader.read(65_536):
                if self.heard.feed(data):
                    return self.heard
            self.heard.ended = "cut"
        except ConnectionResetError:
            self.heard.ended = "reset"
        return self.heard

    async def read_events(self, count: int) -> None:
        """Read until at least `count` events have come."""
        while len(self.heard.events) < count:
            data = await self.reader.read(65_536)
            assert data, "the stream ended too early"
            self.heard.feed(data)


@contextlib.asynccontextmanager
async def calling(port: int, request: bytes, dialect: DialectName = "openai") -> AsyncIterator[Line]:
    """Send a request on a connection of its own, and hang up at the end of the block."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(WAIT_SECONDS):
            yield Line(reader, writer, dialect)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def ask(port: int, dialect: DialectName, model: str, **options: Any) -> Heard:
    """One call from its first byte to the end of its answer."""
    async with calling(port, request_bytes(dialect, model, **options), dialect) as line:
        return await line.read_to_end()
