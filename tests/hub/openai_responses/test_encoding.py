"""Pieces as a stream of this dialect."""

import json

import msgspec
import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from octogate.core.conversation import (
    ArgumentsPiece,
    Begun,
    Citation,
    CitationPiece,
    Finished,
    HiddenReasoning,
    Media,
    MediaPiece,
    PartEnd,
    ReasoningPiece,
    RefusalPiece,
    Signature,
    SignaturePiece,
    TextPiece,
    ToolBegun,
    UsageReport,
)
from octogate.core.seals import unpack_id, unseal
from octogate.core.usage import Usage

from .responses import DIALECT, HEADING, an_answer, call_of, encode, events_of, write_answer

BEGUN = Begun("up", "claude-x")
CLAUDE = Signature("anthropic_messages", "EqQB")
EVENT = TypeAdapter(ResponseStreamEvent)

EVERYTHING = (
    BEGUN,
    ReasoningPiece("h"),
    ReasoningPiece("m"),
    SignaturePiece(CLAUDE),
    PartEnd(),
    HiddenReasoning(CLAUDE),
    TextPiece("See "),
    TextPiece("x"),
    CitationPiece(Citation(url="https://x", title="X", start=4, end=5)),
    CitationPiece(Citation(quote="without an address")),
    PartEnd(),
    TextPiece("More"),
    PartEnd(),
    RefusalPiece("No."),
    PartEnd(),
    ToolBegun("c1", "a", signature=Signature("gemini_generate", "Cg==")),
    ArgumentsPiece('{"x"'),
    ArgumentsPiece(":1}"),
    PartEnd(),
    ToolBegun("c2", "b"),
    PartEnd(),
    MediaPiece(Media("image", "image/png", data="AAAA")),
    TextPiece("Bye"),
    PartEnd(),
    Finished("tool_calls"),
    UsageReport(Usage(input_tokens=7, output_tokens=5), "priority"),
)


def kinds(stream):
    return [event["type"].removeprefix("response.") for event in events_of(stream)]


def test_a_text_is_announced_passed_on_and_repeated():
    stream = encode((BEGUN, TextPiece("Hel"), TextPiece("lo"), PartEnd(), Finished("stop")))
    assert kinds(stream) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert stream.split(b"\n\n")[4] == (
        b"event: response.output_text.delta\n"
        b'data: {"type":"response.output_text.delta","item_id":"msg_req_1_0","output_index":0,"content_index":0,'
        b'"delta":"Hel","logprobs":[],"sequence_number":4}'
    )


def test_every_event_has_the_next_number_and_the_encoder_knows_the_one_to_come():
    call = call_of({"model": "m", "input": "hi", "stream": True})
    encoder = DIALECT.encoder(call, HEADING)
    seen = 0
    for piece in EVERYTHING:
        seen += len(events_of(encoder.encode((piece,))))
        assert encoder.next_sequence == seen
    events = events_of(encode(EVERYTHING))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_there_is_no_end_mark():
    assert b"[DONE]" not in encode(EVERYTHING)


def test_the_sdk_knows_every_event():
    for event in events_of(encode(EVERYTHING)):
        EVENT.validate_python(event)


def test_items_and_parts_are_numbered_and_carry_their_ids_throughout():
    places = {}
    for event in events_of(encode(EVERYTHING)):
        if event["type"] == "response.output_item.added":
            places[event["output_index"]] = event["item"]["id"]
        elif "item_id" in event:
            assert places[event["output_index"]] == event["item_id"]
    assert list(places) == list(range(7))
    assert list(places.values()) == [
        "rs_req_1_0",
        "rs_req_1_1",
        "msg_req_1_2",
        "fc_req_1_3",
        "fc_req_1_4",
        "ig_req_1_5",
        "msg_req_1_6",
    ]


