"""A prompt of the hub as chat completions say it."""

import base64
import json
from typing import Any

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

from .chat import losses, messages, prompt_of, write

USER = Turn("user", (Text("hi"),))
CALL = ToolCall("call_1", "roll", '{"sides":6}')
PICTURE = Media("image", "image/png", data="aGk=")
WRITTEN_PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
ROLL = Tool("roll", description="Rolls.", schema=msgspec.Raw(b'{"type": "object"}'), strict=True)
FLIP = Tool("flip")


def test_turns_are_messages_in_their_order_and_under_their_roles() -> None:
    said = (Turn("developer", (Text("a"),)), USER, Turn("assistant", (Text("b"),)), Turn("system", (Text("c"),)))

    assert messages(*said) == [
        {"role": "developer", "content": "a"},
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "b"},
        {"role": "system", "content": "c"},
    ]
    assert [message["role"] for message in messages(*said, plain=True)] == ["system", "user", "assistant", "system"]


def test_several_texts_are_a_list_but_a_string_for_a_plain_server() -> None:
    turn = Turn("user", (Text("a"), Text(""), Text("b")), name="ann")

    assert messages(turn) == [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "name": "ann"}
    ]
    assert messages(turn, plain=True)[0]["content"] == "a\n\n\n\nb"
    assert messages(Turn("assistant", (Text("a"), Text("b"))), plain=True)[0]["content"] == "ab"


def test_calls_stand_beside_null_and_their_results_follow_at_once() -> None:
    turn = Turn("user", (Text("thanks"), ToolResult("call_1", (Text("6"),)), ToolResult("call_2", (Text("heads"),))))

    assert messages(USER, Turn("assistant", (CALL, ToolCall("call_2", "flip", ""))), turn) == [
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "roll", "arguments": '{"sides":6}'}},
                {"id": "call_2", "type": "function", "function": {"name": "flip", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "6"},
        {"role": "tool", "tool_call_id": "call_2", "content": "heads"},
        {"role": "user", "content": "thanks"},
    ]


def test_calls_and_results_that_came_in_several_turns_are_brought_together() -> None:
    said = messages(
        Turn("assistant", (Text("let me see"),)),
        Turn("assistant", (CALL,)),
        Turn("assistant", (ToolCall("call_2", "flip", "{}"),)),
        Turn("user", (ToolResult("call_2", (Text("heads"),)),)),
        Turn("developer", (Text("be brief"),)),
        Turn("user", (ToolResult("call_1", (Text("6"),)),)),
    )

    assert [message["role"] for message in said] == ["assistant", "tool", "tool", "developer"]
    assert said[0]["content"] == "let me see"
    assert [call["id"] for call in said[0]["tool_calls"]] == ["call_1", "call_2"]
    assert [message.get("content") for message in said[1:]] == ["heads", "6", "be brief"]


def test_a_call_without_a_result_gets_one_and_a_result_without_a_call_is_what_the_user_said() -> None:
    said = messages(Turn("assistant", (CALL,)), Turn("user", (ToolResult("call_9", (Text("7"),)), Text("go on"))))

    assert said[1:] == [
        {"role": "tool", "tool_call_id": "call_1", "content": "No result was given."},
        {"role": "user", "content": [{"type": "text", "text": "7"}, {"type": "text", "text": "go on"}]},
    ]


def test_a_second_result_of_one_call_is_not_lost() -> None:
    result = ToolResult("call_1", (Text("6"),))

    assert messages(Turn("assistant", (CALL,)), Turn("user", (result, result)))[1:] == [
        {"role": "tool", "tool_call_id": "call_1", "content": "6"},
        {"role": "user", "content": "6"},
    ]


def test_what_a_result_shows_follows_behind_all_results() -> None:
    prompt = (
        Turn("assistant", (CALL, ToolCall("call_2", "flip", "{}"))),
        Turn("user", (ToolResult("call_1", (PICTURE,)), ToolResult("call_2", (Text("heads"), PICTURE)), Text("so?"))),
    )

    assert messages(*prompt)[1:] == [
        {"role": "tool", "tool_call_id": "call_1", "content": "The result is in the next message."},
        {"role": "tool", "tool_call_id": "call_2", "content": "heads"},
        {"role": "user", "content": [WRITTEN_PICTURE, WRITTEN_PICTURE, {"type": "text", "text": "so?"}]},
    ]
    assert messages(*prompt[:1], Turn("user", prompt[1].parts[:2]))[3] == {
        "role": "user",
        "content": [WRITTEN_PICTURE, WRITTEN_PICTURE],
    }
    assert losses(prompt_of(*prompt)) == []


@pytest.mark.parametrize(
    ("parts", "content"),
    [((Text("gone"),), "Error: gone"), ((Text("Error: gone"),), "Error: gone"), ((), "Error:")],
)
def test_a_failed_result_says_so(parts: tuple[Text, ...], content: str) -> None:
    said = messages(Turn("assistant", (CALL,)), Turn("user", (ToolResult("call_1", parts, is_error=True),)))

    assert said[1]["content"] == content


