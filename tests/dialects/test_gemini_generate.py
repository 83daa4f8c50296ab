"""Gemini generateContent and its relatives."""

import json
from typing import Any

import msgspec
import pytest

from octogate.core.errors import BadRequest, GatewayError, Interrupted
from octogate.dialects import DIALECTS

from .callers import GEMINI, faults, raw, read, write
from .streams import a_call

DIALECT = DIALECTS["gemini_generate"]
CONTENTS = [{"role": "user", "parts": [{"text": "hi"}]}]
STREAM = msgspec.structs.replace(GEMINI, stream=True)
ARRAY = msgspec.structs.replace(GEMINI, stream=True, sse=False)
COUNT = msgspec.structs.replace(GEMINI, operation="count_tokens")


def a_body(**members: Any) -> dict[str, Any]:
    return {"contents": CONTENTS, **members}


@pytest.mark.parametrize(
    "settings",
    [
        {"generationConfig": {"maxOutputTokens": 9, "candidateCount": 2}},
        {"generation_config": {"max_output_tokens": 9, "candidate_count": 2}},
    ],
)
def test_a_call_says_what_the_gateway_needs_to_know_in_both_spellings(settings: dict[str, Any]) -> None:
    call = read(STREAM, a_body(**settings))

    assert (call.model, call.stream, call.max_output_tokens, call.choices) == ("gemini-x", True, 9, 2)


@pytest.mark.parametrize(
    ("members", "fields"),
    [
        ({"contents": None}, ["contents"]),
        ({"contents": {}}, ["contents"]),
        ({"contents": []}, ["contents"]),
        ({"generationConfig": []}, ["generationConfig"]),
        ({"generationConfig": {"maxOutputTokens": 0, "temperature": 3}},
         ["generationConfig.maxOutputTokens", "generationConfig.temperature"]),
        ({"generationConfig": {"maxOutputTokens": 5, "max_output_tokens": 9}}, ["generationConfig.max_output_tokens"]),
        ({"generationConfig": {}, "generation_config": {}}, ["generation_config"]),
        ({"api_key": "x"}, ["api_key"]),
    ],
)  # fmt: skip
def test_faults_are_listed_by_field(members: dict[str, Any], fields: list[str]) -> None:
    """S2-37, T-20."""
    assert list(faults(GEMINI, a_body(**members))) == fields


def test_a_cap_given_twice_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"generationConfig\.maxOutputTokens"):
        read(GEMINI, b'{"contents":[{}],"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":9}}')


@pytest.mark.parametrize("model", ["x\ny", "x" * 257])
def test_a_model_in_the_path_has_the_same_rules_as_in_a_body(model: str) -> None:
    assert list(faults(msgspec.structs.replace(GEMINI, model=model), a_body())) == ["model"]


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        (GEMINI, "/v1beta/models/m:generateContent"),
        (STREAM, "/v1beta/models/m:streamGenerateContent?alt=sse"),
        (ARRAY, "/v1beta/models/m:streamGenerateContent"),
        (COUNT, "/v1beta/models/m:countTokens"),
        (msgspec.structs.replace(GEMINI, version="v1"), "/v1/models/m:generateContent"),
    ],
)
def test_the_path_says_what_is_asked_for(endpoint: Any, path: str) -> None:
    assert DIALECT.target_path(read(endpoint, a_body()), model="m") == path
    assert DIALECT.target_path(read(endpoint, a_body()), model="models/m") == path


@pytest.mark.parametrize(
    "model", ["x?key=1", "x#frag", "../x", "a/b/../c", "x%2e", "x y", "x\r\nh: 1", "ü", "x:generate&alt=1", "x;y"]
)
def test_no_model_can_change_the_path_or_the_query(model: str) -> None:
    path = DIALECT.target_path(read(STREAM, a_body()), model=model)
    name = path.removeprefix("/v1beta/models/").removesuffix(":streamGenerateContent?alt=sse")

    assert path == f"/v1beta/models/{name}:streamGenerateContent?alt=sse"
    assert not set(name) & set("/?#:&; \r\n")
    assert name.isascii()


