"""Where `serve` and `check` look for a configuration when the command line names none."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from octogate.cli.failure import usage

NAMES = ("octogate.yaml", "config.yaml")
SYSTEM_FILE = Path("/etc/octogate/config.yaml")


def find_config(named: Path | None, environ: Mapping[str, str], *, start: Path | None = None) -> Path:
    """The file to load: the option, then $OCTOGATE_CONFIG, then the first that exists.

    Looked for from `start` (the current folder), its parent, the parent's parent, and at last in /etc. A file that was
    named and is not there is an error, never a reason to take another one. Raises Failed (usage).
    """
    if named is not None:
        return _existing(named, "--config")
    if from_environment := environ.get("OCTOGATE_CONFIG"):
        return _existing(Path(from_environment), "OCTOGATE_CONFIG")
    candidates = list(_candidates(start or Path()))
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    looked = ", ".join(str(candidate) for candidate in candidates)
    raise usage(f"no configuration found (looked for {looked}); name one with --config, or try `octogate demo`")


def _candidates(start: Path) -> Iterator[Path]:
    for folder in (start, start / "..", start / ".." / ".."):
        for name in NAMES:
            yield folder / name
    yield SYSTEM_FILE


def _existing(path: Path, origin: str) -> Path:
    if not path.is_file():
        raise usage(f"{origin} names {str(path)!r}, and there is no such file")
    return path