def test_the_last_response_is_the_whole_answer_with_its_usage():
    events = events_of(encode(EVERYTHING))
    response = events[-1]["response"]
    assert response["output"] == [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert response["usage"]["total_tokens"] == 12
    assert (response["status"], response["service_tier"], response["model"]) == ("completed", "priority", "claude-x")
    assert [[part["type"] for part in item["content"]] for item in response["output"] if item["type"] == "message"] == [
        ["output_text", "output_text", "refusal"],
        ["output_text"],
    ]
    assert events[0]["response"] == events[1]["response"]
    assert (events[0]["response"]["status"], events[0]["response"]["usage"]) == ("in_progress", None)


def test_a_streamed_answer_is_the_one_that_would_have_come_whole():
    streamed = events_of(encode(EVERYTHING))[-1]["response"]
    answer = DIALECT.read_answer(json.dumps(streamed).encode())
    assert write_answer(answer, stream=True) == streamed


def test_deltas_add_up_to_what_the_done_events_repeat():
    events = events_of(encode(EVERYTHING))
    for delta, done, member in (
        ("output_text.delta", "output_text.done", "text"),
        ("refusal.delta", "refusal.done", "refusal"),
        ("reasoning_summary_text.delta", "reasoning_summary_text.done", "text"),
        ("function_call_arguments.delta", "function_call_arguments.done", "arguments"),
    ):
        added: dict[tuple[int, int], str] = {}
        for event in events:
            place = (event.get("output_index"), event.get("content_index", 0))
            if event["type"] == f"response.{delta}":
                added[place] = added.get(place, "") + event["delta"]
            elif event["type"] == f"response.{done}":
                assert added.pop(place) == event[member]
        assert not added


def test_thoughts_are_sealed_when_they_are_whole_and_hidden_ones_have_no_text():
    shown, hidden = (
        event["item"]
        for event in events_of(encode(EVERYTHING))
        if event["type"] == "response.output_item.done" and event["item"]["type"] == "reasoning"
    )
    assert shown["summary"] == [{"type": "summary_text", "text": "hm"}]
    assert hidden["summary"] == []
    assert unseal(shown["encrypted_content"], "openai_responses") == CLAUDE
    assert unseal(hidden["encrypted_content"], "openai_responses") == CLAUDE


def test_thoughts_without_words_that_are_sealed_are_not_hidden():
    (item,) = (
        event["item"]
        for event in events_of(encode((BEGUN, ReasoningPiece(""), SignaturePiece(CLAUDE), PartEnd(), Finished("stop"))))
        if event["type"] == "response.output_item.done"
    )
    assert item["summary"] == [{"type": "summary_text", "text": ""}]


def test_the_id_of_a_call_carries_its_signature_from_the_first_event_on():
    calls = [
        event["item"]["call_id"]
        for event in events_of(encode(EVERYTHING))
        if event["type"].startswith("response.output_item") and event["item"]["type"] == "function_call"
    ]
    assert [unpack_id(call_id)[0] for call_id in calls] == ["c1", "c1", "c2", "c2"]
    assert unpack_id(calls[0])[1] == Signature("gemini_generate", "Cg==")


def test_a_call_without_arguments_has_an_empty_object_also_in_its_deltas():
    events = events_of(encode((BEGUN, ToolBegun("c", "a"), PartEnd(), Finished("tool_calls"))))
    assert [event["delta"] for event in events if event["type"].endswith("arguments.delta")] == ["{}"]
    assert events[-1]["response"]["output"][0]["arguments"] == "{}"


def test_a_function_in_a_namespace_gets_its_own_name_back():
    space = {"type": "namespace", "name": "crm", "description": "C", "tools": [{"type": "function", "name": "find"}]}
    pieces = (BEGUN, ToolBegun("c", "crm__find"), PartEnd(), Finished("tool_calls"))
    names = [
        (event["item"]["name"], event["item"]["namespace"])
        for event in events_of(encode(pieces, tools=[space]))
        if "item" in event
    ]
    assert names == [("find", "crm"), ("find", "crm")]


@pytest.mark.parametrize(
    ("finish", "kind", "reason"),
    [
        ("stop", "completed", None),
        ("pause", "completed", None),
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
        ("refusal", "incomplete", "content_filter"),
        ("error", "failed", None),
    ],
)
def test_a_stream_ends_as_its_answer_did(finish, kind, reason):
    last = events_of(encode((BEGUN, TextPiece("hi"), PartEnd(), Finished(finish))))[-1]
    assert last["type"] == f"response.{kind}"
    assert last["response"]["status"] == kind
    assert (last["response"]["incomplete_details"] or {}).get("reason") == reason


def test_a_refusal_in_words_completes_a_stream():
    last = events_of(encode((BEGUN, RefusalPiece("No."), PartEnd(), Finished("refusal"))))[-1]
    assert last["type"] == "response.completed"


def test_a_message_that_was_cut_off_says_so():
    last = events_of(encode((BEGUN, TextPiece("hi"), PartEnd(), Finished("length"))))[-1]
    assert last["response"]["output"][0]["status"] == "incomplete"


def test_probabilities_that_are_null_are_none():
    pieces = (BEGUN, TextPiece("hi", logprobs=msgspec.Raw(b"null")), PartEnd(), Finished("stop"))
    assert [event["logprobs"] for event in events_of(encode(pieces)) if "logprobs" in event] == [[], []]


def test_usage_that_comes_early_or_never_is_there_at_the_end():
    early = events_of(encode((Begun("up", "m", Usage(input_tokens=3)), Finished("stop"))))[-1]["response"]
    never = events_of(encode((BEGUN, Finished("stop"))))[-1]["response"]
    assert early["usage"]["input_tokens"] == 3
    assert never["usage"]["total_tokens"] == 0


def test_probabilities_of_tokens_are_told_with_the_deltas_and_again_at_the_end():
    tokens = [{"token": "hi", "logprob": -0.5, "top_logprobs": []}]
    raw = msgspec.Raw(json.dumps({"content": tokens}).encode())
    events = events_of(encode((BEGUN, TextPiece("hi", logprobs=raw), PartEnd(), Finished("stop"))))
    told = [event["logprobs"] for event in events if "logprobs" in event]
    assert told == [tokens, tokens]
    assert events[-1]["response"]["output"][0]["content"][0]["logprobs"] == tokens


def test_other_answers_than_the_first_are_left_out():
    pieces = (
        BEGUN,
        TextPiece("a"),
        TextPiece("b", choice=1),
        PartEnd(choice=1),
        PartEnd(),
        Finished("length", choice=1),
    )
    response = events_of(encode((*pieces, Finished("stop"))))[-1]["response"]
    assert [part["text"] for part in response["output"][0]["content"]] == ["a"]
    assert response["status"] == "completed"


def test_a_stream_of_nothing_is_still_a_response():
    assert kinds(encode(())) == ["created", "in_progress", "completed"]


def test_many_pieces_at_once_are_written_as_if_they_had_come_one_by_one():
    encoder = DIALECT.encoder(call_of({"model": "m", "input": "hi", "stream": True}), HEADING)
    assert encoder.encode(EVERYTHING) + encoder.end() == encode(EVERYTHING)
    assert encoder.encode(()) == b""


def test_what_we_write_whole_says_the_same_as_what_we_stream():
    whole = write_answer(an_answer(finish="stop"), stream=True)
    streamed = events_of(encode((BEGUN, Finished("stop"))))[-1]["response"]
    assert whole == streamed
