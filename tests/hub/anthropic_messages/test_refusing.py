"""What callers of this dialect may not ask for: every fault is told, and nothing breaks."""

import json
from typing import Any

import pytest

from octogate.core.errors import BadRequest

from ..shown import shown
from .messages import DIALECT, HI, call_of, lost, read


def faults_of(**members: Any) -> dict[str, str]:
    with pytest.raises(BadRequest) as refusal:
        read(**members)
    return {fault.field: fault.message for fault in refusal.value.faults}


def test_every_fault_is_listed_by_its_path() -> None:
    """S2-37."""
    content = [
        "x",
        {"text": "no type"},
        {"type": "text"},
        {"type": "image", "source": {"type": "ftp"}},
        {"type": "image"},
        {"type": "document", "source": {"type": "base64", "data": 1}},
        {"type": "tool_result", "tool_use_id": 7, "content": {}, "is_error": "no"},
        {"type": "tool_use", "id": "a", "name": "f", "input": []},
        {"type": "thinking", "signature": 1},
        {"type": "text", "text": "x", "cache_control": {"ttl": "1y"}},
    ]

    assert faults_of(messages=[{"role": "user", "content": content}]) == {
        "messages[0].content[0]": "Content must be made of objects",
        "messages[0].content[1].type": "Type is required",
        "messages[0].content[2].text": "Text is required",
        "messages[0].content[3].source.type": "Type must be one of: base64 url file",
        "messages[0].content[4].source": "Source is required",
        "messages[0].content[5].source.media_type": "Media type is required",
        "messages[0].content[5].source.data": "Data must be a string",
        "messages[0].content[6].tool_use_id": "Tool use id must be a string",
        "messages[0].content[6].content": "Content must be a string or an array",
        "messages[0].content[6].is_error": "Is error must be a boolean",
        "messages[0].content[7].input": "Input must be an object",
        "messages[0].content[8].thinking": "Thinking is required",
        "messages[0].content[8].signature": "Signature must be a string",
        "messages[0].content[9].cache_control.type": "Type must be one of: ephemeral",
        "messages[0].content[9].cache_control.ttl": "Ttl must be one of: 5m 1h",
    }


def test_faults_of_tools_and_settings_are_listed_too() -> None:
    """S2-37."""
    assert faults_of(
        system=7,
        tools=[1, {"name": 1, "input_schema": []}, {"name": "f", "input_schema": {}, "strict": "yes"}],
        tool_choice={"type": "maybe"},
        thinking={"type": "enabled", "budget_tokens": 5},
        output_config={"effort": "huge", "format": {"type": "text"}},
        stop_sequences="x",
        metadata=[],
        service_tier="gold",
        top_k=-1,
    ) == {
        "system": "System must be a string or an array",
        "tools[0]": "Tools must be objects",
        "tools[1].name": "Name must be a string",
        "tools[1].input_schema": "Input schema must be an object",
        "tools[2].strict": "Strict must be a boolean",
        "tool_choice.type": "Type must be one of: auto any tool none",
        "top_k": "Top k must be greater than or equal to 0",
        "output_config.effort": "Effort must be one of: low medium high xhigh max",
        "output_config.format.type": "Type must be one of: json_schema",
        "stop_sequences": "Stop sequences must be an array of strings",
        "thinking.budget_tokens": "Budget tokens must be greater than or equal to 1024",
        "metadata": "Metadata must be an object",
        "service_tier": "Service tier must be one of: auto standard_only",
    }
    assert faults_of(system=[{"type": "image", "source": {"type": "url", "url": "u"}}]) == {
        "system": "System must hold text only"
    }
    assert faults_of(tools={}, tool_choice="auto", thinking={"type": "deep"}) == {
        "tools": "Tools must be an array",
        "tool_choice": "Tool choice must be an object",
        "thinking.type": "Type must be one of: enabled disabled adaptive between_tools",
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"text","text":"\\ud800"}',
        '{"type":"tool_use","id":"a","name":"f","input":{"a":"\\ud800"}}',
        '{"type":"text","text":"x","x":1e999}',
    ],
)
def test_a_body_that_no_text_can_stand_for_is_refused_and_breaks_nothing(text: str) -> None:
    body = f'{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":[{text}]}}]}}'.encode()
    endpoint = call_of({"model": "m", "max_tokens": 1, "messages": HI}).endpoint

    try:
        call = DIALECT.read_call(body, endpoint, max_output_tokens=9, max_messages=9)
        prompt = DIALECT.read_prompt(call)
    except BadRequest:
        return
    assert prompt.turns


def test_nothing_nests_without_end() -> None:
    block: dict[str, Any] = {"type": "text", "text": "x"}
    for _ in range(50):
        block = {"type": "tool_result", "tool_use_id": "a", "content": [block]}

    prompt = read(messages=[{"role": "user", "content": [block]}])

    assert list(lost(prompt)) == ["messages[0].content[0].content[0]"]
    assert json.dumps(shown(prompt.turns))
