"""The one place that holds the current snapshot and swaps it when the file has changed for the better."""

import secrets
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from octogate.config.faults import ConfigFault, ConfigInvalid
from octogate.config.load import Loaded, load
from octogate.config.schema import Config
from octogate.config.values import is_loopback
from octogate.core.snapshot import Snapshot

Outcome = Literal["changed", "unchanged", "invalid"]
# Members of `server` that a running process takes over; everything else there was used when the listener was made.
_LIVE_SERVER_SETTINGS = frozenset({"default_model", "mode", "shutdown_grace", "drain_delay"})


class ReloadResult(msgspec.Struct, frozen=True):
    """What a reload did. `needs_restart` names changed settings that only a new process takes over."""

    outcome: Outcome
    version: int
    faults: tuple[ConfigFault, ...] = ()
    warnings: tuple[ConfigFault, ...] = ()
    needs_restart: tuple[str, ...] = ()


class SnapshotHolder:
    """Loads a file at once (raising ConfigInvalid) and again on every `reload`; readers see one snapshot or the next.

    Reading `snapshot` needs no lock: a reload replaces one reference. `reloads` counts outcomes for metrics;
    `loaded_at` is when the current snapshot was made (monotonic seconds).
    """

    def __init__(self, path: Path, *, env: Mapping[str, str], host: str | None = None) -> None:
        self.path = path
        self.reloads: dict[Outcome, int] = {"changed": 0, "unchanged": 0, "invalid": 0}
        self._env = env
        self._host = host
        # One pepper for the life of the process: unchanged keys keep their digests over reloads.
        self._pepper = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._loaded = load(path, env=env, version=1, pepper=self._pepper, host=host)
        self._started = self._loaded.config
        server = self._started.server
        self._is_local = bool(server.unix_socket) or is_loopback(host or server.host)
        self.loaded_at = time.monotonic()

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that new calls start with."""
        return self._loaded.snapshot

    @property
    def config(self) -> Config:
        """The configuration behind the snapshot."""
        return self._loaded.config

    @property
    def warnings(self) -> tuple[ConfigFault, ...]:
        """What the operator should know of the current file."""
        return self._loaded.warnings

    def reload(self) -> ReloadResult:
        """Read the file again; a file that cannot be used leaves everything as it is. Never raises for its content.

        Blocking (some milliseconds): run it in a thread from a loop that serves. Concurrent reloads take turns.
        """
        with self._lock:
            result = self._reload()
            self.reloads[result.outcome] += 1
            return result

    def _reload(self) -> ReloadResult:
        current = self._loaded
        version = current.snapshot.version
        try:
            loaded = self._load_settled(current)
        except ConfigInvalid as invalid:
            return ReloadResult("invalid", version, faults=invalid.faults)
        if loaded.snapshot.digest == current.snapshot.digest:
            return ReloadResult("unchanged", version, warnings=loaded.warnings)
        self._loaded = loaded
        self.loaded_at = time.monotonic()
        return ReloadResult(
            "changed",
            loaded.snapshot.version,
            warnings=loaded.warnings,
            needs_restart=settings_for_restart(self._started, loaded.config),
        )

    def _load_settled(self, current: Loaded) -> Loaded:
        """Load a file that nobody is writing: the same before and after, and not cut off in its last line.

        A prefix of a good file can be good YAML with, say, half a key in its last line.
        """
        before = _stamp(self.path)
        loaded = load(
            self.path,
            env=self._env,
            version=current.snapshot.version + 1,
            pepper=self._pepper,
            host=self._host,
        )
        if before is None or before != _stamp(self.path):
            raise _unsettled(self.path, "was written while it was read; it will be read again on its next change")
        if loaded.snapshot.open_mode and not self._is_local:
            # The file was checked with the address in it, but this process goes on listening where it was started.
            raise _unsettled(self.path, "auth.mode open needs a loopback address, and this process listens on another")
        if current.ends_with_newline and not loaded.ends_with_newline:
            raise _unsettled(self.path, "looks half-written: its last line has no line end any more")
        return loaded


def settings_for_restart(started: Config, now: Config) -> tuple[str, ...]:
    """The changed settings that a running process cannot take over."""
    found = [
        f"server.{name}"
        for name in type(started.server).model_fields
        if name not in _LIVE_SERVER_SETTINGS and getattr(started.server, name) != getattr(now.server, name)
    ]
    found += [
        f"{section}.{name}"
        for section in ("logging", "metrics")
        for name in type(getattr(started, section)).model_fields
        if getattr(getattr(started, section), name) != getattr(getattr(now, section), name)
    ]
    return tuple(found)


def _stamp(path: Path) -> tuple[int, int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size


def _unsettled(path: Path, message: str) -> ConfigInvalid:
    return ConfigInvalid([ConfigFault(str(path), 1, 1, "", message)])
