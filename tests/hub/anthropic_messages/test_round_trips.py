"""What must hold for every prompt and every stream."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.core.conversation import Answer, Choice, Citation, Finish, Part, Prompt, Reasoning, Text, ToolCall
from octogate.core.usage import Usage
from octogate.dialects.hub import Destination
from octogate.dialects.tool_aliases import ToolAliases

from ..shown import shown
from .messages import CALL, DIALECT, ENDPOINT, HEADING, OWN, write
from .prompts import SOME_WORDS, WILD, own
from .rules import violations


@pytest.mark.parametrize("model", ["some-model", "claude-3-5-sonnet-20241022", "claude-sonnet-4-5", "claude-opus-4-8"])
def test_whatever_a_caller_asks_anthropic_gets_nothing_that_it_refuses(model: str) -> None:
    @settings(max_examples=150, deadline=None)
    @given(WILD)
    def holds(prompt: Prompt) -> None:
        told = ToolAliases(DIALECT.tool_name, prompt).told(prompt)
        body, losses = write(told, model=model)

        assert violations(body) == []
        assert all(loss.reason for loss in losses)

    holds()


@settings(max_examples=150, deadline=None)
@given(own())
def test_what_anthropic_can_be_told_comes_back_as_it_was(prompt: Prompt) -> None:
    written = DIALECT.write_prompt(prompt, Destination(model="some-model"))

    assert written.losses == ()
    assert shown(read_again(written.body)) == shown(prompt)


@settings(max_examples=80, deadline=None)
@given(WILD)
def test_a_second_journey_loses_nothing_more(prompt: Prompt) -> None:
    first = DIALECT.write_prompt(prompt, Destination(model="some-model")).body

    again = read_again(first)

    assert again.losses == ()
    assert body_of(again)["messages"] == json.loads(first)["messages"]


_CITATIONS = st.builds(Citation, url=SOME_WORDS, title=SOME_WORDS, quote=SOME_WORDS)
_OBJECTS = st.dictionaries(SOME_WORDS, st.integers() | SOME_WORDS | st.none(), max_size=3)
_PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, SOME_WORDS, st.lists(_CITATIONS, max_size=2).map(tuple)),
    st.builds(Reasoning, SOME_WORDS, st.just(OWN)),
    st.just(Reasoning(signature=OWN, hidden=True)),
    st.builds(
        ToolCall, st.just("toolu_1"), st.just("f"), _OBJECTS.map(lambda value: msgspec.json.encode(value).decode())
    ),
)
_COUNTS = st.integers(0, 10**6)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Counts whose parts are never more than the whole."""
    cached, written, written_1h, output = (draw(_COUNTS) for _ in range(4))
    return Usage(
        input_tokens=draw(_COUNTS) + cached + written + written_1h,
        output_tokens=output,
        cached_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=written_1h,
        reasoning_tokens=draw(st.integers(0, output)),
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(_PARTS, max_size=5).map(tuple),
    st.sampled_from(["stop", "length", "pause", "refusal"]),
    st.none() | SOME_WORDS,
    usages(),
    st.sampled_from([None, "default", "priority"]),
)
def test_an_answer_comes_back_as_it_was(
    parts: tuple[Part, ...], finish: Finish, sequence: str | None, usage: Usage, tier: str | None
) -> None:
    if finish == "stop" and any(isinstance(part, ToolCall) for part in parts):
        finish = "tool_calls"
    choice = Choice(parts, finish, sequence)
    answer = Answer(id="msg_req_1", model="m", choices=(choice,), usage=usage, service_tier=tier)

    assert DIALECT.read_answer(DIALECT.write_answer(answer, CALL, HEADING)) == answer


def read_again(body: bytes) -> Prompt:
    return DIALECT.read_prompt(DIALECT.read_call(body, ENDPOINT, max_output_tokens=10**6, max_messages=1_000))


def body_of(prompt: Prompt) -> dict[str, Any]:
    return write(prompt)[0]
