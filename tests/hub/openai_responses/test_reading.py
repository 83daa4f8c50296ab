"""What callers of this dialect can say."""

import json

import pytest

from octogate.core.conversation import (
    Format,
    Media,
    Reasoning,
    Refusal,
    Signature,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from octogate.core.seals import pack_id, seal

from .responses import DIALECT, call_of, read, turns

WEATHER = {"type": "function", "name": "weather", "description": "Weather", "parameters": {"type": "object"}}


def test_a_string_is_one_turn_of_the_user_and_instructions_are_the_first_of_the_system():
    assert read(instructions="Be brief.", input="hi").turns == (
        Turn("system", (Text("Be brief."),)),
        Turn("user", (Text("hi"),)),
    )


def test_every_message_is_a_turn_where_it_stands_and_keeps_its_role():
    assert turns(
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "input_text", "text": "b"}]},
        {"type": "message", "role": "assistant", "content": "c", "status": "completed", "id": "msg_1"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "d", "annotations": []}]},
        {"role": "developer", "content": "e"},
        {"role": "system", "content": "f"},
    ) == (
        Turn("user", (Text("a"),)),
        Turn("user", (Text("b"),)),
        Turn("assistant", (Text("c"),)),
        Turn("assistant", (Text("d"),)),
        Turn("developer", (Text("e"),)),
        Turn("system", (Text("f"),)),
    )


def test_thoughts_words_and_calls_of_one_answer_are_one_turn():
    assert turns(
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gAAA"},
        {
            "role": "assistant",
            "content": [{"type": "output_text", "text": "I look."}, {"type": "refusal", "refusal": "No."}],
        },
        {"type": "function_call", "call_id": "c1", "name": "a", "arguments": '{"x":1}'},
        {"type": "function_call", "call_id": "c2", "name": "b", "arguments": ""},
        {"type": "function_call_output", "call_id": "c1", "output": "one"},
        {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "two"}]},
        {"type": "reasoning", "summary": []},
        {"role": "assistant", "content": "Done."},
    ) == (
        Turn(
            "assistant",
            (
                Reasoning("hm", Signature("openai_responses", "gAAA")),
                Text("I look."),
                Refusal("No."),
                ToolCall("c1", "a", '{"x":1}'),
                ToolCall("c2", "b", "{}"),
            ),
        ),
        Turn("user", (ToolResult("c1", (Text("one"),), "a"), ToolResult("c2", (Text("two"),), "b"))),
        Turn("assistant", (Text("Done."),)),
    )


def test_thoughts_that_follow_words_begin_another_turn():
    assert [
        len(turn.parts)
        for turn in turns(
            {"role": "assistant", "content": "a"},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"role": "assistant", "content": "b"},
        )
    ] == [1, 2]


def test_sections_of_thoughts_are_joined_by_a_blank_line_and_none_at_all_is_hidden():
    shown, hidden = turns(
        {"type": "reasoning", "summary": [{"text": "a"}, {"text": "b"}], "content": [{"text": "c"}]},
        {"role": "user", "content": "go"},
        {"type": "reasoning", "summary": [], "encrypted_content": "x"},
    )[::2]
    assert shown.parts == (Reasoning("a\n\nb\n\nc"),)
    assert hidden.parts == (Reasoning("", Signature("openai_responses", "x"), hidden=True),)


def test_what_another_provider_sealed_comes_back_with_its_origin():
    claude = Signature("anthropic_messages", "EqQB")
    gemini = Signature("gemini_generate", "Cg==")
    (turn, result) = turns(
        {"type": "reasoning", "summary": [{"text": "hm"}], "encrypted_content": seal(claude, "openai_responses")},
        {"type": "function_call", "call_id": pack_id("c1", gemini), "name": "a", "arguments": "{}"},
        {"type": "function_call_output", "call_id": pack_id("c1", gemini), "output": "one"},
    )
    assert turn.parts == (Reasoning("hm", claude), ToolCall("c1", "a", "{}", gemini))
    assert result.parts == (ToolResult("c1", (Text("one"),), "a"),)


