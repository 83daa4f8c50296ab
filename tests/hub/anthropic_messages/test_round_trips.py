"""What must hold for every prompt and every stream."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from octogate.core.conversation import Prompt
from octogate.dialects.hub import Destination

from .messages import DIALECT, ENDPOINT, plain, write
from .prompts import WILD, own
from .rules import violations


@pytest.mark.parametrize("model", ["some-model", "claude-3-5-sonnet-20241022", "claude-sonnet-4-5", "claude-opus-4-8"])
def test_whatever_a_caller_asks_anthropic_gets_nothing_that_it_refuses(model: str) -> None:
    @settings(max_examples=150, deadline=None)
    @given(WILD)
    def holds(prompt: Prompt) -> None:
        body, losses = write(prompt, model=model)

        assert violations(body) == []
        assert all(loss.reason for loss in losses)

    holds()


@settings(max_examples=150, deadline=None)
@given(own())
def test_what_anthropic_can_be_told_comes_back_as_it_was(prompt: Prompt) -> None:
    written = DIALECT.write_prompt(prompt, Destination(model="some-model"))

    assert written.losses == ()
    assert plain(read_again(written.body)) == plain(prompt)


@settings(max_examples=80, deadline=None)
@given(WILD)
def test_a_second_journey_loses_nothing_more(prompt: Prompt) -> None:
    first = DIALECT.write_prompt(prompt, Destination(model="some-model")).body

    again = read_again(first)

    assert again.losses == ()
    assert body_of(again)["messages"] == json.loads(first)["messages"]


def read_again(body: bytes) -> Prompt:
    return DIALECT.read_prompt(DIALECT.read_call(body, ENDPOINT, max_output_tokens=10**6, max_messages=1_000))


def body_of(prompt: Prompt) -> dict[str, Any]:
    return write(prompt)[0]
