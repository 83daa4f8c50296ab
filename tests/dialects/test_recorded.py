"""What real providers sent, and what becomes of it."""

import json
import re
from typing import Any

import msgspec
import pytest

from octogate.core.usage import Usage
from octogate.dialects import DIALECTS

from .recorded import Case, cases

ALL = cases()
pytestmark = pytest.mark.skipif(not ALL, reason="OCTOGATE_FIXTURES is not set")

ANSWERS = [case for case in ALL if case.status == 200]
STREAMS = [case for case in ANSWERS if case.meta["response_file"].endswith(".sse") or case.endpoint.stream]
PLAIN = [case for case in ANSWERS if case not in STREAMS]
REFUSALS = [case for case in ALL if case.status >= 400]
REQUESTS = [case for case in ANSWERS if (case.folder / "request.json").exists()]

# Only these carry a body that the provider accepted although its own documents forbid it.
FINISHES = {
    "stop": {"stop", "end_turn", "stop_sequence", "STOP", "completed", "1"},
    "length": {"length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "2"},
    "tool_calls": {"tool_calls", "tool_use", "completed", "STOP", "function_call"},
    "content_filter": {"content_filter", "SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "IMAGE_SAFETY"},
    "refusal": {"refusal", "completed"},
    "pause": {"pause_turn"},
}


def named(some: list[Case]) -> Any:
    return pytest.mark.parametrize("case", some, ids=[case.name for case in some])


def call_of(case: Case) -> Any:
    path = case.folder / "request.json"
    body = path.read_bytes() if path.exists() else b'{"messages":[{"role":"user","content":"hi"}]}'
    return DIALECTS[case.endpoint.dialect].read_call(
        body, case.endpoint, max_output_tokens=1_000_000, max_messages=100_000
    )


def check_usage(usage: Usage | None, expected: dict[str, Any]) -> None:
    said = expected.get("usage") or {}
    if said.get("input") is None and said.get("output") is None:
        return
    assert usage is not None
    assert usage.input_tokens == (said["input"] or 0)
    assert usage.output_tokens == (said["output"] or 0)
    assert usage.cached_tokens == said.get("cached", 0)
    assert usage.reasoning_tokens == said.get("reasoning", 0)
    if "cache_write" in said:
        assert usage.cache_write_tokens + usage.cache_write_1h_tokens == said["cache_write"]


@named(STREAMS)
def test_a_recorded_stream_passes_byte_for_byte_with_its_usage_and_finish(case: Case) -> None:
    """S2-40, S2-42."""
    body, expected = case.response(), case.expected()
    call = msgspec.structs.replace(call_of(case), wants_usage=True)
    reader = DIALECTS[call.endpoint.dialect].reader(call)

    out = reader.feed(body)
    tail = reader.close()

    if expected.get("inline_error"):
        assert reader.failure is not None
        assert body.startswith(out)
        return
    assert reader.failure is None
    missing = b"data: [DONE]\n\n" if call.endpoint.dialect == "openai_chat" and b"[DONE]" not in body else b""
    assert out + tail == body + missing
    assert reader.complete
    assert reader.started
    assert tail
    check_usage(reader.usage, expected)
    if expected.get("finish"):
        assert reader.finish in FINISHES[expected["finish"]]


@named([case for case in STREAMS if case.endpoint.dialect == "openai_chat"])
def test_an_unasked_usage_chunk_is_all_that_is_taken_out(case: Case) -> None:
    """S2-42."""
    body = case.response()
    call = msgspec.structs.replace(call_of(case), wants_usage=False)
    reader = DIALECTS["openai_chat"].reader(call)

    out = reader.feed(body) + reader.close()

    if reader.failure is not None:
        return
    kept = out.removesuffix(b"data: [DONE]\n\n") if b"[DONE]" not in body else out
    gone = [block for block in body.split(b"\n\n") if block not in kept.split(b"\n\n")]
    for block in gone:
        chunk = json.loads(block.removeprefix(b"data: "))
        assert chunk["choices"] == []
        assert chunk["usage"]
    assert len(gone) <= 1
    check_usage(reader.usage, case.expected())


@named([case for case in STREAMS if len(case.response()) < 12_000])
def test_a_recorded_stream_in_single_bytes_is_the_same_stream(case: Case) -> None:
    """T-51."""
    body = case.response()
    call = call_of(case)
    dialect = DIALECTS[case.endpoint.dialect]
    whole, single = dialect.reader(call), dialect.reader(call)

    expected = whole.feed(body) + whole.close()
    out = b"".join(single.feed(body[at : at + 1]) for at in range(len(body))) + single.close()

    assert out == expected
    assert (single.finish, single.usage, single.output_bytes) == (whole.finish, whole.usage, whole.output_bytes)


@named([case for case in STREAMS if len(case.response()) < 30_000])
def test_a_recorded_stream_that_is_cut_never_ends_as_if_it_had_not_been(case: Case) -> None:
    """T-50."""
    body = case.response()
    call = call_of(case)
    dialect = DIALECTS[case.endpoint.dialect]
    step = max(1, len(body) // 400)
    for cut in range(0, len(body), step):
        reader = dialect.reader(call)
        reader.feed(body[:cut])
        reader.close()
        assert reader.failure is not None or reader.complete
        if reader.failure is None:
            assert b"finish" in body[:cut] or b"stop_reason" in body[:cut] or b'"response.' in body[:cut]


@named(REQUESTS)
def test_a_recorded_request_survives_with_only_its_model_replaced(case: Case) -> None:
    """S2-30, S2-31."""
    before = case.request()
    call = call_of(case)
    dialect = DIALECTS[case.endpoint.dialect]

    after = dialect.write_call(call, model="the-target", stream_usage=True, default_max_tokens=None)

    was, now = json.loads(before), json.loads(after)
    if case.endpoint.dialect == "openai_chat" and was.get("stream"):
        assert now["stream_options"]["include_usage"] is True
        was.pop("stream_options", None), now.pop("stream_options")
    if case.endpoint.dialect != "gemini_generate":
        assert now["model"] == "the-target"
        was.pop("model", None), now.pop("model")
    else:
        for body in (was, now):
            body.pop("model", None)
            body.get("generateContentRequest", {}).pop("model", None)
    assert now == was
    for name, raw in call.fields.items():
        if name not in ("model", "stream_options", "generateContentRequest"):
            assert bytes(raw) in before
            assert bytes(raw) in after


@named(PLAIN)
def test_a_recorded_plain_answer_is_whole_and_its_usage_is_read(case: Case) -> None:
    dialect = DIALECTS[case.endpoint.dialect]
    body = case.response()

    assert dialect.check_answer(body) is None
    if case.endpoint.operation == "generate":
        check_usage(dialect.read_usage(body), case.expected())
    if case.endpoint.operation == "embed":
        assert dialect.read_usage(body) is not None


@named(PLAIN)
def test_a_plain_answer_that_is_cut_is_no_answer(case: Case) -> None:
    dialect = DIALECTS[case.endpoint.dialect]
    body = case.response().rstrip()

    for cut in range(0, len(body), max(1, len(body) // 50)):
        assert dialect.check_answer(body[:cut]) is not None


@named(REFUSALS)
def test_a_recorded_error_is_read_without_addresses_or_markup(case: Case) -> None:
    fault = DIALECTS[case.endpoint.dialect].read_fault(case.status, case.response())

    assert fault.message
    assert "no readable explanation" not in fault.message
    assert len(fault.message) <= 2_000
    assert not re.search(r"https?:|www\.|\.com\b|\.ai\b|<\w|sk-\w|org-\w", fault.message)
