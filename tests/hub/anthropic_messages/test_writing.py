"""What Anthropic is asked, whoever asks, and what it cannot be told."""

from typing import Any

import pytest

from octogate.core.conversation import (
    Media,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)
from octogate.dialects.hub import Destination

from .messages import DIALECT, FOREIGN, OWN, fields, prompt_of, write
from .writing import CONTINUE, HI, assistant, messages_of, user


def test_a_word_needs_no_more_than_a_cap() -> None:
    body, losses = write(prompt_of(HI), model="claude-x", max_tokens=77)

    assert body == {
        "model": "claude-x",
        "max_tokens": 77,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    }
    assert losses == ()


def test_a_stream_is_asked_for_by_its_word() -> None:
    assert write(prompt_of(HI), stream=True)[0]["stream"] is True


def test_all_instructions_come_to_the_front_in_order() -> None:
    body, losses = write(
        prompt_of(
            Turn("system", (Text("a"),)),
            Turn("developer", (Text("b"), Text(""))),
            HI,
            Turn("system", (Text("c", cache="5m"),)),
            user(Text("x")),
        )
    )

    assert body["system"] == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
        {"type": "text", "text": "c", "cache_control": {"type": "ephemeral"}},
    ]
    assert [block["text"] for block in body["messages"][0]["content"]] == ["hi", "x"]
    assert losses == ()


def test_neighbours_of_one_role_are_one_message_and_empty_ones_are_none() -> None:
    assert messages_of(
        HI, user(Text("")), assistant(Text("")), user(Text("x")), assistant(Text("a")), assistant(Refusal("no")), HI
    ) == [
        ("user", [{"type": "text", "text": "hi"}, {"type": "text", "text": "x"}]),
        ("assistant", [{"type": "text", "text": "a"}, {"type": "text", "text": "no"}]),
        ("user", [{"type": "text", "text": "hi"}]),
    ]


def test_the_user_has_the_first_word() -> None:
    assert messages_of() == [("user", [CONTINUE])]
    assert messages_of(assistant(Text("a")), HI)[:2] == [
        ("user", [CONTINUE]),
        ("assistant", [{"type": "text", "text": "a"}]),
    ]


def test_a_beginning_of_the_assistants_loses_the_white_space_at_its_end() -> None:
    assert messages_of(HI, assistant(Text(" a \n")))[-1] == ("assistant", [{"type": "text", "text": " a"}])
    assert messages_of(HI, assistant(Text(" \n")))[-1] == ("user", [{"type": "text", "text": "hi"}])


def test_a_model_that_cannot_go_on_with_its_own_words_is_asked_to_continue() -> None:
    body, losses = write(prompt_of(HI, assistant(Text("a"))), model="claude-opus-4-8")

    assert body["messages"][-1] == {"role": "user", "content": [CONTINUE]}
    assert fields(losses) == ["messages"]


def test_results_stand_first_and_together_behind_their_calls() -> None:
    found = messages_of(
        HI,
        assistant(ToolCall("c1", "f", '{"a": 1}'), ToolCall("c2", "g", "")),
        user(Text("look"), ToolResult("c2", (Text("two"), Media("image", url="u")), "g", is_error=True)),
        user(ToolResult("c1", ())),
    )

    assert found[1] == ("assistant", [
        {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
        {"type": "tool_use", "id": "c2", "name": "g", "input": {}},
    ])  # fmt: skip
    assert found[2] == ("user", [
        {"type": "tool_result", "tool_use_id": "c2", "is_error": True,
         "content": [{"type": "text", "text": "two"}, {"type": "image", "source": {"type": "url", "url": "u"}}]},
        {"type": "tool_result", "tool_use_id": "c1"},
        {"type": "text", "text": "look"},
    ])  # fmt: skip


def test_arguments_reach_the_tool_byte_for_byte() -> None:
    arguments = '{"n":1.0,  "big":12345678901234567890123,"s":"\\u00e9"}'

    written = DIALECT.write_prompt(prompt_of(HI, assistant(ToolCall("c", "f", arguments))), Destination(model="m"))

    assert arguments.encode() in written.body


def test_a_call_without_a_result_is_given_one_that_says_so() -> None:
    missing = {
        "type": "tool_result",
        "tool_use_id": "c1",
        "content": [{"type": "text", "text": "No result was given."}],
        "is_error": True,
    }

    assert messages_of(HI, assistant(ToolCall("c1", "f", "{}")), user(Text("well?")))[-1] == (
        "user",
        [missing, {"type": "text", "text": "well?"}],
    )
    assert messages_of(HI, assistant(ToolCall("c1", "f", "{}")))[-1] == ("user", [missing])


def test_a_result_of_no_call_is_words_of_the_user() -> None:
    found = messages_of(
        HI,
        assistant(ToolCall("c1", "f", "{}")),
        user(ToolResult("c1", (Text("a"),)), ToolResult("c1", (Text("b"),)), ToolResult("c9", (Text("c"),))),
    )

    assert found[-1] == ("user", [
        {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "a"}]},
        {"type": "text", "text": "b"},
        {"type": "text", "text": "c"},
    ])  # fmt: skip


