"""What is easily lost without a word: members deep in a body, switches of the wrong kind, thoughts that stay hidden."""

from typing import Any

import pytest

from octogate.core.conversation import Thinking
from octogate.core.errors import BadRequest

from .messages import HI, lost, prompt_of, read, write

SCHEMA: dict[str, Any] = {"type": "object"}


def test_members_deep_in_a_body_are_lost_by_their_path() -> None:
    mark = {"type": "ephemeral", "scope": "global"}
    prompt = read(
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "hi", "style": "bold", "cache_control": mark}]},
            {
                "role": "assistant",
                "weight": 1,
                "content": [
                    {"type": "tool_use", "id": "a", "name": "f", "input": {}, "caller": {"type": "code_execution"}},
                    {"type": "tool_use", "id": "b", "name": "f", "input": {}, "caller": {"type": "direct"}},
                ],
            },
            {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "u", "crop": [1]}}]},
        ],
        tools=[
            {"name": "f", "input_schema": SCHEMA, "defer_loading": True, "eager_input_streaming": True},
            {"name": "g", "input_schema": SCHEMA, "defer_loading": False, "novel": None},
        ],
        tool_choice={"type": "auto", "seconds": 3},
        thinking={"type": "adaptive", "style": "terse"},
        output_config={
            "effort": "low",
            "task_budget": {"type": "tokens", "total": 9},
            "format": {"type": "json_schema", "schema": SCHEMA, "name": "x"},
        },
    )

    assert lost(prompt) == dict.fromkeys(
        [
            "messages[0].content[0].style",
            "messages[0].content[0].cache_control.scope",
            "messages[1].weight",
            "messages[1].content[0].caller",
            "messages[2].content[0].source.crop",
            "tools[0].defer_loading",
            "tool_choice.seconds",
            "thinking.style",
            "output_config.task_budget",
            "output_config.format.name",
        ],
        False,
    )


def test_what_is_lost_as_a_whole_is_not_lost_in_pieces_too() -> None:
    prompt = read(
        messages=[{"role": "user", "content": [{"type": "web_fetch_tool_result", "novel": 1}]}],
        tools=[{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}],
    )

    assert lost(prompt) == {"messages[0].content[0]": False, "tools[0]": False}


def test_an_odd_message_is_read_like_the_others() -> None:
    plain, odd = read(messages=HI), read(messages=[{**HI[0], "id": "msg_1"}])

    assert odd.turns == plain.turns
    assert lost(odd) == {"messages[0].id": False}


def test_switches_and_words_of_the_wrong_kind_are_faults() -> None:
    with pytest.raises(BadRequest) as refusal:
        read(
            tools=[{"name": "f", "input_schema": SCHEMA}],
            tool_choice={"type": "auto", "disable_parallel_tool_use": "yes"},
            thinking={"type": "adaptive", "display": "loud"},
        )

    assert {fault.field: fault.message for fault in refusal.value.faults} == {
        "tool_choice.disable_parallel_tool_use": "Disable parallel tool use must be a boolean",
        "thinking.display": "Display must be one of: summarized omitted",
    }


@pytest.mark.parametrize(
    ("model", "show", "display"),
    [
        ("claude-sonnet-4-5", False, "omitted"),
        ("claude-sonnet-4-5", True, "summarized"),
        ("claude-sonnet-4-5", None, None),
        ("claude-3-7-sonnet-20250219", False, None),
        ("some-model", False, None),
    ],
)
def test_thoughts_within_a_budget_are_hidden_where_that_can_be_said(
    model: str, show: bool | None, display: str | None
) -> None:
    thinking = Thinking(tokens=2_000, show=show)

    body, losses = write(prompt_of(settings={"thinking": thinking, "max_output_tokens": 9_000}), model=model)

    assert body["thinking"].get("display") == display
    assert body["thinking"]["budget_tokens"] == 2_000
    assert losses == ()
