"""Pairs of what stands on the wire and what it means, written down by hand from Anthropic's documentation."""

import json
from pathlib import Path
from typing import Any

import pytest

from octogate.core import conversation

from ..shown import shown
from .messages import DIALECT, call_of, decode, fields, prompt_of, sse, write

FILES = sorted((Path(__file__).parent / "golden").glob("*.json"))
CASES = [json.loads(path.read_bytes()) for path in FILES]


def holding(member: str) -> Any:
    pairs = [(path, case) for path, case in zip(FILES, CASES, strict=True) if member in case]
    assert pairs
    return pytest.mark.parametrize("case", [case for _, case in pairs], ids=[path.stem for path, _ in pairs])


def built(value: Any) -> Any:
    """The opposite of `shown`."""
    if isinstance(value, list):
        return tuple(map(built, value))
    if isinstance(value, dict) and "is" in value:
        members = {name: built(member) for name, member in value.items() if name != "is"}
        return getattr(conversation, value["is"])(**members)
    return value


@holding("call")
def test_a_call_means_its_prompt(case: dict[str, Any]) -> None:
    assert shown(DIALECT.read_prompt(call_of(case["call"]))) == case["prompt"]


@holding("answer")
def test_an_answer_means_what_it_says(case: dict[str, Any]) -> None:
    assert shown(DIALECT.read_answer(json.dumps(case["answer"]).encode())) == case["meaning"]


@holding("stream")
def test_a_stream_means_its_pieces(case: dict[str, Any]) -> None:
    assert shown(decode(sse(*case["stream"]))) == case["pieces"]


@holding("body")
def test_a_prompt_is_written_as_its_body(case: dict[str, Any]) -> None:
    turns = [built({"is": "Turn", **turn}) for turn in case["prompt"]["turns"]]
    settings = {name: built(value) for name, value in case["prompt"]["settings"].items()}

    body, losses = write(prompt_of(*turns, settings=settings), model=case["target"])

    assert body == case["body"]
    assert fields(losses) == case["losses"]
