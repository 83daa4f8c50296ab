"""Errors that come without a status: inside a stream, or in a body that claims success. The same meaning as with one."""

import json
from typing import Any

import pytest

from octogate.core.call import Call, DialectName, Endpoint
from octogate.dialects import DIALECTS
from octogate.dialects.faults import find_fault, stream_failure
from octogate.proxy.upstream.classify import classify_answer

from .shapes import KEPT, OVERLONG_BY_CODE, OVERLONG_BY_WORDS, POLICIES, PRIVATE, Shape, anthropic, google, openai

REFUSALS = [
    shape
    for shape in (*OVERLONG_BY_CODE, *OVERLONG_BY_WORDS, *POLICIES)
    if b'"error"' in shape.body  # as it must be for a stream or a body that claims success to be read as one
]


def error_event(code: str, message: str = "No.") -> bytes:
    return json.dumps({"type": "error", "code": code, "message": message, "param": None}).encode()


@pytest.mark.parametrize("shape", REFUSALS, ids=str)
def test_a_refusal_inside_a_stream_means_what_it_means_outside(shape: Shape) -> None:
    error = stream_failure(shape.body)

    assert (error.status, error.code, error.replay) == shape.becomes
    assert KEPT in error.message
    assert [private for private in PRIVATE if private in error.message + str(error.detail)] == []


@pytest.mark.parametrize("shape", REFUSALS, ids=str)
def test_a_refusal_in_a_body_that_claims_success_means_what_it_means_elsewhere(shape: Shape) -> None:
    fault = find_fault(shape.body)
    assert fault is not None

    error = classify_answer(200, fault)

    assert (error.status, error.code, error.replay) == shape.becomes
    assert error.upstream_status == 200


@pytest.mark.parametrize(
    ("event", "status", "code", "replay"),
    [
        (openai("No.", None, 400), 400, "upstream_refused", "never"),
        (openai("No.", None, 401), 502, "upstream_credentials_exhausted", "next"),
        (openai("No.", None, 402), 503, "upstream_quota_exhausted", "next"),
        (openai("No.", None, 404), 404, "upstream_not_found", "next"),
        (openai("No.", None, 429), 503, "upstream_rate_limited", "ambiguous"),
        (openai("No.", None, 502), 502, "upstream_broken", "ambiguous"),
        (openai("No.", None, 503), 503, "upstream_unavailable", "ambiguous"),
        (openai("No.", None, 504), 504, "upstream_timeout", "ambiguous"),
        (openai("No.", "BadRequestError", 400), 400, "upstream_refused", "never"),
        (openai("No.", "InternalServerError", 500), 502, "upstream_broken", "ambiguous"),
        (openai("No.", "server_error"), 502, "upstream_broken", "ambiguous"),
        (openai("No.", "insufficient_quota", "insufficient_quota"), 503, "upstream_quota_exhausted", "next"),
        (openai("No.", "invalid_request_error", "tool_use_failed"), 502, "upstream_broken", "ambiguous"),
        (error_event("context_length_exceeded"), 400, "context_length_exceeded", "next"),
        (error_event("rate_limit_exceeded"), 503, "upstream_rate_limited", "ambiguous"),
        (error_event("server_error"), 502, "upstream_broken", "ambiguous"),
        (anthropic("Overloaded", "overloaded_error"), 503, "upstream_unavailable", "ambiguous"),
        (anthropic("No.", "authentication_error"), 502, "upstream_credentials_exhausted", "next"),
        (anthropic("No.", "permission_error"), 502, "upstream_credentials_exhausted", "next"),
        (anthropic("No.", "billing_error"), 503, "upstream_quota_exhausted", "next"),
        (anthropic("No.", "invalid_request_error"), 400, "upstream_refused", "never"),
        (anthropic("No.", "api_error"), 502, "upstream_broken", "ambiguous"),
        (google("No.", 429, "RESOURCE_EXHAUSTED"), 503, "upstream_rate_limited", "ambiguous"),
        (b"[" + google("No.", 503, "UNAVAILABLE") + b"]", 503, "upstream_unavailable", "ambiguous"),
        (google("No.", 400, "INVALID_ARGUMENT", {"reason": "API_KEY_INVALID"}), 502, "upstream_credentials_exhausted", "next"),
        (b'{"error":"it broke"}', 502, "upstream_broken", "ambiguous"),
        (b'{"error":{"message":"the prompt says 429 rate limit exceeded"}}', 502, "upstream_broken", "ambiguous"),
        (b"no json", 502, "upstream_broken", "ambiguous"),
    ],
)  # fmt: skip
def test_the_codes_of_an_event_say_what_its_status_would_have_been(
    event: bytes, status: int, code: str, replay: str
) -> None:
    error = stream_failure(event)

    assert (error.status, error.code, error.replay) == (status, code, replay)
    assert error.message
    assert [private for private in PRIVATE if private in error.message + str(error.detail)] == []


def test_what_a_provider_says_of_our_account_stays_out_of_the_stream() -> None:
    for event in (
        openai("The account of Acme owes 5 dollars.", "billing_error"),
        anthropic("Key of Acme", "authentication_error"),
    ):
        assert "Acme" not in stream_failure(event).message


def test_a_stream_that_was_limited_says_when_to_come_back() -> None:
    assert stream_failure(google("No.", 429, "RESOURCE_EXHAUSTED", {"retryDelay": "12s"})).retry_after == 12.0
    assert stream_failure(openai("No.", None, 400)).retry_after is None


def the_error(dialect: str, written: bytes) -> tuple[str, str]:
    """Code and message from where each dialect's clients read an error event."""
    events = [json.loads(line[6:]) for line in written.splitlines() if line.startswith(b"data: ")]
    first: Any = events[0]
    if dialect == "gemini_generate":
        return first["error"]["details"][-1]["reason"], first["error"]["message"]
    if dialect == "openai_responses":
        failed = events[1]["response"]
        assert [event["type"] for event in events] == ["error", "response.failed"]
        assert failed["error"] == {"code": first["code"], "message": first["message"]}
        return first["code"], first["message"]
    return first["error"]["code"], first["error"]["message"]


@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name != "openai_embeddings"])
@pytest.mark.parametrize("code", ["context_length_exceeded", "content_policy"])
def test_a_refusal_after_the_first_content_is_told_in_the_stream(dialect: DialectName, code: str) -> None:
    said = "context_length_exceeded" if code == "context_length_exceeded" else "content_filter"
    error = stream_failure(openai("Stopped:", code=said))
    call = Call(
        endpoint=Endpoint(dialect=dialect, operation="generate", model="m", stream=True), model="m", stream=True,
        fields={}, input_bytes=2,
    )  # fmt: skip

    written = DIALECTS[dialect].write_stream_error(error, "req-1", call=call, first=False, sequence=5)

    shown, message = the_error(dialect, written)
    assert shown == code
    assert KEPT in message
    assert ("prompt is too long" in message) == (code == "context_length_exceeded")
    assert b"[DONE]" not in written
    assert b"vendor.example" not in written
