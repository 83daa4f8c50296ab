"""What callers of this dialect ask for, in every form that it has."""

from typing import Any

import pytest

from octogate.core import seals
from octogate.core.conversation import (
    Citation,
    Format,
    Media,
    Reasoning,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

from ..shown import shown
from .messages import DIALECT, FOREIGN, HI, OWN, call_of, lost, read, read_content


def test_system_comes_first_and_each_message_is_one_turn() -> None:
    prompt = read(
        system=[{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        messages=[
            {"role": "user", "content": "a"},
            {"role": "user", "content": [{"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}}]},
            {"role": "system", "content": "from now on: French"},
            {"role": "assistant", "content": "c"},
        ],
    )

    assert prompt.turns == (
        Turn("system", (Text("be brief", cache="1h"),)),
        Turn("user", (Text("a"),)),
        Turn("user", (Text("b", cache="5m"),)),
        Turn("system", (Text("from now on: French"),)),
        Turn("assistant", (Text("c"),)),
    )
    assert prompt.losses == ()


def test_system_may_be_a_string_or_nothing() -> None:
    assert read(system="x").turns[0] == Turn("system", (Text("x"),))
    assert [turn.role for turn in (*read(system="").turns, *read(system=None).turns, *read(system=[]).turns)] == [
        "user"
    ] * 3


@pytest.mark.parametrize(
    ("block", "media"),
    [
        ({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
         Media("image", "image/png", data="aGk=")),
        ({"type": "image", "source": {"type": "url", "url": "https://example.org/x"}, "cache_control": {"type": "ephemeral"}},
         Media("image", url="https://example.org/x", cache="5m")),
        ({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="}, "title": "a"},
         Media("document", "application/pdf", data="aGk=", name="a")),
        ({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
         Media("document", "text/plain", text="words")),
        ({"type": "document", "source": {"type": "url", "url": "https://example.org/x.pdf"}},
         Media("document", "application/pdf", url="https://example.org/x.pdf")),
        ({"type": "document", "source": {"type": "content", "content": "words"}},
         Media("document", "text/plain", text="words")),
        ({"type": "search_result", "source": "https://example.org", "title": "t", "content": [{"type": "text", "text": "x"}]},
         Media("document", "text/plain", text="https://example.org\nx", name="t")),
    ],
)  # fmt: skip
def test_pictures_and_documents_are_media(block: dict[str, Any], media: Media) -> None:
    assert read_content([block]) == (media,)


def test_a_document_made_of_blocks_keeps_its_pictures() -> None:
    picture = {"type": "image", "source": {"type": "url", "url": "u"}}
    content = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, picture, {"type": "text", "text": "c"}]
    block = {
        "type": "document",
        "title": "t",
        "source": {"type": "content", "content": content},
        "cache_control": {"type": "ephemeral"},
    }

    assert read_content([block]) == (
        Media("document", "text/plain", text="a\nb", name="t"),
        Media("image", url="u"),
        Media("document", "text/plain", text="c", name="t", cache="5m"),
    )


def test_what_only_this_provider_makes_of_a_document_is_lost_by_name() -> None:
    block = {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": "x"},
        "context": "mine",
        "citations": {"enabled": True},
    }
    prompt = read(
        messages=[{"role": "user", "content": [block, {**block, "context": None, "citations": {"enabled": False}}]}]
    )

    assert lost(prompt) == {"messages[0].content[0].context": False, "messages[0].content[0].citations": False}


def test_calls_and_results_find_each_other_by_bare_ids() -> None:
    packed = seals.pack_id("call_1", FOREIGN)
    prompt = read(
        messages=[
            *HI,
            {"role": "assistant", "content": [{"type": "tool_use", "id": packed, "name": "f", "input": {"a": [1]}}, {"type": "tool_use", "id": "toolu_2", "name": "g", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": packed, "content": [{"type": "text", "text": "x"}, {"type": "image", "source": {"type": "url", "url": "u"}}], "is_error": True},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "y", "cache_control": {"type": "ephemeral"}},
                {"type": "tool_result", "tool_use_id": "toolu_3"},
            ]},
        ]
    )  # fmt: skip

    assert prompt.turns[1].parts == (ToolCall("call_1", "f", '{"a": [1]}', FOREIGN), ToolCall("toolu_2", "g", "{}"))
    assert prompt.turns[2].parts == (
        ToolResult("call_1", (Text("x"), Media("image", url="u")), "f", is_error=True),
        ToolResult("toolu_2", (Text("y"),), "g", cache="5m"),
        ToolResult("toolu_3", ()),
    )


def test_thoughts_come_back_with_the_signature_of_who_thought_them() -> None:
    unsigned = seals.seal(seals.Signature("openai_chat", ""), "anthropic_messages")
    parts = read_content(
        [
            {"type": "thinking", "thinking": "mine", "signature": OWN.value},
            {"type": "thinking", "thinking": "theirs", "signature": seals.seal(FOREIGN, "anthropic_messages")},
            {"type": "thinking", "thinking": "nobody's", "signature": unsigned},
            {"type": "redacted_thinking", "data": OWN.value},
            {"type": "redacted_thinking", "data": seals.seal(FOREIGN, "anthropic_messages")},
            {"type": "redacted_thinking", "data": unsigned},
        ],
        "assistant",
    )

    assert parts == (
        Reasoning("mine", OWN),
        Reasoning("theirs", FOREIGN),
        Reasoning("nobody's"),
        Reasoning(signature=OWN, hidden=True),
        Reasoning(signature=FOREIGN, hidden=True),
    )


def test_the_work_of_the_providers_own_tools_is_lost_by_its_path() -> None:
    prompt = read(
        messages=[
            {"role": "user", "content": [{"type": "container_upload", "file_id": "f"}, {"type": "text", "text": "hi"}]},
            {"role": "assistant", "content": [
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
                {"type": "text", "text": "found", "citations": [{"type": "web_search_result_location", "url": "u", "title": "t", "cited_text": "q", "encrypted_index": "e"}]},
            ]},
            {"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "file_1"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": [{"type": "tool_reference", "tool_name": "x"}]}]},
        ]
    )  # fmt: skip

    assert lost(prompt) == {
        "messages[0].content[0]": True,
        "messages[1].content[0]": False,
        "messages[1].content[1]": False,
        "messages[2].content[0].source.file_id": True,
        "messages[3].content[0].content[0]": False,
    }
    assert prompt.turns[1].parts == (Text("found", (Citation("u", "t", "q"),)),)


def test_tools_keep_their_schemas_byte_for_byte() -> None:
    schema = '{"type":"object",  "properties":{"é":{}}}'
    body = (
        '{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f","input_schema":'
        + schema
        + "}]}"
    )
    call = DIALECT.read_call(
        body.encode(),
        call_of({"model": "m", "max_tokens": 1, "messages": HI}).endpoint,
        max_output_tokens=9,
        max_messages=9,
    )

    (tool,) = DIALECT.read_prompt(call).tools

    assert tool.schema is not None
    assert bytes(tool.schema).decode() == schema


def test_tools_of_callers_are_told_from_tools_of_the_provider() -> None:
    schema = {"type": "object"}
    prompt = read(
        tools=[
            {"type": "custom", "name": "f", "description": "does f", "input_schema": schema, "strict": True, "cache_control": {"type": "ephemeral"}},
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
            {"name": "g", "input_schema": schema, "input_examples": [{"a": 1}]},
            {"name": "h", "input_schema": schema, "allowed_callers": ["code_execution_20260120"]},
        ],
        tool_choice={"type": "tool", "name": "f", "disable_parallel_tool_use": True},
    )  # fmt: skip

    assert shown(prompt.tools) == [
        {"is": "Tool", "name": "f", "description": "does f", "schema": schema, "strict": True, "cache": "5m"},
        {"is": "Tool", "name": "g", "schema": schema},
    ]
    assert prompt.tool_choice == ToolChoice("named", ("f",))
    assert prompt.settings.parallel_tool_calls is False
    assert lost(prompt) == {"tools[1]": False, "tools[2].input_examples": False, "tools[3]": False}


@pytest.mark.parametrize(
    ("written", "choice"),
    [("auto", ToolChoice("auto")), ("any", ToolChoice("any")), ("none", ToolChoice("none"))],
)
def test_choices_have_their_words(written: str, choice: ToolChoice) -> None:
    tools = [{"name": "f", "input_schema": {"type": "object"}}]

    assert read(tools=tools, tool_choice={"type": written}).tool_choice == choice


def test_the_choice_of_a_tool_that_is_lost_is_lost_with_it() -> None:
    prompt = read(tools=[{"type": "bash_20250124", "name": "bash"}], tool_choice={"type": "tool", "name": "bash"})

    assert prompt.tool_choice is None
    assert set(lost(prompt)) == {"tools[0]", "tool_choice"}


@pytest.mark.parametrize(
    ("members", "thinking"),
    [
        (
            {"thinking": {"type": "enabled", "budget_tokens": 2_000, "display": "omitted"}},
            Thinking(tokens=2_000, show=False),
        ),
        ({"thinking": {"type": "disabled"}}, Thinking(off=True)),
        ({"thinking": {"type": "adaptive", "display": "summarized"}}, Thinking(show=True)),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "xhigh"}}, Thinking(effort="max")),
        ({"output_config": {"effort": "low"}}, Thinking(effort="low")),
        ({"thinking": None, "output_config": None}, None),
    ],
)
def test_thinking_has_two_measures(members: dict[str, Any], thinking: Thinking | None) -> None:
    prompt = read(**members)

    assert prompt.settings.thinking == thinking
    assert prompt.losses == ()


def test_settings_are_read_whole() -> None:
    schema = {"type": "object"}
    settings = read(
        max_tokens=77, temperature=0.5, top_p=0.9, top_k=5, stop_sequences=["a", "b"], metadata={"user_id": "u"},
        service_tier="standard_only", output_config={"format": {"type": "json_schema", "schema": schema}},
    ).settings  # fmt: skip

    assert (settings.max_output_tokens, settings.temperature, settings.top_p, settings.top_k) == (77, 0.5, 0.9, 5)
    assert (settings.stop, settings.user, settings.service_tier) == (("a", "b"), "u", "default")
    assert shown(settings.format) == {"is": "Format", "schema": schema}
    older = read(output_format={"type": "json_schema", "schema": schema}).settings.format
    assert isinstance(older, Format)
    assert shown(older) == shown(settings.format)


def test_members_that_only_this_dialect_has_are_losses_and_envelopes_are_none() -> None:
    prompt = read(
        stream=True, cache_control={"type": "ephemeral"}, betas=["x"], container="c", mcp_servers=[{}], inference_geo="eu",
        context_management={"edits": []}, metadata={"user_id": None, "trace": "1"}, speed=None,
    )  # fmt: skip

    assert lost(prompt) == {
        "container": False, "mcp_servers": False, "inference_geo": False, "context_management": False, "metadata.trace": False,
    }  # fmt: skip


def test_the_body_of_a_coding_client_is_read_without_a_fault_and_with_one_loss() -> None:
    mark = {"type": "ephemeral"}
    prompt = read(
        model="claude-x", max_tokens=32_000, stream=True,
        system=[{"type": "text", "text": "one"}, {"type": "text", "text": "two", "cache_control": mark}, {"type": "text", "text": "three", "cache_control": mark}],
        tools=[{"name": f"tool_{at}", "description": "d", "input_schema": {"$schema": "s", "type": "object", "properties": {}}} for at in range(24)],
        thinking={"type": "enabled", "budget_tokens": 31_999},
        context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        metadata={"user_id": "user_1_account__session_2"},
    )  # fmt: skip

    assert len(prompt.tools) == 24
    assert prompt.settings.thinking == Thinking(tokens=31_999)
    assert lost(prompt) == {"context_management": False}
