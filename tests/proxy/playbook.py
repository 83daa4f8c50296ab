"""A stage for the pipeline: scripted providers, a clock that the story moves, callers that write down what they get."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from octogate.core.errors import UpstreamError
from octogate.core.snapshot import Snapshot
from octogate.proxy.pipeline import Pipeline
from octogate.proxy.router import Router
from octogate.proxy.upstream.attempts import Upstream
from octogate.proxy.upstream.breaker import Breakers

from .builders import KEY, group, provider, snapshot, target

if TYPE_CHECKING:
    from octogate.core.receipt import Receipt

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-2026",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
}


@dataclass
class Says:
    """A provider's answer: status, header fields, and the body as the reads that it arrives in."""

    status: int = 200
    fields: dict[bytes, bytes] = field(default_factory=dict)
    reads: list[bytes] = field(default_factory=list)
    ends: BaseException | None = None
    after: float = 0.0


def says(body: object, status: int = 200, **fields: str) -> Says:
    return Says(
        status,
        {name.replace("_", "-").encode(): value.encode() for name, value in fields.items()},
        [json.dumps(body).encode()],
    )


def event(delta: dict[str, Any] | None, finish: str | None = None) -> bytes:
    chunk = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-2026",
        "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}],
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


USAGE = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-2026","choices":[],'
    b'"usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}}\n\n'
)
ROLE, HEL, LO, STOP, DONE = (
    event({"role": "assistant", "content": ""}),
    event({"content": "Hel"}),
    event({"content": "lo"}),
    event(None, "stop"),
    b"data: [DONE]\n\n",
)
HELLO = says(ANSWER)
STREAM = Says(reads=[ROLE, HEL, LO, STOP, USAGE, DONE])


def refusal(status: int, message: str = "no", **fields: str) -> Says:
    return says({"error": {"message": message, "type": "x", "code": None}}, status, **fields)


class Clock:
    """Time of the story."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds
        await asyncio.sleep(0)


class Answer:
    """What `Client.ask` gives, scripted."""

    def __init__(self, script: Says, client: "Providers") -> None:
        self.status, self.fields = script.status, script.fields
        self._reads, self._ends, self._client = list(script.reads), script.ends, client
        self.released = False

    async def body(self) -> bytes:
        if self._ends is not None:
            raise self._ends
        return b"".join(self._reads)

    async def pipe(self, sink: Callable[[bytes], bool]) -> bool:
        while self._reads:
            await asyncio.sleep(0)
            if not sink(self._reads.pop(0)):
                return False
        if self._ends is not None:
            raise self._ends
        return True

    def set_idle(self, seconds: float) -> None: ...

    def set_deadline(self, at: float) -> None: ...

    def pause(self) -> None:
        self._client.paused += 1

    def resume(self) -> None:
        self._client.resumed += 1

    def release(self) -> None:
        assert not self.released, "released twice"
        self.released = True
        self._client.released += 1


class Providers:
    """All providers of a story: host → what each call to it meets; the last entry repeats."""

    def __init__(self, clock: Clock, scripts: dict[str, list[Says | UpstreamError]]) -> None:
        self._clock, self._scripts = clock, {f"{name}.test": list(script) for name, script in scripts.items()}
        self.calls: list[str] = []
        self.requests: list[bytes] = []
        self.opened = self.released = self.paused = self.resumed = 0

    async def ask(self, origin: Any, request: bytes, *, timeouts: Any, stream: bool) -> Answer:
        await asyncio.sleep(0)
        self.calls.append(origin.host.split(".")[0])
        self.requests.append(request)
        script = self._scripts[origin.host]
        entry = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(entry, UpstreamError):
            raise entry
        self._clock.now += entry.after
        self.opened += 1
        return Answer(entry, self)


class Caller:
    """An exchange as the pipeline sees one, and what its caller got."""

    congested = False

    def __init__(
        self, body: bytes, *, path: str, fields: dict[bytes, bytes], now: float, query: str = "", method: str = "POST"
    ) -> None:
        self.method, self.path, self.query, self.fields = method, path, query, fields
        self.received_at, self.client_ip, self.label, self.phase, self.bytes_out = now, "203.0.113.9", "", "", 0
        self._body = body
        self.status, self.headers, self.content = 0, "", b""
        self.committed = self.aborted = self.ended = False
        self.on_drain: Callable[[], None] | None = None

    async def body(self) -> bytes:
        return self._body

    def send(self, status: int, headers: bytes, body: bytes) -> None:
        assert not self.committed
        self.start(status, headers)
        self.finish(body)

    def start(self, status: int, headers: bytes) -> None:
        assert not self.committed
        self.committed, self.status, self.headers = True, status, headers.decode()

    def write(self, data: bytes) -> None:
        assert self.committed
        assert not self.ended
        self.content += data

    def finish(self, data: bytes = b"") -> None:
        self.write(data)
        self.ended = True

    def abort(self) -> None:
        self.aborted = self.ended = True

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    def header(self, name: str) -> str | None:
        lines = dict(line.split(": ", 1) for line in self.headers.splitlines())
        return lines.get(name)


class Story:
    """A pipeline with everything around it scripted."""

    def __init__(self, config: Snapshot | None = None, **scripts: list[Says | UpstreamError]) -> None:
        self.clock = Clock()
        self.providers = Providers(self.clock, scripts)
        self.receipts: list[Receipt] = []
        self.defects: list[BaseException] = []
        self.alarms: list[tuple[str, str]] = []
        self.breakers = Breakers(jitter=lambda: 0.5)
        self.snapshot = config or snapshot(group(*(target(name, of=provider(name)) for name in scripts)))
        upstream = Upstream(
            self.providers,
            self.breakers,
            self.clock,  # type: ignore[arg-type]  # scripted
            on_alarm=lambda event, t: self.alarms.append((event, t.id)),
            jitter=lambda: 0.5,
            sleep=self.clock.sleep,
        )
        self.pipeline = Pipeline(
            lambda: self.snapshot,
            upstream,
            Router(self.breakers),
            self.clock,
            control=self._control,
            record=self.receipts.append,
            on_defect=lambda defect, _: self.defects.append(defect),
        )

    async def _control(self, exchange: Any) -> None:
        exchange.send(404, b"", b"control")

    def caller(
        self, body: object, *, path: str = "/v1/chat/completions", key: str | None = KEY, **fields: str
    ) -> Caller:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-").encode(): value.encode() for name, value in fields.items()}
        if key is not None:
            named[b"authorization"] = b"Bearer " + key.encode()
        return Caller(raw, path=path, fields=named, now=self.clock.now)

    async def call(self, body: object, **facts: Any) -> Caller:
        caller = self.caller(body, **facts)
        await self.pipeline.handle(caller)  # type: ignore[arg-type]  # scripted
        assert self.providers.opened == self.providers.released, "a connection was kept"
        return caller

    async def chat(self, text: str = "hi", **body: Any) -> Caller:
        return await self.call({"model": "chat", "messages": [{"role": "user", "content": text}], **body})

    @property
    def outcomes(self) -> list[str]:
        """The attempts of the last receipt: "a: upstream_unavailable", "b: ok"."""
        return [f"{attempt.target.split('/')[0]}: {attempt.outcome}" for attempt in self.receipts[-1].attempts]
