"""Streams for Gemini callers, and what is left of a strange one."""

import json

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
    Piece,
    ReasoningPiece,
    RefusalPiece,
    Signature,
    SignaturePiece,
    TextPiece,
    ToolBegun,
    UsageReport,
)
from octogate.core.errors import UpstreamBroken
from octogate.core.usage import Usage
from octogate.dialects.gemini_generate.signatures import write_signature

from .gemini import DIALECT, HEADING, call, decoded, encoded, events

CLAUDE = Signature("anthropic_messages", "EqQ")
BEGUN = Begun("msg_1", "claude-x", Usage(input_tokens=9))
WORDS: list[Piece] = [BEGUN, TextPiece("Grüße "), TextPiece("🐙"), PartEnd(), Finished("stop")]


def test_words_are_events_as_gemini_writes_them_and_the_last_one_has_reason_and_usage() -> None:
    stream = encoded([*WORDS, UsageReport(Usage(input_tokens=9, output_tokens=3))])

    assert stream.endswith(b"\r\n\r\n")
    assert b"event:" not in stream
    assert b"[DONE]" not in stream
    assert events(stream) == [
        {
            "candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}],
            "modelVersion": "claude-x",
            "responseId": "req_1",
        }
        for text in ("Grüße ", "🐙")
    ] + [
        {
            "candidates": [{"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 3, "totalTokenCount": 12},
            "modelVersion": "claude-x",
            "responseId": "req_1",
        }
    ]


def test_what_the_beginning_says_of_usage_counts_when_nothing_is_said_later() -> None:
    assert events(encoded(WORDS))[-1]["usageMetadata"]["promptTokenCount"] == 9


def test_a_function_call_is_one_event_once_its_arguments_are_whole() -> None:
    encoder = DIALECT.encoder(call(stream=True), HEADING)

    waiting = encoder.encode([BEGUN, ToolBegun("t1", "f"), ArgumentsPiece('{"a"'), ArgumentsPiece(":1}")])
    whole = encoder.encode([PartEnd(), ToolBegun("t2", "g"), PartEnd(), Finished("tool_calls")])

    assert waiting == b""
    parts = [event["candidates"][0]["content"]["parts"] for event in events(whole + encoder.end())]
    assert parts == [
        [{"functionCall": {"name": "f", "args": {"a": 1}, "id": "t1"}, "thoughtSignature": write_signature(None)}],
        [{"functionCall": {"name": "g", "args": {}, "id": "t2"}}],
        [{"text": ""}],
    ]


def test_thoughts_are_shown_as_thoughts_with_their_seal_on_the_last_of_them() -> None:
    stream = encoded(
        [
            BEGUN,
            ReasoningPiece("Hm"),
            ReasoningPiece("."),
            SignaturePiece(CLAUDE),
            PartEnd(),
            HiddenReasoning(CLAUDE),
            TextPiece("So"),
            SignaturePiece(CLAUDE),
            PartEnd(),
            Finished("length"),
        ]
    )

    seal = write_signature(CLAUDE)
    assert [event["candidates"][0]["content"]["parts"][0] for event in events(stream)] == [
        {"text": "Hm", "thought": True},
        {"text": ".", "thought": True, "thoughtSignature": seal},
        {"text": "", "thought": True, "thoughtSignature": seal},
        {"text": "So"},
        {"text": "", "thoughtSignature": seal},
        {"text": ""},
    ]
    assert events(stream)[-1]["candidates"][0]["finishReason"] == "MAX_TOKENS"


def test_a_refusal_is_words_and_ends_for_safety() -> None:
    last = events(encoded([BEGUN, RefusalPiece("I "), RefusalPiece("won't."), PartEnd(), Finished("stop")]))

    assert [event["candidates"][0]["content"]["parts"][0]["text"] for event in last] == ["I ", "won't.", ""]
    assert last[-1]["candidates"][0]["finishReason"] == "SAFETY"


def test_a_call_that_was_cut_off_is_left_out_and_said_to_be_malformed() -> None:
    stream = encoded([BEGUN, ToolBegun("t", "f"), ArgumentsPiece('{"a'), PartEnd(), Finished("tool_calls")])

    (last,) = events(stream)
    assert last["candidates"][0]["finishReason"] == "MALFORMED_FUNCTION_CALL"


def test_sources_stand_in_the_last_event_placed_among_all_words() -> None:
    stream = encoded(
        [
            BEGUN,
            TextPiece("Äh. "),
            PartEnd(),
            MediaPiece(Media("image", "image/png", data="AAAA")),
            TextPiece("Grüße "),
            TextPiece("aus Köln"),
            CitationPiece(Citation("https://a.example", start=6, end=14)),
            CitationPiece(Citation("https://b.example")),
            PartEnd(),
            Finished("stop"),
        ]
    )

    *_, picture, _, _, last = events(stream)
    assert picture["candidates"][0]["content"]["parts"] == [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]
    assert last["candidates"][0]["groundingMetadata"] == {
        "groundingChunks": [{"web": {"uri": "https://a.example"}}, {"web": {"uri": "https://b.example"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 13, "endIndex": 22, "text": "aus Köln"}, "groundingChunkIndices": [0]}
        ],
    }


def test_several_answers_end_in_one_last_event() -> None:
    pieces: list[Piece] = [
        BEGUN,
        TextPiece("one"),
        TextPiece("two", choice=1),
        PartEnd(),
        Finished("stop"),
        PartEnd(1),
        Finished("length", 1),
    ]

    first, second, last = events(encoded(pieces))

    assert (first["candidates"][0]["index"], second["candidates"][0]["index"]) == (0, 1)
    assert [one["finishReason"] for one in last["candidates"]] == ["STOP", "MAX_TOKENS"]


def test_an_answer_of_nothing_still_ends_with_a_reason() -> None:
    (last,) = events(encoded([BEGUN, Finished("content_filter")]))

    assert last["candidates"][0]["finishReason"] == "SAFETY"


def test_likelihoods_come_with_their_words() -> None:
    stream = b'data: {"candidates":[{"content":{"parts":[{"text":"Hi"}]},"logprobsResult":{"chosenCandidates":[{"token":"Hi","logProbability":-0.5}]}}]}\n\n'

    said = decoded(stream)
    first, _ = events(encoded(said))

    assert first["candidates"][0]["logprobsResult"]["chosenCandidates"] == [{"token": "Hi", "logProbability": -0.5}]


def test_without_server_sent_events_the_stream_is_one_json_array() -> None:
    array = json.loads(encoded(WORDS, sse=False))

    assert array == events(encoded(WORDS))
    assert json.loads(encoded([BEGUN, Finished("stop")], sse=False))[0]["candidates"][0]["finishReason"] == "STOP"


@pytest.mark.parametrize("pieces", [[], [BEGUN], [BEGUN, ToolBegun("t", "f")], WORDS[:3]], ids=str)
def test_an_error_in_the_middle_keeps_the_array_whole_whatever_was_written_before(pieces: list[Piece]) -> None:
    asked = call(stream=True, sse=False)
    sent = DIALECT.encoder(asked, HEADING).encode(pieces)

    error = DIALECT.write_stream_error(UpstreamBroken("Gone."), "req_1", call=asked, first=not sent)

    *before, last = json.loads(sent + error)
    assert last["error"]["message"] == "Gone."
    assert len(before) == (2 if pieces == WORDS[:3] else 0)


@pytest.mark.parametrize("sse", [True, False])
def test_the_native_reader_accepts_the_stream_in_any_pieces(sse: bool) -> None:
    asked = call(stream=True, sse=sse)
    pieces: list[Piece] = [
        *WORDS[:-1],
        ToolBegun("t", "f"),
        ArgumentsPiece('{"[":"]}\\""}'),
        PartEnd(),
        Finished("tool_calls"),
        UsageReport(Usage(input_tokens=9, output_tokens=3)),
    ]
    stream = encoded(pieces, sse=sse)

    for at in range(1, len(stream)):
        reader = DIALECT.reader(asked)
        out = reader.feed(stream[:at]) + reader.feed(stream[at:]) + reader.close()
        assert out == stream
        assert reader.complete
        assert reader.failure is None
        assert reader.usage == Usage(input_tokens=9, output_tokens=3)


@pytest.mark.parametrize(
    "event",
    [
        b"{}",
        b'{"candidates":null}',
        b'{"candidates":[{}]}',
        b'{"candidates":[{"content":null,"index":-5}]}',
        b'{"candidates":[{"content":{"parts":[{}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":{}}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"text":"","thought":true}]},"groundingMetadata":null}]}',
        b'{"candidates":[{"content":{"parts":[{"text":"a"}]},"groundingMetadata":{"groundingSupports":[{"groundingChunkIndices":[7,-1]}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"executableCode":{},"codeExecutionResult":{}}]},"finishReason":99}]}',
        b'{"novelty":1,"usageMetadata":null,"promptFeedback":null,"modelVersion":null}',
    ],
)
def test_odd_events_make_no_trouble(event: bytes) -> None:
    first, *_ = pieces = decoded(b"data: " + event + b"\n\n")

    assert first == Begun("", "")
    assert any(isinstance(piece, Finished) for piece in pieces)
    assert events(encoded(pieces))[-1]["candidates"][0]["finishReason"]


def test_a_reason_in_every_event_ends_the_answer_once() -> None:
    event = b'data: {"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}\n\n'

    assert [type(piece).__name__ for piece in decoded(event * 3)] == [
        "Begun", "TextPiece", "TextPiece", "TextPiece", "PartEnd", "Finished",
    ]  # fmt: skip
