"""What a caller says in chat completions, as the hub understands it."""

import json
from typing import Any

import pytest

from octogate.core.conversation import (
    Loss,
    Media,
    Reasoning,
    Refusal,
    Signature,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)
from octogate.core.errors import BadRequest
from octogate.core.seals import pack_id, seal
from octogate.dialects.findings import AT_PROVIDER

from .chat import DIALECT, ENDPOINT, read, turns

CLAUDES = Signature("anthropic_messages", "EqQB")
A_CALL = {"id": "call_1", "type": "function", "function": {"name": "roll", "arguments": '{"sides": 6}'}}


def faults(**members: Any) -> dict[str, str]:
    with pytest.raises(BadRequest) as caught:
        read(**members)
    return {fault.field: fault.message for fault in caught.value.faults}


def lost(**members: Any) -> dict[str, bool]:
    return {loss.field: loss.fatal for loss in read(**members).losses}


def test_every_message_is_a_turn_where_it_stands() -> None:
    assert turns(
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": "hi", "name": "ann"},
        {"role": "user", "content": [{"type": "text", "text": "a"}, "b"]},
        {"role": "developer", "content": "be brief"},
        {"role": "assistant", "content": ""},
    ) == (
        Turn("system", (Text("be kind"),)),
        Turn("user", (Text("hi"),), name="ann"),
        Turn("user", (Text("a"), Text("b"))),
        Turn("developer", (Text("be brief"),)),
        Turn("assistant", ()),
    )


def test_neighbouring_tool_results_are_one_turn_and_know_the_names_of_their_tools() -> None:
    calls = [A_CALL, {"id": "call_2", "function": {"name": "flip", "arguments": {"coin": 1}}}]

    found = turns(
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "call_2", "content": "heads"},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "6"}]},
        {"role": "user", "content": "again"},
    )

    assert found == (
        Turn("assistant", (ToolCall("call_1", "roll", '{"sides": 6}'), ToolCall("call_2", "flip", '{"coin":1}'))),
        Turn(
            "user",
            (ToolResult("call_2", (Text("heads"),), name="flip"), ToolResult("call_1", (Text("6"),), name="roll")),
        ),
        Turn("user", (Text("again"),)),
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("", "{}"),
        ("  ", "{}"),
        (None, "{}"),
        ('{"a": 1}', '{"a": 1}'),
        ('{"a": ', '{"arguments":"{\\"a\\": "}'),
        ("[1]", '{"arguments":"[1]"}'),
    ],
)
def test_arguments_are_always_an_object_and_none_of_their_text_is_lost(arguments: str | None, text: str) -> None:
    call = {"id": "c", "function": {"name": "f", "arguments": arguments}}

    assert turns({"role": "assistant", "tool_calls": [call]})[0].parts == (ToolCall("c", "f", text),)


def test_the_old_form_of_calls_gets_an_id_that_joins_call_and_result() -> None:
    found = turns(
        {"role": "assistant", "content": None, "function_call": {"name": "roll", "arguments": "{}"}},
        {"role": "function", "name": "roll", "content": "3"},
        {"role": "assistant", "content": None, "function_call": {"name": "roll", "arguments": "{}"}},
        {"role": "function", "name": "roll", "content": "4"},
    )

    ids = [turn.parts[0].id for turn in found if isinstance(turn.parts[0], ToolCall)]
    assert [turn.parts[0].call_id for turn in found if isinstance(turn.parts[0], ToolResult)] == ids
    assert len(set(ids)) == 2
    assert ids[0].startswith("call_")
    assert len(ids[0]) == 29


def test_a_signature_comes_back_with_the_id_that_carried_it() -> None:
    packed = pack_id("call_1", CLAUDES)

    found = turns(
        {"role": "assistant", "tool_calls": [{**A_CALL, "id": packed}]},
        {"role": "tool", "tool_call_id": packed, "content": "6"},
    )

    assert found[0].parts == (ToolCall("call_1", "roll", '{"sides": 6}', signature=CLAUDES),)
    assert found[1].parts == (ToolResult("call_1", (Text("6"),), name="roll"),)


@pytest.mark.parametrize(
    "members",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning": "hm", "reasoning_content": "hm"},
        {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm", "signature": None}]},
        {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": ""}], "reasoning_content": "hm"},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "hm"}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": text, "index": 0} for text in "hm"]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, "yes"]},
    ],
)
def test_thoughts_are_read_once_under_all_their_names(members: dict[str, Any]) -> None:
    message = {"role": "assistant", "content": "yes", **members}

    assert turns(message)[0].parts == (Reasoning("hm"), Text("yes"))


