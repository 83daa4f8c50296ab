"""Fits JSON schemas to what Anthropic enforces: a part of the vocabulary, closed objects, few limits.

See https://platform.claude.com/docs/en/build-with-claude/structured-outputs, "JSON Schema limitations".
"""

from typing import Final

MAX_DEPTH: Final = 64

Schema = dict[str, object]

_LIMITS: Final = frozenset(
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems uniqueItems"
    " contains minContains maxContains minProperties maxProperties patternProperties propertyNames"
    " dependentRequired dependentSchemas not if then else".split()
)
_FORMATS: Final = frozenset("date-time time date duration email hostname uri ipv4 ipv6 uuid".split())
_SILENT: Final = frozenset({"$schema", "$id", "$comment", "examples"})
_MAPS: Final = ("properties", "$defs", "definitions")
_LISTS: Final = ("anyOf", "allOf", "oneOf")


def fitted(schema: Schema) -> tuple[Schema, bool]:
    """The schema as it will be enforced, and whether some of its limits have become words in descriptions only."""
    told: list[str] = []
    return _fit(schema, told, 0), bool(told)


def _fit(schema: Schema, told: list[str], depth: int) -> Schema:
    if depth > MAX_DEPTH:
        return schema
    kept: Schema = {}
    words: list[str] = []
    for name, value in schema.items():
        if name in _SILENT:
            continue
        if _is_refused(name, value):
            words.append(f"{name}: {value}")
            continue
        kept["anyOf" if name == "oneOf" else name] = _fit_value(name, value, told, depth)
    if kept.get("type") == "object" or "properties" in kept:
        kept["additionalProperties"] = False
    if words:
        told += words
        before = kept.get("description")
        kept["description"] = f"{before} " * isinstance(before, str) + f"({'; '.join(words)})"
    return kept


def _is_refused(name: str, value: object) -> bool:
    if name == "minItems":
        return value not in (0, 1)
    if name == "format":
        return not isinstance(value, str) or value not in _FORMATS
    if name == "additionalProperties":
        return value is not False
    return name in _LIMITS


def _fit_value(name: str, value: object, told: list[str], depth: int) -> object:
    if name in _MAPS and isinstance(value, dict):
        return {key: _fit_any(inner, told, depth) for key, inner in value.items()}
    if name in _LISTS and isinstance(value, list):
        return [_fit_any(inner, told, depth) for inner in value]
    return _fit_any(value, told, depth) if name == "items" else value


def _fit_any(value: object, told: list[str], depth: int) -> object:
    return _fit(value, told, depth + 1) if isinstance(value, dict) else value
