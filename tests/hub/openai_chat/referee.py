"""Checks values against a JSON schema of an OpenAPI document, as far as such documents go.

Null is accepted everywhere: the real API sends it where its document says string.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (),
}


class Referee:
    """Knows the schemas of a document by their names."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas: Mapping[str, Any] = document["components"]["schemas"]

    def faults(self, value: Any, name: str) -> list[str]:
        """What is wrong with a value, by the schema of that name."""
        return list(self._check(value, self._schemas[name], name))

    def _check(self, value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if value is None:
            return
        for choices in (schema.get("anyOf"), schema.get("oneOf")):
            if choices and all(list(self._check(value, choice, path)) for choice in choices):
                yield f"{path}: none of the alternatives"
        for part in schema.get("allOf") or ():
            yield from self._check(value, part, path)
        kind = schema.get("type")
        if kind is not None and (
            not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean")
        ):
            yield f"{path}: not of the type {kind}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{path}: {value!r} is not allowed"
        if isinstance(value, dict):
            yield from self._check_object(value, schema, path)
        for at, item in enumerate(value if isinstance(value, list) else ()):
            yield from self._check(item, schema.get("items") or {}, f"{path}[{at}]")

    def _check_object(self, value: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
        for name in schema.get("required") or ():
            if name not in value:
                yield f"{path}.{name}: is missing"
        for name, member in (schema.get("properties") or {}).items():
            if name in value:
                yield from self._check(value[name], member, f"{path}.{name}")
