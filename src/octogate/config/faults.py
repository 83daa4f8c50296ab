"""What is wrong in a configuration file, where, and what would be right."""

import difflib
from collections.abc import Iterable

import msgspec

Path = tuple[str | int, ...]


class Position(msgspec.Struct, frozen=True):
    """A place in a file; both count from 1."""

    line: int
    column: int


class ConfigFault(msgspec.Struct, frozen=True):
    """One fault (or one warning). `str()` gives `file:line:column: path: message; allowed: …; did you mean …?`."""

    file: str
    line: int
    column: int
    path: str
    message: str
    allowed: tuple[str, ...] = ()
    suggestion: str | None = None

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: "
        text += f"{self.path}: {self.message}" if self.path else self.message
        if self.allowed:
            text += f"; allowed: {', '.join(self.allowed)}"
        if self.suggestion:
            text += f"; did you mean {self.suggestion!r}?"
        return text


class ConfigInvalid(Exception):
    """The file cannot be used; `faults` lists everything that is wrong with it, in the order of the file."""

    def __init__(self, faults: Iterable[ConfigFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.line, fault.column)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def spell(path: Path) -> str:
    """A path as people write it: `models.default.targets[0]`; a key with a dot in it is quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.replace("_", "").replace("-", "").isalnum():
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def nearest(word: object, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    found = difflib.get_close_matches(str(word).lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None
