"""Whole answers: what providers send, and what callers get."""

import json
from typing import Any

import msgspec
import pytest

from octogate.core.conversation import (
    Choice,
    Citation,
    Media,
    Reasoning,
    Refusal,
    Signature,
    Text,
    ToolCall,
)
from octogate.core.seals import unpack_id, unseal
from octogate.core.usage import Usage

from .chat import DIALECT, an_answer, write_answer

CLAUDES = Signature("anthropic_messages", "EqQB")


def read_choice(finish: str | None = "stop", /, **message: Any) -> Choice:
    body = {"id": "a", "choices": [{"message": message, "finish_reason": finish}]}
    return DIALECT.read_answer(json.dumps(body).encode()).choices[0]


def test_an_answer_says_who_gave_it_and_what_it_cost() -> None:
    answer = DIALECT.read_answer(
        b'{"id":"a","model":"m","service_tier":"flex","choices":[{"index":1,"message":{"content":"b"},"finish_reason":'
        b'"length"},{"index":0,"message":{"content":"a"},"finish_reason":"stop","stop_reason":"END","logprobs":'
        b'{"content":[]}}],"usage":{"prompt_tokens":3,"completion_tokens":2}}'
    )

    assert (answer.id, answer.model, answer.service_tier) == ("a", "m", "flex")
    assert answer.usage == Usage(input_tokens=3, output_tokens=2)
    first, second = answer.choices
    assert (first.parts, first.finish, first.stop_sequence) == ((Text("a"),), "stop", "END")
    assert first.logprobs is not None
    assert bytes(first.logprobs) == b'{"content":[]}'
    assert (second.parts, second.finish) == ((Text("b"),), "length")


@pytest.mark.parametrize("body", [b'{"choices":[]}', b'{"choices":5}', b"{}", b"[", b'{"choices":[{"message":5}]}'])
def test_a_body_without_an_answer_is_not_read(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        DIALECT.read_answer(body)


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ({"content": "a", "reasoning": "r", "reasoning_content": "r"}, (Reasoning("r"), Text("a"))),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"text": "r"}]},
                    {"type": "text", "text": "a"},
                    {"type": "x"},
                ]
            },
            (Reasoning("r"), Text("a")),
        ),
        ({"content": None, "audio": {"id": "x", "transcript": "a"}}, (Text("a"),)),
        ({"content": None, "refusal": "no"}, (Refusal("no"),)),
        (
            {"content": "a", "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]},
            (Text("a"), Media("image", "image/png", data="aGk=")),
        ),
        (
            {"content": "", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": {"a": 1}}}, {"id": "2"}]},
            (ToolCall("1", "f", '{"a":1}'),),
        ),
        ({"tool_calls": None, "function_call": None, "content": 7}, ()),
    ],
)
def test_messages_of_all_providers_are_read(message: dict[str, Any], parts: tuple[Any, ...]) -> None:
    assert read_choice(**message).parts == parts


def test_calls_without_an_id_get_one_each() -> None:
    calls = [{"function": {"name": "f"}}, {"function": {"name": "f"}}]
    first, second = read_choice(tool_calls=calls).parts
    (old,) = read_choice(function_call={"name": "f", "arguments": ""}).parts

    ids = {part.id for part in (first, second, old) if isinstance(part, ToolCall)}
    assert len(ids) == 3
    assert read_choice(tool_calls=calls).parts == (first, second)


def test_sources_are_citations() -> None:
    source = {"url": "https://example.org", "title": "T", "start_index": 1, "end_index": 2, "content": "q"}
    annotations = [{"type": "url_citation", "url_citation": source}, {"type": "file_citation"}]
    expected = Citation("https://example.org", "T", "q", 1, 2)
    assert read_choice(content="abc", annotations=annotations).parts == (Text("abc", (expected,)),)

    body = {
        "choices": [{"message": {"content": "a [1]"}}],
        "citations": ["https://example.org/1", "https://example.org/2"],
        "search_results": [{"url": "https://example.org/1", "title": "One"}],
    }
    (part,) = DIALECT.read_answer(json.dumps(body).encode()).choices[0].parts
    assert part == Text("a [1]", (Citation("https://example.org/1", "One"), Citation("https://example.org/2")))


@pytest.mark.parametrize(
    ("finish", "message", "meaning"),
    [
        ("stop", {"content": "a"}, "stop"),
        (None, {"content": "a"}, "stop"),
        ("something_new", {"content": "a"}, "stop"),
        ("length", {}, "length"),
        ("tool_calls", {}, "tool_calls"),
        ("function_call", {}, "tool_calls"),
        ("stop", {"tool_calls": [{"id": "1", "function": {"name": "f"}}]}, "tool_calls"),
        ("length", {"tool_calls": [{"id": "1", "function": {"name": "f"}}]}, "length"),
        ("content_filter", {}, "content_filter"),
        ("stop", {"refusal": "no"}, "refusal"),
        ("error", {}, "error"),
    ],
)
def test_why_it_ended(finish: str | None, message: dict[str, Any], meaning: str) -> None:
    assert read_choice(finish, **message).finish == meaning