def test_signed_and_hidden_thoughts_keep_their_seals() -> None:
    details = [
        {"type": "reasoning.text", "text": "hm", "signature": seal(CLAUDES, "openai_chat"), "index": 0},
        {"type": "reasoning.encrypted", "data": seal(CLAUDES, "openai_chat"), "index": 1},
        {"type": "reasoning.encrypted", "data": "own"},
        {"type": "something.new"},
    ]

    assert turns({"role": "assistant", "reasoning_details": details, "reasoning_content": "hm"})[0].parts == (
        Reasoning("hm", CLAUDES),
        Reasoning(signature=CLAUDES, hidden=True),
        Reasoning(signature=Signature("openai_chat", "own"), hidden=True),
    )


def test_a_stream_that_a_client_kept_piece_by_piece_is_read_as_the_parts_that_it_was() -> None:
    def detail(index: int, text: str, signature: str | None = None) -> dict[str, Any]:
        return {"type": "reasoning.text", "text": text, "signature": signature, "index": index}

    details = [
        detail(0, "h"),
        detail(0, "m"),
        detail(0, "", "one"),
        detail(1, "s"),
        detail(1, "o", "two"),
        detail(1, "x"),
    ]

    assert turns({"role": "assistant", "content": "a", "reasoning_details": details})[0].parts == (
        Reasoning("hm", Signature("openai_chat", "one")),
        Reasoning("so", Signature("openai_chat", "two")),
        Reasoning("x"),
        Text("a"),
    )


def test_content_parts_of_every_kind_are_read() -> None:
    content = [
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}},
        {"type": "image_url", "image_url": "data:image/PNG;base64,aGk="},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
        {"type": "input_audio", "input_audio": {"data": "data:audio/wav;base64,aGk=", "format": "wav"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,aGk=", "filename": "a.pdf"}},
        {"type": "file", "file": {"file_data": "aGk=", "filename": "a.csv"}},
        {"type": "file", "file": {"file_data": "https://example.org/a.pdf"}},
        {"type": "file", "file": {"file_data": "data:text/plain,hi"}},
        {"type": "video_url", "video_url": {"url": "https://example.org/a.mp4"}},
    ]

    assert turns({"role": "user", "content": content})[0].parts == (
        Media("image", url="https://example.org/a.png", detail="low"),
        Media("image", "image/png", data="aGk="),
        Media("audio", "audio/mpeg", data="aGk="),
        Media("audio", "audio/wav", data="aGk="),
        Media("document", "application/pdf", data="aGk=", name="a.pdf"),
        Media("document", "text/csv", data="aGk=", name="a.csv"),
        Media("document", url="https://example.org/a.pdf"),
        Media("document", "text/plain", data="aGk="),
        Media("video", url="https://example.org/a.mp4"),
    )


def test_refusals_and_spoken_answers_in_history_are_words() -> None:
    assert turns(
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
        {"role": "assistant", "content": None, "refusal": "no"},
        {"role": "assistant", "content": None, "audio": {"id": "audio_1", "transcript": "hello"}},
    ) == (
        Turn("assistant", (Refusal("no"),)),
        Turn("assistant", (Refusal("no"),)),
        Turn("assistant", (Text("hello"),)),
    )
    recorded = {"role": "assistant", "audio": {"id": "audio_1"}}
    assert lost(messages=[recorded]) == {"messages[0].audio": True}
    assert lost(messages=[{**recorded, "content": "hello"}]) == {"messages[0].audio": False}


def test_cache_marks_are_read_from_parts_messages_and_tools() -> None:
    short, long = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}
    prompt = read(
        messages=[
            {"role": "system", "content": [{"type": "text", "text": "a", "cache_control": long}, "b"]},
            {"role": "user", "content": "c", "cache_control": short},
            {"role": "assistant", "tool_calls": [{**A_CALL, "cache_control": short}]},
            {
                "role": "tool",
                "tool_call_id": "call_1",
                "content": [{"type": "text", "text": "6", "cache_control": long}],
            },
        ],
        tools=[
            {"type": "function", "function": {"name": "roll"}, "cache_control": short},
            {"type": "function", "function": {"name": "flip", "cache_control": long}},
        ],
    )

    assert prompt.turns[0].parts == (Text("a", cache="1h"), Text("b"))
    assert prompt.turns[1].parts == (Text("c", cache="5m"),)
    assert prompt.turns[2].parts == (ToolCall("call_1", "roll", '{"sides": 6}', cache="5m"),)
    assert prompt.turns[3].parts == (ToolResult("call_1", (Text("6"),), name="roll", cache="1h"),)
    assert [tool.cache for tool in prompt.tools] == ["5m", "1h"]
    assert prompt.losses == ()


