"""Gives functions in namespaces names that stand alone, and finds the way back for the answer."""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from octogate.dialects.faults import UNREADABLE

_MAX_NAME: Final = 64
_KEPT: Final = 47


class _Function(msgspec.Struct, gc=False):
    name: str = ""


class _Tool(msgspec.Struct, gc=False):
    type: str = ""
    name: str = ""
    tools: list[_Function] | None = None


class _Item(msgspec.Struct, gc=False):
    type: str = ""
    tools: list[_Tool] | None = None


_TOOLS: Final = msgspec.json.Decoder(list[_Tool] | None)
_ITEMS: Final = msgspec.json.Decoder(list[_Item] | str | None)


class Namespaces:
    """The namespaces that a call declares, in `tools` and in its `additional_tools` items."""

    __slots__ = ("_homes",)

    def __init__(self, fields: Mapping[str, msgspec.Raw]) -> None:
        self._homes: dict[str, tuple[str, str]] = {}
        if b'"namespace"' in bytes(fields.get("tools", b"")):
            self._add(_decode_tools(fields["tools"]))
        if b'"additional_tools"' in bytes(fields.get("input", b"")):
            for item in _decode_items(fields["input"]):
                if item.type == "additional_tools":
                    self._add(item.tools or [])

    def _add(self, tools: list[_Tool]) -> None:
        for tool in tools:
            if tool.type == "namespace":
                for function in tool.tools or ():
                    self._homes[flat_name(tool.name, function.name)] = (tool.name, function.name)

    def flat(self, namespace: str | None, name: str) -> str:
        """What other targets call the function `name` of `namespace`; a namespace that nobody declared says nothing."""
        if namespace is None:
            return name
        flat = flat_name(namespace, name)
        return flat if flat in self._homes else name

    def home(self, name: str) -> tuple[str | None, str]:
        """The namespace and the name of the function that other targets call `name`."""
        return self._homes.get(name, (None, name))


def flat_name(namespace: str, name: str) -> str:
    """Both names as one, of a length that every provider takes."""
    whole = f"{namespace}__{name}"
    if len(whole) <= _MAX_NAME:
        return whole
    digest = hashlib.blake2b(whole.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return f"{whole[:_KEPT]}_{digest}"


def _decode_tools(raw: msgspec.Raw) -> list[_Tool]:
    try:
        return _TOOLS.decode(raw) or []
    except UNREADABLE:
        return []


def _decode_items(raw: msgspec.Raw) -> list[_Item]:
    try:
        found = _ITEMS.decode(raw)
    except UNREADABLE:
        return []
    return found if isinstance(found, list) else []
