"""Schemas in Gemini's own notation, and the JSON schemas that mean the same."""

from typing import Any

import pytest

from octogate.dialects.gemini_generate.schema import to_json_schema


@pytest.mark.parametrize(
    ("own", "plain"),
    [
        ({"type": "STRING"}, {"type": "string"}),
        ({"type": "INTEGER", "nullable": True, "format": "int64"}, {"type": ["integer", "null"], "format": "int64"}),
        ({"type": "STRING", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"anyOf": [{"type": "STRING"}], "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"nullable": True, "$ref": "#/a"}, {"anyOf": [{"$ref": "#/a"}, {"type": "null"}]}),
        (
            {"type": "ARRAY", "items": {"type": "NUMBER"}, "min_items": "2"},
            {"type": "array", "items": {"type": "number"}, "minItems": 2},
        ),
        ({"type": "STRING", "example": "x", "title": None}, {"type": "string", "examples": ["x"]}),
        (
            {"ref": "#/$defs/n", "defs": {"n": {"type": "NULL"}}},
            {"$ref": "#/$defs/n", "$defs": {"n": {"type": "null"}}},
        ),
        (
            {"type": "object", "additionalProperties": {"type": "BOOLEAN"}},
            {"type": "object", "additionalProperties": {"type": "boolean"}},
        ),
        (
            {"type": "object", "additionalProperties": False, "const": {"type": "KEPT"}},
            {"type": "object", "additionalProperties": False, "const": {"type": "KEPT"}},
        ),
    ],
)
def test_a_schema_becomes_the_json_schema_that_means_the_same(own: dict[str, Any], plain: dict[str, Any]) -> None:
    assert to_json_schema(own) == plain


def test_names_of_properties_are_the_caller_s_even_when_they_look_like_keywords() -> None:
    own = {
        "type": "OBJECT",
        "properties": {"type": {"type": "STRING"}, "min_items": {"type": "STRING"}, "nullable": {"type": "STRING"}},
    }

    assert to_json_schema(own) == {
        "type": "object",
        "properties": {"type": {"type": "string"}, "min_items": {"type": "string"}, "nullable": {"type": "string"}},
    }


def test_the_order_of_properties_is_the_one_that_was_asked_for() -> None:
    own = {"properties": {"a": {}, "b": {}, "c": {}}, "propertyOrdering": ["c", "a", "z"]}

    plain = to_json_schema(own)

    assert isinstance(plain, dict)
    assert list(plain["properties"]) == ["c", "a", "b"]
