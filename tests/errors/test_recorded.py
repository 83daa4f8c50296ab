"""What real providers answered: every recorded refusal has its class and leaks nothing, for callers of every dialect."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from octogate.dialects import DIALECTS
from octogate.dialects.faults import read_fault, stream_failure
from octogate.proxy.upstream.classify import classify

ROOT = Path(os.environ.get("OCTOGATE_FIXTURES", "/nonexistent"))
BY_STATUS = {
    400: "upstream_refused", 401: "upstream_credentials_exhausted", 403: "upstream_credentials_exhausted",
    404: "upstream_not_found", 413: "upstream_refused", 422: "upstream_refused", 424: "upstream_broken",
    429: "upstream_rate_limited", 500: "upstream_broken", 503: "upstream_unavailable", 529: "upstream_unavailable",
}  # fmt: skip
# By what the provider says, whatever the recording is called: the expectation is told apart from the code's own table.
MEANT = (
    ("context_length_exceeded", re.compile(r"too long|too many tokens|tokens exceed|context length|TOO_MANY_TOKENS")),
    ("upstream_credentials_exhausted", re.compile(r"(?:API key not valid|Incorrect API key)")),
    ("upstream_quota_exhausted", re.compile(r"insufficient_quota|credit balance")),
    ("upstream_not_found", re.compile(r"provided model identifier is invalid")),
    ("content_policy", re.compile(r"content_filter")),
)
LIMITS = re.compile(r"please wait|Rate limit reached|call rate limit")
LEAK = re.compile(r"https?:|www\.|\.com\b|\.ai\b|<\w|sk-\w|org-\w|fake-project")


def cases() -> Iterator[Any]:
    for path in sorted(ROOT.glob("*/*/*/meta.json")):
        meta = json.loads(path.read_text(encoding="utf-8"))
        if meta["status"] >= 400:
            body = (path.parent / meta["response_file"]).read_bytes()
            yield pytest.param(meta, body, id=f"{meta['provider']}/{meta['case']}")


CASES = list(cases())
recorded = pytest.mark.skipif(not ROOT.is_dir(), reason="OCTOGATE_FIXTURES names no folder of recorded traffic")


def meant(status: int, body: bytes) -> str:
    text = body.decode()
    if not LIMITS.search(text):
        for code, says in MEANT:
            if says.search(text) and status != 401:
                return code
    return BY_STATUS[status]


@recorded
@pytest.mark.parametrize(("meta", "body"), CASES)
def test_a_recorded_refusal_has_its_class_in_every_dialect(meta: dict[str, Any], body: bytes) -> None:
    """S2-81, S2-83, T-47, T-57."""
    fields = {name.lower().encode(): str(value).encode() for name, value in (meta["response_headers"] or {}).items()}
    fault = read_fault(meta["status"], body)
    error = classify(meta["status"], fields, fault, now=1_767_225_600.0)

    assert error.code == meant(meta["status"], body)
    for name, dialect in DIALECTS.items():
        written = dialect.write_error(error, "req-1").decode().replace("type.googleapis.com/", "")
        assert not LEAK.search(written), name
        if error.status in (400, 404, 413, 422):
            assert json.loads(written)["error"]["message"] == fault.message
    if b"retry-after" in fields:
        assert error.retry_after == pytest.approx(
            float(fields.get(b"retry-after-ms", b"0")) / 1000 or float(fields[b"retry-after"])
        )


@recorded
def test_the_recordings_hold_what_this_is_about() -> None:
    codes = [meant(param.values[0]["status"], param.values[1]) for param in CASES]

    assert len(CASES) >= 60
    assert codes.count("context_length_exceeded") >= 6
    assert {"content_policy", "upstream_quota_exhausted"} <= set(codes)


@recorded
def test_a_recorded_tool_call_that_failed_inside_a_stream_is_the_models_fault_and_not_the_callers() -> None:
    events = [
        block.partition(b"data: ")[2]
        for path in ROOT.glob("dev/groq/*/response.sse")
        for block in path.read_bytes().split(b"\n\n")
        if block.startswith(b"event: error")
    ]

    assert events
    for event in events:
        error = stream_failure(event)
        assert json.loads(event)["error"]["status_code"] == 400
        assert (error.status, error.code) == (502, "upstream_broken")
        assert error.message == read_fault(400, event).message
