"""Whole answers, both ways."""

import json

import msgspec
import pytest
from openai.types.responses import Response

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

from .responses import DIALECT, an_answer, turns, write_answer

USAGE = Usage(
    input_tokens=100,
    output_tokens=50,
    cached_tokens=30,
    cache_write_tokens=10,
    cache_write_1h_tokens=5,
    reasoning_tokens=20,
)
CLAUDE = Signature("anthropic_messages", "EqQB")


def read(**members):
    return DIALECT.read_answer(json.dumps({"id": "resp_1", "model": "m1", "output": [], **members}).encode())


def test_every_item_of_an_answer_is_a_part_and_the_work_of_hosted_tools_is_none():
    answer = read(
        status="completed",
        service_tier="default",
        usage={"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 3}},
        output=[
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "a"}, {"text": "b"}]},
            {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "gAAA"},
            {"type": "reasoning", "id": "rs_3", "summary": []},
            {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}},
            {
                "type": "message",
                "content": [
                    {
                        "type": "output_text",
                        "text": "See x.",
                        "annotations": [
                            {
                                "type": "url_citation",
                                "url": "https://x",
                                "title": "X",
                                "start_index": 4,
                                "end_index": 5,
                            },
                            {"type": "file_citation", "file_id": "f", "filename": "a.txt", "index": 3},
                        ],
                    },
                    {"type": "output_text", "text": "More."},
                ],
            },
            {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "a", "arguments": ""},
            {"type": "image_generation_call", "result": "AAAA", "output_format": "webp"},
            {"type": "image_generation_call", "result": None},
        ],
    )
    assert answer.choices == (
        Choice(
            (
                Reasoning("a\n\nb"),
                Reasoning("", Signature("openai_responses", "gAAA"), hidden=True),
                Text(
                    "See x.",
                    (Citation(url="https://x", title="X", start=4, end=5), Citation(title="a.txt")),
                ),
                Text("More."),
                ToolCall("c1", "a", "{}"),
                Media("image", "image/webp", data="AAAA"),
            ),
            "tool_calls",
        ),
    )
    assert (answer.id, answer.model, answer.service_tier) == ("resp_1", "m1", "default")
    assert answer.usage == Usage(input_tokens=9, output_tokens=4, cached_tokens=3)


