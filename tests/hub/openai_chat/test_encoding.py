"""Pieces as chunks, for clients that check every member."""

import json
from typing import Any

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
from octogate.core.seals import unpack_id, unseal
from octogate.core.usage import Usage

from .chat import DIALECT, HEADING, HI, call_of, chunks_of, data_of, deltas_of, encode

CLAUDES = Signature("anthropic_messages", "EqQB")
BEGUN = Begun("up", "claude-x", usage=Usage(input_tokens=3))


def test_a_stream_is_exact_to_the_last_byte() -> None:
    head = '{"id":"chatcmpl-req_1","object":"chat.completion.chunk","created":1700000000,"model":"claude-x","choices":[{"index":0,"delta":'
    stream = encode((BEGUN, TextPiece("hé"), PartEnd(), Finished("stop"), UsageReport(Usage())))

    assert stream.decode() == (
        f'data: {head}{{"role":"assistant","content":"","refusal":null}},"logprobs":null,"finish_reason":null}}]}}\n\n'
        f'data: {head}{{"content":"hé"}},"logprobs":null,"finish_reason":null}}]}}\n\n'
        f'data: {head}{{}},"logprobs":null,"finish_reason":"stop"}}]}}\n\n'
        "data: [DONE]\n\n"
    )


def test_usage_comes_in_a_chunk_of_its_own_if_it_was_asked_for() -> None:
    pieces = (BEGUN, TextPiece("a"), Finished("stop"), UsageReport(Usage(input_tokens=9, output_tokens=2)))
    asked = chunks_of(encode(pieces, wants_usage=True))

    assert asked[-1]["choices"] == []
    assert (asked[-1]["usage"]["prompt_tokens"], asked[-1]["usage"]["total_tokens"]) == (9, 11)
    assert all(chunk["usage"] is None for chunk in asked[:-1])
    assert all(chunk["choices"] and "usage" not in chunk for chunk in chunks_of(encode(pieces)))
    early = chunks_of(encode((BEGUN, TextPiece("a"), Finished("stop")), wants_usage=True))
    assert early[-1]["usage"]["prompt_tokens"] == 3


def test_every_answer_begins_with_its_role_and_ends_with_its_finish() -> None:
    pieces = (BEGUN, TextPiece("a", 1), TextPiece("b", 0), Finished("length", 1), PartEnd(0), Finished("stop", 0))
    told = [choice for chunk in chunks_of(encode(pieces, n=2)) for choice in chunk["choices"]]

    assert [(choice["index"], choice["delta"].get("role"), choice["finish_reason"]) for choice in told] == [
        (1, "assistant", None), (1, None, None), (0, "assistant", None), (0, None, None), (1, None, "length"),
        (0, None, "stop"),
    ]  # fmt: skip


def test_nothing_is_sent_before_there_is_something_to_say() -> None:
    encoder = DIALECT.encoder(call_of({"messages": HI, "stream": True}), HEADING)

    assert encoder.encode((BEGUN, UsageReport(Usage()))) == b""
    assert encoder.encode(()) == b""
    assert encoder.next_sequence == 0


def test_calls_are_counted_from_zero_for_each_answer() -> None:
    deltas = deltas_of(
        encode(
            (
                BEGUN, TextPiece("a"), PartEnd(),
                ToolBegun("c1", "f", signature=CLAUDES), ArgumentsPiece('{"x":'), ArgumentsPiece("1}"), PartEnd(),
                ToolBegun("c2", "g"), PartEnd(), Finished("tool_calls"),
            )
        )
    )  # fmt: skip

    first, more, last, second, empty = (delta["tool_calls"][0] for delta in deltas[1:])
    assert unpack_id(first.pop("id")) == ("c1", CLAUDES)
    assert first == {"index": 0, "type": "function", "function": {"name": "f", "arguments": ""}}
    assert more == {"index": 0, "function": {"arguments": '{"x":'}}
    assert last == {"index": 0, "function": {"arguments": "1}"}}
    assert (second["index"], second["id"]) == (1, "c2")
    assert empty == {"index": 1, "function": {"arguments": "{}"}}


