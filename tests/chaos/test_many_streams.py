"""Ten thousand idle streams through one gateway process: what they weigh, and that they all go away."""

import asyncio
import contextlib
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from ..wall.caller import request_bytes
from ..wall.rig import CREDENTIAL, configuration, eventually
from .processes import gateway_in_a_process, mocks_in_a_process

STREAMS = 10_000
FEWEST = 4_000
SPARE_DESCRIPTORS = 200
PER_ORIGIN = 1_000  # connections that the gateway opens to one origin at most
MAX_RSS = 300 * 2**20
OPENING_AT_ONCE = 100


class Stream(asyncio.Protocol):
    """One caller who has heard the first words and waits for more."""

    def __init__(self, request: bytes) -> None:
        self.talks: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._seen = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if not self.talks.done():
            self._seen += data
            if b'"content":"' in self._seen or b'"content": "' in self._seen:
                self.talks.set_result(None)
                self._seen = b""

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.talks.done():
            self.talks.set_exception(ConnectionError(f"no stream: {self._seen[:200]!r}"))


def room_for_streams() -> int:
    """As many as the descriptors allow: a stream takes two of the gateway's."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # only a privileged process may raise the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, 2 * STREAMS + SPARE_DESCRIPTORS),) * 2)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(STREAMS, (hard - SPARE_DESCRIPTORS) // 2)


def streams_config(ports: list[int], folder: Path) -> dict[str, Any]:
    patient = {"connect": "20s", "first_event": "60s", "idle": "10m"}
    providers = {
        f"mock{number}": {
            "type": "openai", "base_url": f"http://127.0.0.1:{port}/v1", "api_key": CREDENTIAL, "timeout": patient
        }
        for number, port in enumerate(ports)
    }  # fmt: skip
    models = {name: {"targets": [f"{name}/idle"]} for name in providers}
    config = configuration(providers, models, log=folder / "log.jsonl")
    # All callers have one address here, as behind a load balancer.
    config["server"] |= {"trusted_proxies": ["127.0.0.1/32"], "max_connections": STREAMS + 100}
    return config


@pytest.mark.slow
async def test_ten_thousand_idle_streams_fit_into_300_mb_and_leave_nothing(tmp_path: Path, capsys) -> None:
    count = room_for_streams()
    assert count >= FEWEST, f"the descriptor limit leaves room for {count} streams only"
    loop, began = asyncio.get_running_loop(), time.monotonic()
    with mocks_in_a_process(-(-count // PER_ORIGIN), {"scenario": "fault-stall-1"}, time_scale=1_000.0) as mocks:
        async with gateway_in_a_process(streams_config(mocks.ports, tmp_path), tmp_path) as gateway:
            idle_rss, idle_descriptors = gateway.rss(), gateway.descriptors()
            gate = asyncio.Semaphore(OPENING_AT_ONCE)

            async def open_stream(number: int) -> Stream:
                request = request_bytes("openai", f"mock{number % len(mocks.ports)}", stream=True)
                async with gate:
                    _, stream = await loop.create_connection(lambda: Stream(request), "127.0.0.1", gateway.port)
                    await stream.talks
                return stream

            async with asyncio.timeout(50):
                streams = await asyncio.gather(*(open_stream(number) for number in range(count)))
            rss, opened = gateway.rss(), mocks.open_calls()
            figures = f"{rss / 2**20:.0f} MiB, {(rss - idle_rss) / count / 1024:.1f} KiB each"
            with capsys.disabled():  # how many fit depends on the machine: always said
                print(f"\n{count} idle streams, opened in {time.monotonic() - began:.1f} s: {figures}")
            for stream in streams:
                stream.transport.abort()
            await eventually(lambda: mocks.open_calls() == 0, lambda: f"{mocks.open_calls()} are open", within=10)
            await eventually(lambda: gateway.descriptors() <= idle_descriptors + 2, within=10)

            assert opened == count
            assert rss <= MAX_RSS
            assert not [line for line in gateway.log() if line["event"] == "defect"]
            calls = [line for line in gateway.log() if line["event"] == "call"]
            assert len(calls) == count
            assert {call["code"] for call in calls} == {"cancelled"}