@pytest.mark.parametrize(
    ("members", "finish"),
    [
        ({"status": "completed"}, "stop"),
        ({}, "stop"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
        ({"status": "incomplete", "incomplete_details": None}, "length"),
        ({"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]}, "refusal"),
        ({"output": [{"type": "function_call", "call_id": "c", "name": "a", "arguments": "{}"}]}, "tool_calls"),
    ],
)
def test_why_an_answer_ended_is_read(members, finish):
    assert read(**members).choices[0].finish == finish


def test_probabilities_of_tokens_are_told_in_chats_form_and_back():
    tokens = [{"token": "hi", "logprob": -0.5, "bytes": [104, 105], "top_logprobs": []}]
    text = {"type": "output_text", "text": "hi", "annotations": [], "logprobs": tokens}
    answer = read(output=[{"type": "message", "content": [text]}])
    assert json.loads(bytes(answer.choices[0].logprobs)) == {"content": tokens}
    assert write_answer(answer)["output"][0]["content"][0] == text


def test_an_answer_is_written_as_a_whole_response():
    body = write_answer(
        an_answer(
            Reasoning("hm", CLAUDE),
            Text("See x.", (Citation(url="https://x", title="X", start=4, end=5), Citation(quote="no address"))),
            Refusal("No."),
            ToolCall("c1", "a", '{"x":1}', Signature("gemini_generate", "Cg==")),
            Media("image", "image/png", data="AAAA"),
            Text("Bye."),
            finish="tool_calls",
            usage=USAGE,
            service_tier="priority",
        )
    )
    call_id, signature = unpack_id(body["output"][2]["call_id"])
    assert (call_id, signature) == ("c1", Signature("gemini_generate", "Cg=="))
    assert unseal(body["output"][0]["encrypted_content"], "openai_responses") == CLAUDE
    del body["output"][0]["encrypted_content"], body["output"][2]["call_id"]
    assert body["output"] == [
        {"id": "rs_req_1_0", "type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {
            "id": "msg_req_1_1",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [
                {
                    "type": "output_text",
                    "text": "See x.",
                    "annotations": [
                        {"type": "url_citation", "url": "https://x", "title": "X", "start_index": 4, "end_index": 5}
                    ],
                    "logprobs": [],
                },
                {"type": "refusal", "refusal": "No."},
            ],
        },
        {"id": "fc_req_1_2", "type": "function_call", "status": "completed", "name": "a", "arguments": '{"x":1}'},
        {
            "id": "ig_req_1_3",
            "type": "image_generation_call",
            "status": "completed",
            "output_format": "png",
            "result": "AAAA",
        },
        {
            "id": "msg_req_1_4",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Bye.", "annotations": [], "logprobs": []}],
        },
    ]


def test_a_response_has_every_member_that_clients_may_look_for():
    body = write_answer(an_answer(Text("Hi."), usage=USAGE, service_tier="priority"))
    del body["output"]
    assert body == {
        "id": "resp_req_1",
        "object": "response",
        "created_at": 1_700_000_000,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": "claude-x",
        "previous_response_id": None,
        "service_tier": "priority",
        "store": False,
        "usage": {
            "input_tokens": 100,
            "input_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 15},
            "output_tokens": 50,
            "output_tokens_details": {"reasoning_tokens": 20},
            "total_tokens": 150,
        },
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "tools": [],
    }


def test_an_answer_repeats_what_the_caller_asked_for():
    said = {
        "instructions": "Be brief.",
        "temperature": 0.2,
        "text": {"format": {"type": "json_object"}},
        "reasoning": {"effort": "low"},
        "metadata": {"a": "b"},
        "tool_choice": {"type": "function", "name": "a"},
        "parallel_tool_calls": False,
        "truncation": None,
        "max_output_tokens": 7,
    }
    space = {"type": "namespace", "name": "b", "tools": []}
    tools = [{"type": "function", "name": "a"}, {"type": "web_search"}, space]
    body = write_answer(an_answer(Text("hi")), tools=tools, **said)
    assert {name: body[name] for name in said} == {**said, "truncation": "disabled"}
    assert body["tools"] == [
        {"type": "function", "name": "a", "parameters": None, "strict": None},
        {"type": "web_search"},
        space,
    ]


def test_a_tier_that_openai_does_not_have_is_the_usual_one():
    assert write_answer(an_answer(service_tier="on_demand"))["service_tier"] == "default"


def test_a_call_of_a_function_in_a_namespace_gets_its_own_name_back():
    space = {"type": "namespace", "name": "crm", "description": "C", "tools": [{"type": "function", "name": "find"}]}
    body = write_answer(an_answer(ToolCall("c", "crm__find", "{}"), ToolCall("d", "other", "{}")), tools=[space])
    assert [(item["name"], item.get("namespace")) for item in body["output"]] == [("find", "crm"), ("other", None)]


@pytest.mark.parametrize(
    ("finish", "status", "reason"),
    [
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        ("pause", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
        ("refusal", "incomplete", "content_filter"),
        ("error", "failed", None),
    ],
)
def test_why_an_answer_ended_is_written(finish, status, reason):
    body = write_answer(an_answer(Text("hi"), finish=finish))
    assert body["status"] == status
    assert (body["incomplete_details"] or {}).get("reason") == reason
    assert (body["error"] is not None) == (status == "failed")


def test_a_refusal_in_words_is_a_whole_answer():
    assert write_answer(an_answer(Refusal("No."), finish="refusal"))["status"] == "completed"


def test_a_provider_that_says_nothing_of_its_usage_counts_as_zero_where_clients_need_a_number():
    assert write_answer(an_answer(Text("hi")))["usage"]["total_tokens"] == 0


def test_a_source_without_a_place_covers_its_whole_text():
    body = write_answer(an_answer(Text("abc", (Citation(url="https://x"),))))
    assert body["output"][0]["content"][0]["annotations"] == [
        {"type": "url_citation", "url": "https://x", "title": "", "start_index": 0, "end_index": 3}
    ]


@pytest.mark.parametrize(
    "thought",
    [
        Reasoning("hm", CLAUDE),
        Reasoning("", CLAUDE),
        Reasoning("", CLAUDE, hidden=True),
        Reasoning("hm"),
        Reasoning("hm", Signature("openai_responses", "gAAA")),
    ],
)
def test_thoughts_that_a_client_brings_back_are_what_it_was_given(thought):
    (item,) = write_answer(an_answer(thought))["output"]
    assert turns(item)[0].parts == (thought,)


def test_only_the_message_at_which_an_answer_was_cut_off_is_incomplete():
    cut = an_answer(Text("a"), ToolCall("c", "f", "{}"), Text("b"), finish="length")
    assert [item["status"] for item in write_answer(cut)["output"]] == ["completed", "completed", "incomplete"]


def test_an_empty_answer_is_an_answer():
    body = write_answer(an_answer(finish="content_filter"))
    assert body["output"] == []
    assert body["incomplete_details"] == {"reason": "content_filter"}


def test_the_sdk_reads_what_we_write():
    body = write_answer(
        an_answer(Reasoning("hm", CLAUDE), Text("hi"), ToolCall("c", "a", "{}"), finish="tool_calls", usage=USAGE),
        tools=[{"type": "function", "name": "a"}],
    )
    response = Response.model_validate(body)
    assert response.output_text == "hi"
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
    assert response.usage.input_tokens_details.cached_tokens == 30


def test_what_was_written_is_read_as_it_was_meant():
    answer = an_answer(
        Reasoning("hm", Signature("openai_responses", "gAAA")),
        Text("hi", (Citation(url="https://x", title="X", start=0, end=2),)),
        ToolCall("c", "a", '{"x":1}'),
        Media("image", "image/png", data="AAAA"),
        finish="tool_calls",
        usage=Usage(input_tokens=3, output_tokens=2),
        service_tier="default",
    )
    again = DIALECT.read_answer(json.dumps(write_answer(answer)).encode())
    assert again.choices[0].parts[1:] == answer.choices[0].parts[1:]
    assert again.choices[0].parts[0].text == "hm"
    assert (again.choices[0].finish, again.usage) == ("tool_calls", answer.usage)
    assert msgspec.json.encode(again)


def test_only_the_first_of_several_answers_is_written():
    answer = msgspec.structs.replace(an_answer(), choices=(Choice((Text("a"),), "stop"), Choice((Text("b"),), "stop")))
    assert [item["content"][0]["text"] for item in write_answer(answer)["output"]] == ["a"]
