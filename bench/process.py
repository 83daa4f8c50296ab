"""One measured process: pinned to a core, its CPU time and memory read from /proc for the whole tree."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
STOP_SECONDS = 10.0
# Below the range that the kernel hands out for outgoing connections: a listener there never collides with one.
PORTS = range(20_000, 32_000)


class Failed(Exception):
    """A process did not start, or did not do what it has to do to be measured; the text is for the report."""


class Process:
    """A started program and everything that it starts itself."""

    def __init__(self, command: Sequence[str], *, core: int | None, log: Path, env: Mapping[str, str]) -> None:
        pinned = ["taskset", "-c", str(core), *command] if core is not None else list(command)
        self.log = log
        with log.open("wb") as output:
            self._popen = subprocess.Popen(
                pinned, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(env), start_new_session=True
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def ended(self) -> bool:
        """Whether the program is gone."""
        return self._popen.poll() is not None

    def cpu_seconds(self) -> float:
        """User and system time of the tree so far, ended children included."""
        ticks = 0
        for pid in self._tree():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                ticks += sum(int(field) for field in fields[11:15])
        return ticks / TICKS_PER_SECOND

    def memory_mib(self) -> float:
        """What the tree holds in memory; pages shared within it are counted once."""
        kib = 0
        for pid in self._tree():
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
                    if line.startswith("Pss:"):
                        kib += int(line.split()[1])
        return kib / 1024

    def last_words(self) -> str:
        """The end of what it printed."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it printed nothing"

    def stop(self) -> None:
        """Ask it to end, wait, then insist."""
        if self.ended:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGTERM)
        try:
            self._popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait(STOP_SECONDS)

    def _tree(self) -> Iterator[int]:
        waiting = [self._popen.pid]
        while waiting:
            pid = waiting.pop()
            yield pid
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    waiting += [int(child) for child in children.read_text(encoding="utf-8").split()]


def free_port(after: int = PORTS.start) -> int:
    """A free loopback port above `after`."""
    for port in range(after + 1, PORTS.stop):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise Failed("no free port below the ephemeral range")


def wait_listening(process: Process, port: int, *, seconds: float) -> None:
    """Return when the port takes connections; Failed with the program's last words when it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.ended:
            raise Failed(f"it ended at start: {process.last_words()}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.005)
    raise Failed(f"it did not listen within {seconds:.0f} s: {process.last_words()}")
