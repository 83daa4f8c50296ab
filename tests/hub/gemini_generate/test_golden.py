"""Bodies as the vendor documents them, and what they mean."""

import json
from pathlib import Path
from typing import Any

import pytest

from octogate.core.conversation import ToolCall

from ..shown import shown
from .gemini import DIALECT, GOLDEN, decoded, prompt


def _named(kind: str) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted(GOLDEN.glob(f"{kind}_*.json"))]


def _load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


@pytest.mark.parametrize("path", _named("call"))
def test_a_call_means_what_the_golden_file_says_in_every_spelling(path: Path) -> None:
    golden = _load(path)

    for body in golden["bodies"]:
        assert shown(prompt(body)) == golden["meaning"]


@pytest.mark.parametrize("path", _named("answer"))
def test_an_answer_means_what_the_golden_file_says(path: Path) -> None:
    golden = _load(path)

    answer = DIALECT.read_answer(json.dumps(golden["body"], indent=1).encode())

    told = shown(answer)
    for choice, meant in zip(answer.choices, told["choices"], strict=True):
        for part, said in zip(choice.parts, meant["parts"], strict=True):
            if isinstance(part, ToolCall) and part.id.startswith("call_"):
                assert len(part.id) == 29
                said["id"] = "call_"
    assert told == golden["meaning"]


@pytest.mark.parametrize("path", _named("stream"))
def test_a_stream_means_what_the_golden_file_says(path: Path) -> None:
    golden = _load(path)

    stream = "".join(f"data: {json.dumps(event)}\r\n\r\n" for event in golden["events"]).encode()

    assert shown(decoded(stream)) == golden["meaning"]
