"""Whole answers for Gemini callers."""

import pytest

from octogate.core.conversation import (
    Answer,
    Choice,
    Citation,
    Finish,
    Media,
    Part,
    Reasoning,
    Refusal,
    Signature,
    Text,
    ToolCall,
)
from octogate.core.usage import Usage
from octogate.dialects.gemini_generate.finishes import read_finish
from octogate.dialects.gemini_generate.signatures import write_signature

from .gemini import DIALECT, HEADING, answered, call, prompt

CLAUDE = Signature("anthropic_messages", "EqQB/+==")
OWN = Signature("gemini_generate", "c2ln")


def answer(*parts: Part, finish: Finish = "stop", usage: Usage | None = None) -> Answer:
    return Answer(id="msg_1", model="claude-x", choices=(Choice(parts, finish),), usage=usage)


def test_an_answer_has_everything_that_the_sdks_read() -> None:
    usage = Usage(input_tokens=30, output_tokens=12, cached_tokens=20, cache_write_tokens=5, reasoning_tokens=4)

    body = answered(answer(Reasoning("Hm.", CLAUDE), Text("Hello"), usage=usage))

    assert body == {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"text": "Hm.", "thought": True, "thoughtSignature": write_signature(CLAUDE)},
                        {"text": "Hello"},
                    ],
                    "role": "model",
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 30,
            "candidatesTokenCount": 8,
            "totalTokenCount": 42,
            "thoughtsTokenCount": 4,
            "cachedContentTokenCount": 20,
        },
        "modelVersion": "claude-x",
        "responseId": "req_1",
    }
    read = DIALECT.read_usage(DIALECT.write_answer(answer(usage=usage), call(), HEADING))
    assert read == Usage(input_tokens=30, output_tokens=12, cached_tokens=20, reasoning_tokens=4)


def test_words_pictures_and_sounds_are_counted_apart() -> None:
    usage = Usage(input_tokens=9, output_tokens=7, audio_input_tokens=4, image_input_tokens=2, audio_output_tokens=7)

    assert DIALECT.read_usage(DIALECT.write_answer(answer(usage=usage), call(), HEADING)) == usage


def test_the_first_call_is_marked_so_that_it_is_known_when_it_comes_back() -> None:
    body = answered(answer(ToolCall("toolu_1", "f", '{"a": 1.0}'), ToolCall("toolu_2", "g", ""), finish="tool_calls"))

    (candidate,) = body["candidates"]
    assert candidate["finishReason"] == "STOP"
    assert candidate["content"]["parts"] == [
        {"functionCall": {"name": "f", "args": {"a": 1.0}, "id": "toolu_1"}, "thoughtSignature": write_signature(None)},
        {"functionCall": {"name": "g", "args": {}, "id": "toolu_2"}},
    ]
    assert prompt({"contents": [candidate["content"]]}).turns[0].parts == (
        ToolCall("toolu_1", "f", '{"a":1.0}'),
        ToolCall("toolu_2", "g", "{}"),
    )


def test_a_seal_of_our_own_dialect_is_shown_as_it_is_on_every_kind_of_part() -> None:
    body = answered(answer(Reasoning("a", OWN), Text("b", signature=OWN), ToolCall("x", "f", "{}", OWN)))

    assert [part["thoughtSignature"] for part in body["candidates"][0]["content"]["parts"]] == ["c2ln"] * 3


def test_a_call_whose_arguments_are_no_object_is_left_out_and_said_to_be_malformed() -> None:
    (malformed,) = answered(answer(Text("so"), ToolCall("x", "f", '{"a'), finish="tool_calls"))["candidates"]
    (cut,) = answered(answer(ToolCall("x", "f", '{"a'), finish="length"))["candidates"]

    assert malformed["content"]["parts"] == [{"text": "so"}]
    assert malformed["finishReason"] == "MALFORMED_FUNCTION_CALL"
    assert "not a JSON object" in malformed["finishMessage"]
    assert cut["finishReason"] == "MAX_TOKENS"


@pytest.mark.parametrize(
    ("finish", "parts", "reason"),
    [
        ("stop", (Text("a"),), "STOP"),
        ("length", (), "MAX_TOKENS"),
        ("content_filter", (), "SAFETY"),
        ("refusal", (), "SAFETY"),
        ("stop", (Refusal("I won't."),), "SAFETY"),
        ("pause", (), "STOP"),
        ("error", (), "OTHER"),
    ],
)
def test_a_finish_has_a_reason(finish: Finish, parts: tuple[Part, ...], reason: str) -> None:
    (candidate,) = answered(answer(*parts, finish=finish))["candidates"]

    assert candidate["finishReason"] == reason
    assert candidate["content"]["role"] == "model"
    assert isinstance(candidate["content"]["parts"], list)


@pytest.mark.parametrize(
    ("reason", "has_calls", "finish"),
    [
        ("STOP", False, "stop"),
        (1, False, "stop"),
        ("STOP", True, "tool_calls"),
        ("MAX_TOKENS", True, "length"),
        (2, False, "length"),
        ("RECITATION", False, "content_filter"),
        (8, False, "content_filter"),
        ("IMAGE_SAFETY", False, "content_filter"),
        ("MALFORMED_FUNCTION_CALL", True, "error"),
        ("TOO_NEW_TO_KNOW", False, "error"),
        (99, False, "error"),
        (None, False, "error"),
    ],
)
def test_a_reason_is_a_finish(reason: str | int | None, has_calls: bool, finish: Finish) -> None:
    assert read_finish(reason, has_calls=has_calls) == finish


def test_sources_are_placed_in_bytes_of_their_part() -> None:
    cited = Text("Grüße aus Köln", (Citation("https://a.example", "A", start=6, end=14), Citation("https://b.example")))
    quoted = Text("Ende", (Citation(quote="q", start=0, end=4), Citation("https://a.example", "A", start=0, end=4)))

    body = answered(answer(cited, quoted))

    assert body["candidates"][0]["groundingMetadata"] == {
        "groundingChunks": [
            {"web": {"uri": "https://a.example", "title": "A"}},
            {"web": {"uri": "https://b.example"}},
            {"retrievedContext": {"text": "q"}},
        ],
        "groundingSupports": [
            {"segment": {"startIndex": 8, "endIndex": 17, "text": "aus Köln"}, "groundingChunkIndices": [0]},
            {
                "segment": {"partIndex": 1, "startIndex": 0, "endIndex": 4, "text": "Ende"},
                "groundingChunkIndices": [2, 0],
            },
        ],
    }


def test_media_are_shown_and_several_choices_are_numbered() -> None:
    value = Answer(
        id="x",
        model="m",
        choices=(
            Choice((Media("image", "image/png", data="AAAA"), Media("image", file_id="f")), "stop"),
            Choice((Text("two"),), "length"),
        ),
    )

    first, second = answered(value)["candidates"]

    assert first["content"]["parts"] == [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]
    assert (second["index"], second["finishReason"]) == (1, "MAX_TOKENS")


def test_calls_without_ids_get_different_ones_in_every_answer() -> None:
    body = b'{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}},{"functionCall":{"name":"f"}}]}}],"responseId":"%s"}'

    ids = {
        part.id
        for name in (b"r1", b"r2")
        for part in DIALECT.read_answer(body % name).choices[0].parts
        if isinstance(part, ToolCall)
    }

    assert len(ids) == 4
    assert DIALECT.read_answer(body % b"r1") == DIALECT.read_answer(body % b"r1")
