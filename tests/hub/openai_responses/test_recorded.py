"""What providers of this dialect really sent, and what it means."""

import json
from typing import Any

import pytest

from octogate.core.conversation import (
    Answer,
    ArgumentsPiece,
    Begun,
    Finished,
    Piece,
    Reasoning,
    ReasoningPiece,
    Refusal,
    RefusalPiece,
    Text,
    TextPiece,
    ToolBegun,
    ToolCall,
    UsageReport,
)
from octogate.core.usage import Usage
from octogate.dialects.hub import Destination

from .recorded import Case, cases
from .responses import DIALECT, call_of, decode_stream

CASES = cases()
ANSWERED = [case for case in CASES if int(case.meta["status"]) == 200 and case.expected()]
STREAMS = [case for case in ANSWERED if case.streamed]
BODIES = [case for case in ANSWERED if not case.streamed]
# A queued answer of a background call is none: only a caller of the provider itself can wait for it.
WORDS = {"queued": "error", "complete": "stop"}

pytestmark = pytest.mark.skipif(not CASES, reason="OCTOGATE_FIXTURES is not set")


def named(found: list[Case]) -> Any:
    return pytest.mark.parametrize("case", found, ids=lambda case: case.name)


def expected(case: Case) -> dict[str, Any]:
    said = case.expected()
    usage = (
        {name: said["usage"].get(name) for name in ("input", "output", "cached", "reasoning")} if said["usage"] else {}
    )
    return {
        "text": said["text"],
        "thinking": squeezed(said["thinking"]),
        "tool_calls": said["tool_calls"],
        "finish": WORDS.get(said["finish"], said["finish"]),
        "usage": usage,
        "refusal": said["refusal"],
        "model": said["model"],
        "id": said["id"],
    }


def squeezed(text: str) -> str:
    """Thoughts without the blank lines that stand between their sections."""
    return "".join(text.split())


def counts(usage: Usage | None) -> dict[str, int]:
    if usage is None:
        return {}
    return {
        "input": usage.input_tokens,
        "output": usage.output_tokens,
        "cached": usage.cached_tokens,
        "reasoning": usage.reasoning_tokens,
    }


def meaning(answer: Answer) -> dict[str, Any]:
    parts = answer.choices[0].parts
    return {
        "text": "".join(part.text for part in parts if isinstance(part, Text)),
        "thinking": squeezed("".join(part.text for part in parts if isinstance(part, Reasoning))),
        "tool_calls": [
            {"name": part.name, "args": json.loads(part.arguments), "id": part.id}
            for part in parts
            if isinstance(part, ToolCall)
        ],
        "finish": answer.choices[0].finish,
        "usage": counts(answer.usage),
        "refusal": "".join(part.text for part in parts if isinstance(part, Refusal)) or None,
        "model": answer.model,
        "id": answer.id,
    }


def streamed_meaning(pieces: list[Piece]) -> dict[str, Any]:
    begun = next(piece for piece in pieces if isinstance(piece, Begun))
    calls: list[dict[str, Any]] = []
    for piece in pieces:
        if isinstance(piece, ToolBegun):
            calls.append({"name": piece.name, "args": "", "id": piece.id})
        elif isinstance(piece, ArgumentsPiece):
            calls[-1]["args"] += piece.text
    usage = [piece.usage for piece in pieces if isinstance(piece, UsageReport)]
    return {
        "text": "".join(piece.text for piece in pieces if isinstance(piece, TextPiece)),
        "thinking": squeezed("".join(piece.text for piece in pieces if isinstance(piece, ReasoningPiece))),
        "tool_calls": [{**call, "args": json.loads(call["args"])} for call in calls],
        "finish": next(piece.finish for piece in pieces if isinstance(piece, Finished)),
        "usage": counts(usage[-1] if usage else None),
        "refusal": "".join(piece.text for piece in pieces if isinstance(piece, RefusalPiece)) or None,
        "model": begun.model,
        "id": begun.id,
    }


@named(BODIES)
def test_a_recorded_answer_means_what_it_says(case):
    assert meaning(DIALECT.read_answer(case.response())) == expected(case)


@named(STREAMS)
def test_a_recorded_stream_means_what_it_says(case):
    assert streamed_meaning(decode_stream(case.response())) == expected(case)


@named([case for case in CASES if case.request()])
def test_a_recorded_request_is_read_and_can_be_written_again(case):
    sent = json.loads(case.request())
    prompt = DIALECT.read_prompt(call_of(case.request()))

    body = json.loads(DIALECT.write_prompt(prompt, Destination(model=sent["model"])).body)

    assert words_in(sent) <= words_in(body)
    assert [tool["name"] for tool in body.get("tools", ())] == [
        tool["name"] for tool in [*sent.get("tools", ()), *added_tools(sent)] if tool["type"] == "function"
    ]


def words_in(body: dict[str, Any]) -> set[str]:
    """All that was said in a request, wherever it stands."""
    found = {body["instructions"]} if body.get("instructions") else set()
    given = body["input"]
    for item in [{"content": given}] if isinstance(given, str) else given:
        for value in (item.get("content"), item.get("output"), item.get("arguments"), item.get("encrypted_content")):
            if isinstance(value, str):
                found.add(value)
        if item.get("type") != "reasoning":
            for part in item.get("content") if isinstance(item.get("content"), list) else ():
                found |= {part[name] for name in ("text", "refusal", "file_data", "image_url") if name in part}
    return found - {""}


def added_tools(body: dict[str, Any]) -> list[dict[str, Any]]:
    given = body["input"]
    return [] if isinstance(given, str) else [tool for item in given for tool in item.get("tools", ())]
