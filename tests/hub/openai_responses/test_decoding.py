"""Streams of this dialect as pieces."""

import json

import msgspec
import pytest

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
from octogate.core.usage import Usage

from ..shown import joined
from .responses import DIALECT, decode

CREATED = {"type": "response.created", "sequence_number": 0, "response": {"id": "r1", "model": "m1", "output": []}}
BEGUN = Begun("r1", "m1")
SEALED = Signature("openai_responses", "gAAA")


def ended(*output, kind="completed", **members):
    return {"type": f"response.{kind}", "response": {"id": "r1", "model": "m1", "output": list(output), **members}}


def added(at, kind, **members):
    return {"type": "response.output_item.added", "output_index": at, "item": {"type": kind, **members}}


def done(at, kind, **members):
    return {"type": "response.output_item.done", "output_index": at, "item": {"type": kind, **members}}


def text(delta, at=0, part=0, **members):
    return {
        "type": "response.output_text.delta",
        "output_index": at,
        "content_index": part,
        "item_id": f"i{at}",
        "delta": delta,
        **members,
    }


def arguments(delta, at):
    return {"type": "response.function_call_arguments.delta", "output_index": at, "delta": delta}


def thought(delta, at=0, section=0):
    kind = "response.reasoning_summary_text.delta"
    return {"type": kind, "output_index": at, "summary_index": section, "delta": delta}


def words(*texts):
    return [{"type": "output_text", "text": text} for text in texts]


def test_text_goes_on_as_it_comes_and_the_end_tells_why_and_what_it_cost():
    assert decode(
        CREATED,
        {"type": "response.in_progress", "response": CREATED["response"]},
        added(0, "message", id="i0"),
        {"type": "response.content_part.added", "output_index": 0, "part": {"type": "output_text", "text": ""}},
        text("Hel", logprobs=[]),
        text("lo"),
        {"type": "response.output_text.done", "output_index": 0, "text": "Hello"},
        {"type": "response.content_part.done", "output_index": 0, "content_index": 0, "part": words("Hello")[0]},
        done(0, "message", id="i0", content=words("Hello")),
        ended(
            {"type": "message", "id": "i0", "content": words("Hello")},
            usage={"input_tokens": 3, "output_tokens": 2},
            service_tier="default",
        ),
    ) == [
        BEGUN,
        TextPiece("Hel"),
        TextPiece("lo"),
        PartEnd(),
        Finished("stop"),
        UsageReport(Usage(input_tokens=3, output_tokens=2), "default"),
    ]


def test_thoughts_come_in_sections_and_are_sealed_when_they_are_whole():
    assert joined(
        decode(
            CREATED,
            added(0, "reasoning", encrypted_content="unfinished"),
            thought("a"),
            thought("b"),
            thought("c", section=1),
            done(0, "reasoning", summary=[{"text": "ab"}, {"text": "c"}], encrypted_content="gAAA"),
            text("hi", 1),
            ended(),
        )
    ) == [
        BEGUN,
        ReasoningPiece("ab\n\nc"),
        SignaturePiece(SEALED),
        PartEnd(),
        TextPiece("hi"),
        PartEnd(),
        Finished("stop"),
    ]


