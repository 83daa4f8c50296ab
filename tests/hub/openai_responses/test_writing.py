"""What a target of this dialect is asked."""

import json

import msgspec
import pytest

from octogate.core.conversation import (
    Format,
    Loss,
    Media,
    Reasoning,
    Refusal,
    Signature,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

from .responses import items, losses, prompt_of, write

HI = Turn("user", (Text("hi"),))
SCHEMA = msgspec.Raw(b'{"type":"object",  "properties":{}}')
OWN = Signature("openai_responses", "gAAA")
WEATHER = Tool("weather", "Weather", SCHEMA)


def test_nothing_is_kept_at_the_provider():
    assert write(prompt_of(HI)) == {"model": "m", "input": [{"role": "user", "content": "hi"}], "store": False}


def test_a_stream_is_asked_for():
    assert write(prompt_of(HI), stream=True)["stream"] is True


def test_the_first_words_of_the_system_are_the_instructions_and_later_ones_stay_where_they_are():
    body = write(prompt_of(Turn("system", (Text("Be brief."),)), HI, Turn("developer", (Text("Now."),))))
    assert body["instructions"] == "Be brief."
    assert body["input"] == [{"role": "user", "content": "hi"}, {"role": "developer", "content": "Now."}]


def test_words_of_the_system_in_several_blocks_stay_apart():
    (first, _) = items(Turn("system", (Text("a"), Text("b"))), HI)
    assert first == {
        "role": "system",
        "content": [{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}],
    }


def test_a_plain_target_knows_no_developer():
    assert items(Turn("developer", (Text("a"),)), HI, plain=True)[0]["role"] == "system"


def test_a_turn_of_the_model_becomes_its_items_in_order():
    assert items(
        Turn(
            "assistant",
            (
                Reasoning("hm", OWN),
                Text("I look."),
                Refusal("No."),
                ToolCall("c1", "a", '{"x":1}'),
                ToolCall("c2", "b", ""),
            ),
        ),
        Turn("user", (ToolResult("c1", (Text("one"),)), ToolResult("c2", ()), Text("And?"))),
    ) == [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gAAA"},
        {
            "role": "assistant",
            "content": [{"type": "output_text", "text": "I look."}, {"type": "refusal", "refusal": "No."}],
        },
        {"type": "function_call", "call_id": "c1", "name": "a", "arguments": '{"x":1}'},
        {"type": "function_call", "call_id": "c2", "name": "b", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "one"},
        {"type": "function_call_output", "call_id": "c2", "output": ""},
        {"role": "user", "content": "And?"},
    ]


def test_only_thoughts_that_come_from_here_go_back_and_the_others_are_no_loss():
    prompt = prompt_of(
        HI,
        Turn(
            "assistant",
            (
                Reasoning("unsigned"),
                Reasoning("claude's", Signature("anthropic_messages", "x")),
                Reasoning("", OWN, hidden=True),
                Text("a"),
            ),
        ),
        HI,
    )
    body = write(prompt)
    assert [item for item in body["input"] if item.get("type") == "reasoning"] == [
        {"type": "reasoning", "summary": [], "encrypted_content": "gAAA"}
    ]
    assert body["include"] == ["reasoning.encrypted_content"]
    assert losses(prompt) == []


def test_the_signature_on_a_call_stays_behind_and_its_id_is_bare():
    (call, _) = items(
        Turn("assistant", (ToolCall("c1", "a", "{}", Signature("gemini_generate", "x")),)),
        Turn("user", (ToolResult("c1", (Text("one"),)),)),
    )
    assert call["call_id"] == "c1"


@pytest.mark.parametrize("call_id", ["", "a b", "x" * 65, "ü", "functions.a:0"])
def test_an_id_that_openai_refuses_is_replaced_for_the_call_and_its_result(call_id):
    call, output = items(
        Turn("assistant", (ToolCall(call_id, "a", "{}"),)), Turn("user", (ToolResult(call_id, (Text("one"),)),))
    )
    assert call["call_id"] == output["call_id"]
    assert call["call_id"].startswith("call_")
    assert len(call["call_id"]) == 29


def test_a_result_without_a_call_is_told_in_words_and_one_before_its_call_too():
    assert items(
        Turn("user", (ToolResult("c1", (Text("early"),)),)),
        Turn("assistant", (ToolCall("c1", "a", "{}"),)),
        Turn("user", (ToolResult("c1", (Text("late"),)), ToolResult("c9", (Text("orphan"),)))),
    ) == [
        {"role": "user", "content": "early"},
        {"type": "function_call", "call_id": "c1", "name": "a", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "late"},
        {"role": "user", "content": "orphan"},
    ]


def test_a_call_without_a_result_gets_one_for_openai_refuses_it_otherwise():
    assert items(HI, Turn("assistant", (ToolCall("c1", "a", "{}"),)), HI)[1:3] == [
        {"type": "function_call", "call_id": "c1", "name": "a", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "No result was given."},
    ]


@pytest.mark.parametrize(
    ("parts", "output"),
    [
        ((Text("no disk"),), "Error: no disk"),
        ((Text("Error: no disk"),), "Error: no disk"),
        ((), "Error:"),
    ],
)
def test_a_tool_that_failed_says_so_in_words(parts, output):
    (_, said) = items(
        Turn("assistant", (ToolCall("c", "a", "{}"),)), Turn("user", (ToolResult("c", parts, is_error=True),))
    )
    assert said["output"] == output


def test_a_tool_may_answer_with_words_and_a_picture():
    (_, said) = items(
        Turn("assistant", (ToolCall("c", "a", "{}"),)),
        Turn("user", (ToolResult("c", (Text("see"), Media("image", "image/png", data="AAAA"))),)),
    )
    assert said["output"] == [
        {"type": "input_text", "text": "see"},
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"},
    ]


def test_media_are_written_in_their_own_parts_and_documents_that_are_text_as_text():
    (said,) = items(
        Turn(
            "user",
            (
                Media("image", url="https://example.com/a.png", detail="high"),
                Media("document", "application/pdf", data="BBBB", name="a.pdf"),
                Media("document", "application/pdf", data="BBBB"),
                Media("document", url="https://example.com/a.pdf"),
                Media("document", "text/plain", text="words", name="a.txt"),
                Media("document", "text/markdown", data="IyBoaQ=="),
                Media("audio", "audio/wav", data="DDDD"),
            ),
        )
    )
    assert said["content"] == [
        {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "high"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,BBBB"},
        {"type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,BBBB"},
        {"type": "input_file", "file_url": "https://example.com/a.pdf"},
        {"type": "input_text", "text": "a.txt\n\nwords"},
        {"type": "input_text", "text": "# hi"},
        {"type": "input_audio", "input_audio": {"data": "DDDD", "format": "wav"}},
    ]


def test_media_that_cannot_be_sent_are_losses_by_their_place():
    prompt = prompt_of(
        Turn("user", (Text("see"), Media("video", "video/mp4", data="AAAA"), Media("audio", "audio/ogg", data="AAAA"))),
        Turn("assistant", (Media("image", "image/png", data="AAAA"),)),
        Turn("user", (Media("image", file_id="file_1"),)),
    )
    assert [(loss.field, loss.fatal) for loss in losses(prompt)] == [
        ("messages[0].content[1]", False),
        ("messages[0].content[2]", False),
        ("messages[1].content[0]", False),
        ("messages[2].content[0]", True),
    ]


def test_a_function_is_not_strict_unless_the_caller_said_so():
    tools = write(prompt_of(HI, tools=(WEATHER, Tool("bare"), Tool("exact", schema=SCHEMA, strict=True))))["tools"]
    assert tools == [
        {
            "type": "function",
            "name": "weather",
            "description": "Weather",
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
        },
        {"type": "function", "name": "bare", "parameters": {"type": "object", "properties": {}}, "strict": False},
        {"type": "function", "name": "exact", "parameters": {"type": "object", "properties": {}}, "strict": True},
    ]


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (ToolChoice("auto"), "auto"),
        (ToolChoice("none"), "none"),
        (ToolChoice("any"), "required"),
        (ToolChoice("named", ("a",)), {"type": "function", "name": "a"}),
        (
            ToolChoice("named", ("a", "b")),
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "a"}, {"type": "function", "name": "b"}],
            },
        ),
        (
            ToolChoice("allowed", ("a",)),
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "a"}]},
        ),
    ],
)
def test_every_choice_among_tools_is_written(choice, said):
    body = write(prompt_of(HI, tools=(WEATHER,), tool_choice=choice, parallel_tool_calls=False))
    assert body["tool_choice"] == said
    assert body["parallel_tool_calls"] is False


