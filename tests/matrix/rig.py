"""One gateway before one mock, both on real sockets in a loop of their own, with a model group for every cell."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvloop

from octogate.app import Gateway
from octogate.core.receipt import Receipt
from octogate.mock import MockConfig, MockServer
from octogate.mock.journal import Record

from .subjects import BY_ID, CELLS, UPSTREAMS, key_of, model_of

UPSTREAM_KEY = "upstream-credential-of-the-matrix-0123"


def configuration(urls: dict[str, str], log: Path) -> dict[str, Any]:
    """The gateway's: a provider for each upstream, a group for each cell before it."""
    openai, anthropic, gemini = urls["openai"], urls["anthropic"], urls["gemini"]
    providers: dict[str, dict[str, Any]] = {
        "openai_chat": {"type": "openai", "base_url": openai, "dialects": ["openai_chat"]},
        "plain_chat": {"type": "openai-compatible", "base_url": openai, "dialects": ["openai_chat"]},
        "openai_responses": {"type": "openai", "base_url": openai, "dialects": ["openai_responses"]},
        "anthropic_messages": {"type": "anthropic", "base_url": anthropic},
        "gemini_generate": {"type": "gemini", "base_url": gemini},
    }
    for provider in providers.values():
        provider["api_key"] = UPSTREAM_KEY
    return {
        "version": 1,
        "auth": {"static_keys": [{"id": name, "key": key_of(name)} for name in (*BY_ID, "wire")]},
        "providers": providers,
        "models": {
            model_of(upstream, cell): {"targets": [f"{upstream}/{model}"]}
            for upstream in UPSTREAMS
            for cell, model in CELLS.items()
        },
        "resilience": {"retries": {"max_attempts": 1}, "circuit_breaker": {"failure_threshold": 1000}},
        "logging": {"file": str(log)},
    }


class Rig:
    """The started pair, and what both say of a client's requests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.log = folder / "octogate.log"
        self.receipts: list[Receipt] = []
        self.records: list[Record] = []
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._loop = uvloop.new_event_loop()
        self._failure: BaseException | None = None
        self.mock: MockServer
        self.gateway: Gateway

    @contextlib.contextmanager
    def started(self) -> Iterator["Rig"]:
        """Start both, and stop both without leaving anything behind."""
        thread = threading.Thread(target=self._run, name="matrix", daemon=True)
        thread.start()
        assert self._ready.wait(20)
        if self._failure is not None:
            raise self._failure
        yield self
        self._loop.call_soon_threadsafe(self._stop.set)
        thread.join(20)
        assert not thread.is_alive()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as failure:
            self._failure = failure
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        async with MockServer(config=MockConfig(time_scale=0.1, max_records=20_000)) as self.mock:
            self._note_requests()
            config = self._folder / "octogate.yaml"
            config.write_text(json.dumps(configuration(self.mock.base_urls(), self.log)))
            self.gateway = Gateway.from_file(config, env={}, port=0)
            pipeline: Any = self.gateway._pipeline
            record = pipeline._record

            def recorded(receipt: Receipt) -> None:
                record(receipt)
                self.receipts.append(receipt)

            pipeline._record = recorded
            await self.gateway.start()
            self._ready.set()
            await self._stop.wait()
            await self.gateway.stop(1)

    def _note_requests(self) -> None:
        """The mock's own journal belongs to its loop; what is only appended to can be read from any thread."""
        opened = self.mock.journal.open

        def noted(record: Record) -> None:
            opened(record)
            self.records.append(record)

        self.mock.journal.open = noted  # type: ignore[method-assign]  # a window into one server

    @property
    def url(self) -> str:
        """Where the gateway is."""
        return f"http://127.0.0.1:{self.gateway.port}"

    def receipts_of(self, client: str, upstream: str, cell: str) -> list[Receipt]:
        """The receipts of a cell, in their order."""
        group = model_of(upstream, cell)
        return [receipt for receipt in list(self.receipts) if receipt.key_id == client and receipt.group == group]

    def asked(self, receipts: list[Receipt]) -> list[Record]:
        """What the mock was asked in these calls, in their order."""
        wanted = {receipt.request_id for receipt in receipts}
        return [record for record in list(self.records) if record.request_id in wanted]