def test_what_only_this_dialect_can_say_is_told() -> None:
    prompt = read(
        messages=[{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "hologram"}]}],
        tools=[{"type": "custom", "custom": {"name": "c"}}],
        logit_bias={"1": 2}, prediction={"type": "content"}, modalities=["text", "audio"], audio={"voice": "x"},
        web_search_options={"a": 1}, store=True, min_p=0.1, user="a", safety_identifier="b",
        response_format={"type": "grammar"}, tool_choice={"type": "custom", "custom": {"name": "c"}},
    )  # fmt: skip

    assert {loss.field for loss in prompt.losses} == {
        "messages[0].content[1]", "tools[0]", "logit_bias", "prediction", "modalities", "audio", "web_search_options",
        "store", "min_p", "user", "response_format", "tool_choice",
    }  # fmt: skip
    assert not any(loss.fatal for loss in prompt.losses)


def test_a_call_of_a_custom_tool_in_history_is_told() -> None:
    call = {"id": "c", "type": "custom", "custom": {"name": "c", "input": "x"}}

    assert lost(messages=[{"role": "assistant", "tool_calls": [call]}]) == {"messages[0].tool_calls[0]": False}


def test_a_file_that_lies_at_the_provider_cannot_be_left_out() -> None:
    content = [{"type": "file", "file": {"file_id": "file-1"}}]

    assert read(messages=[{"role": "user", "content": content}]).losses == (
        Loss("messages[0].content[0].file.file_id", AT_PROVIDER, True),
    )


def test_an_envelope_is_no_loss() -> None:
    prompt = read(
        stream=True, stream_options={"include_usage": True, "include_obfuscation": False}, store=False, include=["a"],
        client_metadata={"a": "b"}, logit_bias={}, modalities=["text"], prediction=None, prompt_cache_key="k", **{"x-trace": "1"},
        metadata={}, tools=[], web_search_options=None, prompt_cache_retention="24h", usage={"include": True},
    )  # fmt: skip

    assert prompt.losses == ()


def test_every_fault_is_listed_with_its_path() -> None:
    """S2-37."""
    assert faults(
        messages=[
            {"role": "user", "content": [7, {"text": "no type"}, {"type": "text"}, {"type": "image_url"}]},
            {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "x"}}, {"type": "file", "file": {}}]},
            {"role": "assistant", "tool_calls": [{"id": "1", "type": "function"}, {"id": "2", "function": {}}, 5]},
            {"role": "tool", "content": "x"},
        ],
        tools=[{"type": "function"}, {"type": "function", "function": {"parameters": 1, "strict": 1}}],
        stop=[1], seed="x", top_logprobs=21, logprobs="yes", reasoning_effort="huge", metadata={"a": 1}, user=5,
        tool_choice="sometimes", response_format={"type": "json_schema"}, top_k="a", verbosity=1,
    ) == {
        "messages[0].content[0]": "Content[0] must be an object",
        "messages[0].content[1].type": "Type is required",
        "messages[0].content[2].text": "Text is required",
        "messages[0].content[3].image_url": "Image url is required",
        "messages[1].content[0].input_audio.format": "Format is required",
        "messages[1].content[1].file.file_data": "File data is required",
        "messages[2].tool_calls[0].function": "Function is required",
        "messages[2].tool_calls[1].function.name": "Name is required",
        "messages[2].tool_calls[2]": "Tool calls[2] must be an object",
        "messages[3].tool_call_id": "Tool call id is required",
        "tools[0].function.name": "Name is required",
        "tools[1].function.name": "Name is required",
        "tools[1].function.parameters": "Parameters must be an object",
        "tools[1].function.strict": "Strict must be a boolean",
        "stop": "Stop must be a string or an array of strings",
        "seed": "Seed must be an integer",
        "top_logprobs": "Top logprobs must be less than or equal to 20",
        "logprobs": "Logprobs must be a boolean",
        "reasoning_effort": "Reasoning effort must be one of: none minimal low medium high xhigh max default",
        "metadata.a": "A must be a string",
        "user": "User must be a string",
        "tool_choice": "Tool choice must be one of: none auto required, or name a function",
        "response_format.json_schema": "Json schema is required",
        "top_k": "Top k must be an integer",
        "verbosity": "Verbosity must be a string",
    }  # fmt: skip


def test_a_name_that_occurs_twice_in_a_nested_object_is_refused() -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","type":"custom"}]}'
    call = DIALECT.read_call(body, ENDPOINT, max_output_tokens=9, max_messages=9)
    with pytest.raises(BadRequest, match="occurs twice"):
        DIALECT.read_prompt(call)


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_beyond_every_range_is_a_fault_and_no_failure(number: str) -> None:
    message = json.dumps({"role": "assistant", "content": "x", "tool_calls": [{"id": 0}]}).replace("0}", number + "}")
    call = DIALECT.read_call(
        b'{"messages":[' + message.encode() + b'],"seed":' + number.encode() + b"}",
        ENDPOINT,
        max_output_tokens=9,
        max_messages=9,
    )
    with pytest.raises(BadRequest) as caught:
        DIALECT.read_prompt(call)
    assert {fault.field for fault in caught.value.faults} == {"messages", "seed"}
