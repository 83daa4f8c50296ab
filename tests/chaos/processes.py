"""A gateway and its upstreams as processes of their own, where memory and descriptors are counted per process."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import psutil
import yaml

import octogate

SOURCE = str(Path(octogate.__file__).parents[1])
START_SECONDS = 20.0


class MockProcess:
    """Mock upstreams in another process, one per port."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        self.ports: list[int] = json.loads(process.stdout.readline())

    def open_calls(self) -> int:
        """Calls that are being answered now, over all ports."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class GatewayProcess:
    """`octogate serve` as an operator runs it."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._log = log
        self._vitals = psutil.Process(process.pid)
        self.port = 0

    def rss(self) -> int:
        """Bytes of memory that it has now."""
        return int(self._vitals.memory_info().rss)

    def descriptors(self) -> int:
        """File descriptors that it has now."""
        return int(self._vitals.num_fds())

    def log(self) -> list[dict[str, Any]]:
        """What it has logged, receipts included."""
        lines = self._log.read_bytes().split(b"\n")[:-1] if self._log.exists() else []
        return [orjson.loads(line) for line in lines]

    async def started(self) -> None:
        """Wait until it listens."""
        deadline = time.monotonic() + START_SECONDS
        while not self.port:
            assert self._vitals.status() != psutil.STATUS_ZOMBIE, "it did not start"
            assert time.monotonic() < deadline, "it did not start in time"
            self.port = next((int(line["port"]) for line in self.log() if line["event"] == "started"), 0)
            await asyncio.sleep(0.02)


@contextlib.contextmanager
def mocks_in_a_process(count: int, defaults: Mapping[str, Any], *, time_scale: float = 1.0) -> Iterator[MockProcess]:
    """Start `count` mocks that all answer with these parameters."""
    script = str(Path(__file__).with_name("mock_process.py"))
    command = [sys.executable, script, str(count), json.dumps(dict(defaults)), str(time_scale)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment())
    try:
        yield MockProcess(process)
    finally:
        process.kill()
        process.communicate()


@contextlib.asynccontextmanager
async def gateway_in_a_process(config: Mapping[str, Any], folder: Path) -> AsyncIterator[GatewayProcess]:
    """Start a gateway with this configuration."""
    path = folder / "octogate.yaml"
    path.write_text(yaml.safe_dump(dict(config)))
    command = [sys.executable, "-m", "octogate", "serve", "--config", str(path)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=_environment(), cwd=folder)
    try:
        gateway = GatewayProcess(process, Path(config["logging"]["file"]))
        await gateway.started()
        yield gateway
    finally:
        process.kill()
        process.communicate()


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCE}