def test_ids_that_anthropic_refuses_are_replaced_on_both_sides() -> None:
    strange = "functions.f:0"
    found = messages_of(
        HI, assistant(ToolCall(strange, "f", "{}")), user(ToolResult(strange, (Text("a"),))),
        assistant(ToolCall(strange, "f", "{}"), ToolCall("ok", "f", "{}")), user(ToolResult("ok", ()), ToolResult(strange, (Text("b"),))),
    )  # fmt: skip

    first, second = found[1][1][0]["id"], found[3][1][0]["id"]
    assert first.startswith("call_")
    assert len(first) == len("call_") + 24
    assert first != second
    assert found[2][1][0]["tool_use_id"] == first
    assert [block["tool_use_id"] for block in found[4][1]] == ["ok", second]


def test_arguments_that_are_no_object_are_told_as_text_and_named() -> None:
    body, losses = write(prompt_of(HI, assistant(ToolCall("c", "f", '{"a":')), user(ToolResult("c", ()))))

    assert body["messages"][1]["content"][0]["input"] == {"arguments": '{"a":'}
    assert fields(losses) == ["messages[1].content[0]"]


def test_tools_that_were_called_are_told_even_when_none_may_be_called_now() -> None:
    body, losses = write(prompt_of(HI, assistant(ToolCall("c", "f", "{}")), user(ToolResult("c", ()))))

    assert body["tools"] == [{"name": "f", "input_schema": {"type": "object", "properties": {}}}]
    assert body["tool_choice"] == {"type": "none"}
    assert losses == ()


def test_only_thoughts_of_its_own_go_back_to_anthropic() -> None:
    found = messages_of(
        HI,
        assistant(
            Reasoning("mine", OWN),
            Reasoning(signature=OWN, hidden=True),
            Reasoning("theirs", FOREIGN),
            Reasoning("nobody's"),
            Text("a"),
        ),
        HI,
        assistant(Reasoning("alone", OWN)),
        user(Text("more")),
    )

    assert found == [
        ("user", [{"type": "text", "text": "hi"}]),
        ("assistant", [
            {"type": "thinking", "thinking": "mine", "signature": OWN.value},
            {"type": "redacted_thinking", "data": OWN.value},
            {"type": "text", "text": "a"},
        ]),
        ("user", [{"type": "text", "text": "hi"}, {"type": "text", "text": "more"}]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("media", "block"),
    [
        (Media("image", "image/jpg", data="aGk="), {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "aGk="}}),
        (Media("image", url="u", detail="auto"), {"type": "image", "source": {"type": "url", "url": "u"}}),
        (Media("document", "application/pdf", data="aGk=", name="a.pdf"), {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="}, "title": "a.pdf"}),
        (Media("document", "", url="u"), {"type": "document", "source": {"type": "url", "url": "u"}}),
        (Media("document", "text/markdown", data="aGk="), {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "hi"}}),
        (Media("document", "text/plain", text="x", cache="1h"), {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}, "cache_control": {"type": "ephemeral", "ttl": "1h"}}),
    ],
)  # fmt: skip
def test_media_that_anthropic_reads(media: Media, block: dict[str, Any]) -> None:
    assert messages_of(user(media)) == [("user", [block])]


@pytest.mark.parametrize(
    ("media", "field", "fatal"),
    [
        (Media("audio", "audio/wav", data="aGk="), "messages[0].content[1]", False),
        (Media("video", "video/mp4", url="u"), "messages[0].content[1]", False),
        (Media("image", "image/tiff", data="aGk="), "messages[0].content[1]", False),
        (Media("document", "application/msword", data="aGk="), "messages[0].content[1]", False),
        (Media("document", "text/html", url="u"), "messages[0].content[1]", False),
        (Media("document", "text/plain", data="/w=="), "messages[0].content[1]", False),
        (Media("image", file_id="file_1"), "messages[0].content[1]", True),
        (Media("image", url="u", detail="low"), "messages[0].content[1].detail", False),
    ],
)
def test_media_that_anthropic_cannot_be_told_is_lost_by_its_place(media: Media, field: str, fatal: bool) -> None:
    _, losses = write(prompt_of(user(Text("see"), media)))

    assert [(loss.field, loss.fatal) for loss in losses] == [(field, fatal)]


def test_what_stands_where_anthropic_has_no_place_is_lost_by_its_place() -> None:
    picture = Media("image", "image/png", data="aGk=")
    _, losses = write(
        prompt_of(
            Turn("system", (picture, Text("x"))), Turn("user", (Text("hi"), ToolCall("c", "f", "{}")), name="ann"),
            assistant(Text("a"), picture, ToolResult("c", ())), HI,
        )
    )  # fmt: skip

    assert fields(losses) == [
        "messages[0].content[0]",
        "messages[1].content[1]",
        "messages[1].name",
        "messages[2].content[1]",
        "messages[2].content[2]",
    ]
