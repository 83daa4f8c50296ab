"""The examples of the documentation, and what they mean."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ..shown import joined
from .responses import DIALECT, call_of, decode, encode, events_of

FILES = {path.stem: json.loads(path.read_bytes()) for path in sorted((Path(__file__).parent / "golden").glob("*.json"))}


def having(name: str) -> Any:
    return pytest.mark.parametrize(
        "case", [case for case in FILES.values() if name in case], ids=lambda case: case["source"]
    )


def told(value: Any) -> Any:
    """A value of the hub as JSON: each struct by its name, with what is not as usual."""
    if isinstance(value, msgspec.Raw):
        return json.loads(bytes(value))
    if isinstance(value, (tuple, list)):
        return [told(part) for part in value]
    if not isinstance(value, msgspec.Struct):
        return value
    usual = {field.name: field.default for field in msgspec.structs.fields(type(value))}
    members = {name: getattr(value, name) for name in usual}
    return {type(value).__name__: {name: told(member) for name, member in members.items() if member != usual[name]}}


@having("prompt")
def test_a_documented_request_means_what_it_should(case):
    assert told(DIALECT.read_prompt(call_of(case["body"]))) == case["prompt"]


@having("answer")
def test_a_documented_answer_means_what_it_should(case):
    assert told(DIALECT.read_answer(json.dumps(case["body"]).encode())) == case["answer"]


@having("pieces")
def test_a_documented_stream_means_what_it_should(case):
    assert told(decode(*case["events"])) == case["pieces"]


@having("pieces")
def test_a_documented_stream_that_is_written_by_us_has_the_same_events_in_the_same_order(case):
    pieces = decode(*case["events"])

    ours = events_of(encode(pieces))

    assert [event["type"] for event in ours] == [event["type"] for event in case["events"]]
    assert [event.get("delta") for event in ours] == [event.get("delta") for event in case["events"]]
    for ours_one, theirs in zip(ours, case["events"], strict=True):
        assert theirs.keys() <= ours_one.keys()
    assert joined(decode(*ours))[1:] == joined(pieces)[1:]
