"""Every recorded and documented shape of a refusal, read, classified, and written for callers of every dialect."""

import json
import time
from typing import Any

import pytest

from octogate.core.errors import CredentialRefused, UpstreamError
from octogate.dialects import DIALECTS
from octogate.dialects.faults import read_fault
from octogate.dialects.judgement import judge
from octogate.dialects.meaning import OVERLONG
from octogate.proxy.upstream.classify import classify

from .shapes import ACCOUNTS, KEPT, OVERLONG_BY_WORDS, POLICIES, PRIVATE, SHAPES, Shape, anthropic, openai

NOW = 1_793_268_000.0  # Thu, 29 Oct 2026 10:00:00 UTC
TYPES = {
    "openai": {400: "invalid_request_error", 404: "invalid_request_error", 413: "invalid_request_error",
               422: "invalid_request_error", 502: "api_error", 503: "overloaded_error", 504: "api_error"},
    "anthropic": {400: "invalid_request_error", 404: "not_found_error", 413: "request_too_large",
                  422: "invalid_request_error", 502: "api_error", 503: "overloaded_error", 504: "timeout_error"},
    "gemini": {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 413: "INVALID_ARGUMENT", 422: "INVALID_ARGUMENT",
               502: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED"},
}  # fmt: skip


def judged(shape: Shape) -> UpstreamError:
    return classify(shape.status, shape.fields, read_fault(shape.status, shape.body), now=NOW)


def told(dialect: str, text: bytes) -> tuple[str, str, str]:
    """Type, code and message of an error body, from where the dialect's own clients read them."""
    error: Any = json.loads(text)["error"]
    if dialect == "gemini_generate":
        return error["status"], error["details"][-1]["reason"], error["message"]
    return error["type"], error["code"], error["message"]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_refusal_becomes_its_class_and_says_when_to_come_back(shape: Shape) -> None:
    """T-47, S2-79, S2-83: status, code, whether to try elsewhere, and the wait."""
    error = judged(shape)

    assert (error.status, error.code, error.replay) == shape.becomes
    assert error.upstream_status == shape.status
    assert error.retry_after == (pytest.approx(shape.wait, abs=0.01) if shape.wait is not None else None)
    assert shape.reason is None or error.reason == shape.reason


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_refusal_is_written_as_the_callers_own_dialect_would(shape: Shape, dialect: str) -> None:
    """S2-81, T-57: the type, the code and the provider's words; no address, key, account or markup."""
    error = judged(shape)
    text = DIALECTS[dialect].write_error(error, "req-1")

    kind, code, message = told(dialect, text)
    assert kind == TYPES[dialect.partition("_")[0]][error.status]
    assert code in (shape.becomes[1], error.reason)
    assert (KEPT in message) == shape.kept
    assert message
    written = text.decode().replace("type.googleapis.com/", "")
    assert [private for private in PRIVATE if private in written + str(error.detail)] == []
    assert "doc_url" not in written


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if "overlong" in shape.name], ids=str)
def test_an_overlong_prompt_is_told_so_that_clients_shorten_it(shape: Shape, dialect: str) -> None:
    """OpenAI's clients test the code, Anthropic's coding client these words, Google's the status."""
    kind, code, message = told(dialect, DIALECTS[dialect].write_error(judged(shape), "req-1"))

    assert code == "context_length_exceeded"
    assert message.count(OVERLONG) == 1
    assert kind in ("invalid_request_error", "INVALID_ARGUMENT")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_only_failures_of_the_provider_count_for_its_breaker(shape: Shape) -> None:
    error = judged(shape)

    assert error.counts_for_breaker == (error.code in COUNTED)


COUNTED = {"upstream_credentials_exhausted", "upstream_broken", "upstream_unavailable", "upstream_timeout"}


