"""What Anthropic's own servers were asked and answered, where there are recordings: OCTOGATE_FIXTURES names the folder."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from octogate.core.conversation import Finished, Part, Reasoning, Text, ToolCall, UsageReport
from octogate.core.usage import Usage
from octogate.dialects.hub import Destination

from .messages import CALL, DIALECT, ENDPOINT, HEADING, decode, encode
from .parts import parts_of
from .rules import violations

ROOT = Path(os.environ.get("OCTOGATE_FIXTURES", "/nonexistent"))
FOLDERS = [*sorted(ROOT.glob("dev/anthropic/*")), *sorted(ROOT.glob("dev/bedrock/invoke_json*"))]
ANSWERED = [folder for folder in FOLDERS if "_err" not in folder.name and "count_tokens" not in folder.name]
STREAMS = [folder for folder in ANSWERED if (folder / "response.sse").exists()]
PLAIN = [folder for folder in ANSWERED if (folder / "response.json").exists()]

pytestmark = pytest.mark.skipif(not FOLDERS, reason="OCTOGATE_FIXTURES is not set")

# Recordings that name a file at the provider, which no other can read.
FATAL = {
    "messages_json_image_document_cache_stop_01": "messages[0].content[1].source.file_id",
    "messages_json_tools_thinking_reasoning_srvtool_01": "messages[0].content[1]",
}


def named(folders: list[Path]) -> Any:
    return pytest.mark.parametrize("folder", folders, ids=[folder.name for folder in folders])


def check(parts: list[Part], finish: str, usage: Usage | None, folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_bytes())
    said = expected["usage"]
    assert "".join(part.text for part in parts if isinstance(part, Text)) == expected["text"]
    assert "".join(part.text for part in parts if isinstance(part, Reasoning)) == expected["thinking"]
    calls = [part for part in parts if isinstance(part, ToolCall)]
    assert [
        {"name": call.name, "args": json.loads(call.arguments), "id": call.id} for call in calls
    ] == expected["tool_calls"]  # fmt: skip
    assert finish == expected["finish"]
    if said:
        assert usage is not None
        assert (usage.input_tokens, usage.output_tokens) == (said["input"], said["output"])
        assert usage.cached_tokens == said["cached"]
        assert usage.cache_write_tokens + usage.cache_write_1h_tokens == said["cache_write"]


@named(PLAIN)
def test_recorded_answers_mean_what_they_meant(folder: Path) -> None:
    body = (folder / "response.json").read_bytes()

    answer = DIALECT.read_answer(body)

    (choice,) = answer.choices
    check(list(choice.parts), choice.finish, answer.usage, folder)
    again = DIALECT.read_answer(DIALECT.write_answer(answer, CALL, HEADING))
    assert again.choices == answer.choices
    assert again.usage == answer.usage


@named(STREAMS)
def test_recorded_streams_mean_what_they_meant(folder: Path) -> None:
    pieces = decode((folder / "response.sse").read_bytes())

    (finished,) = (piece for piece in pieces if isinstance(piece, Finished))
    usages = [piece.usage for piece in pieces if isinstance(piece, UsageReport)]
    check(parts_of(pieces), finished.finish, usages[-1], folder)
    assert parts_of(decode(encode(*pieces))) == parts_of(pieces)


@named(FOLDERS)
def test_recorded_requests_are_read_and_can_be_sent_again(folder: Path) -> None:
    body = (folder / "request.json").read_bytes()
    if "_err" in folder.name:
        pytest.skip("the provider refused it, and so may we")
    endpoint = ENDPOINT if "count_tokens" not in folder.name else type(ENDPOINT)(ENDPOINT.dialect, "count_tokens")
    call = DIALECT.read_call(body, endpoint, max_output_tokens=10**6, max_messages=1_000)

    prompt = DIALECT.read_prompt(call)
    written = DIALECT.write_prompt(prompt, Destination(model=call.model))

    assert [loss.field for loss in prompt.losses if loss.fatal] == [*filter(None, [FATAL.get(folder.name)])]
    assert violations(json.loads(written.body)) == []
    first = json.loads(body)["messages"][0]["content"]
    words = first if isinstance(first, str) else "".join(block.get("text", "") for block in first)
    said = next(turn for turn in prompt.turns if turn.role == "user")
    assert "".join(part.text for part in said.parts if isinstance(part, Text)) == words
