"""A running gateway whose providers answer with the bytes that a story gives them; callers see the whole answer."""

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from octogate.app import Gateway

if TYPE_CHECKING:
    from octogate.core.receipt import Receipt

KEY = "a-caller-who-meets-errors-0123456789"
SECRET = "the-gateways-own-credential-0123456789"
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai_chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": "hi"}]}),
    "openai_responses": ("/v1/responses", {"input": "hi"}),
    "anthropic_messages": ("/v1/messages", {"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}),
    "gemini_generate": ("/v1beta/models/{}:generateContent", {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}),
}  # fmt: skip
WINDOWS = {"first": 8, "second": 16}
TYPES = {
    "openai_chat": "openai",
    "openai_responses": "openai",
    "anthropic_messages": "anthropic",
    "gemini_generate": "gemini",
}


class Answer(NamedTuple):
    """What a caller got."""

    status: int
    fields: dict[str, str]
    body: bytes

    def error(self, dialect: str) -> tuple[str, str]:
        """Code and message."""
        error = json.loads(self.body)["error"]
        if dialect == "gemini_generate":
            return error["details"][-1]["reason"], error["message"]
        return error["code"], error["message"]


class Rig:
    """Two providers of each kind, `first-…` and, with a larger window, `second-…`; `scripts` says what each answers, and `asked` who was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scripts: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.receipts: list[Receipt] = []
        self.gateway: Gateway

    async def start(self) -> None:
        self._upstream = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._upstream.sockets[0].getsockname()[1]
        path = self.folder / "octogate.yaml"
        path.write_text(yaml.safe_dump(self._config()))
        self.gateway = Gateway.from_file(path, env={})
        pipeline: Any = self.gateway._pipeline
        pipeline._record = self.receipts.append
        await self.gateway.start()

    async def stop(self) -> None:
        await self.gateway.stop(0)
        self._upstream.close()

    def _config(self) -> dict[str, Any]:
        names = [f"{place}-{kind}" for place in ("first", "second") for kind in ("openai", "anthropic", "gemini")]
        providers = {
            name: {
                "type": name.partition("-")[2],
                "base_url": f"http://127.0.0.1:{self.port}/{name}",
                "api_key": SECRET,
                "models": {"m": {"context_tokens": WINDOWS[name.partition("-")[0]]}},
            }
            for name in names
        }
        models = {
            f"{first}-{second}": {"targets": [f"first-{first}/m", f"second-{second}/m"]}
            for first in ("openai", "anthropic", "gemini")
            for second in ("openai", "anthropic", "gemini")
        }
        return {
            "version": 1,
            "server": {"port": 0},
            "auth": {"static_keys": [{"id": "caller", "key": KEY}]},
            "providers": providers,
            "models": models,
            "resilience": {"retries": {"max_attempts": 1}},
            "logging": {"file": str(self.folder / "log")},
        }

    async def ask(self, dialect: str, model: str, *, stream: bool = False) -> Answer:
        path, body = CALLS[dialect]
        if dialect == "gemini_generate" and stream:
            path = path.replace("generateContent", "streamGenerateContent?alt=sse")
        elif dialect != "gemini_generate":
            body = {**body, "model": model, "stream": stream}
        data = json.dumps(body).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.gateway.port)
        head = f"POST {path.format(model)} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {KEY}\r\nconnection: close\r\n"
        writer.write(f"{head}content-length: {len(data)}\r\n\r\n".encode() + data)
        async with asyncio.timeout(10):
            told = await reader.read(-1)
        writer.close()
        lines, _, rest = told.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines.decode().split("\r\n")[1:])
        return Answer(int(lines.split(b" ", 2)[1]), fields, rest)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            found = re.search(rb"\r\ncontent-length: (\d+)", head)
            await reader.readexactly(int(found[1]) if found else 0)
            name = head.split(b"/", 2)[1].decode()
            self.asked.append(name)
            writer.write(self.scripts[name])
            await writer.drain()
        finally:
            writer.close()


def says(
    status: int, body: bytes, fields: dict[bytes, bytes] | None = None, kind: bytes = b"application/json"
) -> bytes:
    """One whole answer, after which the connection ends."""
    lines = b"".join(b"%b: %b\r\n" % pair for pair in (fields or {}).items())
    return b"HTTP/1.1 %d X\r\ncontent-type: %b\r\nconnection: close\r\n%bcontent-length: %d\r\n\r\n%b" % (
        status, kind, lines, len(body), body,
    )  # fmt: skip


def streams(*data: bytes, name: bytes = b"") -> bytes:
    """An event stream of these data."""
    body = b"".join((b"event: %b\n" % name if name else b"") + b"data: %b\n\n" % each for each in data)
    return says(200, body, kind=b"text/event-stream")
