"""What comes to light while a caller's body is read: members of a wrong kind, words that no other dialect has."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from octogate.core.conversation import Loss
from octogate.dialects.checks import Check, Faults

Table = Mapping[str, object]


ONLY_HERE: Final = "it is known to this route only"
_NOTHING: Final[tuple[object, ...]] = (None, False, "", [], {})


class Findings:
    """Collects faults and losses; its `text`, `table` … give a member if it is of that kind, and a fault if it is not.

    A member that is absent or null is None and no fault, unless it is `needed`.
    """

    __slots__ = ("faults", "losses")

    def __init__(self) -> None:
        self.faults = Faults()
        self.losses: list[Loss] = []

    def lose(self, field: str, reason: str, *, fatal: bool = False) -> None:
        """Something that no other dialect can be told."""
        self.losses.append(Loss(field, reason, fatal))

    def lose_others(self, source: Table, known: AbstractSet[str], path: str) -> None:
        """Members that only some servers know, such as DeepSeek's `prefix`; those that say nothing are none."""
        if source.keys() <= known:
            return
        for name, value in source.items():
            if name not in known and value not in _NOTHING:
                self.lose(f"{path}{name[:64]}", ONLY_HERE)

    def text(self, source: Table, name: str, path: str, *, needed: bool = False) -> str | None:
        """A string."""
        value = source.get(name)
        if isinstance(value, str):
            return value
        self._refuse(value, path + name, "must be a string", needed)
        return None

    def table(self, source: Table, name: str, path: str, *, needed: bool = False) -> Table | None:
        """An object."""
        value = source.get(name)
        if isinstance(value, dict):
            return value
        self._refuse(value, path + name, "must be an object", needed)
        return None

    def items(self, source: Table, name: str, path: str, *, needed: bool = False) -> Sequence[object]:
        """The items of an array; none when it is not there."""
        value = source.get(name)
        if isinstance(value, list):
            return value
        self._refuse(value, path + name, "must be an array", needed)
        return ()

    def tables(self, source: Table, name: str, path: str) -> list[tuple[str, Table]]:
        """The objects in an array, each with its own path, which ends in a dot."""
        found: list[tuple[str, Table]] = []
        for at, item in enumerate(self.items(source, name, path)):
            where = f"{path}{name}[{at}]"
            if isinstance(item, dict):
                found.append((f"{where}.", item))
            else:
                self.faults.rule(where, "must be an object")
        return found

    def checked(self, source: Table, name: str, check: Check, path: str = "") -> object:
        """A member that passes `check`."""
        value = source.get(name)
        if value is None:
            return None
        rule = check(value)
        if rule is None:
            return value
        self.faults.rule(path + name, rule)
        return None

    def _refuse(self, value: object, field: str, rule: str, needed: bool) -> None:
        if value is not None:
            self.faults.rule(field, rule)
        elif needed:
            self.faults.rule(field, "is required")