@pytest.mark.parametrize("call_id", ["x" * 41, "", "a b", "ä"])
def test_an_id_that_openai_does_not_take_is_replaced_in_call_and_result_alike(call_id: str) -> None:
    call, result = messages(
        Turn("assistant", (ToolCall(call_id, "f", "{}"),)), Turn("user", (ToolResult(call_id, (Text("1"),)),))
    )

    assert call["tool_calls"][0]["id"] == result["tool_call_id"]
    assert len(result["tool_call_id"]) == 29
    assert result["content"] == "1"


def test_only_own_signed_thoughts_go_back() -> None:
    own = Reasoning("hm", Signature("openai_chat", "abc"))
    others = (Reasoning("x"), Reasoning("y", Signature("anthropic_messages", "q")), Reasoning("", None, hidden=True))
    hidden = Reasoning(signature=Signature("openai_chat", "def"), hidden=True)

    assert messages(Turn("assistant", (own, *others, hidden, Text("yes")))) == [
        {
            "role": "assistant",
            "content": "yes",
            "reasoning_content": "hm",
            "reasoning_details": [
                {"type": "reasoning.text", "text": "hm", "signature": "abc", "index": 0},
                {"type": "reasoning.encrypted", "data": "def", "index": 1},
            ],
        }
    ]
    assert losses(prompt_of(Turn("assistant", others))) == []


def test_a_refusal_has_its_own_member_and_is_text_for_a_plain_server() -> None:
    turn = Turn("assistant", (Refusal("no"),))

    assert messages(turn) == [{"role": "assistant", "content": None, "refusal": "no"}]
    assert messages(turn, plain=True) == [{"role": "assistant", "content": "no"}]


@pytest.mark.parametrize(
    ("media", "part"),
    [
        (
            Media("image", url="https://example.org/a.png", detail="low"),
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}},
        ),
        (
            Media("audio", "audio/x-wav", data="aGk="),
            {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
        ),
        (
            Media("document", "application/pdf", data="aGk="),
            {"type": "file", "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,aGk="}},
        ),
    ],
)
def test_media_have_their_parts(media: Media, part: dict[str, Any]) -> None:
    assert messages(Turn("user", (media,)))[0]["content"] == [part]


def test_a_text_document_is_text() -> None:
    data = base64.b64encode("größe".encode()).decode()
    for document in (
        Media("document", text="größe", name="a.txt"),
        Media("document", "text/plain", data=data, name="a.txt"),
    ):
        assert messages(Turn("user", (document,)))[0]["content"] == "a.txt\n\ngröße"
    assert messages(Turn("user", (Media("document", "text/plain", data="!"),)))[0]["content"][0]["type"] == "file"


@pytest.mark.parametrize(
    ("media", "fatal"),
    [
        (Media("document", url="https://example.org/a.pdf"), False),
        (Media("audio", "audio/ogg", data="aGk="), False),
        (Media("audio", url="https://example.org/a.wav"), False),
        (Media("video", "video/mp4", data="aGk="), False),
        (Media("image", file_id="file-1"), True),
    ],
)
def test_media_without_a_part_are_losses(media: Media, fatal: bool) -> None:
    found = losses(prompt_of(USER, Turn("user", (Text("see"), media))))

    assert [(loss.field, loss.fatal) for loss in found] == [("messages[1].content[1]", fatal)]
    assert messages(USER, Turn("user", (media,))) == [{"role": "user", "content": "hi"}]


def test_a_picture_that_the_assistant_drew_is_a_loss() -> None:
    assert [loss.field for loss in losses(prompt_of(Turn("assistant", (Text("a"), PICTURE))))] == [
        "messages[0].content[1]"
    ]


def test_openai_and_plain_servers_get_their_own_words() -> None:
    prompt = prompt_of(
        USER, max_output_tokens=9, verbosity="low", metadata={"a": "b"}, service_tier="flex", prompt_cache_key="k",
        user="ann", choices=2, seed=1, stop=("a", "b", "c", "d", "e"), temperature=1.5, top_k=4,
    )  # fmt: skip

    assert write(prompt, stream=True) == {
        "model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True,
        "stream_options": {"include_usage": True}, "max_completion_tokens": 9, "temperature": 1.5, "seed": 1,
        "user": "ann", "stop": ["a", "b", "c", "d"], "n": 2, "verbosity": "low",
        "prompt_cache_key": "k", "service_tier": "flex",
    }  # fmt: skip
    assert {loss.field for loss in losses(prompt)} == {"stop", "top_k", "metadata"}
    assert write(prompt, stream=True, stream_usage=False, plain=True) == {
        "model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True, "max_tokens": 9,
        "temperature": 1.5, "seed": 1, "user": "ann", "stop": ["a", "b", "c", "d", "e"], "n": 2,
    }  # fmt: skip
    assert {loss.field for loss in losses(prompt, plain=True)} == {"verbosity", "metadata", "service_tier", "top_k"}


