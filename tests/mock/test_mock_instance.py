"""Values made from a JSON schema are accepted by it: pydantic is the judge."""

import datetime
import uuid
from enum import Enum
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter

from octogate.mock.instance import instance_of


class Colour(Enum):
    red = "red"
    blue = "blue"


class Tree(BaseModel):
    value: int
    children: list["Tree"]
    parent: "Tree | None" = None


class Chain(BaseModel):
    following: "Chain | None"


class Base(BaseModel):
    name: Annotated[str, Field(min_length=20, max_length=30)]


class Everything(Base):
    number: Annotated[float, Field(gt=0, lt=1)]
    even: Annotated[int, Field(ge=7, multiple_of=2)]
    small: Annotated[int, Field(le=-3)]
    colour: Colour
    constant: Literal["only"]
    either: int | str
    maybe: str | None
    when: datetime.datetime
    day: datetime.date
    key: uuid.UUID
    address: IPv4Address
    pair: tuple[int, str]
    three: Annotated[list[int], Field(min_length=3)]
    unique: Annotated[set[str], Field(min_length=3)]
    none: Annotated[list[str], Field(max_length=0)]
    free: dict[str, int]
    flag: bool


@pytest.mark.parametrize("model", [Tree, Chain, Everything, list[int], Colour, dict[str, Any], bool])
def test_the_value_is_accepted_by_the_model_whose_schema_it_was(model: Any) -> None:
    adapter = TypeAdapter(model)

    adapter.validate_json(TypeAdapter(Any).dump_json(instance_of(adapter.json_schema())))


def test_gemini_spells_types_in_capitals() -> None:
    schema = {"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}, "required": ["n"]}

    assert instance_of(schema) == {"n": 1}


def test_all_of_joins_its_parts() -> None:
    part = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    other = {"properties": {"b": {"type": "integer"}}, "required": ["b"]}

    assert instance_of({"allOf": [part, other]}) == {"a": "mock a", "b": 1}


@given(low=st.integers(-1000, 1000), span=st.integers(1, 50), exclusive=st.booleans(), whole=st.booleans())
def test_numbers_stay_within_their_bounds(low: int, span: int, exclusive: bool, whole: bool) -> None:
    high = low + span
    keys = ("exclusiveMinimum", "exclusiveMaximum") if exclusive else ("minimum", "maximum")
    made = instance_of({"type": "integer" if whole else "number", keys[0]: low, keys[1]: high})

    if exclusive and not (whole and span == 1):  # no whole number is between neighbours
        assert low < made < high
    elif not exclusive:
        assert low <= made <= high


REFERENCES: list[dict[str, Any]] = [{"$ref": "#"}, {"$ref": "#/absent"}]
LEAVES = st.sampled_from([*REFERENCES, {"type": "string"}, {"enum": []}, {}, {"type": ["null"]}])
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"anyOf": st.lists(inner, max_size=2)}),
        st.fixed_dictionaries({"items": inner, "type": st.just("array")}),
        st.dictionaries(st.sampled_from(["a", "b"]), inner).map(lambda p: {"properties": p, "required": ["a"]}),
    ),
    max_leaves=6,
)


def test_a_schema_that_branches_into_itself_stays_small() -> None:
    names = [f"p{at}" for at in range(30)]
    schema = {"type": "object", "properties": {name: {"$ref": "#"} for name in names}, "required": names}

    assert len(str(instance_of(schema))) < 1_000_000


@given(SCHEMAS)
def test_any_schema_ends(schema: dict[str, Any]) -> None:
    instance_of(schema)
