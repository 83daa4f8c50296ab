"""Streams: Anthropic's as pieces, and pieces as a stream that the strictest client accepts."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.core import seals
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
    Piece,
    ReasoningPiece,
    RefusalPiece,
    Signature,
    SignaturePiece,
    TextPiece,
    ToolBegun,
    UsageReport,
)
from octogate.core.usage import Usage
from octogate.dialects.anthropic_messages import encoder

from ..shown import joined
from .messages import CALL, DIALECT, FOREIGN, HEADING, OWN, decode, encode, events_of, sse

BEGUN = Begun("up_1", "gpt-x")
START = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "claude-x", "usage": {"input_tokens": 4, "output_tokens": 1}},
}
STARTED = Begun("msg_1", "claude-x", Usage(4, 1))
END = PartEnd()


def block(index: int, content: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": content},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def last(reason: str | None = "end_turn", **members: Any) -> list[dict[str, Any]]:
    return [
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": None, **members},
            "usage": {"output_tokens": 9},
        },
        {"type": "message_stop"},
    ]


def pieces_in(*events: dict[str, Any]) -> list[Piece]:
    """What lies between the begin and the usage of a whole stream."""
    pieces = decode(sse(START, *events, *last()))
    assert pieces[0] == STARTED
    assert pieces[-2:] == [UsageReport(Usage(4, 9)), Finished("stop")]
    return pieces[1:-2]


def written(*pieces: Piece) -> list[dict[str, Any]]:
    """The events of the content blocks for these pieces."""
    events = events_of(encode(BEGUN, *pieces, Finished("stop")))
    assert [event["type"] for event in events[:1] + events[-2:]] == ["message_start", "message_delta", "message_stop"]
    return events[1:-2]


def test_a_block_of_text_is_a_part() -> None:
    words = [
        {"type": "text_delta", "text": "a"},
        {"type": "text_delta", "text": ""},
        {"type": "text_delta", "text": "é"},
    ]

    assert pieces_in({"type": "ping"}, *block(0, {"type": "text", "text": ""}, *words)) == [TextPiece("aé"), END]


def test_a_block_without_a_word_is_none() -> None:
    assert (
        pieces_in(
            *block(0, {"type": "text", "text": ""}), *block(1, {"type": "thinking", "thinking": "", "signature": ""})
        )
        == []
    )


def test_sources_follow_the_words_even_when_they_came_first() -> None:
    citation = {"type": "char_location", "cited_text": "q", "document_title": "d", "document_index": 0}
    content = block(
        0,
        {"type": "text", "text": "", "citations": []},
        {"type": "citations_delta", "citation": citation},
        {"type": "text_delta", "text": "a"},
    )

    assert pieces_in(*content, *block(1, {"type": "text", "text": "b"})) == [
        TextPiece("a"), CitationPiece(Citation(None, "d", "q")), END, TextPiece("b"), END,
    ]  # fmt: skip


def test_thoughts_end_with_their_signature() -> None:
    thinking = {"type": "thinking", "thinking": "", "signature": ""}
    signature = {"type": "signature_delta", "signature": OWN.value}

    assert pieces_in(*block(0, thinking, {"type": "thinking_delta", "thinking": "t"}, signature)) == [
        ReasoningPiece("t"),
        SignaturePiece(OWN),
        END,
    ]
    assert pieces_in(*block(0, thinking, signature)) == [ReasoningPiece(""), SignaturePiece(OWN), END]
    assert pieces_in(*block(0, {"type": "redacted_thinking", "data": OWN.value})) == [HiddenReasoning(OWN)]


def test_calls_have_their_arguments_whichever_way_they_come() -> None:
    tool = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
    begun = ToolBegun("toolu_1", "f")
    pieces = [{"type": "input_json_delta", "partial_json": text} for text in ("", '{"a"', ":1}")]

    assert pieces_in(*block(0, tool, *pieces)) == [begun, ArgumentsPiece('{"a":1}'), END]
    assert pieces_in(*block(0, tool)) == [begun, ArgumentsPiece("{}"), END]
    assert pieces_in(*block(0, {**tool, "input": {"a": 1}})) == [begun, ArgumentsPiece('{"a": 1}'), END]


def test_the_providers_own_work_is_skipped() -> None:
    work = [
        *block(
            0,
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
            {"type": "input_json_delta", "partial_json": "{}"},
        ),
        *block(
            1,
            {
                "type": "web_search_tool_result",
                "tool_use_id": "s",
                "content": [{"type": "web_search_result", "title": "x"}],
            },
        ),
    ]

    assert pieces_in(*work, *block(2, {"type": "text", "text": "a"})) == [TextPiece("a"), END]


def test_the_stop_reason_waits_for_the_end_and_totals_replace_each_other() -> None:
    usage = {"input_tokens": 5, "cache_read_input_tokens": 3, "output_tokens": 1, "service_tier": "priority"}
    decoder = DIALECT.decoder()
    start = {"type": "message_start", "message": {"id": "m", "model": "c", "usage": usage}}
    delta = {
        "type": "message_delta",
        "delta": {"stop_reason": "stop_sequence", "stop_sequence": "END"},
        "usage": {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}},
    }

    begun = list(decoder.decode(b"message_start", json.dumps(start).encode()))
    told = list(decoder.decode(b"message_delta", json.dumps(delta).encode()))

    assert begun == [Begun("m", "c", Usage(8, 1, cached_tokens=3), "priority")]
    assert told == [UsageReport(Usage(8, 9, cached_tokens=3, reasoning_tokens=4), "priority")]
    assert list(decoder.end()) == [Finished("stop", stop_sequence="END")]


def test_an_open_part_is_closed_by_the_end_or_by_the_next() -> None:
    start = block(0, {"type": "text", "text": "a"})[:1]

    assert pieces_in(*start, *block(1, {"type": "text", "text": "b"})) == [TextPiece("a"), END, TextPiece("b"), END]
    assert decode(sse(START, *start)) == [STARTED, TextPiece("a"), END, Finished("stop")]


def test_why_a_model_declined_is_its_refusal() -> None:
    events = last("refusal", stop_details={"type": "refusal", "explanation": "not that"})

    assert decode(sse(START, *events))[-3:] == [RefusalPiece("not that"), END, Finished("refusal")]


def test_events_and_members_that_came_after_us_disturb_nothing() -> None:
    strange = [
        {"type": "news", "delta": "x", "index": "y"},
        {"type": "content_block_delta", "index": 7, "delta": {"type": "news_delta", "news": {}}},
    ]

    assert pieces_in(*strange, *block(0, {"type": "news_block", "x": []}, {"type": "text_delta", "text": "no"})) == []
    assert decode(sse(*block(0, {"type": "text", "text": "a"})))[0] == Begun("", "")


def test_a_stream_is_written_as_anthropic_writes_it() -> None:
    stream = encode(
        Begun("up_1", "gpt-x", Usage(9, 5, cached_tokens=2), "default"), TextPiece("Grüße"), TextPiece(" 🐙"), END, Finished("stop"),
        UsageReport(Usage(9, 4, cached_tokens=2)),
    )  # fmt: skip

    assert stream.decode() == (
        'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_req_1","type":"message","role":"assistant",'
        '"model":"gpt-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,'
        '"cache_creation_input_tokens":0,"cache_read_input_tokens":2,"output_tokens":0,"cache_creation":'
        '{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"service_tier":"standard"}}}\n\n'
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grüße"}}\n\n'
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" 🐙"}}\n\n'
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},'
        '"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":2,"output_tokens":4}}\n\n'
        'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    )


def test_thoughts_are_signed_before_they_stop() -> None:
    unsigned = seals.seal(Signature("openai_chat", ""), "anthropic_messages")
    start = {"type": "thinking", "thinking": "", "signature": ""}

    assert written(ReasoningPiece("t"), SignaturePiece(FOREIGN), END, ReasoningPiece("u"), END) == [
        *block(0, start, {"type": "thinking_delta", "thinking": "t"}, {"type": "signature_delta", "signature": seals.seal(FOREIGN, "anthropic_messages")}),
        *block(1, start, {"type": "thinking_delta", "thinking": "u"}, {"type": "signature_delta", "signature": unsigned}),
    ]  # fmt: skip
    assert written(HiddenReasoning(FOREIGN)) == block(
        0, {"type": "redacted_thinking", "data": seals.seal(FOREIGN, "anthropic_messages")}
    )


def test_calls_keep_their_names_ids_and_arguments() -> None:
    begun = {"type": "tool_use", "id": seals.pack_id("c1", FOREIGN), "name": "f", "input": {}}

    assert written(ToolBegun("c1", "f", signature=FOREIGN), ArgumentsPiece('{"a"'), ArgumentsPiece(":1}"), END, ToolBegun("c2", "g"), END) == [
        *block(0, begun, *({"type": "input_json_delta", "partial_json": text} for text in ('{"a"', ":1}"))),
        *block(1, {"type": "tool_use", "id": "c2", "name": "g", "input": {}}, {"type": "input_json_delta", "partial_json": "{}"}),
    ]  # fmt: skip


def test_sources_pictures_and_refusals_are_shown_as_text_can() -> None:
    text = {"type": "text", "text": ""}
    citation = {
        "type": "web_search_result_location",
        "cited_text": "q",
        "encrypted_index": seals.MARK,
        "title": "t",
        "url": "u",
    }

    assert written(TextPiece("a"), CitationPiece(Citation("u", "t", "q")), SignaturePiece(FOREIGN), END, MediaPiece(Media("image", "image/png", data="aGk=")), RefusalPiece("no"), END) == [
        *block(0, text, {"type": "text_delta", "text": "a"}, {"type": "citations_delta", "citation": citation}),
        *block(1, text, {"type": "text_delta", "text": "![image](data:image/png;base64,aGk=)"}),
        *block(2, text, {"type": "text_delta", "text": "no"}),
    ]  # fmt: skip


def test_other_answers_than_the_first_are_not_shown() -> None:
    assert written(
        TextPiece("b", choice=1),
        TextPiece("a"),
        ToolBegun("x", "f", choice=1),
        PartEnd(1),
        TextPiece("c"),
        END,
        Finished("length", 1),
    ) == block(
        0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "a"}, {"type": "text_delta", "text": "c"}
    )


@pytest.mark.parametrize(
    ("pieces", "reason", "sequence"),
    [
        ([Finished("stop")], "end_turn", None),
        ([Finished("stop", stop_sequence="END")], "stop_sequence", "END"),
        ([ToolBegun("c", "f"), END, Finished("stop")], "tool_use", None),
        ([RefusalPiece("no"), END, Finished("stop")], "refusal", None),
        ([TextPiece("a"), Finished("length")], "max_tokens", None),
        ([Finished("error")], "refusal", None),
        ([], "end_turn", None),
    ],
)
def test_the_stop_reason_is_told_at_the_end(pieces: list[Piece], reason: str, sequence: str | None) -> None:
    *_, delta, stop = events_of(encode(BEGUN, *pieces, UsageReport(Usage(1, 2))))

    assert delta["delta"] == {"stop_reason": reason, "stop_sequence": sequence}
    assert delta["usage"]["output_tokens"] == 2
    assert stop == {"type": "message_stop"}


def test_even_a_stream_of_nothing_is_a_whole_message() -> None:
    assert [event["type"] for event in events_of(encode())] == ["message_start", "message_delta", "message_stop"]
    assert DIALECT.encoder(CALL, HEADING).next_sequence == 0


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)
CITED = st.builds(CitationPiece, st.builds(Citation, url=WORDS, title=WORDS, quote=WORDS))
PARTS: st.SearchStrategy[list[Piece]] = st.one_of(
    st.tuples(st.lists(st.builds(TextPiece, WORDS), min_size=1, max_size=3), st.lists(CITED, max_size=1)).map(lambda both: [*both[0], *both[1], END]),
    st.lists(st.builds(ReasoningPiece, WORDS), min_size=1, max_size=3).map(lambda pieces: [*pieces, SignaturePiece(OWN), END]),
    st.just([HiddenReasoning(OWN)]),
    st.lists(st.sampled_from(['{"a":', "[1,2]", "}"]), min_size=1).map(lambda texts: [ToolBegun("toolu_1", "f"), *map(ArgumentsPiece, texts), END]),
)  # fmt: skip
STREAMS = st.lists(PARTS, max_size=5).map(lambda parts: [piece for part in parts for piece in part])


@settings(max_examples=60, deadline=None)
@given(STREAMS, st.sampled_from([1, 2, 7, 64, 10_000]))
def test_what_is_written_is_read_again_by_the_native_reader_however_it_is_cut(parts: list[Piece], size: int) -> None:
    pieces = [
        BEGUN,
        *parts,
        Finished("tool_calls" if any(isinstance(piece, ToolBegun) for piece in parts) else "length"),
        UsageReport(Usage(7, 3)),
    ]
    stream = encode(*pieces)
    reader = DIALECT.reader(CALL)

    passed = b"".join(reader.feed(stream[at : at + size]) for at in range(0, len(stream), size)) + reader.close()

    assert reader.failure is None
    assert reader.complete
    assert passed == stream
    assert reader.usage == Usage(7, 3)
    found = decode(passed)
    assert found[0] == Begun("msg_req_1", "gpt-x", Usage())
    assert found[1:-2] == joined(parts)
    assert found[-2:] == [UsageReport(Usage(7, 3)), pieces[-2]]


def test_every_piece_of_the_hub_is_known() -> None:
    assert set(get_args(Piece)) == set(encoder._WRITERS)
