"""Calls, answers and streams as the providers document them, beside what they mean."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from .chat import DIALECT, call_of, decode

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))


def files(ending: str) -> Any:
    chosen = [path for path in GOLDEN if path.stem.endswith(ending)]
    return pytest.mark.parametrize("path", chosen, ids=lambda path: path.stem)


def told(value: Any) -> Any:
    """A value as JSON, without members that say nothing."""
    return without_silence(msgspec.json.decode(msgspec.json.encode(value)))


def without_silence(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: without_silence(member) for name, member in value.items()}
        return {name: member for name, member in kept.items() if member not in (None, False, [], "", 0)}
    return [without_silence(item) for item in value] if isinstance(value, list) else value


@files("_call")
def test_a_call_means_what_is_written_beside_it(path: Path) -> None:
    golden = json.loads(path.read_bytes())

    assert told(DIALECT.read_prompt(call_of(golden["call"]))) == without_silence(golden["prompt"])


@files("_answer")
def test_an_answer_means_what_is_written_beside_it(path: Path) -> None:
    golden = json.loads(path.read_bytes())

    found = told(DIALECT.read_answer(json.dumps(golden["answer"]).encode()))
    assert found == without_silence(golden["meaning"])


@files("_stream")
def test_a_stream_means_what_is_written_beside_it(path: Path) -> None:
    golden = json.loads(path.read_bytes())

    assert [[type(piece).__name__, told(piece)] for piece in decode(*golden["stream"])] == golden["pieces"]
