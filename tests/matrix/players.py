"""Starts the clients in the environments that have them, and takes what each of them sees, as it comes."""

import contextlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from .subjects import BY_ID, SUBJECTS, Cell, Home, key_of, model_of

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
FRAMEWORKS: Final = ROOT / ".cache" / "matrix"
NODE_SDKS: Final = ROOT / "tests" / "sdk_node"
PATIENCE: Final = 90.0
# The clients read these by themselves; a developer's own keys and addresses must not leak into the tests.
_VENDOR: Final = re.compile(
    r"(OPENAI|ANTHROPIC|GEMINI|GOOGLE|NODE|AI|LANGCHAIN|LANGSMITH|LOGFIRE|PYTHON)_|PYTHONPATH$|\w+_PROXY$",
    re.IGNORECASE,
)

Facts = dict[str, Any]


class Players:
    """The clients' processes, one for each environment, all at once; tests wait for the cell that they judge."""

    def __init__(self) -> None:
        self._seen: dict[Cell, Facts] = {}
        self._news = threading.Condition()
        self._running = 0

    @contextlib.contextmanager
    def playing(self, url: str, cells: list[Cell], folder: Path) -> Iterator["Players"]:
        """Play `cells` while the block runs; nothing is left behind."""
        homes = sorted({BY_ID[client].home for client, _, _ in cells})
        errors = {home: (folder / f"{home}.log").open("w+") for home in homes}
        processes = [
            _start(home, url, [each for each in cells if BY_ID[each[0]].home == home], errors[home]) for home in homes
        ]
        self._running = len(processes)
        threads = [threading.Thread(target=self._follow, args=(process,), daemon=True) for process in processes]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            for process, thread in zip(processes, threads, strict=True):
                process.kill()
                process.wait()
                thread.join()
            for file in errors.values():
                file.close()

    def saw(self, cell: Cell) -> Facts:
        """What the client of a cell saw, once it is known."""
        end = time.monotonic() + PATIENCE
        with self._news:
            while cell not in self._seen:
                left = end - time.monotonic()
                if left <= 0 or not self._running:
                    return {
                        "gave_up": f"nothing was heard of it: see the log in the test's folder; {self._running} run"
                    }
                self._news.wait(left)
            return self._seen[cell]

    def _follow(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("["):
                client, upstream, cell, saw = json.loads(line)
                with self._news:
                    self._seen[client, upstream, cell] = saw
                    self._news.notify_all()
        with self._news:
            self._running -= 1
            self._news.notify_all()


def versions() -> dict[str, str]:
    """The version of every "environment/package"."""
    declared = json.loads((NODE_SDKS / "package.json").read_bytes())["devDependencies"]
    names = sorted({name for each in SUBJECTS if each.home == "frameworks" for name in each.packages})
    code = "import importlib.metadata as m, sys; print(*(m.version(n) for n in sys.argv[1:]))"
    found = subprocess.run([_python("frameworks"), "-c", code, *names], capture_output=True, text=True, check=True)
    installed = dict(zip(names, found.stdout.split(), strict=True))
    known = {"official": importlib.metadata.version, "frameworks": installed.__getitem__, "node": declared.__getitem__}
    return {f"{each.home}/{name}": known[each.home](name) for each in SUBJECTS for name in each.packages}


def _start(home: Home, url: str, cells: list[Cell], errors: Any) -> subprocess.Popen[str]:
    jobs = [[client, upstream, cell, model_of(upstream, cell)] for client, upstream, cell in cells]
    asked = {"keys": {client: key_of(client) for client, _, _ in cells}, "jobs": jobs}
    clean = {name: value for name, value in os.environ.items() if not _VENDOR.match(name)}
    process = subprocess.Popen(
        [*_program(home), url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, bufsize=1,
        env=clean | {"OPENAI_AGENTS_DISABLE_TRACING": "1", "NO_PROXY": "127.0.0.1"},
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(json.dumps(asked))
    process.stdin.close()
    return process


def _program(home: Home) -> list[str]:
    if home != "node":
        return [_python(home), str(HERE / "clients" / "drive.py")]
    node = shutil.which("node")
    if not node:
        pytest.fail("node was not found: the Node SDK tests need Node 20 or later")
    if not (NODE_SDKS / "node_modules" / ".package-lock.json").exists():
        pytest.fail(f"the Node SDKs are not installed: run 'make test', or 'npm ci' in {NODE_SDKS}")
    return [node, "--import", (HERE / "node" / "resolve.mjs").as_uri(), str(HERE / "node" / "drive.mjs")]


def _python(home: Home) -> str:
    if home == "official":
        return sys.executable
    if not (FRAMEWORKS / "stamp").exists():
        pytest.fail("the frameworks are not installed: run 'make test', or 'make frameworks'")
    return str(FRAMEWORKS / "bin" / "python")
