"""One object of a caller's body while it is read: its members in either spelling, and their paths."""

from collections.abc import Iterable, Iterator

from octogate.dialects.checks import Check
from octogate.dialects.findings import ONLY_HERE, Findings
from octogate.dialects.gemini_generate.spelling import Object, listed, members


class Node:
    """An object of the body. Reading a member of the wrong kind is a fault and gives None, as one that is not there.

    Null counts as not there. Of two spellings of one member the second is a fault: it is open which of them counts.
    """

    __slots__ = ("_names", "_path", "_values", "found")

    def __init__(self, value: Object, path: str, found: Findings) -> None:
        self._path = path
        self.found = found
        self._values: Object = {}
        self._names: dict[str, str] = {}
        for name, sent, member in members(value):
            if name in self._values:
                found.faults.rule(self.path + sent, "must not be given twice")
            self._values[name], self._names[name] = member, sent

    @property
    def path(self) -> str:
        """Where this object stands, with the dot that a member's name follows."""
        return f"{self._path}." if self._path else ""

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, name: str) -> object:
        """A member as it came, or None."""
        return self._values.get(name)

    def at(self, name: str) -> str:
        """The path of a member as the caller spells it."""
        return self.path + self._names.get(name, name)

    def checked(self, name: str, check: Check) -> object:
        """A member that passes `check`."""
        value = self._values.get(name)
        return None if value is None else self.found.checked(value, self.at(name), check)

    def text(self, name: str, *, needed: bool = False) -> str | None:
        """A string."""
        value = self._values.get(name)
        if isinstance(value, str):
            return value
        if value is not None:
            self.found.text(value, self.at(name))
        elif needed:
            self.found.faults.rule(self.at(name), "is required")
        return None

    def flag(self, name: str) -> bool | None:
        """A boolean."""
        value = self._values.get(name)
        return None if value is None else self.found.flag(value, self.at(name))

    def node(self, name: str) -> "Node | None":
        """An object."""
        value = self._values.get(name)
        if isinstance(value, dict):
            return Node(value, self.at(name), self.found)
        self.found.table(value, self.at(name))
        return None

    def nodes(self, name: str) -> "list[Node]":
        """The objects in an array; a single object is taken for an array of one."""
        return nodes(self._values.get(name), self.at(name), self.found)

    def texts(self, name: str) -> tuple[str, ...]:
        """The strings in an array."""
        value = self._values.get(name)
        if value is None:
            return ()
        items = listed(value)
        if all(isinstance(item, str) for item in items):
            return tuple(str(item) for item in items)
        self.found.faults.rule(self.at(name), "must be an array of strings")
        return ()

    def lose(self, name: str, reason: str = ONLY_HERE, *, fatal: bool = False) -> None:
        """Note a member that no other dialect has."""
        if name in self._values:
            self.found.lose(self.at(name), reason, fatal=fatal)

    def lose_others(self, known: Iterable[str], reason: str = ONLY_HERE) -> None:
        """Note every member beside the known ones."""
        for name in self.others(known):
            self.lose(name, reason)

    def others(self, known: Iterable[str]) -> Iterator[str]:
        """The camel-case names of members beside the known ones."""
        return (name for name in self._values if name not in known)


def nodes(value: object, path: str, found: Findings) -> list[Node]:
    """The objects in an array at `path`, or the single one in its place."""
    result: list[Node] = []
    for at, item in enumerate(listed(value)):
        where = f"{path}[{at}]" if isinstance(value, list) else path
        if isinstance(item, dict):
            result.append(Node(item, where, found))
        else:
            found.faults.rule(where, "must be an object")
    return result
