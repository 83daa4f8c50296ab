"""What turns up while a caller's body is read: values of the wrong kind, and words that no other dialect has."""

from collections.abc import Iterator
from typing import Final

from octogate.core.conversation import Loss
from octogate.dialects.checks import Faults

Members = dict[str, object]

ONLY_HERE: Final = "there is nothing like it at other targets"
AT_PROVIDER: Final = "it lies at a provider, where no other one can read it"
_NOTHING: Final[tuple[object, ...]] = (None, False, "", [], {})


class Reading:
    """Collects faults and losses. Its methods give a value of the right kind, or None and a fault; null is no fault."""

    __slots__ = ("faults", "losses")

    def __init__(self) -> None:
        self.faults = Faults()
        self.losses: list[Loss] = []

    def lose(self, path: str, reason: str = ONLY_HERE, *, fatal: bool = False) -> None:
        """The member at `path` says something that no target can be told."""
        self.losses.append(Loss(path, reason, fatal))

    def lose_others(self, said: Members, known: frozenset[str], path: str) -> None:
        """Members beside the known ones, unless they say nothing."""
        if said.keys() <= known:
            return
        for name, value in said.items():
            if name not in known and value not in _NOTHING:
                self.lose(f"{path}.{name[:64]}")

    def text(self, value: object, path: str) -> str | None:
        """A string."""
        if value is None or isinstance(value, str):
            return value
        self.faults.rule(path, "must be a string")
        return None

    def needed(self, value: object, path: str) -> str:
        """A string that must be there; "" with a fault where it is not."""
        if value is None:
            self.faults.rule(path, "is required")
        return self.text(value, path) or ""

    def word(self, value: object, path: str, words: frozenset[str]) -> str | None:
        """One of `words`."""
        found = self.text(value, path)
        if found is None or found in words:
            return found
        self.faults.rule(path, f"must be one of {', '.join(sorted(words))}")
        return None

    def flag(self, value: object, path: str) -> bool | None:
        """A boolean."""
        if value is None or isinstance(value, bool):
            return value
        self.faults.rule(path, "must be a boolean")
        return None

    def members(self, value: object, path: str) -> Members | None:
        """An object."""
        if value is None or isinstance(value, dict):
            return value
        self.faults.rule(path, "must be an object")
        return None

    def array(self, value: object, path: str) -> list[object]:
        """An array; empty where there is none."""
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self.faults.rule(path, "must be an array")
        return []

    def objects(self, value: object, path: str) -> Iterator[tuple[str, Members]]:
        """The objects of an array, each with its path; anything else in it is a fault."""
        for at, entry in enumerate(self.array(value, path)):
            where = f"{path}[{at}]"
            if isinstance(entry, dict):
                yield where, entry
            else:
                self.faults.rule(where, "must be an object")
