"""What providers say when they refuse, made fit to be shown."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octogate.dialects.base import ProviderFault
from octogate.dialects.faults import find_fault, read_fault, stream_failure
from octogate.dialects.scrub import MAX_MESSAGE_CHARS, scrub


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, b'{"error":{"message":"m","type":"t","code":"c","param":null}}', ProviderFault("m", "c", "t")),
        (401, b'{"detail":"m"}', ProviderFault("m")),
        (422, b'{"detail":[{"loc":["body","n"],"msg":"too big","type":"x"}]}', ProviderFault("body.n: too big")),
        (400, b'{"code":"invalid-argument","error":"m"}', ProviderFault("m", "invalid-argument")),
        (404, b'{"error":"m"}', ProviderFault("m")),
        (400, b'{"id":"1","message":"m","error_type":"TOO_MANY"}', ProviderFault("m", "TOO_MANY")),
        (401, b'{"error":{"message":"m","code":401}}', ProviderFault("m")),
        (429, b'{"error":{"code":"429","message":"m"}}', ProviderFault("m")),
        (
            400,
            b'[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]',
            ProviderFault("m", None, "INVALID_ARGUMENT"),
        ),
        (
            400,
            b'{"error":{"code":400,"message":"m","status":"S","details":[{"reason":"API_KEY_INVALID"}]}}',
            ProviderFault("m", "API_KEY_INVALID", "S"),
        ),
        (
            529,
            b'{"type":"error","error":{"type":"overloaded_error","message":"m"}}',
            ProviderFault("m", None, "overloaded_error"),
        ),
        (400, b'"m"', ProviderFault("m")),
    ],
)
def test_every_shape_of_error_is_read(status: int, body: bytes, expected: ProviderFault) -> None:
    fault = read_fault(status, body)

    assert ProviderFault(fault.message, fault.code, fault.kind) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>502</h1></html>",
        b"no json",
        b"{}",
        b"[]",
        b"null",
        b"7",
        b"\xff\xfe",
        b"{" * 5_000,
        b'{"error":{}}',
        b'{"error":{"message":"<!DOCTYPE html><html>nginx</html>"}}',
        b'{"error":{"message":"<meta charset=utf-8><style>x</style>"}}',
        b'{"detail":"<table><tr><td>proxy 7</td></tr></table>"}',
        b'{"error":{"message":""}}',
        b"x" * 1_000_000,
    ],
)
def test_what_cannot_be_read_becomes_a_text_made_of_the_status(body: bytes) -> None:
    assert read_fault(502, body).message == "The provider answered with status 502 and no readable explanation."


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("see https://user:pw@llm.internal:8443/v1?key=abc now", "llm.internal"),
        ("connect to 10.0.0.7:8080 failed", "10.0.0.7"),
        ("connect to [fd00::1]:443 failed", "fd00"),
        ("no route to 2001:db8::7", "2001"),
        ("host vllm-3.prod.svc.cluster.local is down", "vllm-3"),
        ("dial tcp gpu-node:8000: refused", "gpu-node"),
        ("localhost:11434 refused", "11434"),
        ("see platform.example.com/account.", "example"),
        ("key sk-proj-abcdef123456 is wrong", "abcdef"),
        ("key AIzaSyA1234567890abcdef is wrong", "AIza"),
        ("Authorization: Bearer abcdefghijk", "abcdefghijk"),
        ("Incorrect API key provided: test-con****-key.", "test-con"),
        ("token=abc123secret", "abc123"),
        ("organization org-AbC123 is limited", "AbC123"),
        ("projects/my-company-prod/locations/x", "my-company"),
        ("arn:aws:bedrock:us-east-1:123456789012:model/x", "123456789012"),
        ("ask admin@example.org", "admin"),
        ("jwt eyJhbGciOiJI.eyJzdWIiOiIx.sig", "eyJ"),
    ],
)
def test_addresses_keys_and_accounts_are_taken_out(text: str, secret: str) -> None:
    assert secret not in scrub(text)
    assert "[" in scrub(text)


@pytest.mark.parametrize(
    "text",
    [
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        "The model `gpt-4.1-nano` does not exist or you do not have access to it.",
        "-1 is less than the minimum of 1 - 'dimensions'",
        "expected 1 <= n <= 8, at 12:34:56, ratio 3:4, error code: 400",
        "Unsupported value: 'messages[0].role' does not support 'developer' with this model.",
        "use std::string, version 1.2.3",
    ],
)
def test_what_helps_the_caller_stays(text: str) -> None:
    assert scrub(text) == text


def test_a_message_is_one_line_and_bounded() -> None:
    assert scrub("a\r\nb\x00c\u2028d") == "a b c d"
    assert len(scrub("word " * 5_000)) == MAX_MESSAGE_CHARS


@given(st.text(max_size=300) | st.text(alphabet="a.:/-@[]0", max_size=300))
def test_scrubbing_ends_and_is_done_once(text: str) -> None:
    once = scrub(text)

    assert len(once) <= MAX_MESSAGE_CHARS
    once.encode()


def test_hostile_text_is_scrubbed_in_time() -> None:
    """T-53."""
    started = time.process_time()
    for text in (
        "a." * 50_000,
        "a:" * 50_000,
        "-" * 100_000,
        "a@" * 50_000,
        "a-" * 50_000,
        ":" * 100_000,
        "1." * 50_000,
    ):
        scrub(text)

    assert time.process_time() - started < 1.0


def test_success_without_an_error_has_no_fault() -> None:
    assert find_fault(b'{"choices":[]}') is None
    assert find_fault(b"<html>") is None
    found = find_fault(b'{"error":{"message":"m"}}')
    assert found is not None
    assert (found.message, found.code, found.kind) == ("m", None, None)
    assert find_fault(b'{"error":{"code":1}}') is not None


def test_the_detail_of_a_broken_stream_has_codes_and_no_prose() -> None:
    failure = stream_failure(b'{"error":{"message":"my prompt","type":"a b c","code":"server_error"}}')

    assert failure.detail is not None
    assert "server_error" in failure.detail
    assert "prompt" not in failure.detail
    assert "a b c" not in failure.detail


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_faults(body: bytes) -> None:
    assert read_fault(500, body).message
    assert stream_failure(body).message
    find_fault(body)
