"""What reading a caller's body brings to light beside its meaning: faults, and losses at other providers."""

from typing import Final, Generic, TypeVar

import msgspec

from octogate.core.conversation import Loss
from octogate.dialects.checks import Faults, is_null

ONLY_HERE: Final = "is not known to other providers"
_NOTHING: Final = frozenset({b"null", b"false", b"[]", b"{}", b'""'})
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])

_T = TypeVar("_T", bound=msgspec.Struct)


class Shape(Generic[_T]):
    """Objects of one kind, read in one pass; only those that hold more than the kind knows are looked at again."""

    __slots__ = ("_exact", "_known", "_loose")

    def __init__(self, kind: type[_T], *harmless: str) -> None:
        exact = msgspec.defstruct(kind.__name__, [], bases=(kind,), forbid_unknown_fields=True, gc=False)
        self._exact: msgspec.json.Decoder[_T] = msgspec.json.Decoder(exact)
        self._loose = msgspec.json.Decoder(kind)
        self._known = frozenset({*kind.__struct_fields__, *harmless})

    def read(self, raw: msgspec.Raw, path: str, found: "Findings") -> _T:
        """The object at `path`; members that say something and are not known are losses."""
        value, is_all = self.peek(raw)
        if not is_all:
            self.lose_others(raw, path, found)
        return value

    def peek(self, raw: msgspec.Raw) -> tuple[_T, bool]:
        """The object, and whether that is all: if it matters, `lose_others` is still to be called."""
        try:
            return self._exact.decode(raw), True
        except msgspec.ValidationError:
            return self._loose.decode(raw), False

    def lose_others(self, raw: msgspec.Raw, path: str, found: "Findings") -> None:
        """All members of an object but the known ones, and those that say nothing."""
        for name, value in _MEMBERS.decode(raw).items():
            if name not in self._known and bytes(value) not in _NOTHING:
                found.lose(f"{path}.{name[:64]}", ONLY_HERE)


class Findings:
    """Collects both while a body is read."""

    __slots__ = ("faults", "losses", "tool_names")

    def __init__(self) -> None:
        self.faults = Faults()
        self.losses: list[Loss] = []
        self.tool_names: dict[str, str] = {}
        """By the ids of the calls read so far."""

    def lose(self, field: str, reason: str, *, fatal: bool = False) -> None:
        """`field` cannot be told to another provider."""
        self.losses.append(Loss(field, reason, fatal))

    def text(self, value: object, field: str) -> str:
        """`value` if it is a string; else a fault."""
        if isinstance(value, str):
            return value
        self.faults.rule(field, "is required" if value is None else "must be a string")
        return ""

    def optional_text(self, value: object, field: str) -> str | None:
        """The same for a member that may be absent or null."""
        return None if value is None else self.text(value, field)

    def flag(self, value: object, field: str) -> bool | None:
        """`value` if it is a boolean; None for one that is absent, and for any other with a fault."""
        if value is None or isinstance(value, bool):
            return value
        self.faults.rule(field, "must be a boolean")
        return None

    def table(self, raw: msgspec.Raw, field: str) -> msgspec.Raw | None:
        """`raw` if it is an object; else a fault."""
        if first_byte(raw) == b"{":
            return raw
        self.faults.rule(field, "is required" if is_null(raw) else "must be an object")
        return None


def first_byte(raw: msgspec.Raw) -> bytes:
    """What a raw value begins with, which tells its kind; b"" for an absent one. Copies no more than that."""
    return bytes(memoryview(raw)[:1])
