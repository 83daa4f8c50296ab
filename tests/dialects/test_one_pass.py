"""Nearly every chat body is read in one pass; what that pass accepts must be what the search for faults accepts."""

import json
from typing import Any

import pytest

from octogate.core.call import Call, Endpoint
from octogate.core.errors import BadRequest
from octogate.dialects import DIALECTS

SOUND = {"role": "user", "content": "hi"}
VALUES: list[Any] = [None, True, False, "", "1", "auto", "a/b", "m\x00", "\u2028", "x" * 256, "x" * 257, [], {}]
VALUES += [0, 1, 1.0, 1.5, 2, 2.5, -2, -2.5, 128, 129, 4096, 4097, 1e308, 2**70]
MEMBERS = ["model", "stream", "n", "temperature", "top_p", "presence_penalty", "frequency_penalty"]
MEMBERS += ["max_tokens", "max_completion_tokens", "api_base", "metadata"]
ROLES = ["system", "developer", "user", "assistant", "tool", "function", "robot", None, 1]
CONTENTS = [None, "", "hi", [], [{"type": "text", "text": "hi"}], {}, 1]
CALLS = [None, [], [{"id": "call_1"}], 1]


def read(body: dict[str, Any]) -> object:
    """What a body says, or all its faults."""
    endpoint = Endpoint(dialect="openai_chat", operation="generate")
    try:
        call: Call = DIALECTS["openai_chat"].read_call(
            json.dumps(body).encode(), endpoint, max_output_tokens=4096, max_messages=3
        )
    except BadRequest as refusal:
        return refusal.faults
    return call.model, call.stream, call.max_output_tokens, call.choices, call.wants_usage


def read_both_ways(body: dict[str, Any]) -> tuple[object, object]:
    """An empty `stream_options` says nothing, but a body that has one is read member by member."""
    return read(body), read({**body, "stream_options": None})


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_means_the_same_in_one_pass_and_alone(member: str) -> None:
    for value in VALUES:
        at_once, alone = read_both_ways({"messages": [SOUND], member: value})
        assert at_once == alone, value


def test_the_larger_of_two_caps_counts_either_way() -> None:
    for caps in ((1, 2), (2, 1), (None, 2), (2, None)):
        body = {"messages": [SOUND], "max_tokens": caps[0], "max_completion_tokens": caps[1]}
        at_once, alone = read_both_ways(body)
        assert at_once == alone == ("", False, 2, 1, True)


@pytest.mark.parametrize("role", ROLES)
def test_a_message_is_judged_alike_in_one_pass_and_alone(role: object) -> None:
    for content in CONTENTS:
        for calls in CALLS:
            message = {"role": role, "content": content, "tool_calls": calls}
            at_once, alone = read_both_ways({"messages": [SOUND, message]})
            assert at_once == alone, message


@pytest.mark.parametrize("messages", [None, "hi", {}, [], [None], [SOUND] * 3, [SOUND] * 4])
def test_the_list_of_messages_is_judged_alike_in_one_pass_and_alone(messages: object) -> None:
    at_once, alone = read_both_ways({"messages": messages})

    assert at_once == alone
