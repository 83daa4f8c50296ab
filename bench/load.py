"""The two C programs around a gateway: the upstream behind it and the callers before it."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.process import Failed

SOURCES = Path(__file__).parent / "c"
CHUNKS = 50
CHUNK_INTERVAL_MICROS = 1000
KEY = "sk-bench-Zr4tq0Lw9XsN2cVb7HjK5mPd8GfY3aEu6RiT1oQy"
PATH = "/v1/chat/completions"
WAIT_FOR_THE_LAST_SECONDS = 60


class Cell(msgspec.Struct, frozen=True):
    """One situation to measure: how large a body, how many callers at once, a stream or not.

    `among` names who takes part, None for all. `beside` names the situation that differs from this one only in that
    nothing is translated.
    """

    name: str
    title: str
    body_bytes: int
    connections: int
    stream: bool = False
    model: str = "bench"
    among: tuple[str, ...] | None = None
    beside: str | None = None


class Load(msgspec.Struct, frozen=True):
    """What the callers saw. Times in microseconds."""

    answered: int
    in_window: int
    errors: int
    unfinished: int
    bad_status: int
    events: int
    reads: int
    seconds: float
    p50_us: int
    p90_us: int
    p99_us: int
    max_us: int
    first_p50_us: int
    first_p99_us: int


def compile_programs(into: Path) -> tuple[Path, Path]:
    """Build (upstream, load) with gcc."""
    programs = []
    for name in ("upstream", "load"):
        program = into / name
        command = ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(SOURCES / f"{name}.c")]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except FileNotFoundError as missing:
            raise Failed("gcc was not found; on Debian: apt-get install gcc libc6-dev") from missing
        except subprocess.CalledProcessError as error:
            raise Failed(f"{name}.c does not compile: {error.stderr[:500]}") from error
        programs.append(program)
    return programs[0], programs[1]


def body_of(cell: Cell) -> bytes:
    """A chat call of exactly `cell.body_bytes` bytes: a system prompt, a conversation and the usual parameters."""
    sentence = "The gateway reads what it must, decides, passes the rest on untouched and writes down what it cost. "
    call: dict[str, object] = {"model": cell.model, "temperature": 0.7, "top_p": 1, "max_tokens": 256}
    if cell.stream:
        call |= {"stream": True, "stream_options": {"include_usage": True}}
    messages = [{"role": role, "content": ""} for role in ("system", "user", "assistant", "user")]
    call["messages"] = messages
    missing = cell.body_bytes - len(json.dumps(call, separators=(",", ":")))
    for at, message in enumerate(messages):
        share = missing - 3 * (missing // 4) if at == len(messages) - 1 else missing // 4
        message["content"] = (sentence * (share // len(sentence) + 1))[:share]
    return json.dumps(call, separators=(",", ":")).encode()


def run_load(
    program: Path, *, port: int, body: Path, cell: Cell, seconds: float, core: int, headers: Sequence[str] = ()
) -> Load:
    """Run the callers once. Raises Failed when they crash; wrong answers are counted, not raised."""
    command = [
        "taskset",
        "-c",
        str(core),
        str(program),
        str(port),
        PATH,
        str(body),
        str(cell.connections),
        f"{seconds}",
    ]
    done = subprocess.run(
        [*command, f"Authorization: Bearer {KEY}", *headers],
        capture_output=True, check=False, timeout=seconds + WAIT_FOR_THE_LAST_SECONDS,
    )  # fmt: skip
    if done.returncode:
        raise Failed(f"the load generator failed: {done.stderr.decode(errors='replace')[:300]}")
    return msgspec.json.decode(done.stdout, type=Load)
