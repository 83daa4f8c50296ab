"""One running gateway in front of the recorded upstream, and a caller that shows what was on the wire."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httptools
import msgspec
import pytest
import pytest_asyncio
import yaml

from octogate.app import Gateway
from octogate.core.receipt import Receipt

from .cases import Case, load
from .upstream import Play, Upstream

KEY = "a-caller-of-recorded-exchanges-0123456789"
SECRET = "the-gateways-own-credential-0123456789"
CASES = load()


class Answer:
    """One answer as it came. `whole` says that HTTP saw its end."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.whole = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.whole = True


class Asked(msgspec.Struct):
    """A recorded exchange that went through the gateway: what the provider got, what the caller got, the receipt."""

    answer: Any
    path: str
    sent: bytes
    receipt: Receipt


class Stage:
    """The gateway and its upstream."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.receipts: dict[str, Receipt] = {}
        self._numbers = itertools.count()
        self.gateway: Gateway

    async def start(self, folder: Path) -> None:
        path = folder / "octogate.yaml"
        path.write_text(yaml.safe_dump(_config(self.upstream.port, folder)))
        self.gateway = Gateway.from_file(path, env={})
        pipeline: Any = self.gateway._pipeline
        pipeline._record = lambda receipt: self.receipts.__setitem__(receipt.request_id, receipt)
        await self.gateway.start()

    async def ask(self, case: Case, *, members: dict[str, msgspec.Raw] | None = None, **play: Any) -> Asked:
        """Send the recorded request (or `members`) to the gateway; its provider answers as recorded."""
        name = f"{case.name}--{next(self._numbers)}"
        self.upstream.plays[name] = Play(case, **play)
        body = dict(case.request() if members is None else members)
        model = f"{_provider(case)}/{name}"
        if case.dialect != "gemini_generate":
            body["model"] = msgspec.Raw(msgspec.json.encode(model))
        answer = await self._exchange(_path(case, model), msgspec.json.encode(body))
        receipt = self.receipts[answer.headers["x-request-id"]]
        return Asked(answer, self.upstream.paths.get(name, ""), self.upstream.bodies.get(name, b""), receipt)

    async def _exchange(self, path: str, body: bytes) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.gateway.port)
        head = f"POST {path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {KEY}\r\ncontent-length: {len(body)}"
        writer.write(head.encode() + b"\r\nconnection: close\r\n\r\n" + body)
        answer = Answer()
        async with asyncio.timeout(20):
            while data := await reader.read(65_536):
                answer.feed(data)
        writer.close()
        return answer


def _provider(case: Case) -> str:
    family = {"gemini_generate": "gemini", "anthropic_messages": "anthropic"}.get(case.dialect, "openai")
    return f"{family}{case.base.replace('/', '_')}".rstrip("_")


def _path(case: Case, model: str) -> str:
    if case.dialect == "gemini_generate":
        return f"/v1beta/models/{model}{case.verb}{'?alt=sse' if case.sse else ''}"
    paths = {"openai_chat": "/v1/chat/completions", "openai_responses": "/v1/responses",
             "openai_embeddings": "/v1/embeddings"}  # fmt: skip
    counts = "/count_tokens" if case.operation == "count_tokens" else ""
    return paths.get(case.dialect, f"/v1/messages{counts}?beta=true")


def _config(port: int, folder: Path) -> dict[str, Any]:
    """One provider for each place where the recorded providers keep their API."""
    kinds = {"gemini_generate": "gemini", "anthropic_messages": "anthropic"}
    providers = {
        _provider(case): {
            "type": kinds.get(case.dialect, "openai-compatible"),
            "base_url": f"http://127.0.0.1:{port}{case.base or '/'}",
            "api_key": SECRET,
            **({} if case.dialect in kinds else {
                "dialects": ["openai_chat", "openai_responses", "openai_embeddings"]}),
        }
        for case in CASES
    }  # fmt: skip
    return {
        "version": 1,
        "server": {"port": 0},
        "auth": {"static_keys": [{"id": "caller", "key": KEY}]},
        "providers": providers,
        "models": {"any": {"targets": [f"{name}/any" for name in providers]}},
        "resilience": {"retries": {"max_attempts": 1}},
        "logging": {"file": str(folder / "octogate.log")},
    }


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    upstream = Upstream()
    await upstream.start()
    stage = Stage(upstream)
    await stage.start(tmp_path_factory.mktemp("recorded"))
    yield stage
    await stage.gateway.stop(1)
    upstream.stop()