def quoted(shape: Shape) -> str:
    """The provider's sentence, as it stands when a prompt quotes it and the error quotes the prompt."""
    value = json.loads(shape.body)
    value = value[0] if isinstance(value, list) else value
    inner = value.get("error")
    source = inner if isinstance(inner, dict) else value
    sentence = inner if isinstance(inner, str) else source.get("message") or source["detail"]
    return f"Invalid value for 'messages[0].content': '{sentence}'"


@pytest.mark.parametrize(
    "shape",
    [shape for shape in (*OVERLONG_BY_WORDS, *POLICIES, *ACCOUNTS) if b"Provider returned" not in shape.body],
    ids=str,
)
def test_a_quoted_prompt_never_decides(shape: Shape) -> None:
    """A caller who writes a provider's sentence must not open a breaker, raise an alarm, or turn one error into another."""
    sentence = quoted(shape)

    for body in (openai(sentence), anthropic(sentence)):
        assert classify(400, {}, read_fault(400, body), now=NOW).code == "upstream_refused"
        assert classify(429, {}, read_fault(429, body), now=NOW).code == "upstream_rate_limited"
        assert isinstance(classify(401, {}, read_fault(401, body), now=NOW), CredentialRefused)
        assert classify(500, {}, read_fault(500, body), now=NOW).code == "upstream_broken"


@pytest.mark.parametrize(
    ("status", "code", "sentence", "becomes"),
    [
        (429, "rate_limit_exceeded", "This model's maximum context length is 8 tokens", "upstream_rate_limited"),
        (429, "insufficient_quota", "prompt is too long: 9 tokens > 8 maximum", "upstream_quota_exhausted"),
        (400, "context_length_exceeded", "Incorrect API key provided", "context_length_exceeded"),
        (400, "context_length_exceeded", "Output blocked by content filtering policy", "context_length_exceeded"),
        (400, "content_filter", "prompt is too long: 9 tokens > 8 maximum", "content_policy"),
        (429, "rate_limit_exceeded", "You exceeded your current quota", "upstream_rate_limited"),
    ],
)
def test_a_code_outweighs_the_words_beside_it(status: int, code: str, sentence: str, becomes: str) -> None:
    error = classify(status, {}, read_fault(status, openai(sentence, code=code)), now=NOW)

    assert error.code == becomes


@pytest.mark.parametrize("status", [401, 403, 404, 408, 503, 529])
def test_a_status_that_says_enough_is_not_overruled_by_an_overlong_prompt(status: int) -> None:
    fault = read_fault(status, openai("This model's maximum context length is 8 tokens"))

    assert fault.cause == "overlong"
    assert judge(status, fault).code != "context_length_exceeded"


def test_the_parameter_that_the_provider_names_reaches_the_caller_but_nothing_else_in_its_place() -> None:
    for param, shown in (("messages[3].content", "messages[3].content"), ("https://x.vendor.example", None),
                         ("sk-live-abcdef1234567890", None), ("a b", None), (["n"], None), ("n" * 200, None)):  # fmt: skip
        body = json.dumps({"error": {"message": "No.", "param": param}}).encode()
        error = classify(400, {}, read_fault(400, body), now=NOW)

        assert json.loads(DIALECTS["openai_chat"].write_error(error, "r"))["error"]["param"] == shown


def test_errors_in_errors_are_read_to_a_bound() -> None:
    text = "the innermost"
    for _ in range(10):
        text = json.dumps({"error": {"message": text}})

    fault = read_fault(400, text.encode())

    assert len(fault.message) <= 2_000
    assert fault.message.startswith("{")  # told as it is, for nobody wraps an error that often


def test_hostile_words_are_judged_in_time() -> None:
    """T-53."""
    started = time.process_time()
    for text in ("Request too large for " * 90, "1m" * 1_000, "retry in 1" * 200, "the the " * 250, "`inputs` " * 200,
                 "Error: " * 300, "This request " * 150, "try again in " + "9" * 1_900):  # fmt: skip
        for status in (400, 429):
            for _ in range(20):
                classify(status, {}, read_fault(status, openai(text)), now=NOW)

    assert time.process_time() - started < 2.0