def test_the_body_goes_on_byte_for_byte() -> None:
    """S2-30."""
    body = b'{"contents":[{"parts":[{"thoughtSignature":"a+/=", "text":"\\u00e9"}]}],"generationConfig":{"topP":1.0 }}'

    assert raw(read(GEMINI, body)) == body


def test_a_model_in_the_body_cannot_contradict_the_path() -> None:
    call = read(
        COUNT, {"model": "models/dear", "generateContentRequest": {"contents": CONTENTS, "model": "models/dear"}}
    )

    assert write(call) == {
        "model": "models/target",
        "generateContentRequest": {"contents": CONTENTS, "model": "models/target"},
    }


def test_the_default_cap_is_for_calls_without_one() -> None:
    assert write(read(GEMINI, a_body()), default=5)["generationConfig"] == {"maxOutputTokens": 5}
    kept = write(read(GEMINI, a_body(generation_config={"temperature": 1})), default=5)
    assert kept["generation_config"] == {"temperature": 1, "maxOutputTokens": 5}
    assert "generationConfig" not in kept
    null = write(read(GEMINI, a_body(generationConfig={"max_output_tokens": None})), default=5)
    assert null["generationConfig"] == {"max_output_tokens": 5}
    assert write(read(GEMINI, a_body(generationConfig={"maxOutputTokens": 3})), default=5)["generationConfig"] == {
        "maxOutputTokens": 3
    }
    assert "generationConfig" not in write(read(COUNT, a_body()), default=5)


def test_usage_has_tools_in_the_input_and_thoughts_in_the_output() -> None:
    body = json.dumps(
        {
            "candidates": [],
            "usageMetadata": {
                "promptTokenCount": 10, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 3,
                "thoughtsTokenCount": 4, "cachedContentTokenCount": 2,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 4}, {"modality": "AUDIO", "tokenCount": 6}],
                "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 3}],
            },
        }
    ).encode()  # fmt: skip
    usage = DIALECT.read_usage(body)

    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens) == (15, 7, 2, 4)
    assert (usage.audio_input_tokens, usage.image_output_tokens) == (6, 3)


@pytest.mark.parametrize(
    ("body", "is_answer"),
    [
        (b'{"candidates":[]}', True),
        (b'{"promptFeedback":{"blockReason":"SAFETY"}}', True),
        (b'{"totalTokens":5}', True),
        (b"{}", False),
        (b"", False),
        (b"<html>", False),
        (b'{"error":{"code":500,"message":"m"}}', False),
        (b'[{"error":{"code":500,"message":"m"}}]', False),
    ],
)
def test_an_answer_is_told_from_what_is_none(body: bytes, is_answer: bool) -> None:
    assert (DIALECT.check_answer(body) is None) is is_answer


def event(**members: Any) -> bytes:
    return b"data: " + json.dumps(members).encode() + b"\r\n\r\n"


