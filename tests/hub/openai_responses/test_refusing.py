"""What no other target can be told, and what nobody can mean."""

import pytest

from octogate.core.errors import BadRequest

from .responses import lost, read

WEATHER = {"type": "function", "name": "weather", "description": "Weather", "parameters": {"type": "object"}}


def faults(**members):
    with pytest.raises(BadRequest) as refused:
        read(**members)
    return {fault.field for fault in refused.value.faults}


def test_what_concerns_only_the_envelope_is_no_loss():
    assert (
        lost(
            stream=True,
            stream_options={"include_obfuscation": False},
            store=False,
            include=["reasoning.encrypted_content"],
            client_metadata={"a": "b"},
            background=False,
            truncation="disabled",
            previous_response_id=None,
            reasoning={"effort": "low", "context": None, "mode": "standard"},
            prompt_cache_retention="24h",
            **{"x-anything": 1},
        )
        == {}
    )


def test_what_only_this_dialect_can_say_is_a_loss_by_its_path():
    assert lost(
        store=True,
        truncation="auto",
        max_tool_calls=3,
        context_management=[],
        surprise=1,
        reasoning={"context": "all_turns"},
        text={"novelty": 1},
        tools=[{"type": "web_search"}, {"type": "custom", "name": "patch"}, WEATHER],
        tool_choice={"type": "web_search_preview"},
        input=[
            {"type": "web_search_call", "id": "ws_1", "status": "completed"},
            {"type": "mcp_call", "id": "mcp_1", "name": "a", "arguments": "{}"},
            {
                "role": "user",
                "content": [{"type": "input_hologram", "data": "x"}, {"type": "input_text", "text": "hi"}],
            },
        ],
    ) == dict.fromkeys(
        [
            "store",
            "truncation",
            "max_tool_calls",
            "context_management",
            "surprise",
            "reasoning.context",
            "text.novelty",
            "tools[0]",
            "tools[1]",
            "tool_choice",
            "input[0]",
            "input[1]",
            "input[2].content[0]",
        ],
        False,
    )


def test_what_must_not_be_left_out_is_a_fatal_loss():
    assert lost(
        background=True,
        previous_response_id="resp_1",
        conversation="conv_1",
        prompt={"id": "pmpt_1"},
        input=[
            {"type": "item_reference", "id": "msg_1"},
            {"type": "compaction", "encrypted_content": "x"},
            {
                "role": "user",
                "content": [{"type": "input_image", "file_id": "file_1"}, {"type": "input_file", "file_id": "file_2"}],
            },
        ],
    ) == dict.fromkeys(
        [
            "background",
            "previous_response_id",
            "conversation",
            "prompt",
            "input[0]",
            "input[1]",
            "input[2].content[0].file_id",
            "input[2].content[1].file_id",
        ],
        True,
    )


def test_all_faults_are_told_at_once_each_with_its_path():
    assert faults(
        instructions=7,
        input=[
            3,
            {"role": "robot", "content": "x"},
            {"role": "user", "content": 5},
            {"role": "user", "content": [{"text": "no type"}, {"type": "input_text"}, {"type": ["odd"]}]},
            {"type": "function_call", "name": "a"},
            {"type": "function_call_output", "call_id": "c", "output": {}},
            {"type": "reasoning", "encrypted_content": 5},
            {"nothing": 1},
            {"role": "user", "content": [{"type": "input_file"}, {"type": "input_image"}]},
        ],
        tools=[
            {"type": "function"},
            {"type": "function", "name": "x", "parameters": 5, "strict": 1},
            {"of": "nothing"},
        ],
        tool_choice="maybe",
        text={"format": {"type": "json_schema", "schema": "no"}, "verbosity": "loud"},
        reasoning={"effort": "enormous"},
        top_logprobs=50,
        metadata={"a": 1},
        parallel_tool_calls="yes",
    ) == {
        "instructions",
        "input[0]",
        "input[1].role",
        "input[2].content",
        "input[3].content[0].type",
        "input[3].content[1].text",
        "input[3].content[2].type",
        "input[4].call_id",
        "input[5].output",
        "input[6].encrypted_content",
        "input[7].type",
        "input[8].content[0].file_data",
        "input[8].content[1].image_url",
        "tools[0].name",
        "tools[1].parameters",
        "tools[1].strict",
        "tools[2].type",
        "tool_choice",
        "text.format.schema",
        "text.format.name",
        "text.verbosity",
        "reasoning.effort",
        "top_logprobs",
        "metadata.a",
        "parallel_tool_calls",
    }


@pytest.mark.parametrize("value", [5, "x", True, [], {}, [[]], [None], [1], {"type": []}, [{"type": {}}]])
@pytest.mark.parametrize(
    "name", ["input", "tools", "tool_choice", "text", "reasoning", "metadata", "instructions", "user"]
)
def test_values_of_any_kind_are_read_or_refused_but_never_break(name, value):
    try:
        read(**{name: value})
    except BadRequest as refusal:
        assert refusal.faults
