"""Read, check and compile a configuration file in one step."""

import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from octogate.config.check import check
from octogate.config.compile import compile_snapshot
from octogate.config.environment import with_dotenv
from octogate.config.faults import ConfigFault, ConfigInvalid
from octogate.config.schema import Config
from octogate.config.source import MAX_BYTES, read_document
from octogate.config.validate import validate
from octogate.core.snapshot import Snapshot


class Loaded(msgspec.Struct, frozen=True):
    """A usable configuration. `warnings` are for the operator; `ends_with_newline` says how the file's text ended."""

    path: Path
    config: Config
    snapshot: Snapshot
    warnings: tuple[ConfigFault, ...]
    ends_with_newline: bool

    def __repr__(self) -> str:
        # The snapshot holds the pepper.
        return f"Loaded({str(self.path)!r}, version={self.snapshot.version}, warnings={len(self.warnings)})"


def load(
    path: Path,
    *,
    env: Mapping[str, str],
    version: int = 1,
    pepper: bytes | None = None,
    host: str | None = None,
) -> Loaded:
    """Load `path`. Raises ConfigInvalid with every fault.

    `env` is the process environment; an `.env` beside the file or in the two folders above adds what it lacks.
    `pepper` None makes a fresh one, so that digests mean nothing outside this process. `host` is the address that
    will really be listened on when a flag overrides the file: protection is checked against it.
    """
    text = _read_text(path)
    folder = path.absolute().parent
    try:
        variables = with_dotenv(folder, env)
    except OSError as error:
        name = error.filename or folder / ".env"
        raise _unreadable(name, f"cannot be read: {(error.strerror or 'unknown reason').lower()}") from None
    document = read_document(text, file=str(path), variables=variables)
    config, faults = validate(document, folder)
    if config is None:
        raise ConfigInvalid(faults)
    findings = check(config, document, host=host or config.server.host)
    if faults or findings.faults:
        raise ConfigInvalid([*faults, *findings.faults])
    snapshot = compile_snapshot(config, version=version, pepper=pepper or secrets.token_bytes(32))
    return Loaded(path, config, snapshot, tuple(findings.warnings), text.endswith("\n"))


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {(error.strerror or 'unknown reason').lower()}") from None
    if len(raw) > MAX_BYTES:
        raise _unreadable(path, f"is larger than {MAX_BYTES >> 20} MiB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"is not UTF-8 text at byte {error.start}") from None


def _unreadable(path: Path | str, message: str) -> ConfigInvalid:
    return ConfigInvalid([ConfigFault(str(path), 1, 1, "", message)])
