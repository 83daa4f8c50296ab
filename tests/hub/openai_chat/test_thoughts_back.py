"""Thoughts that go back to models which refuse a loop of tool calls without them."""

import json
from typing import Any

import pytest

from octogate.core.call import Call, Endpoint
from octogate.core.conversation import Reasoning, Signature, Text, ToolCall, ToolResult, Turn
from octogate.dialects import HUBS
from octogate.dialects.hub import Destination, Heading
from octogate.dialects.openai_chat.models import wants_thoughts

from .chat import DIALECT, prompt_of

USER = Turn("user", (Text("hi"),))
ANSWER = {
    "id": "a", "model": "deepseek-v4-pro",
    "choices": [{
        "index": 0, "finish_reason": "tool_calls",
        "message": {
            "role": "assistant", "content": "Let me see.", "reasoning_content": "They want the date.\n",
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "today", "arguments": "{}"}}],
        },
    }],
}  # fmt: skip


def a_call(*thoughts: Reasoning) -> tuple[Turn, ...]:
    return USER, Turn("assistant", (*thoughts, ToolCall("c", "f", "{}"))), Turn("user", (ToolResult("c", ()),))


def assistants(*turns: Turn, model: str = "deepseek-reasoner") -> list[dict[str, Any]]:
    body = json.loads(DIALECT.write_prompt(prompt_of(*turns), Destination(model=model, plain=True)).body)
    return [message for message in body["messages"] if message["role"] == "assistant"]


@pytest.mark.parametrize(
    ("model", "wants"),
    [
        ("deepseek-reasoner", True), ("deepseek/deepseek-v3.2", True), ("DeepSeek-V4-Pro", True),
        ("deepseek-r1-distill-llama-70b", False), ("kimi-k2-thinking", True), ("moonshotai/kimi-k2.5", True),
        ("moonshotai/kimi-k2-instruct-0905", False), ("mistral-large-latest", False), ("gpt-5", False),
    ],
)  # fmt: skip
def test_only_these_models_want_them(model: str, wants: bool) -> None:
    assert wants_thoughts(model) is wants
    (said,) = assistants(*a_call(Reasoning("hm")), model=model)
    assert said.get("reasoning_content") == ("hm" if wants else None)


def test_a_call_without_a_thought_gets_a_blank_one_and_words_alone_need_none() -> None:
    (called,) = assistants(*a_call())
    assert called["reasoning_content"] == " "
    (spoke,) = assistants(USER, Turn("assistant", (Text("x"),)), USER)
    assert "reasoning_content" not in spoke


def test_thoughts_that_are_sealed_for_another_provider_stay_behind() -> None:
    sealed = Reasoning("theirs", Signature("anthropic_messages", "EqQB"))

    (said,) = assistants(*a_call(sealed, Reasoning("mine"), Reasoning("signed", Signature("openai_chat", "s"))))

    assert said["reasoning_content"] == "minesigned"
    assert "theirs" not in json.dumps(said)


@pytest.mark.parametrize("client", ["anthropic_messages", "openai_responses", "gemini_generate"])
def test_a_client_of_any_dialect_brings_them_back(client: Any) -> None:
    """The answer goes to a client, whose next call repeats it as its SDK does."""
    hub = HUBS[client]
    endpoint = Endpoint(client, "generate", model="m", version="v1beta")
    answer = DIALECT.read_answer(json.dumps(ANSWER).encode())
    told = json.loads(hub.write_answer(answer, Call(endpoint, "m", False, {}, 0), Heading("r", 1)))
    again = {
        "anthropic_messages": lambda: {"max_tokens": 9, "messages": [
            {"role": "user", "content": "hi"}, {"role": "assistant", "content": told["content"]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "Monday"}]},
        ]},
        "openai_responses": lambda: {"input": [
            {"role": "user", "content": "hi"}, *told["output"],
            {"type": "function_call_output", "call_id": "call_1", "output": "Monday"},
        ]},
        "gemini_generate": lambda: {"contents": [
            {"role": "user", "parts": [{"text": "hi"}]}, told["candidates"][0]["content"],
            {"role": "user", "parts": [{"functionResponse": {"name": "today", "response": {"result": "Monday"}}}]},
        ]},
    }[client]()  # fmt: skip
    call = hub.read_call(json.dumps(again).encode(), endpoint, max_output_tokens=99, max_messages=99)

    body = json.loads(
        DIALECT.write_prompt(hub.read_prompt(call), Destination(model="deepseek-v4-pro", plain=True)).body
    )

    said = [message for message in body["messages"] if message["role"] == "assistant"]
    assert [message.get("reasoning_content") for message in said if "tool_calls" in message] == [
        "They want the date.\n"
    ]
    assert [message["content"] for message in body["messages"] if message["role"] == "tool"] == ["Monday"]