def test_pictures_files_and_recordings_are_read_in_every_form():
    (turn,) = turns(
        {
            "role": "user",
            "content": [
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"},
                {"type": "input_image", "image_url": "https://example.com/a.png"},
                {"type": "image_url", "image_url": {"url": "https://example.com/b.png", "detail": "high"}},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,BBBB"},
                {"type": "input_file", "filename": "a.txt", "file_data": "Q0ND"},
                {"type": "input_file", "file_url": "https://example.com/a.pdf"},
                {"type": "input_audio", "input_audio": {"data": "DDDD", "format": "mp3"}},
            ],
        }
    )
    assert turn.parts == (
        Media("image", "image/png", data="AAAA", detail="low"),
        Media("image", url="https://example.com/a.png"),
        Media("image", url="https://example.com/b.png", detail="high"),
        Media("document", "application/pdf", data="BBBB", name="a.pdf"),
        Media("document", "text/plain", data="Q0ND", name="a.txt"),
        Media("document", url="https://example.com/a.pdf"),
        Media("audio", "audio/mpeg", data="DDDD"),
    )


def test_a_tool_may_answer_with_a_picture():
    (_, turn) = turns(
        {"type": "function_call", "call_id": "c", "name": "shot", "arguments": "{}"},
        {
            "type": "function_call_output",
            "call_id": "c",
            "output": [{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}],
        },
    )
    assert turn.parts == (ToolResult("c", (Media("image", "image/png", data="AAAA"),), "shot"),)


def test_a_call_with_free_form_input_becomes_one_with_a_text_argument():
    assert turns(
        {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": 'say "hi"'},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "ok"},
    ) == (
        Turn("assistant", (ToolCall("c", "patch", '{"input":"say \\"hi\\""}'),)),
        Turn("user", (ToolResult("c", (Text("ok"),), "patch"),)),
    )


def test_a_picture_that_the_model_made_is_part_of_its_turn():
    (turn,) = turns({"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "AAAA"})
    assert turn == Turn("assistant", (Media("image", "image/png", data="AAAA"),))


def test_functions_are_read_flat_and_nested_and_their_schemas_stay_as_they_were_written():
    schema = '{"type":"object",  "properties":{"b":{},"a":{}}}'
    body = f"""{{"model":"m","input":"hi","tools":[
        {{"type":"function","name":"flat","parameters":{schema},"strict":true}},
        {{"type":"function","function":{{"name":"nested","description":"N","parameters":{schema}}}}},
        {{"name":"untyped","parameters":null}}]}}"""
    flat, nested, untyped = tools_in(body)
    assert (flat.name, bytes(flat.schema).decode(), flat.strict) == ("flat", schema, True)
    assert (nested.name, bytes(nested.schema).decode(), nested.description, nested.strict) == (
        "nested",
        schema,
        "N",
        None,
    )
    assert (untyped.name, untyped.schema) == ("untyped", None)


def tools_in(body):
    return DIALECT.read_prompt(call_of(body.encode())).tools


def test_functions_in_a_namespace_get_names_that_stand_alone():
    space = {"type": "namespace", "name": "crm", "description": "Customers.", "tools": [{**WEATHER, "name": "find"}]}
    prompt = read(
        tools=[space, WEATHER],
        tool_choice={"type": "function", "name": "find", "namespace": "crm"},
        input=[
            {"type": "function_call", "call_id": "c", "name": "find", "namespace": "crm", "arguments": "{}"},
            {"type": "function_call", "call_id": "d", "name": "weather", "namespace": "weather", "arguments": "{}"},
        ],
    )
    assert [(tool.name, tool.description) for tool in prompt.tools] == [
        ("crm__find", "Customers.\n\nWeather"),
        ("weather", "Weather"),
    ]
    assert prompt.tool_choice == ToolChoice("named", ("crm__find",))
    assert [part.name for part in prompt.turns[0].parts] == ["crm__find", "weather"]
    assert prompt.losses == ()


def test_a_name_that_would_be_too_long_is_shortened_and_stays_unlike_others():
    long = {"type": "namespace", "name": "n" * 62, "tools": [{**WEATHER, "name": "a"}, {**WEATHER, "name": "b"}]}
    first, second = (tool.name for tool in read(tools=[long]).tools)
    assert len(first) == len(second) == 64
    assert first != second


def test_tools_that_come_in_the_middle_of_the_input_are_there_from_the_start():
    prompt = read(
        tools=[WEATHER],
        input=[
            {"role": "user", "content": "hi"},
            {"type": "additional_tools", "role": "developer", "tools": [{**WEATHER, "name": "late"}, WEATHER]},
        ],
    )
    assert [tool.name for tool in prompt.tools] == ["weather", "late"]
    assert len(prompt.turns) == 1
    assert prompt.losses == ()


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("auto", ToolChoice("auto")),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("any")),
        ({"type": "function", "name": "a"}, ToolChoice("named", ("a",))),
        ({"type": "function", "function": {"name": "a"}}, ToolChoice("named", ("a",))),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "a"}]},
            ToolChoice("allowed", ("a",)),
        ),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "a"}]},
            ToolChoice("named", ("a",)),
        ),
        (None, None),
    ],
)
def test_every_choice_among_tools_is_read(said, means):
    assert read(tools=[WEATHER], tool_choice=said).tool_choice == means


