"""Makes a value that a JSON schema accepts, always the same one for the same schema."""

from typing import Any

Schema = dict[str, Any]

_MAX_DEPTH = 12
_MAX_ITEMS = 100
_MAX_VALUES = 10_000
_FORMATS = {
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
    "time": "03:04:05Z",
    "duration": "P1D",
    "email": "octopus@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000001",
    "uri": "https://example.com/",
}


def instance_of(schema: Schema) -> Any:
    """A value for `schema`: every required property, the first choice of every alternative.

    Knows types (in both spellings), enum, const, `$ref`, anyOf/oneOf/allOf, bounds, lengths and formats; a `pattern`
    is not solved. Recursion ends after twelve levels, and the whole after ten thousand values.
    """
    return _Maker(schema).make(schema, "value", 0)


class _Maker:
    def __init__(self, root: Schema) -> None:
        self._root = root
        self._values_left = _MAX_VALUES

    def make(self, schema: Any, name: str, depth: int) -> Any:
        self._values_left -= 1
        if not isinstance(schema, dict) or depth > _MAX_DEPTH or self._values_left < 0:
            return None
        schema = self._resolved(schema, depth)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        kind = _type_of(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        return _scalar(kind, schema, name)

    def _object(self, schema: Schema, depth: int) -> Schema:
        properties = schema.get("properties")
        required = schema.get("required")
        properties = properties if isinstance(properties, dict) else {}
        # A schema that requires nothing would give an empty object, which shows little: fill in what it names.
        names = required if isinstance(required, list) else [] if depth else list(properties)
        return {str(key): self.make(properties.get(key, {}), str(key), depth + 1) for key in names}

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        if isinstance(prefix := schema.get("prefixItems"), list):
            return [self.make(item, f"{name}{at}", depth + 1) for at, item in enumerate(prefix)]
        fewest = int(schema.get("minItems") or 0)
        most = schema.get("maxItems")
        count = min(max(fewest, 1), _MAX_ITEMS, int(most) if most is not None else _MAX_ITEMS)
        if depth >= _MAX_DEPTH // 2 and not fewest:
            return []
        made = [self.make(schema.get("items", {}), name, depth + 1) for _ in range(count)]
        return _distinct(made) if schema.get("uniqueItems") else made

    def _resolved(self, schema: Schema, depth: int) -> Schema:
        for _ in range(_MAX_DEPTH):
            if isinstance(schema.get("$ref"), str):
                schema = {**self._definition(schema["$ref"]), **_without(schema, "$ref")}
            elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
                choice = self._choose(alternatives, depth)
                schema = {**_without(schema, "anyOf", "oneOf"), **choice}
            elif isinstance(parts := schema.get("allOf"), list):
                schema = _merged([_without(schema, "allOf"), *(self._resolved(part, depth + 1) for part in parts)])
            else:
                return schema
        return {}

    def _choose(self, alternatives: list[Schema], depth: int) -> Schema:
        """The first alternative; deep down the last, which ends most recursions ("or null")."""
        deep = depth >= _MAX_DEPTH // 2
        return alternatives[-1 if deep else 0]

    def _definition(self, reference: str) -> Schema:
        place: Any = self._root
        for part in reference.removeprefix("#").strip("/").split("/") if reference != "#" else ():
            key = part.replace("~1", "/").replace("~0", "~")
            place = place.get(key, {}) if isinstance(place, dict) else {}
        return place if isinstance(place, dict) else {}


def _type_of(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if isinstance(kind, str):
        return kind.lower()  # Gemini spells types in capitals
    return "object" if "properties" in schema else "array" if "items" in schema else "string"


def _scalar(kind: str, schema: Schema, name: str) -> Any:
    if kind == "string":
        return _string(schema, name)
    if kind in ("integer", "number"):
        return _number(schema, whole=kind == "integer")
    return True if kind == "boolean" else None


def _string(schema: Schema, name: str) -> str:
    known = _FORMATS.get(str(schema.get("format")))
    if known is not None:
        return known
    text = f"mock {name}"
    shortest, longest = int(schema.get("minLength") or 0), schema.get("maxLength")
    text += "x" * (shortest - len(text))
    return text[: int(longest)] if longest is not None else text


def _number(schema: Schema, *, whole: bool) -> int | float:
    step: int | float = schema.get("multipleOf") or 1
    value: int | float = step if step != 1 else 1
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    if high is not None and value > high:
        value = high // step * step
    if below is not None and value >= below:
        value = (below - step) // step * step
    if low is not None and value < low:
        value = -(-low // step) * step
    if above is not None and value <= above:
        value = (above // step + 1) * step
    return int(value) if whole else _within(value, schema)


def _within(value: float, schema: Schema) -> float:
    """For bounds closer together than the step: their middle."""
    lows = [schema[key] for key in ("minimum", "exclusiveMinimum") if schema.get(key) is not None]
    highs = [schema[key] for key in ("maximum", "exclusiveMaximum") if schema.get(key) is not None]
    if not lows or not highs or schema.get("multipleOf"):
        return value
    is_inside = max(lows) < value < min(highs)
    return value if is_inside else (max(lows) + min(highs)) / 2


def _distinct(values: list[Any]) -> list[Any]:
    return [_changed(value, at) for at, value in enumerate(values)]


def _changed(value: Any, at: int) -> Any:
    if isinstance(value, str):
        return f"{value} {at}" if at else value
    return value + at if isinstance(value, int | float) and not isinstance(value, bool) else value


def _merged(parts: list[Schema]) -> Schema:
    merged: Schema = {}
    for part in parts:
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", []), *part.get("required", [])]
        merged |= part
        if properties:
            merged |= {"properties": properties, "required": required}
    return merged


def _without(schema: Schema, *keys: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in keys}
