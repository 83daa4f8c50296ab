"""Streams of OpenAI chat completions."""

import json
from typing import Any

import pytest

from octogate.dialects import DIALECTS

from .streams import a_call

DIALECT = DIALECTS["openai_chat"]


def chunk(**members: Any) -> bytes:
    return b"data: " + json.dumps(members).encode() + b"\n\n"


def choice(index: int = 0, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"index": index, "delta": delta, "finish_reason": finish}


USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def test_the_usage_chunk_is_taken_out_when_the_caller_did_not_ask() -> None:
    """S2-42."""
    first = chunk(choices=[], prompt_filter_results=[{}])
    text = chunk(choices=[choice(content="a", finish="stop")])
    reader = DIALECT.reader(a_call("openai_chat", wants_usage=False))

    out = reader.feed(first + text + chunk(choices=[], usage=USAGE) + b"data: [DONE]\n\n") + reader.close()

    assert out == first + text + b"data: [DONE]\n\n"
    assert reader.usage is not None
    assert reader.usage.exact


def test_usage_beside_choices_stays() -> None:
    body = chunk(choices=[choice(content="a", finish="stop")], usage=USAGE) + b"data: [DONE]\n\n"
    reader = DIALECT.reader(a_call("openai_chat", wants_usage=False))

    assert reader.feed(body) + reader.close() == body
    assert reader.usage is not None


def test_groq_reports_usage_in_its_own_member() -> None:
    reader = DIALECT.reader(a_call("openai_chat"))
    reader.feed(chunk(choices=[choice(finish="stop")], x_groq={"usage": USAGE}))

    assert reader.usage is not None
    assert reader.usage.output_tokens == 2


def test_a_stream_without_done_is_finished_when_all_choices_are() -> None:
    body = (
        chunk(choices=[choice(0, content="a")])
        + chunk(choices=[choice(1, "length")])
        + chunk(choices=[choice(0, "stop")])
    )
    reader = DIALECT.reader(a_call("openai_chat", choices=2))

    assert reader.feed(body) == body
    assert reader.close() == b"data: [DONE]\n\n"
    assert reader.finish == "stop"


@pytest.mark.parametrize("choices", [1, 2])
def test_a_choice_that_never_finished_makes_the_end_a_failure(choices: int) -> None:
    """T-50."""
    body = chunk(choices=[choice(0, content="a"), choice(choices - 1, content="b")])
    body += chunk(choices=[choice(0, "stop")]) if choices == 2 else b""
    reader = DIALECT.reader(a_call("openai_chat", choices=choices))
    reader.feed(body)

    assert reader.close() == b""
    assert reader.failure is not None


@pytest.mark.parametrize(
    ("delta", "size"),
    [
        ({"content": "aé"}, 3),
        ({"reasoning": "abc", "reasoning_content": "abc"}, 3),
        ({"refusal": "no"}, 2),
        ({"tool_calls": [{"index": 0, "id": "1", "function": {"name": "f", "arguments": "{}"}}]}, 3),
        ({"function_call": {"name": "f", "arguments": "{}"}}, 3),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}, 2),
        ({"audio": {"id": "a", "data": "AAAA", "transcript": "hey"}}, 3),
    ],
)
def test_every_kind_of_content_starts_the_stream_and_is_counted(delta: dict[str, Any], size: int) -> None:
    reader = DIALECT.reader(a_call("openai_chat"))
    reader.feed(b": comment\n\n" + chunk(choices=[choice(role="assistant", content="")]))
    assert not reader.started

    reader.feed(chunk(choices=[choice(**delta)]))

    assert reader.started
    assert reader.output_bytes == size


def test_an_event_of_an_unknown_shape_passes() -> None:
    body = chunk(choices={"strange": True}) + chunk(hello=1)
    reader = DIALECT.reader(a_call("openai_chat"))

    assert reader.feed(body) == body
    assert reader.failure is None


def test_a_choice_that_ends_with_an_error_is_a_failure() -> None:
    reader = DIALECT.reader(a_call("openai_chat"))

    assert reader.feed(chunk(choices=[choice(0, "error")])) == b""
    assert reader.failure is not None
