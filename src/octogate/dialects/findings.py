"""What comes to light while a caller's body is read: members of a wrong kind, and words that no other dialect has."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from octogate.core.conversation import Loss
from octogate.dialects.body import Members, first_byte, read_value
from octogate.dialects.checks import Check, Faults, is_null

Table = Mapping[str, object]

ONLY_HERE: Final = "no other provider is known to have it"
AT_PROVIDER: Final = "it lies at a provider, where no other one can read it"
_NOTHING: Final[tuple[object, ...]] = (None, False, "", [], {})


class Findings:
    """Collects faults and losses. Its getters give a value of the right kind; one of another kind is a fault.

    Null counts as absent, and absent is no fault unless the value is needed.
    """

    __slots__ = ("faults", "losses")

    def __init__(self) -> None:
        self.faults = Faults()
        self.losses: list[Loss] = []

    def lose(self, path: str, reason: str = ONLY_HERE, *, fatal: bool = False) -> None:
        """The member at `path` says something that no other dialect can be told."""
        self.losses.append(Loss(path, reason, fatal))

    def lose_others(self, said: Table, known: AbstractSet[str], path: str) -> None:
        """Members beside the known ones, such as DeepSeek's `prefix`, unless they say nothing."""
        if said.keys() <= known:
            return
        for name, value in said.items():
            if name not in known and value not in _NOTHING:
                self.lose(f"{path}.{name[:64]}")

    def lose_other_raws(self, said: Members, known: AbstractSet[str], path: str) -> None:
        """The same of members that are not decoded."""
        if not said.keys() <= known:
            self.lose_others({name: read_value(raw) for name, raw in said.items() if name not in known}, known, path)

    def text(self, value: object, path: str) -> str | None:
        """A string."""
        if value is None or isinstance(value, str):
            return value
        self.faults.rule(path, "must be a string")
        return None

    def needed(self, value: object, path: str) -> str:
        """A string that must be there; "" with a fault where it is not."""
        if isinstance(value, str):
            return value
        self._refuse(value, path, "must be a string", needed=True)
        return ""

    def word(self, value: object, path: str, words: AbstractSet[str]) -> str | None:
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

    def checked(self, value: object, path: str, check: Check) -> object:
        """A value that passes `check`."""
        rule = None if value is None else check(value)
        if rule is None:
            return value
        self.faults.rule(path, rule)
        return None

    def table(self, value: object, path: str, *, needed: bool = False) -> Table | None:
        """An object."""
        if isinstance(value, dict):
            return value
        self._refuse(value, path, "must be an object", needed=needed)
        return None

    def raw_table(self, raw: msgspec.Raw | None, path: str, *, needed: bool = False) -> msgspec.Raw | None:
        """An object that goes on as it was written."""
        if raw is not None and first_byte(raw) == b"{":
            return raw
        self._refuse(None if is_null(raw) else raw, path, "must be an object", needed=needed)
        return None

    def array(self, value: object, path: str, *, needed: bool = False) -> list[object]:
        """The items of an array; none where there is none."""
        if isinstance(value, list):
            return value
        self._refuse(value, path, "must be an array", needed=needed)
        return []

    def tables(self, value: object, path: str) -> Iterator[tuple[str, Table]]:
        """The objects in an array, each with its path; anything else in it is a fault."""
        for at, item in enumerate(self.array(value, path)):
            where = f"{path}[{at}]"
            if isinstance(item, dict):
                yield where, item
            else:
                self.faults.rule(where, "must be an object")

    def _refuse(self, value: object, path: str, rule: str, *, needed: bool) -> None:
        if value is not None:
            self.faults.rule(path, rule)
        elif needed:
            self.faults.rule(path, "is required")
