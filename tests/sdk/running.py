"""A gateway and its mock upstream on real sockets, in a loop of their own, so that sync and async clients can call."""

import asyncio
import contextlib
import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from octogate.app import Gateway
from octogate.core.receipt import Receipt
from octogate.mock import MockConfig, MockServer
from octogate.mock.journal import InstanceStats, Record

KEY = "sk-og-SbFbGHyost-us6BWAeOvbCVusvKGWQvFuaIkFfHdoOOSimmvfxlRV7-20rqVT"
NARROW_KEY = "narrow-key-for-one-model-group-0123456789"
BLOCKED_KEY = "blocked-key-that-nobody-may-use-0123456789"
UPSTREAM_KEY = "upstream-credential-of-the-gateway-0123"

CONFIG = """\
version: 1
server: {{host: 127.0.0.1, port: 0, default_model: chat, max_body: 8MiB}}
auth:
  static_keys:
    - {{id: everything, key: "{key}", user: ada, team: research}}
    - {{id: narrow, key: "{narrow}", groups: [chat]}}
    - {{id: blocked, key: "{blocked}", blocked: true}}
providers:
  openai: {{type: openai, base_url: "{openai}", api_key: "{upstream}"}}
  compatible: {{type: openai-compatible, base_url: "{openai}", api_key: "{upstream}"}}
  anthropic: {{type: anthropic, base_url: "{anthropic}", api_key: "{upstream}"}}
  countless: {{type: openai-compatible, base_url: "{anthropic}", api_key: "{upstream}", dialects: [anthropic_messages]}}
  gemini: {{type: gemini, base_url: "{gemini}", api_key: "{upstream}"}}
  gemini-countless: {{type: openai-compatible, base_url: "{gemini}", api_key: "{upstream}", dialects: [gemini_generate]}}
models:
  chat:
    targets:
      - {{provider: openai, model: mock, price: {{input: "1.5", output: 6}}, context_tokens: 128000,
         supported_inbound_dialects: [openai_chat, openai_responses, openai_embeddings]}}
      - {{provider: anthropic, model: mock, price: {{input: 3, output: 15}}, context_tokens: 200000,
         supported_inbound_dialects: [anthropic_messages]}}
      - {{provider: gemini, model: mock, price: {{input: "0.1", output: "0.4"}}, context_tokens: 1000000,
         supported_inbound_dialects: [gemini_generate]}}
  failover:
    targets: [openai/fault-http-503, openai/mock]
  failover-claude:
    targets: [anthropic/fault-http-529, anthropic/mock]
  failover-gemini:
    targets: [gemini/fault-http-503, gemini/mock]
  embed: {{targets: [openai/mock-embed]}}
  org/team/model: {{targets: [gemini/mock, openai/mock]}}
resilience:
  retries: {{max_attempts: 3, initial_delay: 1ms, max_delay: 2s}}
logging: {{file: "{log}"}}
"""


class Answer(msgspec.Struct, frozen=True):
    """One answer as it was on the wire. `whole` is false when the connection ended before the answer did."""

    status: int
    headers: dict[str, str]
    body: bytes
    whole: bool = True

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Running:
    """A started pair. What tests wait for is told by the pair itself, under one condition: nothing is polled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.log_file = folder / "octogate.log"
        self._receipts: list[Receipt] = []
        self._changed = threading.Condition()
        self._runs = itertools.count(1)
        self._stop = asyncio.Event()
        self._loop = uvloop.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)
        self._failure: BaseException | None = None
        self.mock: MockServer
        self.gateway: Gateway

    @contextlib.contextmanager
    def started(self) -> Iterator["Running"]:
        """Start both, and stop both without leaving anything behind."""
        self._thread.start()
        assert self._ready.wait(20)
        if self._failure is not None:
            raise self._failure
        yield self
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()

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
        async with MockServer(config=MockConfig(time_scale=0.1)) as self.mock:
            self._watch(self.mock.journal, "open")
            self._watch(self.mock.journal, "close")
            config = self._folder / "octogate.yaml"
            config.write_text(
                CONFIG.format(
                    **self.mock.base_urls("sdk"), key=KEY, narrow=NARROW_KEY, blocked=BLOCKED_KEY,
                    upstream=UPSTREAM_KEY, log=self.log_file,
                )
            )  # fmt: skip
            self.gateway = Gateway.from_file(config, env={})
            pipeline: Any = self.gateway._pipeline
            record = pipeline._record
            pipeline._record = lambda receipt: (record(receipt), self._note(receipt))
            await self.gateway.start()
            self._ready.set()
            await self._stop.wait()
            await self.gateway.stop(1)

    def _watch(self, thing: Any, name: str) -> None:
        """Tell waiting tests whenever a method of a part has been called."""
        original = getattr(thing, name)

        def told(record: Record) -> None:
            original(record)
            self._note(None)

        setattr(thing, name, told)

    def _note(self, receipt: Receipt | None) -> None:
        with self._changed:
            if receipt is not None:
                self._receipts.append(receipt)
            self._changed.notify_all()

    @property
    def url(self) -> str:
        """Where the gateway is."""
        return f"http://127.0.0.1:{self.gateway.port}"

    def fresh(self, model: str, **parameters: object) -> str:
        """`model` with parameters for the mock in its name, and with a run and a breaker that no other test shares."""
        words = "".join(f"--{name}={value}" for name, value in parameters.items())
        return f"{model}{words}--run=r{next(self._runs)}"

    def until(self, what: Callable[[], Any], seconds: float = 5.0) -> Any:
        """Wait until `what` gives something true, and give that."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not (found := what()):
                left = deadline - time.monotonic()
                assert left > 0, "it did not happen in time"
                self._changed.wait(left)
            return found

    def receipt(self, request_id: str) -> Receipt:
        """The receipt of a call, once it is written."""
        found: Receipt = self.until(
            lambda: next((receipt for receipt in self._receipts if receipt.request_id == request_id), None)
        )
        return found

    def receipt_for(self, model: str) -> Receipt:
        """The receipt of the only call for a direct model id."""
        found: Receipt = self.until(lambda: next((seen for seen in self._receipts if seen.group == model), None))
        return found

    def seen(self, model: str) -> list[Record]:
        """What the upstream was asked for a model, the oldest first."""
        return [record for record in self.mock.requests("sdk") if record.model == model]

    def last(self) -> Record:
        """The latest request that reached the upstream."""
        return self.mock.requests("sdk")[-1]

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = KEY,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request without any SDK: `body` as it is when it is bytes, else as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=20)
        payload = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        fields = {"content-type": "application/json"} if payload else {}
        fields |= ({"authorization": f"Bearer {key}"} if key else {}) | (headers or {})
        try:
            connection.request(method, path, payload, fields)
            response = connection.getresponse()
            seen = {name.lower(): value for name, value in response.getheaders()}
            try:
                return Answer(response.status, seen, response.read())
            except http.client.IncompleteRead as broken:
                return Answer(response.status, seen, broken.partial, whole=False)
        finally:
            connection.close()

    def post(self, path: str, body: object, **options: Any) -> Answer:
        """A POST without any SDK."""
        return self.ask("POST", path, body, **options)

    @property
    def stats(self) -> InstanceStats:
        """The upstream's counts."""
        return self.mock.stats("sdk")