def test_a_written_answer_has_every_member_that_strict_clients_want() -> None:
    usage = Usage(input_tokens=10, output_tokens=5, cached_tokens=4, reasoning_tokens=2, audio_input_tokens=1)

    assert write_answer(an_answer(Text("a"), Text("b"), usage=usage, service_tier="priority")) == {
        "id": "chatcmpl-req_1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "claude-x",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "ab", "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {
                "cached_tokens": 4,
                "cache_write_tokens": 0,
                "audio_tokens": 1,
                "image_tokens": 0,
            },
            "completion_tokens_details": {
                "reasoning_tokens": 2,
                "audio_tokens": 0,
                "image_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "priority",
    }
    bare = write_answer(an_answer(service_tier="standard"))
    assert bare["choices"][0]["message"]["content"] is None
    assert bare["usage"]["total_tokens"] == 0
    assert "service_tier" not in bare


def test_signatures_travel_with_ids_and_thoughts() -> None:
    message = write_answer(
        an_answer(
            Reasoning("hm", CLAUDES),
            Reasoning(signature=CLAUDES, hidden=True),
            ToolCall("call_1", "f", "{}", signature=CLAUDES),
            finish="tool_calls",
        )
    )["choices"][0]["message"]

    assert unpack_id(message["tool_calls"][0]["id"]) == ("call_1", CLAUDES)
    assert message["reasoning_content"] == "hm"
    shown, hidden = message["reasoning_details"]
    assert (shown["type"], shown["text"], hidden["type"]) == ("reasoning.text", "hm", "reasoning.encrypted")
    assert unseal(shown["signature"], "openai_chat") == unseal(hidden["data"], "openai_chat") == CLAUDES


def test_unsigned_thoughts_are_plain_text_only() -> None:
    message = write_answer(an_answer(Reasoning("hm"), Text("a")))["choices"][0]["message"]

    assert message["reasoning_content"] == "hm"
    assert "reasoning_details" not in message


@pytest.mark.parametrize(
    ("finish", "parts", "reason"),
    [
        ("stop", (), "stop"),
        ("length", (), "length"),
        ("tool_calls", (), "tool_calls"),
        ("content_filter", (), "content_filter"),
        ("refusal", (), "content_filter"),
        ("refusal", (Refusal("no"),), "stop"),
        ("pause", (), "stop"),
        ("error", (), "content_filter"),
    ],
)
def test_every_end_has_a_word(finish: Any, parts: tuple[Any, ...], reason: str) -> None:
    choice = write_answer(an_answer(*parts, finish=finish))["choices"][0]

    assert choice["finish_reason"] == reason
    assert choice["message"]["refusal"] == ("no" if parts else None)


def test_citations_lie_where_their_text_lies_in_the_message() -> None:
    told = Citation("https://example.org/1", "One", start=1, end=2)
    parts = (Text("abc"), Text("def", (Citation("https://example.org/2"), Citation(title="a book"), told)))
    annotations = write_answer(an_answer(*parts))["choices"][0]["message"]["annotations"]

    assert [each["url_citation"] for each in annotations] == [
        {"url": "https://example.org/2", "title": "", "start_index": 3, "end_index": 6},
        {"url": "https://example.org/1", "title": "One", "start_index": 4, "end_index": 5},
    ]


def test_a_caller_of_the_old_form_gets_the_old_form() -> None:
    functions = [{"name": "f"}]
    one = write_answer(an_answer(ToolCall("1", "f", "{}"), finish="tool_calls"), functions=functions)["choices"][0]
    two = write_answer(
        an_answer(ToolCall("1", "f", "{}"), ToolCall("2", "f", "{}"), finish="tool_calls"), functions=functions
    )["choices"][0]

    assert one["message"]["function_call"] == {"name": "f", "arguments": "{}"}
    assert (one["finish_reason"], two["finish_reason"]) == ("function_call", "tool_calls")
    assert "tool_calls" not in one["message"]
    assert len(two["message"]["tool_calls"]) == 2


def test_drawn_pictures_and_log_probabilities_are_passed_on() -> None:
    choice = Choice((Media("image", "image/png", data="aGk="),), "stop", logprobs=msgspec.Raw(b'{"content":[]}'))
    written = write_answer(msgspec.structs.replace(an_answer(), choices=(choice, choice)))["choices"]

    assert [each["index"] for each in written] == [0, 1]
    assert written[0]["logprobs"] == {"content": [], "refusal": None}
    assert written[0]["message"]["images"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    ]