def test_a_server_that_knows_no_schemas_is_told_in_words() -> None:
    """DeepSeek: any JSON object, and the word must be said."""
    schema = Format(schema=msgspec.Raw(b'{"type":"object"}'), name="city", strict=True)
    body = write(prompt_of(USER, format=schema), plain=True, schema=False)
    unsaid = write(prompt_of(USER, format=Format()), plain=True, schema=False)

    assert body["response_format"] == unsaid["response_format"] == {"type": "json_object"}
    assert body["messages"][0]["role"] == "system"
    assert '{"type":"object"}' in body["messages"][0]["content"]
    assert "JSON" in unsaid["messages"][0]["content"]
    assert [loss.field for loss in losses(prompt_of(USER, format=schema), plain=True, schema=False)] == ["format"]


def test_nothing_is_said_that_the_caller_did_not_say() -> None:
    assert write(prompt_of(USER)) == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize(
    ("thinking", "effort"),
    [
        (Thinking(off=True), "none"),
        (Thinking(effort="max"), "xhigh"),
        (Thinking(effort="minimal"), "minimal"),
        (Thinking(tokens=31_999), "high"),
        (Thinking(tokens=2_048), "low"),
        (Thinking(), None),
    ],
)
def test_thinking_is_an_effort_where_the_target_has_one(thinking: Thinking, effort: str | None) -> None:
    assert write(prompt_of(USER, thinking=thinking)).get("reasoning_effort") == effort
    told = losses(prompt_of(USER, thinking=thinking), plain=True, effort=False)
    assert told == ([Loss("thinking", "this target has no such setting")] if effort else [])
    assert "reasoning_effort" not in write(prompt_of(USER, thinking=thinking), plain=True, effort=False)


def test_tools_go_as_they_are() -> None:
    body = write(prompt_of(USER, tools=(ROLL, FLIP), parallel_tool_calls=False))

    assert body["tools"] == [
        {
            "type": "function",
            "function": {"name": "roll", "description": "Rolls.", "parameters": {"type": "object"}, "strict": True},
        },
        {"type": "function", "function": {"name": "flip"}},
    ]
    assert body["parallel_tool_calls"] is False
    empty = {"type": "object", "properties": {}}
    assert write(prompt_of(USER, tools=(FLIP,)), plain=True)["tools"][0]["function"]["parameters"] == empty


@pytest.mark.parametrize(
    ("choice", "written", "plain"),
    [
        (ToolChoice("auto"), "auto", "auto"),
        (ToolChoice("none"), "none", "none"),
        (ToolChoice("any"), "required", "required"),
        (ToolChoice("named", ("roll",)), {"type": "function", "function": {"name": "roll"}}, None),
        (
            ToolChoice("allowed", ("roll",)),
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "roll"}}]},
            },
            "auto",
        ),
    ],
)
def test_the_choice_of_tools_has_its_words(choice: ToolChoice, written: Any, plain: Any) -> None:
    prompt = prompt_of(USER, tools=(ROLL, FLIP), tool_choice=choice)

    assert write(prompt)["tool_choice"] == written
    body = write(prompt, plain=True)
    assert body["tool_choice"] == (written if plain is None else plain)
    assert len(body["tools"]) == (1 if choice.mode == "allowed" else 2)


def test_a_choice_among_no_tools_is_left_out() -> None:
    assert set(write(prompt_of(USER, tool_choice=ToolChoice("any"), parallel_tool_calls=True))) == {"model", "messages"}
    assert [loss.field for loss in losses(prompt_of(USER, tool_choice=ToolChoice("any")))] == ["tool_choice"]
    assert losses(prompt_of(USER, tool_choice=ToolChoice("auto"))) == []


def test_a_schema_is_a_response_format_and_json_mode_says_the_word_that_openai_wants() -> None:
    schema = msgspec.Raw(b'{"type":"object"}')
    form = Format(schema=schema, name="n", description="d", strict=True)
    assert write(prompt_of(USER, format=form))["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "n", "description": "d", "schema": json.loads(bytes(schema)), "strict": True},
    }

    silent, spoken = (
        write(prompt_of(USER, format=Format())),
        write(prompt_of(Turn("user", (Text("As JSON"),)), format=Format())),
    )
    assert silent["response_format"] == spoken["response_format"] == {"type": "json_object"}
    assert silent["messages"][0] == {"role": "system", "content": "Answer with a JSON object."}
    assert len(spoken["messages"]) == 1


def test_cache_marks_and_citations_are_left_out_without_a_word() -> None:
    prompt = prompt_of(Turn("user", (Text("a", cache="1h"),)), tools=(Tool("f", cache="5m"),))

    assert losses(prompt) == []
    assert "cache" not in json.dumps(write(prompt))
