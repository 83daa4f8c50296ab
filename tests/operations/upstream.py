"""A chat provider in the hands of the test: it says what it was asked with, and its streams end when let go."""

import asyncio
import ssl

import httptools
import msgspec
import orjson


class Asked(msgspec.Struct):
    """One request as the provider saw it."""

    path: str
    fields: dict[str, str]
    body: bytes

    @property
    def marker(self) -> str:
        """Which configuration the gateway used: the model's name and the header that belong to it."""
        return f"{orjson.loads(self.body)['model']}/{self.fields.get('x-marker', '')}"


class Provider:
    """Serves `POST …/chat/completions`; every text in its answers is the marker of the request."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self.let_go = asyncio.Event()
        self.began = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, tls: ssl.SSLContext | None = None) -> "Provider":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=tls, backlog=1024)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while asked := await read_request(reader):
                self.asked.append(asked)
                await self.answer(asked, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the gateway left, or the test is over: the loop would report a task that ends cancelled
        finally:
            self._tasks.discard(task)
            writer.close()

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        """Plain calls at once; a stream says its marker, waits to be let go, says it again and ends well."""
        if not orjson.loads(asked.body).get("stream"):
            writer.write(plain(200, orjson.dumps(completion(asked.marker))))
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(chunk(event(asked.marker)))
        await writer.drain()
        self.began.set()
        await self.let_go.wait()
        writer.write(chunk(event(asked.marker)) + chunk(event(None) + b"data: [DONE]\n\n") + b"0\r\n\r\n")


class _Reading:
    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.path, self.body, self.is_done = "", bytearray(), False

    def on_url(self, url: bytes) -> None:
        self.path += url.decode()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields[name.decode().lower()] = value.decode("latin-1")

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.is_done = True


async def read_request(reader: asyncio.StreamReader) -> Asked | None:
    """One request with a Content-Length; None at the end of the connection."""
    reading = _Reading()
    parser = httptools.HttpRequestParser(reading)
    while not reading.is_done:
        data = await reader.read(65_536)
        if not data:
            return None
        parser.feed_data(data)
    return Asked(reading.path, reading.fields, bytes(reading.body))


def plain(status: int, body: bytes, fields: str = "content-type: application/json\r\n") -> bytes:
    """A whole answer."""
    return f"HTTP/1.1 {status} X\r\n{fields}content-length: {len(body)}\r\n\r\n".encode("latin-1") + body


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(text: str | None) -> bytes:
    """One chat event with `text`; None is the finish."""
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": None if text else "stop"}
    return b"data: " + orjson.dumps({"id": "c", "object": "chat.completion.chunk", "choices": [choice]}) + b"\n\n"


def completion(text: str) -> dict[str, object]:
    """A whole chat answer that says `text`."""
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {"id": "c", "object": "chat.completion", "model": "m", "choices": choices, "usage": usage}