def candidate(text: str = "", finish: str | None = None, index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {"index": index, "content": {"parts": [{"text": text}]}}
    return {**found, "finishReason": finish} if finish else found


def test_events_behind_the_finish_are_allowed_and_kept_back() -> None:
    last, usage = event(candidates=[candidate("b", "STOP")]), event(usageMetadata={"promptTokenCount": 1})
    reader = DIALECT.reader(a_call("gemini_generate"))

    assert reader.feed(event(candidates=[candidate("a")]) + last) == event(candidates=[candidate("a")])
    assert reader.feed(usage) == b""
    assert not reader.complete
    assert reader.close() == last + usage
    assert reader.complete


def test_a_model_that_gives_a_reason_in_every_event_still_streams() -> None:
    first, second = event(candidates=[candidate("a", "STOP")]), event(candidates=[candidate("b", "STOP")])
    reader = DIALECT.reader(a_call("gemini_generate"))

    assert reader.feed(first) == b""
    assert reader.feed(second) == first
    assert reader.close() == second


def test_content_behind_a_finish_takes_the_finish_back() -> None:
    """T-50."""
    reader = DIALECT.reader(a_call("gemini_generate"))
    first, second = event(candidates=[candidate("a", "STOP")]), event(candidates=[candidate("b")])

    assert reader.feed(first + second) == first + second
    assert reader.close() == b""
    assert isinstance(reader.failure, Interrupted)


def test_every_candidate_must_finish() -> None:
    """T-50."""
    reader = DIALECT.reader(a_call("gemini_generate", choices=2))
    reader.feed(event(candidates=[candidate("a", "STOP", 0)]))
    reader.close()

    assert isinstance(reader.failure, Interrupted)


def test_a_blocked_prompt_is_an_honest_end() -> None:
    body = event(promptFeedback={"blockReason": "PROHIBITED_CONTENT"}, usageMetadata={"promptTokenCount": 3})
    reader = DIALECT.reader(a_call("gemini_generate"))

    assert reader.feed(body) == b""
    assert reader.close() == body
    assert reader.finish == "PROHIBITED_CONTENT"
    assert reader.usage is not None
    assert reader.usage.exact


def test_calls_of_functions_and_pictures_are_content() -> None:
    for part, size in (({"functionCall": {"name": "f"}}, 13), ({"inlineData": {"data": "AAAA"}}, 0)):
        reader = DIALECT.reader(a_call("gemini_generate"))
        reader.feed(b'data: {"candidates":[{"content":{"parts":[' + json.dumps(part).encode() + b"]}}]}\r\n\r\n")

        assert reader.started
        assert reader.output_bytes == size


def test_an_array_without_an_answer_is_a_failure() -> None:
    reader = DIALECT.reader(a_call("gemini_generate", sse=False))
    reader.feed(b"[]")

    assert reader.close() == b""
    assert isinstance(reader.failure, Interrupted)


def test_an_array_that_breaks_off_stays_valid_json_with_its_error() -> None:
    """T-50."""
    call = a_call("gemini_generate", sse=False)
    reader = DIALECT.reader(call)
    out = reader.feed(b'[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n,\n{"cand')
    reader.close()
    assert reader.failure is not None

    error = DIALECT.write_stream_error(reader.failure, "r", call=call, first=False)

    assert [list(item) for item in json.loads(out + error)] == [["candidates"], ["error"]]
    assert list(json.loads(DIALECT.write_stream_error(reader.failure, "r", call=call, first=True))[0]) == ["error"]


def test_an_array_is_kept_alive_with_white_space_only() -> None:
    assert DIALECT.keep_alive_for(a_call("gemini_generate", sse=False)) == b" "
    assert DIALECT.keep_alive_for(a_call("gemini_generate")).strip() == b""


def test_an_error_has_googles_shape() -> None:
    with pytest.raises(BadRequest) as refusal:
        read(GEMINI, {"contents": []})
    body = json.loads(DIALECT.write_error(refusal.value, "req_1"))["error"]

    assert (body["code"], body["status"]) == (400, "INVALID_ARGUMENT")
    assert body["details"][0]["fieldViolations"] == [
        {"field": "contents", "description": "Contents must have at least 1 item"}
    ]
    assert body["details"][1]["reason"] == "invalid_request"
    assert body["details"][1]["metadata"] == {"request_id": "req_1", "source": "gateway"}


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (401, "UNAUTHENTICATED"),
        (429, "RESOURCE_EXHAUSTED"),
        (503, "UNAVAILABLE"),
        (418, "INVALID_ARGUMENT"),
        (599, "INTERNAL"),
    ],
)
def test_the_status_word_follows_the_status(status: int, word: str) -> None:
    assert json.loads(DIALECT.write_error(GatewayError("m", status=status), "r"))["error"]["status"] == word