def test_thoughts_are_told_as_they_come_and_sealed_under_their_own_index() -> None:
    deltas = deltas_of(
        encode(
            (
                BEGUN, ReasoningPiece("h"), ReasoningPiece("m"), SignaturePiece(CLAUDES), PartEnd(),
                HiddenReasoning(CLAUDES), TextPiece("a"), SignaturePiece(CLAUDES), PartEnd(), Finished("stop"),
            )
        )
    )  # fmt: skip

    assert deltas[:2] == [
        {"reasoning_content": text, "reasoning_details": [{"type": "reasoning.text", "text": text, "index": 0}]}
        for text in "hm"
    ]
    (shown,), (hidden,) = deltas[2]["reasoning_details"], deltas[3]["reasoning_details"]
    assert (shown["type"], shown["text"], shown["index"]) == ("reasoning.text", "", 0)
    assert (hidden["type"], hidden["index"]) == ("reasoning.encrypted", 1)
    assert unseal(shown["signature"], "openai_chat") == unseal(hidden["data"], "openai_chat") == CLAUDES
    assert deltas[4:] == [{"content": "a"}]


def test_refusals_pictures_and_citations_have_their_members() -> None:
    deltas = deltas_of(
        encode(
            (
                BEGUN, TextPiece("ab"), PartEnd(), TextPiece("cd"),
                CitationPiece(Citation("https://example.org", "T")), CitationPiece(Citation(title="a book")), PartEnd(),
                MediaPiece(Media("image", "image/png", data="aGk=")), RefusalPiece("no"), PartEnd(), Finished("refusal"),
            )
        )
    )  # fmt: skip

    place = {"url": "https://example.org", "title": "T", "start_index": 2, "end_index": 4}
    assert deltas[2:] == [
        {"annotations": [{"type": "url_citation", "url_citation": place}]},
        {"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}, "index": 0}]},
        {"refusal": "no"},
    ]


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ((Finished("refusal"),), "content_filter"),
        ((RefusalPiece("no"), PartEnd(), Finished("refusal")), "stop"),
        ((Finished("pause"),), "stop"),
        ((Finished("error"),), "content_filter"),
        ((Finished("content_filter"),), "content_filter"),
    ],
)
def test_every_end_has_a_word(pieces: tuple[Any, ...], reason: str) -> None:
    assert chunks_of(encode((BEGUN, *pieces)))[-1]["choices"][0]["finish_reason"] == reason


def test_log_probabilities_stay_with_their_text() -> None:
    chunks = chunks_of(encode((BEGUN, TextPiece("a", logprobs=msgspec.Raw(b'{"content":[]}')), Finished("stop"))))

    assert [chunk["choices"][0]["logprobs"] for chunk in chunks] == [None, {"content": [], "refusal": None}, None]


def test_a_caller_of_the_old_form_gets_the_old_form() -> None:
    pieces = (BEGUN, ToolBegun("c", "f"), ArgumentsPiece("{}"), PartEnd(), Finished("tool_calls"))
    stream = encode(pieces, functions=[{"name": "f"}])

    assert deltas_of(stream) == [
        {"function_call": {"name": "f", "arguments": ""}}, {"function_call": {"arguments": "{}"}},
    ]  # fmt: skip
    assert chunks_of(stream)[-1]["choices"][0]["finish_reason"] == "function_call"


def test_the_end_mark_is_the_last_event_and_text_cannot_forge_one() -> None:
    stream = encode((BEGUN, TextPiece("\n\ndata: [DONE]\n\n\u2028"), PartEnd(), Finished("stop")))

    assert [data == b"[DONE]" for data in data_of(stream)] == [False, False, False, True]
    assert json.loads(data_of(stream)[1])["choices"][0]["delta"]["content"] == "\n\ndata: [DONE]\n\n\u2028"
