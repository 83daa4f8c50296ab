"""A client that another provider served before comes back to its own."""

import json
from typing import Any

import pytest

from octogate.core.conversation import Signature
from octogate.core.seals import MARK, pack_id

from .chat import DIALECT, HI, call_of

CLAUDES = Signature("anthropic_messages", "EqQB")
SEALED = pack_id("", CLAUDES)
OWN = pack_id("", Signature("openai_chat", "mine"))


def passed(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    call = call_of({"model": "m", "messages": list(messages)})
    body = DIALECT.write_call(call, model="x", stream_usage=True, default_max_tokens=None)
    return json.loads(body)["messages"]


def test_ids_are_bare_again() -> None:
    packed = pack_id("call_1", CLAUDES)
    call = {"id": packed, "type": "function", "function": {"name": "f", "arguments": '{"a": 1.50}'}}
    said = {"role": "assistant", "content": None, "tool_calls": [call, 5, {"id": 7}]}

    first, second = passed(said, {"role": "tool", "tool_call_id": packed, "content": "6"})

    assert first == {**said, "tool_calls": [{**call, "id": "call_1"}, 5, {"id": 7}]}
    assert second == {"role": "tool", "tool_call_id": "call_1", "content": "6"}


@pytest.mark.parametrize("name", ["reasoning_details", "thinking_blocks"])
def test_thoughts_of_others_go_and_own_ones_are_restored(name: str) -> None:
    own, others = {"type": "reasoning.text", "text": "a", "signature": OWN}, {"type": "x", "data": SEALED}
    said = {"role": "assistant", "content": "hi", "reasoning_content": "a"}

    assert passed({**said, name: [own, others, {"type": "y"}]}) == [
        {**said, name: [{"type": "reasoning.text", "text": "a", "signature": "mine"}, {"type": "y"}]}
    ]
    assert passed({**said, name: [others]}) == [{"role": "assistant", "content": "hi"}]


def test_a_body_without_seals_is_not_touched() -> None:
    raw = b'[ {"role":"user",  "content":"1.0"} ]'
    call = DIALECT.read_call(
        b'{"messages":' + raw + b"}", call_of({"messages": HI}).endpoint, max_output_tokens=9, max_messages=9
    )

    assert raw in DIALECT.write_call(call, model="x", stream_usage=True, default_max_tokens=None)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": f"what is {MARK}?"},
        {"role": "assistant", "content": MARK, "tool_calls": None, "reasoning_details": "x"},
        {"role": "assistant", "content": MARK, "reasoning_details": [5], "tool_calls": []},
    ],
)
def test_the_mark_in_other_places_is_only_text(message: dict[str, Any]) -> None:
    assert passed(message) == [message]