def test_without_tools_there_is_no_choice_among_them():
    body = write(prompt_of(HI, tool_choice=ToolChoice("auto"), parallel_tool_calls=True))
    assert body.keys() == {"model", "input", "store"}
    assert [loss.field for loss in losses(prompt_of(HI, tool_choice=ToolChoice("any")))] == ["tool_choice"]


def test_settings_are_written():
    body = write(
        prompt_of(
            HI,
            max_output_tokens=100,
            temperature=1.5,
            top_p=0.5,
            logprobs=True,
            top_logprobs=3,
            format=Format(SCHEMA, "city", "A city", strict=True),
            verbosity="low",
            user="u1",
            metadata={"a": "b"},
            service_tier="flex",
            prompt_cache_key="k",
        )
    )
    del body["input"], body["model"], body["store"]
    assert body == {
        "max_output_tokens": 100,
        "temperature": 1.5,
        "top_p": 0.5,
        "top_logprobs": 3,
        "include": ["message.output_text.logprobs"],
        "text": {
            "format": {
                "type": "json_schema",
                "name": "city",
                "description": "A city",
                "schema": {"type": "object", "properties": {}},
                "strict": True,
            },
            "verbosity": "low",
        },
        "user": "u1",
        "metadata": {"a": "b"},
        "service_tier": "flex",
        "prompt_cache_key": "k",
    }


