"""What the demo remembers between runs: its key, and where it last listened."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import msgspec

from octogate.cli.failure import Failed
from octogate.core.secret import Secret

STATE_FILE = "demo.json"
MAX_STATE_BYTES = 65_536


class DemoState(msgspec.Struct, frozen=True):
    """The demo's key stays the same over restarts, so that a shell that was set up once keeps working."""

    key_id: str
    key: Secret
    base_url: str = ""
    mock_url: str | None = None
    pid: int = 0


def data_folder(environ: Mapping[str, str]) -> Path:
    """Where the demo keeps its files: OCTOGATE_DATA, else ./octogate-data."""
    return Path(environ.get("OCTOGATE_DATA") or "octogate-data")


def prepare_folder(folder: Path) -> None:
    """Make the folder if need be, readable by its owner only. Raises Failed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise Failed(f"the data folder {str(folder)!r} cannot be used: {error.strerror}") from error


def load_state(folder: Path) -> DemoState | None:
    """What the last run left; None when there was none or its file is damaged."""
    try:
        with (folder / STATE_FILE).open("rb") as file:
            return msgspec.json.decode(file.read(MAX_STATE_BYTES), type=DemoState, dec_hook=_read_secret)
    except (OSError, msgspec.DecodeError):
        return None


def save_state(folder: Path, state: DemoState) -> None:
    """Keep `state` for the next run and for `octogate env`."""
    write_private(folder / STATE_FILE, msgspec.json.format(msgspec.json.encode(state, enc_hook=_write_secret)))


def write_private(path: Path, data: bytes) -> None:
    """Replace `path` whole, readable by its owner only from its first byte on. Raises Failed."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
        fresh.replace(path)
    except OSError as error:
        raise Failed(f"{str(path)!r} cannot be written: {error.strerror}") from error


def client_variables(state: DemoState) -> dict[str, str]:
    """The environment that the OpenAI, Anthropic and Gemini SDKs read, pointing at the demo."""
    key = state.key.reveal()
    return {
        "OPENAI_BASE_URL": f"{state.base_url}/v1",
        "OPENAI_API_KEY": key,
        "ANTHROPIC_BASE_URL": state.base_url,
        "ANTHROPIC_API_KEY": key,
        "GOOGLE_GEMINI_BASE_URL": state.base_url,
        "GEMINI_API_KEY": key,
    }


def export_line(variables: Mapping[str, str]) -> str:
    """One line for a POSIX shell."""
    return "export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())


def _read_secret(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise ValueError(f"{kind.__name__} expected")


def _write_secret(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError(type(value).__name__)
