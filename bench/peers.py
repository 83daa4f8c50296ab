"""The gateways that are compared: how each is configured and started, which version it is, what it does for a call."""

import os
import shutil
import string
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from bench.load import KEY
from bench.process import Failed

HERE = Path(__file__).parent
ROOT = HERE.parent
LITELLM_ENVIRONMENT = ROOT / ".cache" / "litellm"
LITELLM_LOCK = ROOT / "requirements" / "bench-litellm.txt"


class Start(msgspec.Struct, frozen=True):
    """How to start one gateway on a port before an upstream."""

    command: tuple[str, ...]
    env: Mapping[str, str]


class Peer(msgspec.Struct, frozen=True):
    """One gateway. `start(folder, port, upstream)` writes its configuration into `folder`; Failed when it is absent."""

    name: str
    does: str
    version: Callable[[], str]
    start: Callable[[Path, int, int], Start]
    start_seconds: float = 30.0


def clean_environment() -> dict[str, str]:
    """Ours, without what would slow a Python peer's start or lead a client through a proxy."""
    unwanted = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}
    return {name: value for name, value in os.environ.items() if name.upper() not in unwanted}


def install_litellm() -> None:
    """Make its environment from the hash-locked list, unless it is there. Raises Failed with pip's last line."""
    if _litellm_program().exists():
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(LITELLM_ENVIRONMENT)], check=True)
    pip = [str(LITELLM_ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    locked = ["--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:", "-r", str(LITELLM_LOCK)]
    done = subprocess.run([*pip, *locked], capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(LITELLM_ENVIRONMENT, ignore_errors=True)
        raise Failed(f"it could not be installed: {(done.stderr.strip().splitlines() or ['no message'])[-1][:300]}")


def litellm_is_installed() -> bool:
    """Whether its environment is there already."""
    return _litellm_program().exists()


def _litellm_program() -> Path:
    return LITELLM_ENVIRONMENT / "bin" / "litellm"


def _fill(template: str, folder: Path, port: int, upstream: int) -> Path:
    text = string.Template((HERE / template).read_text(encoding="utf-8"))
    path = folder / template
    path.write_text(text.substitute(folder=folder, port=port, upstream=upstream, key=KEY), encoding="utf-8")
    return path


def _first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0].strip()


def _nginx_program() -> str:
    # Debian puts it where the path of an ordinary user does not lead.
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        raise Failed("nginx was not found; on Debian: apt-get install nginx-light")
    return program


def _start_nginx(folder: Path, port: int, upstream: int) -> Start:
    config = _fill("nginx.conf", folder, port, upstream)
    return Start((_nginx_program(), "-c", str(config), "-p", str(folder)), clean_environment())


def _start_litellm(folder: Path, port: int, upstream: int) -> Start:
    config = _fill("litellm.yaml", folder, port, upstream)
    command = (str(_litellm_program()), "--config", str(config), "--host", "127.0.0.1", "--port", str(port))
    # Without these it asks the network for prices, and logs every call.
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    return Start((*command, "--num_workers", "1", "--telemetry", "False"), clean_environment() | quiet)


def _litellm_version() -> str:
    code = "import importlib.metadata as m; print(m.version('litellm'))"
    return "LiteLLM " + _first_line(str(_litellm_program().with_name("python")), "-c", code)


def _octogate_program() -> str:
    return str(Path(sys.executable).parent / "octogate")


def _start_octogate(folder: Path, port: int, upstream: int) -> Start:
    command = (_octogate_program(), "serve", "--config", str(HERE / "octogate.yaml"), "--port", str(port))
    own = {"BENCH_KEY": KEY, "BENCH_UPSTREAM_PORT": str(upstream), "OCTOGATE_DATA": str(folder / "data")}
    return Start(command, clean_environment() | own)


NGINX = Peer(
    name="nginx",
    does="Checks one bearer token and proxies: the floor. It parses no body, routes, counts and bills nothing.",
    version=lambda: _first_line(_nginx_program(), "-v").removeprefix("nginx version: "),
    start=_start_nginx,
)
OCTOGATE = Peer(
    name="Octogate",
    does="Key digest and grants, full validation of the body, routing with retries and breaker, every stream event "
    "checked, usage, exact cost, metrics and a log line for each call; this release has no limits or budgets.",
    version=lambda: _first_line(_octogate_program(), "version"),
    start=_start_octogate,
)
LITELLM = Peer(
    name="LiteLLM",
    does="Checks its master key, parses, routes, translates and counts usage, in one worker without a database: no "
    "virtual keys, budgets or limits in this run.",
    version=_litellm_version,
    start=_start_litellm,
    start_seconds=120.0,
)
