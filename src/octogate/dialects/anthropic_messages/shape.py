"""Objects of one kind in a caller's body, read in one pass."""

from typing import Final, Generic, TypeVar

import msgspec

from octogate.dialects.findings import Findings

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

    def read(self, raw: msgspec.Raw, path: str, found: Findings) -> _T:
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

    def lose_others(self, raw: msgspec.Raw, path: str, found: Findings) -> None:
        """All members of an object but the known ones, and those that say nothing."""
        for name, value in _MEMBERS.decode(raw).items():
            if name not in self._known and bytes(value) not in _NOTHING:
                found.lose(f"{path}.{name[:64]}")
