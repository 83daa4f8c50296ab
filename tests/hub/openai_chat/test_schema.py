"""OpenAI's own document accepts every answer and every chunk that we write."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.core.conversation import Begun, Choice, Finished, Piece, Prompt, TextPiece
from octogate.core.usage import Usage
from octogate.dialects.hub import Destination

from .chat import DIALECT, an_answer, chunks_of, encode, write_answer
from .referee import Referee
from .test_round_trips import counts, parts, prompts, streams

DOCUMENT = Path(os.environ.get("OCTOGATE_FIXTURES", "/nonexistent")) / "schemas" / "openai-openapi.json"

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="OCTOGATE_FIXTURES is not set")

REFEREE = Referee(json.loads(DOCUMENT.read_bytes())) if DOCUMENT.exists() else Referee({"components": {"schemas": {}}})
FEW = settings(max_examples=60, deadline=None)
LOGPROBS = msgspec.Raw(b'{"content":[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}]}')


@pytest.mark.parametrize(
    "wrong",
    [
        {"object": "chat.completion"},
        {"id": "a", "object": "x", "created": 1, "model": "m", "choices": []},
        {"id": "a", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0}]},
        {"id": "a", "object": "chat.completion", "created": "1", "model": "m", "choices": []},
    ],
)
def test_the_referee_sees_faults(wrong: dict[str, Any]) -> None:
    assert REFEREE.faults(wrong, "CreateChatCompletionResponse")


@FEW
@given(
    st.lists(st.lists(parts, max_size=5).map(tuple), min_size=1, max_size=2),
    counts,
    st.sampled_from(["tool_calls", "pause", "error", "refusal"]),
)
def test_every_answer_is_accepted(choices: list[Any], usage: Usage, finish: Any) -> None:
    answer = msgspec.structs.replace(
        an_answer(usage=usage, service_tier="standard"),
        choices=tuple(Choice(parts=each, finish=finish, logprobs=LOGPROBS) for each in choices),
    )

    assert REFEREE.faults(write_answer(answer), "CreateChatCompletionResponse") == []


@FEW
@given(streams())
def test_every_chunk_is_accepted(said: tuple[int, list[Piece]]) -> None:
    count, pieces = said
    for chunk in chunks_of(encode(pieces, wants_usage=True, n=count)):
        assert REFEREE.faults(chunk, "CreateChatCompletionStreamResponse") == []


def test_a_chunk_with_log_probabilities_is_accepted() -> None:
    pieces = (Begun("a", "m", service_tier="priority"), TextPiece("a", logprobs=LOGPROBS), Finished("stop"))
    for chunk in chunks_of(encode(pieces)):
        assert REFEREE.faults(chunk, "CreateChatCompletionStreamResponse") == []


@FEW
@given(prompts())
def test_every_request_is_accepted(prompt: Prompt) -> None:
    body = json.loads(DIALECT.write_prompt(prompt, Destination(model="m", stream=True)).body)

    assert REFEREE.faults(body, "CreateChatCompletionRequest") == []
