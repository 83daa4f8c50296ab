"""Reading a caller's body: one sound JSON object, or a 400 that says where it is not."""

import json
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.core.errors import BadRequest
from octogate.dialects.body import MAX_MEMBERS, read_members, read_object, write_object


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"[]", "not an array"),
        (b'"x"', "not a string"),
        (b"null", "not null"),
        (b"12", "not a number"),
        (b"true", "not a boolean"),
        (b"NaN", "byte 0"),
        (b'{"a":NaN}', "byte 5"),
        (b'{"a":1,}', "byte 7"),
        (b'{"a":1}x', "trailing characters (byte 8)"),
        (b'{"a":01}', "byte 6"),
        (b"{'a':1}", "byte 1"),
        (b'{"a":', "too soon (byte 5)"),
        (b'{"a":"\xff"}', "UTF-8 (byte 6)"),
        (b'\xef\xbb\xbf{"a":1}', "byte order mark"),
        ('{"a":1}'.encode("utf-16"), "UTF-8 (byte 0)"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"a":' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_anything_but_one_sound_object_is_a_400_that_says_why(body: bytes, part: str) -> None:
    """S2-37: malformed JSON names its position. T-53."""
    with pytest.raises(BadRequest, match="The body") as refusal:
        read_object(body)

    assert part in refusal.value.message
    assert refusal.value.status == 400


def test_members_are_kept_byte_for_byte_and_in_order() -> None:
    body = b'{"z":1.0,"a":[1, 2,\n 3],"big":12345678901234567890123,"e":1e2,"s":"\\u00e9\\/"}'

    members = read_object(body)

    assert list(members) == ["z", "a", "big", "e", "s"]
    assert write_object(members) == body


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","model":"b"}',
        b'{"model":"a","model":"a"}',
        b'{ "model" : "a" , "x" : [1, {"model": 2}], "model" : "b" }',
        b'{"model":12,"x":0,"model":1}',
        b'{"model":1,"x":0,"model":12}',
        b'{"mod\\u0065l":"a","model":"b"}',
        b'{"model":"b","mod\\u0065l":"a" }',
        b'{"model":{"a":1},"model":{"a":1,"b":2}}',
        b'{"model":"a,\\"model\\":","model":"a"}',
    ],
)
def test_a_repeated_member_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(BadRequest, match="occurs twice") as refusal:
        read_object(body)

    assert refusal.value.param == "model"
    assert refusal.value.faults[0].field == "model"


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":{"x":1,"x":1},"b":[{"a":1}]}',
        b'{ "a" : "a" , "b":"\\"a\\":1", "\\"a" : 2 }',
        b'{\t"a"\r\n:\n1 ,"b":"}" }  ',
        b"{}",
        b"{ }",
    ],
)
def test_what_only_looks_repeated_is_not(body: bytes) -> None:
    assert {name: json.loads(bytes(raw)) for name, raw in read_object(body).items()} == json.loads(body)


def test_a_repeat_inside_a_member_that_we_read_is_refused_with_its_path() -> None:
    with pytest.raises(BadRequest, match=r"settings\.cap"):
        read_members(msgspec.Raw(b'{"cap":1,"cap":2}'), "settings")


def test_a_body_of_very_many_members_is_refused() -> None:
    """T-53."""
    many = json.dumps({str(number): 0 for number in range(MAX_MEMBERS + 1)}).encode()

    with pytest.raises(BadRequest, match="more than 1000 members"):
        read_object(many)


def test_hostile_bodies_take_no_longer_than_their_size_allows() -> None:
    """T-53."""
    started = time.process_time()
    for body in (
        b'{ "' + b"k" * 1_000_000 + b'":1}',
        b'{ "' + b"\\\\" * 500_000 + b'":1}',
        b'{"a":1' + b" " * 1_000_000 + b"}",
        b'{ "a":' + b"9" * 400 + b"}",
    ):
        read_object(body)
    with pytest.raises(BadRequest):
        read_object(b"{" + b'"a":1,' * 200_000 + b'"a":1}')

    assert time.process_time() - started < 1.0


names = st.text(max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
)
documents = st.dictionaries(names, values, max_size=6)


@settings(max_examples=200, deadline=None)
@given(document=documents, spaced=st.booleans(), escaped=st.booleans())
def test_any_object_without_repeats_comes_through(document: dict[str, object], spaced: bool, escaped: bool) -> None:
    separators = (" , ", " : ") if spaced else (",", ":")
    body = json.dumps(document, separators=separators, ensure_ascii=escaped).encode("utf-8", "surrogatepass")

    members = read_object(body)

    assert {name: json.loads(bytes(raw)) for name, raw in members.items()} == document


@settings(max_examples=200, deadline=None)
@given(pairs=st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 12)), max_size=6), spaced=st.booleans())
def test_repeats_are_found_exactly_when_there_are_some(pairs: list[tuple[str, int]], spaced: bool) -> None:
    gap = " " if spaced else ""
    body = ("{" + ",".join(f'{gap}"{name}":{gap}{value}' for name, value in pairs) + "}").encode()
    repeats = len({name for name, _ in pairs}) < len(pairs)

    try:
        read_object(body)
        found = False
    except BadRequest:
        found = True

    assert found is repeats


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_are_more_than_a_400(body: bytes) -> None:
    try:
        read_object(body)
    except BadRequest:
        return
    json.loads(body)
