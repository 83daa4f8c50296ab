"""Recorded traffic of the providers that speak chat completions."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from octogate.core.call import Call
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

from ..shown import joined
from .chat import DIALECT, ENDPOINT, HEADING, HI, call_of, decode_stream

ROOT = Path(os.environ.get("OCTOGATE_FIXTURES", "/nonexistent"))


def cases() -> list[Path]:
    """Every exchange over the route, errors aside."""
    found = []
    for path in sorted(ROOT.glob("dev/*/*/meta.json")):
        meta = json.loads(path.read_bytes())
        if (meta.get("path") or "").endswith("/chat/completions") and meta["status"] == 200:
            found.append(path.parent)
    return found


CASES = cases()
pytestmark = pytest.mark.skipif(not CASES, reason="OCTOGATE_FIXTURES is not set")
each_case = pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.name}/{folder.name}")


def the_call(folder: Path) -> Call:
    return DIALECT.read_call(
        (folder / "request.json").read_bytes(), ENDPOINT, max_output_tokens=10**6, max_messages=10_000
    )


def response(folder: Path) -> bytes:
    return (folder / json.loads((folder / "meta.json").read_bytes())["response_file"]).read_bytes()


def meaning_of_answer(answer: Answer) -> dict[str, Any]:
    first = answer.choices[0]
    calls = [part for part in first.parts if isinstance(part, ToolCall)]
    return {
        "text": "".join(part.text for part in first.parts if isinstance(part, Text)),
        "thinking": "".join(part.text for part in first.parts if isinstance(part, Reasoning)),
        "refusal": "".join(part.text for part in first.parts if isinstance(part, Refusal)) or None,
        "tool_calls": [{"name": call.name, "args": json.loads(call.arguments), "id": call.id} for call in calls],
        "finish": first.finish,
        "model": answer.model,
        "n_choices": len(answer.choices),
        "usage": answer.usage,
    }


def meaning_of_pieces(pieces: list[Piece]) -> dict[str, Any]:
    def said(kind: type) -> str:
        return "".join(piece.text for piece in pieces if type(piece) is kind and piece.choice == 0)  # type: ignore[union-attr]  # these kinds have both

    calls: list[list[str]] = []
    for piece in pieces:
        if isinstance(piece, ToolBegun):
            calls.append([piece.name, piece.id, ""])
        elif isinstance(piece, ArgumentsPiece):
            calls[-1][2] += piece.text
    finishes = {piece.choice: piece.finish for piece in pieces if isinstance(piece, Finished)}
    reports = [piece.usage for piece in pieces if isinstance(piece, UsageReport)]
    return {
        "text": said(TextPiece),
        "thinking": said(ReasoningPiece),
        "refusal": said(RefusalPiece) or None,
        "tool_calls": [
            {"name": name, "args": json.loads(text or "{}"), "id": call_id} for name, call_id, text in calls
        ],
        "finish": finishes[0],
        "model": next(piece.model for piece in pieces if isinstance(piece, Begun)),
        "n_choices": len(finishes),
        "usage": reports[-1] if reports else None,
    }


def wanted(folder: Path, found: dict[str, Any]) -> dict[str, Any]:
    """What the recording means, in the hub's words where they say more than the provider's."""
    expected = json.loads((folder / "expected.json").read_bytes())
    if expected["refusal"]:
        expected["finish"] = "refusal"
    for call, ours in zip(expected["tool_calls"], found["tool_calls"], strict=True):
        call["id"] = call["id"] or ours["id"]  # the old form has none
    if folder.parent.name == "together" and folder.name.startswith("chat_stream"):
        expected["text"] = found["text"]  # told under two names, counted twice
    counts = expected["usage"]
    expected["usage"] = (
        Usage(
            input_tokens=counts["input"],
            output_tokens=counts["output"],
            cached_tokens=counts["cached"],
            reasoning_tokens=counts["reasoning"],
        )
        if counts
        else None
    )
    return {name: expected[name] for name in found}


def counted(usage: Usage | None) -> Usage | None:
    """The counts that the recordings tell."""
    if usage is None:
        return None
    return Usage(usage.input_tokens, usage.output_tokens, usage.cached_tokens, reasoning_tokens=usage.reasoning_tokens)


@each_case
def test_a_recorded_request_is_read_and_can_be_written_again(folder: Path) -> None:
    prompt = DIALECT.read_prompt(the_call(folder))
    written = DIALECT.write_prompt(prompt, Destination(model="m"))

    said = json.loads((folder / "request.json").read_bytes())
    assert [message["role"] for message in json.loads(written.body)["messages"]] == [
        message["role"] for message in said["messages"]
    ]
    assert {loss.field.partition("[")[0] for loss in prompt.losses} <= {
        "messages", "provider", "models", "transforms", "safe_prompt", "documents",
    }  # fmt: skip


@each_case
def test_a_recorded_answer_means_what_it_says(folder: Path) -> None:
    if json.loads((folder / "expected.json").read_bytes())["inline_error"]:
        pytest.skip("the provider broke off")
    body = response(folder)
    if not body.lstrip().startswith(b"{"):
        found = meaning_of_pieces(through_the_reader(body))
    else:
        found = meaning_of_answer(DIALECT.read_answer(body))
        written = DIALECT.write_answer(DIALECT.read_answer(body), call_of({"messages": HI}), HEADING)
        again = DIALECT.read_answer(written)
        assert meaning_of_answer(again) == found

    found["usage"] = counted(found["usage"])
    assert found == wanted(folder, found)


def through_the_reader(body: bytes) -> list[Piece]:
    """The pieces of a stream, and they survive being written and read again."""
    call = call_of({"messages": HI, "stream": True, "stream_options": {"include_usage": True}})
    reader = DIALECT.reader(call)
    pieces = decode_stream(reader.feed(body) + reader.close())
    assert reader.failure is None
    encoder = DIALECT.encoder(call, HEADING)
    again = decode_stream(encoder.encode(pieces) + encoder.end())
    assert meaning_of_pieces(joined(again)) | {"usage": None} == meaning_of_pieces(pieces) | {"usage": None}
    return pieces
