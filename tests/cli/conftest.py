"""Commands run in process where that is enough, and as real processes where a signal or an exit matters."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

import octogate
from octogate.cli import run

SOURCE = Path(octogate.__file__).parents[1]
VENDOR_VARIABLES = (
    "OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "GEMINI_API_KEY", "GOOGLE_API_KEY",
    "GOOGLE_GEMINI_BASE_URL", "OCTOGATE_DATA", "OCTOGATE_CONFIG", "OCTOGATE_DEBUG", "OCTOGATE_HEALTH_URL",
)  # fmt: skip
KEY = "sk-og-SbFbGHyost-us6BWAeOvbCVusvKGWQvFuaIkFfHdoOOSimmvfxlRV7-20rqVT"
CONFIG = f"""\
version: 1
auth:
  static_keys:
    - {{id: team-a, key: "{KEY}", team: research, groups: [chat]}}
providers:
  openai: {{type: openai, api_key: "not-a-real-credential"}}
models:
  chat: {{targets: [openai/gpt-4o-mini]}}
  other: {{targets: [openai/gpt-4o]}}
"""


class Ran(msgspec.Struct):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _clean_place(tmp_path, monkeypatch):
    """Every test stands in an empty folder, in a shell without any key."""
    monkeypatch.chdir(tmp_path)
    for name in VENDOR_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def octogate_command(capsys):
    """Runs a command in this process."""

    def call(*arguments: str) -> Ran:
        code = run(arguments)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return call


class Process:
    """A command as a process of its own; standard output line by line, with a deadline."""

    def __init__(self, *arguments: str, cwd: Path, environ: Mapping[str, str] | None = None) -> None:
        self.started_at = time.monotonic()
        clean = {name: value for name, value in os.environ.items() if name not in VENDOR_VARIABLES}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "octogate", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=cwd,
            env={**clean, "PYTHONPATH": str(SOURCE), **(environ or {})},
        )  # fmt: skip
        self._seen = b""

    def line(self, timeout: float = 20.0) -> str:
        """The next line of standard output, bytes read unbuffered so that `select` tells the truth."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self._seen:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 65_536) if ready else b""
            if not data:
                self.process.kill()
                raise AssertionError(f"no line came; standard error: {self.process.stderr.read().decode()}")
            self._seen += data
        line, _, self._seen = self._seen.partition(b"\n")
        return line.decode()

    def stop(self, number: int = signal.SIGINT) -> Ran:
        """End it as a terminal or a supervisor would, and collect the rest."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.finish()

    def finish(self) -> Ran:
        try:
            out, err = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return Ran(self.process.returncode, (self._seen + out).decode(), err.decode())


@pytest.fixture
def start(tmp_path) -> Iterator[object]:
    """Starts commands as processes and takes down what a test leaves."""
    running: list[Process] = []

    def begin(*arguments: str, cwd: Path = tmp_path, environ: Mapping[str, str] | None = None) -> Process:
        running.append(Process(*arguments, cwd=cwd, environ=environ))
        return running[-1]

    yield begin
    for process in running:
        if process.process.poll() is None:
            process.process.kill()
            process.process.communicate()


@pytest.fixture(scope="module")
def mock_urls(tmp_path_factory) -> Iterator[dict[str, str]]:
    """The built-in upstream as the command starts it: the base URL of each SDK family."""
    process = Process("mock", "--port", "0", "--time-scale", "0.01", cwd=tmp_path_factory.mktemp("mock"))
    yield dict(process.line().split() for _ in range(3))
    assert process.stop(signal.SIGTERM).code == 0


@pytest.fixture
def config_file(tmp_path) -> Path:
    path = tmp_path / "octogate.yaml"
    path.write_text(CONFIG)
    return path
