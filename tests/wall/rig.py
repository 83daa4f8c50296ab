"""A whole gateway between a caller and scripted upstreams, and the questions that every story asks at its end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from octogate.app import Gateway
from octogate.core.receipt import Receipt
from octogate.mock import MockServer
from octogate.proxy.upstream.client import Client

from .caller import KEY, DialectName, Heard, ask

CREDENTIAL = "upstream-credential-6b1f0c"  # must never be seen by a caller
FAST_RETRIES = {"max_attempts": 3, "initial_delay": "10ms", "max_delay": "100ms"}
FAST_BREAKER = {"failure_threshold": 5, "reset_timeout": "150ms", "max_timeout": "600ms"}
SETTLE_SECONDS = 5.0
SCRIPTED = "scripted-upstream"  # the name of tasks that are not the gateway's


def configuration(
    providers: Mapping[str, Any], models: Mapping[str, Any], *, log: Path, **resilience: Any
) -> dict[str, Any]:
    """A configuration for one caller, with waits that a test can sit out."""
    return {
        "version": 1,
        "server": {"host": "127.0.0.1", "port": 0},
        "auth": {"static_keys": [{"id": "caller", "key": KEY}]},
        "providers": dict(providers),
        "models": dict(models),
        "resilience": {"retries": FAST_RETRIES, "circuit_breaker": FAST_BREAKER} | resilience,
        "logging": {"file": str(log)},
    }


class Rig:
    """One running gateway. `receipts` are in the order in which the calls ended."""

    def __init__(self, gateway: Gateway, receipts: list[Receipt], defects: list[BaseException]) -> None:
        self.gateway, self.receipts, self.defects = gateway, receipts, defects
        self.client: Client = gateway._client
        self._tasks = _live_tasks()

    @property
    def port(self) -> int:
        return self.gateway.port

    async def ask(self, dialect: DialectName, model: str, **options: Any) -> Heard:
        return await ask(self.port, dialect, model, **options)

    async def quiet(self, *mocks: MockServer, within: float = SETTLE_SECONDS) -> None:
        """Everything that a call took has been given back: slots, exchanges, tasks, buffers, upstream calls."""
        await eventually(lambda: not self.held(*mocks), lambda: f"still held: {self.held(*mocks)}", within)
        assert not self.defects, f"the gateway had a defect: {self.defects!r}"

    def held(self, *mocks: MockServer) -> dict[str, object]:
        """What is in use now, by name; empty when nothing is."""
        pools = self.client.describe()
        found: dict[str, object] = {
            "upstream connections": sum(pool.in_use for pool in pools),
            "waiters": sum(pool.waiting for pool in pools),
            "calls": list(self.gateway._edge.in_flight),
            "buffered bytes": self.gateway._edge.buffered_bytes,
            "tasks": _live_tasks() - self._tasks,
            "upstream calls": sum(mock.stats(name).open_calls for mock in mocks for name in mock.journal.instances()),
        }
        return {name: value for name, value in found.items() if value}

    def open_upstream(self) -> int:
        """Connections to upstreams, in use or pooled."""
        return sum(pool.open for pool in self.client.describe())


@contextlib.asynccontextmanager
async def running(config: Mapping[str, Any], folder: Path, *, client: Client | None = None) -> AsyncIterator[Rig]:
    """A gateway for the length of a story; at the end no task and no file descriptor of it is left."""
    tasks, descriptors = _live_tasks(), open_descriptors()
    path = folder / "octogate.yaml"
    path.write_text(yaml.safe_dump(dict(config)))
    gateway = Gateway.from_file(path, env={})
    if client is not None:
        gateway._client = gateway._pipeline._upstream._client = client
    receipts: list[Receipt] = []
    defects: list[BaseException] = []
    _listen_in(gateway, receipts, defects)
    await gateway.start()
    try:
        await asyncio.sleep(0)  # the watcher's task has begun
        yield Rig(gateway, receipts, defects)
    finally:
        await gateway.stop(0)
        asyncio.get_running_loop().set_exception_handler(None)
    assert not defects, f"the gateway had a defect: {defects!r}"
    await eventually(lambda: not (_live_tasks() - tasks), lambda: f"tasks left: {_live_tasks() - tasks}")
    await eventually(
        lambda: open_descriptors() <= descriptors, lambda: f"descriptors: {open_descriptors()} > {descriptors}"
    )


def _listen_in(gateway: Gateway, receipts: list[Receipt], defects: list[BaseException]) -> None:
    record, defect = gateway._pipeline._record, gateway._pipeline._on_defect

    def on_defect(error: BaseException, request_id: str) -> None:
        defects.append(error)
        defect(error, request_id)

    def on_receipt(receipt: Receipt) -> None:
        receipts.append(receipt)
        record(receipt)

    gateway._pipeline._record, gateway._pipeline._on_defect = on_receipt, on_defect
    gateway._edge._state._on_error = lambda error, _exchange: defects.append(error)
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: defects.append(_lost(context)))


def _lost(context: dict[str, Any]) -> BaseException:
    """What reached the loop's last resort: an exception that no callback and no task took care of."""
    error = context.get("exception")
    return error if isinstance(error, BaseException) else RuntimeError(str(context.get("message")))


async def eventually(
    condition: Callable[[], bool], told: Callable[[], str] = lambda: "", within: float = SETTLE_SECONDS
) -> None:
    """Wait for what happens in another object's callbacks; `told` says what was missing."""
    try:
        async with asyncio.timeout(within):
            while not condition():
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(told() or "it never happened") from None


def open_descriptors() -> int:
    """How many file descriptors this process has; without /dev/null, which the loop keeps in reserve."""
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists the folder is gone by now
            count += str(entry.readlink()) != "/dev/null"
    return count


def _live_tasks() -> set[asyncio.Task[Any]]:
    """Tasks of the gateway, and of whatever else is new; upstreams that a test scripts mark theirs."""
    tasks = {task for task in asyncio.all_tasks() if not task.done() and task.get_name() != SCRIPTED}
    return tasks - {asyncio.current_task()}