def test_settings_are_read():
    settings = read(
        max_output_tokens=100,
        temperature=1.5,
        top_p=0.5,
        top_logprobs=3,
        include=["message.output_text.logprobs"],
        text={"format": {"type": "json_object"}, "verbosity": "low"},
        reasoning={"effort": "xhigh", "summary": "detailed"},
        safety_identifier="u1",
        metadata={"a": "b"},
        service_tier="flex",
        parallel_tool_calls=False,
        prompt_cache_key="k",
    ).settings
    assert (settings.max_output_tokens, settings.temperature, settings.top_p) == (100, 1.5, 0.5)
    assert (settings.logprobs, settings.top_logprobs) == (True, 3)
    assert (settings.format, settings.verbosity) == (Format(), "low")
    assert settings.thinking == Thinking(effort="max", show=True)
    assert (settings.user, settings.metadata, settings.service_tier) == ("u1", {"a": "b"}, "flex")
    assert (settings.parallel_tool_calls, settings.prompt_cache_key) == (False, "k")


def test_a_schema_for_the_answer_stays_as_it_was_written():
    body = b"""{"model":"m","input":"hi","text":{"format":{"type":"json_schema","name":"city","strict":true,
        "schema":{"type":"object",  "required":["b","a"]}}}}"""
    wanted = DIALECT.read_prompt(call_of(body)).settings.format
    assert bytes(wanted.schema) == b'{"type":"object",  "required":["b","a"]}'
    assert (wanted.name, wanted.strict) == ("city", True)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ({"effort": "none"}, Thinking(off=True)),
        ({"effort": "minimal"}, Thinking(effort="minimal")),
        ({"summary": "auto"}, Thinking(show=True)),
        ({"effort": None, "summary": None}, None),
        ({}, None),
    ],
)
def test_how_much_to_think_is_read(said, means):
    assert read(reasoning=said).settings.thinking == means


def test_a_body_meant_for_chat_brings_its_older_name_for_the_cap_and_both_shapes_of_tools():
    prompt = read(
        max_tokens=50,
        stream_options={"include_usage": True},
        tools=[{"type": "function", "function": {"name": "nested"}}, WEATHER, {"type": "custom", "name": "patch"}],
        input=[{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    )
    assert prompt.settings.max_output_tokens == 50
    assert [tool.name for tool in prompt.tools] == ["nested", "weather"]
    assert [loss.field for loss in prompt.losses] == ["tools[2]"]
    assert prompt.turns == (Turn("user", (Text("hi"),)),)


def test_arguments_that_are_an_object_are_told_as_its_text():
    (turn,) = turns({"type": "function_call", "call_id": "c", "name": "a", "arguments": {"x": [1]}})
    assert json.loads(turn.parts[0].arguments) == {"x": [1]}
