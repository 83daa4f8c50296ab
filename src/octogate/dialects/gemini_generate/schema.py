"""Turns the schemas of Gemini's own notation, a subset of OpenAPI with types in capitals, into JSON schemas."""

from collections.abc import Callable
from typing import Final

from octogate.dialects.gemini_generate.spelling import Object, camel

# Numbers that the API writes as strings, as it does with every 64-bit integer.
_COUNTS: Final = frozenset("minItems maxItems minLength maxLength minProperties maxProperties".split())
_RENAMED: Final = {"ref": "$ref", "defs": "$defs"}
_MAX_DIGITS: Final = 18
"""Of a number of 64 bits; longer ones stay the text that they came as."""
# Orders the model's output; a JSON schema has no word for it, and the order of `properties` says the same.
_LEFT_OUT: Final = frozenset({"propertyOrdering", "nullable"})


def to_json_schema(schema: object) -> object:
    """The JSON schema that means the same; parts that are written as one already stay as they are.

    `type` becomes lower case, `nullable` a second type, `example` a list of `examples`. Names of properties are the
    caller's and are never touched, and `propertyOrdering` orders the properties.
    """
    if isinstance(schema, bool) or not isinstance(schema, dict):
        return schema
    result: Object = {}
    order: object = None
    for name, value in schema.items():
        key = camel(name) if "_" in name else name
        if key == "propertyOrdering":
            order = value
        if value is None or key in _LEFT_OUT:
            continue
        key = _RENAMED.get(key, key)
        if key == "example":
            result.setdefault("examples", [value])
        else:
            result[key] = _value(key, value)
    if isinstance(order, list) and isinstance(properties := result.get("properties"), dict):
        result["properties"] = _ordered(properties, order)
    return _nullable(result) if schema.get("nullable") is True else result


def _value(key: str, value: object) -> object:
    if key in _COUNTS and isinstance(value, str) and len(value) <= _MAX_DIGITS and value.isdecimal():
        return int(value)
    convert = _CONVERTERS.get(key)
    return value if convert is None else convert(value)


def _type(value: object) -> object:
    if isinstance(value, list):
        return [_type(one) for one in value]
    return value.lower() if isinstance(value, str) else value


def _each(value: object) -> object:
    """Schemas in a list, or a single one."""
    return [to_json_schema(one) for one in value] if isinstance(value, list) else to_json_schema(value)


def _named(value: object) -> object:
    """Schemas by name, the names untouched."""
    return {name: to_json_schema(one) for name, one in value.items()} if isinstance(value, dict) else value


_CONVERTERS: Final[dict[str, Callable[[object], object]]] = {
    "type": _type,
    "items": _each,
    "prefixItems": _each,
    "anyOf": _each,
    "oneOf": _each,
    "allOf": _each,
    "additionalProperties": _each,
    "properties": _named,
    "$defs": _named,
}


def _ordered(properties: Object, order: list[object]) -> Object:
    first = {name: properties[name] for name in order if isinstance(name, str) and name in properties}
    return {**first, **properties}


def _nullable(schema: Object) -> Object:
    """The same schema that allows null too."""
    kind = schema.get("type")
    if isinstance(kind, str):
        schema["type"] = [kind, "null"]
        if isinstance(values := schema.get("enum"), list) and None not in values:
            schema["enum"] = [*values, None]
        return schema
    if isinstance(kinds := schema.get("anyOf"), list):
        return {**schema, "anyOf": [*kinds, {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}
