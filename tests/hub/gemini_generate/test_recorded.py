"""Recorded traffic of Gemini and Vertex: what it means is what an independent reading of it says."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from octogate.core.call import Call
from octogate.core.conversation import (
    ArgumentsPiece,
    Finished,
    Media,
    Piece,
    Reasoning,
    ReasoningPiece,
    Text,
    TextPiece,
    ToolBegun,
    ToolCall,
    ToolResult,
    UsageReport,
)
from octogate.core.errors import BadRequest
from octogate.core.usage import Usage
from octogate.dialects.body import read_object
from octogate.dialects.gemini_generate.array import ArraySplitter
from octogate.dialects.hub import Destination
from octogate.dialects.sse import EventSplitter

from .gemini import DIALECT, endpoint

ROOT = Path(os.environ.get("OCTOGATE_FIXTURES", "/nonexistent"))


class Case:
    """One recorded exchange."""

    def __init__(self, folder: Path) -> None:
        self.name = f"{folder.parent.name}/{folder.name}"
        self.folder = folder
        self.meta: dict[str, Any] = json.loads((folder / "meta.json").read_bytes())
        streams = ":streamGenerateContent" in self.meta["path"]
        sse = "alt=sse" in (self.meta["query"] or "")
        self.endpoint = endpoint(stream=streams, sse=sse, model=self.meta["model"] or "m")

    def request(self) -> bytes:
        return (self.folder / "request.json").read_bytes()

    def response(self) -> bytes:
        return (self.folder / self.meta["response_file"]).read_bytes()

    def expected(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.folder / "expected.json").read_bytes())
        return value


CASES = [
    Case(path.parent)
    for provider in ("gemini", "vertex")
    for path in sorted(ROOT.glob(f"*/{provider}/*enerateContent*/meta.json"))
    if (path.parent / "request.json").exists()
]
ANSWERS = [case for case in CASES if case.meta["status"] == 200]

pytestmark = pytest.mark.skipif(not CASES, reason="OCTOGATE_FIXTURES names no recorded traffic")


def _told(usage: Usage | None) -> dict[str, int]:
    if usage is None:
        return {}
    return {
        "input": usage.input_tokens,
        "output": usage.output_tokens,
        "cached": usage.cached_tokens,
        "reasoning": usage.reasoning_tokens,
    }


def _plain(case: Case) -> dict[str, Any]:
    answer = DIALECT.read_answer(case.response())
    first = answer.choices[0]
    calls = [part for part in first.parts if isinstance(part, ToolCall)]
    return {
        "text": "".join(p.text for p in first.parts if isinstance(p, Text) and not p.text.startswith("```")),
        "thinking": "".join(part.text for part in first.parts if isinstance(part, Reasoning)),
        "tool_calls": [(part.name, json.loads(part.arguments)) for part in calls],
        "finish": first.finish,
        "usage": _told(answer.usage),
    }


def _streamed(case: Case) -> dict[str, Any]:
    splitter = EventSplitter(2**25) if case.endpoint.sse else ArraySplitter(2**25)
    decoder = DIALECT.decoder()
    pieces: list[Piece] = []
    for _, name, data in splitter.feed(case.response()):
        if data is not None:
            pieces += decoder.decode(name, data)
    pieces += decoder.end()
    names = [piece.name for piece in pieces if isinstance(piece, ToolBegun)]
    arguments = [json.loads(piece.text) for piece in pieces if isinstance(piece, ArgumentsPiece)]
    usages = [piece.usage for piece in pieces if isinstance(piece, UsageReport)]
    (finish,) = [piece.finish for piece in pieces if isinstance(piece, Finished) and piece.choice == 0]
    return {
        "text": "".join(p.text for p in pieces if isinstance(p, TextPiece) and not p.text.startswith("```")),
        "thinking": "".join(piece.text for piece in pieces if isinstance(piece, ReasoningPiece)),
        "tool_calls": list(zip(names, arguments, strict=True)),
        "finish": finish,
        "usage": _told(usages[-1] if usages else None),
    }


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.name)
def test_a_recorded_answer_means_what_was_expected(case: Case) -> None:
    expected = case.expected()

    said = _streamed(case) if case.endpoint.stream else _plain(case)

    usage = {name: expected["usage"].get(name) or 0 for name in said["usage"]}
    assert said == {
        "text": expected["text"],
        "thinking": expected["thinking"],
        "tool_calls": [(one["name"], one["args"]) for one in expected["tool_calls"]],
        "finish": expected["finish"],
        "usage": usage,
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_recorded_request_is_read_with_all_its_words_and_can_be_asked_again(case: Case) -> None:
    fields = read_object(case.request())
    try:
        prompt = DIALECT.read_prompt(Call(case.endpoint, "m", False, fields, 0))
    except BadRequest as refusal:
        assert [fault.field for fault in refusal.faults] == ["contents[0].role"]
        return

    body = json.loads(DIALECT.write_prompt(prompt, Destination(model=case.endpoint.model or "")).body)

    asked = json.loads(case.request())
    assert _words(body["contents"]) == _words(asked["contents"])
    given = [part for turn in prompt.turns for part in turn.parts]
    given += [one for part in given if isinstance(part, ToolResult) for one in part.parts]
    assert sum(isinstance(part, Media) for part in given) == _media(body["contents"])


def _words(contents: list[dict[str, Any]]) -> list[str]:
    parts = [part for content in contents for part in content["parts"]]
    return [part["text"] for part in parts if part.get("text") and not part.get("thought")]


def _media(contents: list[dict[str, Any]]) -> int:
    return sum(name in part for content in contents for part in content["parts"] for name in ("inlineData", "fileData"))