def test_thoughts_that_are_told_in_full_are_thoughts_too():
    told = {"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "hm"}
    assert decode(CREATED, told, ended())[1:3] == [ReasoningPiece("hm"), PartEnd()]


def test_thoughts_that_nobody_sees_are_one_piece():
    hidden = done(0, "reasoning", summary=[], encrypted_content="gAAA")
    assert decode(CREATED, added(0, "reasoning", summary=[]), hidden, ended()) == [
        BEGUN,
        HiddenReasoning(SEALED),
        Finished("stop"),
    ]


def test_a_call_opens_with_its_name_and_its_arguments_follow():
    assert decode(
        CREATED,
        added(0, "function_call", id="fc", call_id="c1", name="a", arguments=""),
        arguments('{"x"', 0),
        arguments(":1}", 0),
        {"type": "response.function_call_arguments.done", "output_index": 0, "arguments": '{"x":1}'},
        done(0, "function_call", id="fc", call_id="c1", name="a", arguments='{"x":1}'),
        ended(),
    ) == [
        BEGUN,
        ToolBegun("c1", "a"),
        ArgumentsPiece('{"x"'),
        ArgumentsPiece(":1}"),
        PartEnd(),
        Finished("tool_calls"),
    ]


def test_calls_that_come_at_the_same_time_are_told_one_after_the_other():
    assert joined(
        decode(
            CREATED,
            added(0, "function_call", call_id="c1", name="a"),
            added(1, "function_call", call_id="c2", name="b"),
            arguments('{"x":', 0),
            arguments('{"y":', 1),
            arguments("1}", 0),
            arguments("2}", 1),
            done(1, "function_call", call_id="c2", name="b", arguments='{"y":2}'),
            done(0, "function_call", call_id="c1", name="a", arguments='{"x":1}'),
            ended(),
        )
    ) == [
        BEGUN,
        ToolBegun("c1", "a"),
        ArgumentsPiece('{"x":1}'),
        PartEnd(),
        ToolBegun("c2", "b"),
        ArgumentsPiece('{"y":2}'),
        PartEnd(),
        Finished("tool_calls"),
    ]


def test_a_picture_that_is_ready_while_words_are_open_waits_for_them():
    assert decode(
        CREATED,
        text("a", 0),
        done(1, "image_generation_call", result="AAAA"),
        text("b", 0),
        done(0, "message", content=words("ab")),
        ended(),
    )[1:5] == [TextPiece("a"), TextPiece("b"), PartEnd(), MediaPiece(Media("image", "image/png", data="AAAA"))]


WHOLE = [
    {"type": "reasoning", "summary": [{"text": "hm"}], "encrypted_content": "gAAA"},
    {
        "type": "message",
        "content": [
            {
                "type": "output_text",
                "text": "hi",
                "annotations": [{"url": "https://x", "title": "X", "start_index": 0, "end_index": 2}],
            },
            {"type": "refusal", "refusal": "No."},
        ],
    },
    {"type": "function_call", "call_id": "c1", "name": "a", "arguments": '{"x":1}'},
    {"type": "image_generation_call", "result": "AAAA"},
]
WHOLE_PIECES = [
    BEGUN,
    ReasoningPiece("hm"),
    SignaturePiece(SEALED),
    PartEnd(),
    TextPiece("hi"),
    CitationPiece(Citation(url="https://x", title="X", start=0, end=2)),
    PartEnd(),
    RefusalPiece("No."),
    PartEnd(),
    ToolBegun("c1", "a"),
    ArgumentsPiece('{"x":1}'),
    PartEnd(),
    MediaPiece(Media("image", "image/png", data="AAAA")),
    Finished("tool_calls"),
]


def test_a_provider_that_sends_whole_items_only_is_understood():
    pieces = decode(CREATED, *(done(at, **item) for at, item in enumerate(whole_items())), ended())
    assert opened(pieces) == WHOLE_PIECES


def test_a_provider_that_sends_only_the_last_response_is_understood():
    assert opened(decode(ended(*WHOLE))) == WHOLE_PIECES


def test_what_was_told_three_times_is_told_once():
    pieces = decode(
        CREATED,
        thought("hm"),
        *(done(at, **item) for at, item in enumerate(whole_items())),
        ended(*WHOLE),
    )
    assert opened(pieces) == WHOLE_PIECES


def whole_items():
    return [{"kind": item["type"], **{name: item[name] for name in item if name != "type"}} for item in WHOLE]


def opened(pieces):
    """The pieces, without the empty ones that only open a part."""
    return [piece for piece in joined(pieces) if getattr(piece, "text", "x")]


def test_what_the_deltas_left_out_is_filled_in():
    assert joined(decode(CREATED, text("Hel"), done(0, "message", content=words("Hello", "!")), ended())) == [
        BEGUN,
        TextPiece("Hello"),
        PartEnd(),
        TextPiece("!"),
        PartEnd(),
        Finished("stop"),
    ]


def test_items_whose_ids_say_where_they_belong_are_not_told_twice_when_the_last_response_leaves_some_out():
    assert opened(
        decode(
            CREATED,
            added(0, "web_search_call", id="ws"),
            text("hi", 1, item_id="m"),
            ended({"type": "message", "id": "m", "content": words("hi")}),
        )
    ) == [BEGUN, TextPiece("hi"), PartEnd(), Finished("stop")]


def test_events_without_numbers_belong_to_the_item_they_name_or_to_the_last_one():
    bare = {"type": "response.output_text.delta"}
    assert joined(decode(CREATED, {**bare, "delta": "a"}, {**bare, "delta": "b"}, ended()))[1] == TextPiece("ab")
    assert joined(
        decode(CREATED, {**bare, "item_id": "x", "delta": "a"}, {**bare, "item_id": "y", "delta": "b"}, ended())
    )[1:5] == [TextPiece("a"), PartEnd(), TextPiece("b"), PartEnd()]


def test_sources_are_told_once_whenever_they_come():
    source = {"type": "url_citation", "url": "https://x", "title": "X", "start_index": 0, "end_index": 2}
    other = {**source, "url": "https://y"}
    pieces = decode(
        CREATED,
        text("hi"),
        {"type": "response.output_text.annotation.added", "output_index": 0, "annotation": source},
        done(0, "message", content=[{"type": "output_text", "text": "hi", "annotations": [source, other]}]),
        ended(),
    )
    assert [piece.citation.url for piece in pieces if isinstance(piece, CitationPiece)] == ["https://x", "https://y"]


def test_a_refusal_is_one_also_when_it_ends_as_if_complete():
    assert decode(
        CREATED, {"type": "response.refusal.delta", "output_index": 0, "content_index": 0, "delta": "No."}, ended()
    ) == [BEGUN, RefusalPiece("No."), PartEnd(), Finished("refusal")]


@pytest.mark.parametrize(
    ("kind", "members", "finish"),
    [
        ("completed", {}, "stop"),
        ("incomplete", {"incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ("incomplete", {"incomplete_details": {"reason": "content_filter"}}, "content_filter"),
    ],
)
def test_why_a_stream_ended_is_read(kind, members, finish):
    assert decode(CREATED, text("hi"), ended(kind=kind, **members))[-1] == Finished(finish)


def test_probabilities_of_tokens_are_told_in_chats_form():
    tokens = [{"token": "hi", "logprob": -0.5}]
    (_, piece, *_) = decode(CREATED, text("hi", logprobs=tokens), ended())
    assert piece.text == "hi"
    assert json.loads(bytes(piece.logprobs)) == {"content": tokens}


def test_unknown_events_are_skipped_and_so_is_all_behind_the_end():
    decoder = DIALECT.decoder()
    for event in (
        {"type": "response.mcp_call_arguments.delta", "delta": {"odd": 1}, "output_index": "x"},
        {"type": ["odd"], "delta": 5},
        {"type": "keepalive", "sequence_number": 7},
        {},
    ):
        assert list(decoder.decode(b"", json.dumps(event).encode())) == []
    assert list(decoder.decode(b"", json.dumps(ended()).encode())) == [BEGUN, Finished("stop")]
    assert list(decoder.decode(b"", b"[DONE]")) == []
    assert list(decoder.end()) == []


def test_a_known_event_of_another_shape_is_refused():
    for event in (text(5), added(0, 5), {"type": "response.completed", "response": {"output": 5}}):
        with pytest.raises((msgspec.DecodeError, ValueError)):
            DIALECT.decoder().decode(b"", json.dumps(event).encode())


def test_a_stream_that_is_closed_without_its_last_event_closes_its_parts():
    assert decode(CREATED, text("hi")) == [BEGUN, TextPiece("hi"), PartEnd(), Finished("stop")]


def test_a_call_without_arguments_has_empty_ones():
    pieces = decode(
        CREATED,
        added(0, "function_call", call_id="c", name="a", arguments=""),
        done(0, "function_call", call_id="c", name="a", arguments=""),
        ended(),
    )
    assert pieces[1:4] == [ToolBegun("c", "a"), ArgumentsPiece("{}"), PartEnd()]


def test_a_call_whose_name_comes_last_waits_for_it():
    assert joined(
        decode(
            CREATED,
            arguments('{"x":', 0),
            arguments("1}", 0),
            done(0, "function_call", call_id="c", name="a", arguments='{"x":1}'),
            ended(),
        )
    )[1:4] == [ToolBegun("c", "a"), ArgumentsPiece('{"x":1}'), PartEnd()]
