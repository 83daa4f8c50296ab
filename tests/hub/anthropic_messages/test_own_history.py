"""A client that was served by another provider before, and now reaches Anthropic itself."""

import json
from typing import Any

import pytest

from octogate.core import seals
from octogate.core.conversation import Citation, Reasoning, Signature, Text, ToolCall
from octogate.core.seals import pack_id, seal

from .messages import DIALECT, FOREIGN, HI, OWN, an_answer, call_of, write_answer

NOBODYS = seal(Signature("openai_chat", ""), "anthropic_messages")
OURS = pack_id("", OWN)


def sent(**members: Any) -> dict[str, Any]:
    """The body that Anthropic gets natively."""
    call = call_of({"model": "m", "max_tokens": 9, "messages": HI, **members})
    body: dict[str, Any] = json.loads(
        DIALECT.write_call(call, model="claude-x", stream_usage=True, default_max_tokens=None)
    )
    return body


def test_a_history_without_marks_goes_byte_for_byte() -> None:
    messages = b'[ {"role":"user", "content":[{"type":"text","text":"\\u00e9 __og"}]} ]'
    raw = b'{"model":"m","max_tokens":9,"messages":' + messages + b"}"
    endpoint = call_of({"model": "m", "max_tokens": 9, "messages": HI}).endpoint
    call = DIALECT.read_call(raw, endpoint, max_output_tokens=9, max_messages=9)

    assert messages in DIALECT.write_call(call, model="m", stream_usage=True, default_max_tokens=None)


def test_what_another_provider_left_in_a_history_does_not_reach_anthropic() -> None:
    parts = (
        Reasoning("t", FOREIGN),
        Reasoning(signature=FOREIGN, hidden=True),
        Text("a", (Citation("u", "t"),)),
        ToolCall("c:1", "f", '{"a":1}', FOREIGN),
    )
    content = write_answer(an_answer(*parts))["content"]
    results = [{"type": "tool_result", "tool_use_id": content[-1]["id"], "content": "x"}]

    messages = sent(messages=[*HI, {"role": "assistant", "content": content}, {"role": "user", "content": results}])[
        "messages"
    ]

    text, call = messages[1]["content"]
    assert text == {"type": "text", "text": "a"}
    assert (call["type"], call["input"]) == ("tool_use", {"a": 1})
    assert messages[2]["content"][0]["tool_use_id"] == call["id"]
    assert call["id"].isascii()
    assert ":" not in call["id"]
    assert seals.MARK not in json.dumps(messages)


def test_own_signatures_come_home() -> None:
    content = [
        {"type": "thinking", "thinking": "t", "signature": OURS},
        {"type": "thinking", "thinking": "u", "signature": OWN.value},
        {"type": "redacted_thinking", "data": OURS},
        {"type": "thinking", "thinking": "v", "signature": NOBODYS},
        {"type": "text", "text": "a"},
    ]

    (_, said) = sent(messages=[*HI, {"role": "assistant", "content": content}])["messages"]

    assert said["content"] == [
        {"type": "thinking", "thinking": "t", "signature": OWN.value},
        {"type": "thinking", "thinking": "u", "signature": OWN.value},
        {"type": "redacted_thinking", "data": OWN.value},
        {"type": "text", "text": "a"},
    ]


def test_a_message_of_which_nothing_is_left_is_left_out() -> None:
    content = [{"type": "thinking", "thinking": "v", "signature": NOBODYS}]

    assert sent(messages=[*HI, {"role": "assistant", "content": content}, *HI])["messages"] == [*HI, *HI]


def test_words_about_the_mark_are_words() -> None:
    messages = [
        {"role": "user", "content": f"what is {NOBODYS}?"},
        {"role": "assistant", "content": [{"type": "text", "text": OURS, "citations": None}, "odd"]},
    ]

    assert sent(messages=messages)["messages"] == messages


def test_own_citations_stay_beside_foreign_ones_that_go() -> None:
    own = {"type": "web_search_result_location", "url": "u", "encrypted_index": "Eo8B"}
    content = [{"type": "text", "text": "a", "citations": [own, {**own, "encrypted_index": seals.MARK}]}]

    (_, said) = sent(messages=[*HI, {"role": "assistant", "content": content}])["messages"]

    assert said["content"][0]["citations"] == [own]


def a_loop(*thoughts: dict[str, Any], call_id: str) -> list[dict[str, Any]]:
    return [
        *HI,
        {"role": "assistant", "content": [*thoughts, {"type": "tool_use", "id": call_id, "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call_id, "content": "x"}]},
    ]


@pytest.mark.parametrize(
    ("thought", "thinks"),
    [
        ({"type": "thinking", "thinking": "t", "signature": OURS}, True),
        ({"type": "thinking", "thinking": "t", "signature": NOBODYS}, False),
    ],
)
def test_a_loop_that_another_provider_began_goes_on_without_thinking(thought: dict[str, Any], thinks: bool) -> None:
    body = sent(
        messages=a_loop(thought, call_id=pack_id("c1", FOREIGN)), thinking={"type": "enabled", "budget_tokens": 2_000},
        context_management={"edits": []}, max_tokens=3_000,
    )  # fmt: skip

    assert ("thinking" in body, "context_management" in body) == (thinks, thinks)
    assert body["messages"][1]["content"][-1]["id"] == "c1"


def test_a_loop_over_which_we_have_no_say_is_left_to_anthropic() -> None:
    body = sent(messages=a_loop(call_id="toolu_1"), thinking={"type": "enabled", "budget_tokens": 2_000})

    assert "thinking" in body


def test_a_history_that_cannot_be_read_is_left_to_anthropic() -> None:
    raw = b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"__og1","x":{"a":1e999},"citations":[{"a":"\\ud800 "}]}]}]}'
    endpoint = call_of({"model": "m", "max_tokens": 9, "messages": HI}).endpoint
    try:
        call = DIALECT.read_call(raw, endpoint, max_output_tokens=9, max_messages=9)
    except Exception as error:
        assert "BadRequest" in type(error).__name__
        return
    assert DIALECT.write_call(call, model="m", stream_usage=True, default_max_tokens=None)
