"""A real `octogate serve` as a process of its own: what it writes, what it is told by signals, how it leaves."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

import octogate

SOURCE = Path(octogate.__file__).parents[1]
PATIENCE = 20.0
_VENDOR = re.compile(r"OPENAI_|ANTHROPIC_|GEMINI_|GOOGLE_|OCTOGATE_")


class Output:
    """One of the two standard streams, collected as it comes."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.data = bytearray()
        self.ended = asyncio.create_task(self._collect(reader))
        self._news = asyncio.Event()

    async def until(self, text: bytes, *, behind: int = 0) -> int:
        """Wait for `text` behind a position; return the position of its end."""
        async with asyncio.timeout(PATIENCE):
            while (at := self.data.find(text, behind)) < 0:
                assert not self.ended.done(), f"it ended without {text!r}: {bytes(self.data)[-2000:]!r}"
                self._news.clear()
                await self._news.wait()
        return at + len(text)

    def events(self, name: str) -> list[dict[str, object]]:
        """The log records of one kind so far."""
        lines = [msgspec.json.decode(line) for line in bytes(self.data).splitlines() if line.startswith(b"{")]
        return [line for line in lines if line["event"] == name]

    async def _collect(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(65_536):
            self.data += data
            self._news.set()
        self._news.set()


class GatewayProcess:
    """`octogate serve` with a configuration, started and awaited; `program` is what Python runs."""

    def __init__(
        self, config: Path, *, program: tuple[str, ...] = ("-m", "octogate"), environ: Mapping[str, str] | None = None
    ) -> None:
        self.config, self._program, self._environ = config, program, environ or {}
        self.port = 0
        self.ready_seconds = 0.0

    async def start(
        self, *arguments: str, until: bytes = b'"event":"started"', stream: Literal["out", "err"] = "out"
    ) -> "GatewayProcess":
        """Run it and wait for the line that says so; the port is in there."""
        began = time.monotonic()
        await self._launch(arguments or ("--port", "0"))
        try:
            await getattr(self, stream).until(until)
        except BaseException:
            await self.kill()
            raise AssertionError(f"it did not start: {bytes(self.err.data).decode()}") from None
        self.ready_seconds = time.monotonic() - began
        if started := self.out.events("started"):
            self.port = int(str(started[0]["port"]))
        return self

    async def run(self, *arguments: str) -> int:
        """Run it where it is expected to leave by itself; return the exit code."""
        await self._launch(arguments or ("--port", "0"))
        try:
            return await self.left()
        finally:
            await self.kill()

    async def _launch(self, arguments: tuple[str, ...]) -> None:
        environ = {name: value for name, value in os.environ.items() if not _VENDOR.match(name)}
        command = [*self._program, "serve", "--config", str(self.config), *arguments]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=self.config.parent, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=environ | {"PYTHONPATH": str(SOURCE)} | dict(self._environ),
        )  # fmt: skip
        self.out, self.err = Output(self._process.stdout), Output(self._process.stderr)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not left yet."""
        return self._process.returncode is None

    def tell(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    async def left(self, within: float = PATIENCE) -> int:
        """Wait for its end; return the exit code. Both streams are complete then."""
        async with asyncio.timeout(within):
            code = await self._process.wait()
            await asyncio.gather(self.out.ended, self.err.ended)
        return code

    async def stop(self) -> int:
        """End it without draining."""
        if self.is_running:
            self.tell(signal.SIGINT)
        return await self.left()

    async def kill(self) -> None:
        """End it whatever it is doing."""
        if self.is_running:
            self._process.kill()
        await self.left()