def test_any_json_object_is_a_format_too():
    assert write(prompt_of(HI, format=Format()))["text"] == {"format": {"type": "json_object"}}


def test_settings_that_openai_does_not_have_here_are_losses():
    prompt = prompt_of(
        HI,
        top_k=3,
        frequency_penalty=0.0,
        presence_penalty=1.0,
        stop=("END",),
        seed=0,
        choices=2,
        service_tier="standard_only",
    )
    assert {loss.field for loss in losses(prompt)} == {
        "top_k",
        "frequency_penalty",
        "presence_penalty",
        "stop",
        "seed",
        "choices",
        "service_tier",
    }
    assert write(prompt).keys() == {"model", "input", "store"}


def test_a_cap_below_what_openai_takes_is_raised_to_it_and_told():
    prompt = prompt_of(HI, max_output_tokens=5)
    assert write(prompt)["max_output_tokens"] == 16
    assert losses(prompt) == [Loss("max_output_tokens", "at least 16 at this target; 16 was sent")]
    assert losses(prompt_of(HI, max_output_tokens=16)) == []


def test_the_name_of_a_user_that_is_too_long_is_replaced_by_a_steady_one():
    long = "user_" + "0" * 64 + "_session_" + "1" * 36
    first, second, other = (write(prompt_of(HI, user=user))["user"] for user in (long, long, long + "x"))
    assert first == second != other
    assert len(first) <= 64
    assert long[:40] not in first


@pytest.mark.parametrize(
    ("thinking", "said", "sealed"),
    [
        (Thinking(off=True), {"effort": "none"}, False),
        (Thinking(effort="minimal"), {"effort": "minimal"}, True),
        (Thinking(effort="max", show=True), {"effort": "xhigh", "summary": "auto"}, True),
        (Thinking(tokens=1_024), {"effort": "minimal"}, True),
        (Thinking(tokens=10_000), {"effort": "high"}, True),
        # The budget that code editors send by default: few models know the highest word.
        (Thinking(tokens=31_999), {"effort": "high"}, True),
        (Thinking(), None, False),
    ],
)
def test_how_much_to_think_is_written_in_openais_words(thinking, said, sealed):
    body = write(prompt_of(HI, thinking=thinking))
    assert body.get("reasoning") == said
    assert body.get("include") == (["reasoning.encrypted_content"] if sealed else None)


def test_a_plain_target_that_knows_no_effort_is_not_told_one():
    prompt = prompt_of(HI, thinking=Thinking(effort="high"))
    assert "reasoning" not in write(prompt, plain=True, effort=False)
    assert [loss.field for loss in losses(prompt, plain=True, effort=False)] == ["thinking"]
    assert write(prompt, plain=True, effort=True)["reasoning"] == {"effort": "high"}


def test_marks_for_the_cache_and_names_of_people():
    prompt = prompt_of(Turn("user", (Text("hi", cache="5m"),)), Turn("user", (Text("ho"),), name="Ann"))
    assert [loss.field for loss in losses(prompt)] == ["messages[1].name"]


def test_what_was_written_is_json_with_schemas_byte_for_byte():
    from octogate.dialects.hub import Destination

    from .responses import DIALECT

    body = DIALECT.write_prompt(prompt_of(HI, tools=(WEATHER,)), Destination(model="m")).body
    assert bytes(SCHEMA) in body
    assert json.loads(body)
