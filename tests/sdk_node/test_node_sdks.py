"""The official Node SDKs against a real gateway: each *.test.mjs file is one run of Node's own test runner."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from octogate.app import Gateway
from octogate.mock import MockServer

HERE = Path(__file__).parent
STORIES = sorted(path.name for path in HERE.glob("*.test.mjs"))
KEY = "sk-og-SbFbGHyost-us6BWAeOvbCVusvKGWQvFuaIkFfHdoOOSimmvfxlRV7-20rqVT"
CREDENTIAL = "mock-credential-of-the-gateway"
NODE_SECONDS = 60
# The SDKs read these by themselves; a developer's own keys and addresses must not leak into the tests.
VENDOR_PREFIXES = ("OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "NODE_", "AI_")

CONFIG = """\
version: 1
auth:
  static_keys:
    - {{id: node, key: "{key}"}}
    - {{id: narrow, key: "{key}-narrow", groups: [chat]}}
providers:
  openai: {{base_url: "{openai}", api_key: "{credential}"}}
  anthropic: {{base_url: "{anthropic}", api_key: "{credential}"}}
  gemini: {{base_url: "{gemini}", api_key: "{credential}"}}
models:
  chat: {{targets: [openai/mock]}}
  embed: {{targets: [openai/mock-embed]}}
  claude: {{targets: [anthropic/mock]}}
  flash: {{targets: [gemini/mock]}}
  chat-failover: {{targets: [openai/mock--fault-http-503, openai/mock]}}
  claude-failover: {{targets: [anthropic/mock--fault-http-529, anthropic/mock]}}
  flash-failover: {{targets: [gemini/mock--fault-http-503, gemini/mock]}}
resilience:
  retries: {{max_attempts: 1}}
  circuit_breaker: {{failure_threshold: 1000}}
logging: {{file: "{log}"}}
"""


class Place(msgspec.Struct, frozen=True):
    """Where the tests of one file run: a gateway in front of a mock of its own, and the gateway's log."""

    gateway: str
    mock: str
    log: Path


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    log, config = tmp_path / "octogate.log", tmp_path / "octogate.yaml"
    async with MockServer() as mock:
        config.write_text(CONFIG.format(key=KEY, credential=CREDENTIAL, log=log, **mock.base_urls()))
        gateway = Gateway.from_file(config, env={}, port=0)
        await gateway.start()
        yield Place(f"http://127.0.0.1:{gateway.port}", f"http://127.0.0.1:{mock.port}", log)
        await gateway.stop(grace=0)


@pytest.fixture(scope="module")
def node() -> str:
    return installed_node(HERE)


def installed_node(folder: Path) -> str:
    """The path of Node. Fails rather than skips: an SDK that nobody tried is not supported."""
    found = shutil.which("node")
    if not found:
        pytest.fail("node was not found: the Node SDK tests need Node 20 or later")
    if not (folder / "node_modules" / ".package-lock.json").exists():
        pytest.fail(f"the Node SDKs are not installed: run 'make test', or 'npm ci' in {folder}")
    return found


async def run_story(node: str, story: str, place: Place, report: Path) -> int:
    """Run one file; its exit status. The report is a file, so that a run that hangs leaves one too."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(VENDOR_PREFIXES)}
    told = {"OCTOGATE_URL": place.gateway, "OCTOGATE_KEY": KEY, "OCTOGATE_MOCK_URL": place.mock}
    with report.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            node, "--test", "--test-reporter=spec", story,
            cwd=HERE, env={**clean, **told}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            return await asyncio.wait_for(process.wait(), NODE_SECONDS)
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            return await process.wait()


@pytest.mark.parametrize("story", STORIES)
async def test_the_sdk_cannot_tell_the_gateway_from_the_vendor(node: str, story: str, place: Place, tmp_path: Path):
    """S2-107: the official clients of every dialect work with a base URL and a key, and nothing else changed."""
    report = tmp_path / "report"
    status = await run_story(node, story, place, report)

    assert status == 0, report.read_text()
    log = place.log.read_text()
    assert '"defect"' not in log, "a stage raised what no stage may raise"
    for private in (KEY, CREDENTIAL, "Hi there", "mock place"):
        assert private not in log, "neither secrets nor content are logged"


def test_sdks_that_are_not_installed_fail_with_what_to_do(tmp_path: Path):
    with pytest.raises(pytest.fail.Exception, match="not installed: run 'make test', or 'npm ci' in"):
        installed_node(tmp_path)


def test_there_is_a_file_for_every_official_sdk():
    assert STORIES == ["ai_sdk.test.mjs", "anthropic.test.mjs", "google_genai.test.mjs", "openai.test.mjs"]


def test_the_lock_names_no_registry_and_pins_every_package_by_hash():
    lock = msgspec.json.decode((HERE / "package-lock.json").read_bytes())
    declared = msgspec.json.decode((HERE / "package.json").read_bytes())["devDependencies"]
    packages = {name: entry for name, entry in lock["packages"].items() if name}

    assert all("resolved" not in entry for entry in packages.values())
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert {name: packages[f"node_modules/{name}"]["version"] for name in declared} == declared
