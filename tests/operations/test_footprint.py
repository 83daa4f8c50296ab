"""What it costs to run a gateway that does nothing: a second to start, and as little memory as it needs."""

from pathlib import Path

import pytest

from .wire import ask, bearer, chat

READY_SECONDS, IDLE_MEGABYTES = 1.2, 100
# The machines that run tests are shared: the figures of record are those of `make prove` on an idle one.
SHARED = 2
NOT_FOR_SERVING = (
    "rich", "alembic", "sqlalchemy", "openai", "anthropic", "google", "genai_prices", "opentelemetry", "aiohttp",
    "httpx", "requests", "numpy", "tiktoken", "IPython", "pytest", "octogate.mock", "octogate.cli.demo",
)  # fmt: skip
_LISTING = """\
import atexit, sys
from octogate.cli import main
atexit.register(lambda: sys.stderr.write("MODULES " + " ".join(sys.modules)))
main()
"""


async def test_it_is_ready_within_a_second_and_small(serve, configured, key):
    """The best of three starts counts: the others measure the neighbours."""
    starts = []
    for _ in range(3):
        gateway = await serve(configured())
        assert (await ask(gateway.port, "GET", "/readyz")).status == 200
        starts.append(gateway.ready_seconds)
        memory = resident_megabytes(gateway.pid)
        assert await gateway.stop() == 0

    print(f"ready in {min(starts):.2f} s, {memory:.0f} MB at rest")
    assert min(starts) <= READY_SECONDS * SHARED
    assert memory <= IDLE_MEGABYTES * SHARED


async def test_serving_imports_nothing_that_only_commands_stores_or_tests_need(serve, configured, key):
    gateway = await serve(configured(), program=("-c", _LISTING))
    assert (await ask(gateway.port, "POST", "/v1/chat/completions", chat("chat"), bearer(key))).status == 200
    await gateway.stop()

    report = bytes(gateway.err.data).decode().split("MODULES ")[1].split()

    assert "octogate.app" in report
    assert [name for name in NOT_FOR_SERVING if name in report] == []


@pytest.mark.parametrize("setting", ["development", "production"])
async def test_a_strong_configuration_starts_in_both_modes(serve, configured, key, setting):
    gateway = await serve(configured(server=f"mode: {setting}"))

    assert (await ask(gateway.port, "POST", "/v1/chat/completions", chat("chat"), bearer(key))).status == 200
    assert gateway.out.events("config_warning") == []


def resident_megabytes(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
