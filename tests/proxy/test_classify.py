"""What a provider's refusal means, status by status."""

import pytest

from octogate.core import errors
from octogate.dialects.base import ProviderFault
from octogate.dialects.waits import MAX_WAIT_SECONDS
from octogate.proxy.upstream.classify import classify
from octogate.proxy.upstream.waits import retry_after

NOW = 1_793_268_000.0  # Wed, 29 Oct 2026 10:00:00 UTC


def judged(status: int, message: str = "said", code: str | None = None, fields: dict[bytes, bytes] | None = None):
    return classify(status, fields or {}, ProviderFault(message=message, code=code), now=NOW)


@pytest.mark.parametrize(
    ("status", "kind", "replay", "counts"),
    [
        (301, errors.UpstreamBroken, "ambiguous", True),
        (400, errors.UpstreamRefused, "never", False),
        (401, errors.CredentialRefused, "next", True),
        (402, errors.UpstreamLimited, "next", False),
        (403, errors.CredentialRefused, "next", True),
        (404, errors.UpstreamRefused, "next", False),
        (408, errors.UpstreamBroken, "once", True),
        (409, errors.UpstreamBroken, "once", True),
        (413, errors.UpstreamRefused, "never", False),
        (422, errors.UpstreamRefused, "never", False),
        (425, errors.UpstreamBroken, "once", True),
        (429, errors.UpstreamLimited, "safe", False),
        (500, errors.UpstreamBroken, "ambiguous", True),
        (502, errors.UpstreamBroken, "ambiguous", True),
        (503, errors.UpstreamUnavailable, "safe", True),
        (504, errors.UpstreamTimeout, "ambiguous", True),
        (529, errors.UpstreamUnavailable, "safe", True),
    ],
)
def test_each_status_has_its_class(status, kind, replay, counts):
    """T-47, S2-79, S2-83, S3-77."""
    error = judged(status)

    assert (type(error), error.replay, error.counts_for_breaker) == (kind, replay, counts)
    assert error.upstream_status == status


def test_the_caller_gets_the_providers_status_and_words_for_his_own_fault():
    """S2-81."""
    error = judged(422, "messages.0: field required", code="missing")

    assert (error.status, error.message, error.reason) == (422, "messages.0: field required", "missing")


def test_of_a_providers_words_about_anything_else_only_its_code_is_kept_and_for_the_log_only():
    """T-57: the prose can quote the prompt."""
    for status in (401, 403, 429, 500, 503):
        error = judged(status, "org-secret is over its limit", code="over_limit")
        assert "org-secret" not in error.message
        assert error.detail == "over_limit"


@pytest.mark.parametrize("text", ["API key not valid. Please pass a valid API key.", "Incorrect API key provided: xai"])
def test_two_providers_say_400_where_they_mean_401(text):
    assert isinstance(judged(400, text), errors.CredentialRefused)


@pytest.mark.parametrize(
    ("text", "code"),
    [("You exceeded your current quota, please check your plan", None), ("said", "insufficient_quota")],
)
def test_a_used_up_quota_is_not_a_rate_limit(text, code):
    error = judged(429, text, code)

    assert (error.code, error.replay) == ("upstream_quota_exhausted", "next")


@pytest.mark.parametrize("status", [400, 413, 422, 429])
def test_an_overlong_prompt_is_the_callers_fault_whatever_the_status(status):
    error = judged(status, "This model's maximum context length is 8192 tokens")

    assert (error.status, error.code, error.replay) == (400, "context_length_exceeded", "next")
    assert (error.counts_for_breaker, error.retry_after) == (False, None)


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({b"retry-after-ms": b"1500", b"retry-after": b"9"}, 1.5),
        ({b"x-ms-retry-after-ms": b"250"}, 0.25),
        ({b"retry-after": b"2"}, 2.0),
        ({b"retry-after": b"0.5"}, 0.5),
        ({b"retry-after": b"Thu, 29 Oct 2026 10:00:30 GMT"}, 30.0),
        ({b"retry-after": b"Thu, 29 Oct 2026 09:00:00 GMT"}, 0.0),
        ({b"retry-after": b"1000000000"}, MAX_WAIT_SECONDS),
        ({b"retry-after": b"-5"}, None),
        ({b"retry-after": b"soon"}, None),
        ({b"retry-after": b"9" * 400}, None),
        ({b"x-ratelimit-remaining-requests": b"0", b"x-ratelimit-reset-requests": b"1m30s"}, 90.0),
        ({b"x-ratelimit-remaining-tokens": b"0", b"x-ratelimit-reset-tokens": b"120ms"}, 0.12),
        ({b"x-ratelimit-remaining-tokens": b"7", b"x-ratelimit-reset-tokens": b"6m0s"}, None),
        ({b"x-ratelimit-reset-requests": b"7"}, 7.0),
        ({b"x-ratelimit-remaining": b"0", b"x-ratelimit-reset": b"1793268020"}, 20.0),
        ({b"x-ratelimit-remaining": b"0", b"x-ratelimit-reset": b"1793268020500"}, 20.5),
        ({b"x-ratelimit-remaining": b"3", b"x-ratelimit-reset": b"1793268020"}, None),
        ({b"x-ratelimit-reset-tokens": b"6 minutes"}, None),
        (
            {
                b"anthropic-ratelimit-tokens-remaining": b"0",
                b"anthropic-ratelimit-tokens-reset": b"2026-10-29T10:00:12+00:00",
            },
            12.0,
        ),
        ({}, None),
    ],
)
def test_reads_every_way_to_say_when_to_come_back(fields, seconds):
    """T-47: seconds, dates, caps, negatives, garbage and 10⁹."""
    found = retry_after(fields, NOW)

    assert found == (pytest.approx(seconds, abs=0.01) if seconds is not None else None)
