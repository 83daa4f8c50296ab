"""Whole answers: what Anthropic sends, and what its callers get of others."""

import json
from typing import Any

import pytest

from octogate.core import seals
from octogate.core.conversation import (
    Answer,
    Choice,
    Citation,
    Finish,
    Media,
    Reasoning,
    Refusal,
    Signature,
    Text,
    ToolCall,
)
from octogate.core.usage import Usage

from .messages import CALL, DIALECT, FOREIGN, HEADING, OWN, an_answer, read_content, write_answer


def read_answer(*content: dict[str, Any], **members: Any) -> Answer:
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": content,
        "stop_reason": "end_turn",
        **members,
    }
    return DIALECT.read_answer(json.dumps(body).encode())


def test_blocks_are_parts_in_order_and_the_providers_own_work_is_skipped() -> None:
    answer = read_answer(
        {"type": "thinking", "thinking": "t", "signature": OWN.value},
        {"type": "redacted_thinking", "data": OWN.value},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": 1}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "web_search_result"}]},
        {"type": "text", "text": "a", "citations": [{"type": "char_location", "cited_text": "q", "document_index": 0, "document_title": "d", "start_char_index": 1, "end_char_index": 2}]},
        {"type": "text", "text": "b", "citations": [{"type": "web_search_result_location", "url": "u", "title": "t", "cited_text": "q", "encrypted_index": "e"}, {"type": "search_result_location", "source": "s", "title": None, "cited_text": "r"}]},
        {"type": "text", "text": ""},
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": "é"}, "caller": {"type": "direct"}},
        stop_reason="tool_use",
    )  # fmt: skip

    assert (answer.id, answer.model) == ("msg_1", "claude-x")
    assert answer.choices == (
        Choice(
            (
                Reasoning("t", OWN),
                Reasoning(signature=OWN, hidden=True),
                Text("a", (Citation(None, "d", "q"),)),
                Text("b", (Citation("u", "t", "q"), Citation("s", None, "r"))),
                ToolCall("toolu_1", "f", '{"a": "\\u00e9"}'),
            ),
            "tool_calls",
        ),
    )


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"), ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"), ("pause_turn", "pause"), ("refusal", "refusal"), (None, "stop"), ("news", "stop"),
    ],
)  # fmt: skip
def test_stop_reasons_are_finishes(reason: str | None, finish: Finish) -> None:
    assert read_answer({"type": "text", "text": "x"}, stop_reason=reason).choices[0].finish == finish


def test_the_sequence_that_stopped_an_answer_is_told() -> None:
    assert read_answer(stop_reason="stop_sequence", stop_sequence="END").choices[0].stop_sequence == "END"


def test_why_a_model_declined_is_its_refusal() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "not that"}

    assert read_answer(stop_reason="refusal", stop_details=details).choices[0].parts == (Refusal("not that"),)
    assert read_answer(stop_reason="end_turn", stop_details=details).choices[0].parts == ()


def test_usage_counts_the_cache_into_the_input() -> None:
    usage = {
        "input_tokens": 10, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 7, "output_tokens": 9,
        "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 3},
        "output_tokens_details": {"thinking_tokens": 6}, "service_tier": "standard",
    }  # fmt: skip

    answer = read_answer(usage=usage)

    assert answer.usage == Usage(
        22, 9, cached_tokens=5, cache_write_tokens=4, cache_write_1h_tokens=3, reasoning_tokens=6
    )
    assert answer.service_tier == "default"
    assert write_answer(answer)["usage"] == usage
    assert read_answer(usage=None).usage is None


def test_a_message_has_all_its_members_in_their_order() -> None:
    message = DIALECT.write_answer(an_answer(Text("hi"), usage=Usage(3, 2)), CALL, HEADING)

    assert message == (
        b'{"id":"msg_req_1","type":"message","role":"assistant","model":"gpt-x","content":[{"type":"text","text":"hi"}],'
        b'"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"cache_creation_input_tokens":0,'
        b'"cache_read_input_tokens":0,"output_tokens":2,"cache_creation":{"ephemeral_5m_input_tokens":0,'
        b'"ephemeral_1h_input_tokens":0}}}'
    )


def test_a_provider_that_says_nothing_of_usage_used_nothing() -> None:
    usage = write_answer(an_answer(Text("x")))["usage"]

    assert (usage["input_tokens"], usage["output_tokens"]) == (0, 0)


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "end_turn"), ("length", "max_tokens"), ("tool_calls", "tool_use"), ("content_filter", "refusal"),
        ("refusal", "refusal"), ("pause", "pause_turn"), ("error", "refusal"),
    ],
)  # fmt: skip
def test_finishes_are_stop_reasons(finish: Finish, reason: str) -> None:
    assert write_answer(an_answer(Text("x"), finish=finish))["stop_reason"] == reason


def test_what_an_answer_holds_decides_where_stop_says_too_little() -> None:
    assert write_answer(an_answer(ToolCall("c", "f", "{}")))["stop_reason"] == "tool_use"
    assert write_answer(an_answer(Refusal("no")))["stop_reason"] == "refusal"
    stopped = write_answer(an_answer(Text("x"), stop_sequence="END"))
    assert (stopped["stop_reason"], stopped["stop_sequence"]) == ("stop_sequence", "END")


def test_every_part_has_a_block() -> None:
    content = write_answer(
        an_answer(
            Reasoning("theirs", FOREIGN), Reasoning("nobody's"), Reasoning(signature=FOREIGN, hidden=True), Reasoning(),
            Text(""), Text("a", (Citation("u", "t", "q"), Citation(title="d"))), Refusal("no"),
            Media("image", "image/png", data="aGk="), Media("audio", "audio/wav", url="https://x/y", name="song"), Media("video", file_id="f"),
            ToolCall("c 1", "f", '{"a":1}', FOREIGN), ToolCall("c2", "g", "oops"),
        )
    )["content"]  # fmt: skip

    unsigned = seals.seal(Signature("openai_chat", ""), "anthropic_messages")
    sealed = seals.seal(FOREIGN, "anthropic_messages")
    assert content[:3] == [
        {"type": "thinking", "thinking": "theirs", "signature": sealed},
        {"type": "thinking", "thinking": "nobody's", "signature": unsigned},
        {"type": "redacted_thinking", "data": sealed},
    ]
    assert [citation["type"] for citation in content[3].pop("citations")] == ["web_search_result_location"] * 2
    assert content[3:8] == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "no"},
        {"type": "text", "text": "![image](data:image/png;base64,aGk=)"},
        {"type": "text", "text": "[song](https://x/y)"},
        {"type": "text", "text": "[video]"},
    ]
    call_id, signature = seals.unpack_id(content[8]["id"])
    assert (call_id[:5], signature, content[8]["input"]) == ("call_", FOREIGN, {"a": 1})
    assert (content[9]["id"], content[9]["input"]) == ("c2", {"arguments": "oops"})


def test_what_a_client_sends_back_is_what_it_was_given() -> None:
    """Signatures make the journey through a client of this dialect."""
    parts = (
        Reasoning("t", FOREIGN),
        Reasoning(signature=FOREIGN, hidden=True),
        Text("a"),
        ToolCall("c1", "f", "{}", FOREIGN),
    )

    assert read_content(write_answer(an_answer(*parts))["content"], "assistant") == parts


def test_only_the_first_of_several_answers_is_shown() -> None:
    answer = Answer(id="a", model="m", choices=(Choice((Text("one"),), "stop"), Choice((Text("two"),), "stop")))

    assert [block["text"] for block in write_answer(answer)["content"]] == ["one"]
