"""Every recorded exchange through the running gateway: what the provider said is what the caller gets."""

import json
import re
from typing import Any

import msgspec
import pytest

from octogate.dialects import DIALECTS

from .cases import Case
from .conftest import CASES, SECRET, Stage

pytestmark = [
    pytest.mark.skipif(not CASES, reason="OCTOGATE_FIXTURES is not set"),
    pytest.mark.asyncio(loop_scope="session"),
]

ANSWERS = [case for case in CASES if case.status == 200]
PLAIN = [case for case in ANSWERS if not case.is_stream]
STREAMS = [case for case in ANSWERS if case.is_stream and not case.expected().get("inline_error")]
BROKEN_OFF = [case for case in ANSWERS if case.is_stream and case.expected().get("inline_error")]
CHAT_STREAMS = [case for case in STREAMS if case.dialect == "openai_chat"]
REFUSALS = [case for case in CASES if case.status >= 400]
DONE = b"data: [DONE]\n\n"
TOLD = {400: 400, 401: 502, 403: 502, 404: 404, 413: 413, 429: 503, 500: 502, 503: 503, 529: 503}


def named(some: list[Case]) -> Any:
    return pytest.mark.parametrize("case", some, ids=[case.name for case in some])


def check_usage(case: Case, usage: Any) -> None:
    """The receipt's counts are those that a reader of the recording found."""
    said = case.expected().get("usage") or {}
    if said.get("input") is None and said.get("output") is None:
        return
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.exact) == (said["input"] or 0, said["output"] or 0, True)
    assert (usage.cached_tokens, usage.reasoning_tokens) == (said.get("cached", 0), said.get("reasoning", 0))
    if "cache_write" in said:
        assert usage.cache_write_tokens + usage.cache_write_1h_tokens == said["cache_write"]


def check_request(case: Case, path: str, sent: bytes) -> None:
    """The provider got the recorded request under its real path: every member byte for byte but the model."""
    wanted, got = case.request(), msgspec.json.decode(sent, type=dict[str, msgspec.Raw])
    own = {"model", "stream_options"} if case.dialect == "openai_chat" else {"model", "generateContentRequest"}
    assert list(got)[: len(wanted)] == list(wanted) or set(got) - set(wanted) <= own
    for name in wanted.keys() - own:
        assert bytes(got[name]) == bytes(wanted[name])
    real = str(case.meta["path"])
    if case.dialect != "gemini_generate":
        # A base URL without a path gets the usual one.
        assert path == (real if case.base or case.dialect == "anthropic_messages" else f"/v1{real}")
    elif real.startswith("/v1beta/"):
        assert re.sub(r"models/[^:]+", "models/m", path.partition("?")[0]) == re.sub(r"models/[^:]+", "models/m", real)


def without_usage_chunk(body: bytes) -> bytes:
    """A chat stream as it is for callers who did not ask for usage."""
    kept = []
    for block in re.split(rb"(?<=\n\n)|(?<=\n\r\n)", body):
        data = block.removeprefix(b"data: ")
        chunk = json.loads(data) if data.startswith(b"{") else {}
        if chunk.get("choices") != [] or not chunk.get("usage"):
            kept.append(block)
    return b"".join(kept)


def asks_for_usage(members: dict[str, msgspec.Raw]) -> bool:
    options = msgspec.json.decode(members.get("stream_options", msgspec.Raw(b"null"))) or {}
    return options.get("include_usage") is True


def wanted_stream(case: Case, *, usage: bool) -> bytes:
    """What a caller must get of a recorded stream."""
    body = case.body()
    if case.dialect == "openai_responses":
        return body.removesuffix(DONE)  # one provider sends a marker that this dialect does not have
    if case.dialect != "openai_chat":
        return body
    body = body if usage else without_usage_chunk(body)
    return body if DONE.strip() in body else body + DONE


def without_usage(members: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    return {name: raw for name, raw in members.items() if name != "stream_options"}


@named(PLAIN)
async def test_a_plain_answer_is_the_recorded_one_byte_for_byte(stage: Stage, case: Case) -> None:
    """S2-30, S2-31."""
    asked = await stage.ask(case)

    assert asked.answer.status == 200
    assert asked.answer.whole
    assert bytes(asked.answer.body) == case.body()
    check_request(case, asked.path, asked.sent)
    assert asked.receipt.code == "ok"
    check_usage(case, asked.receipt.usage)


@named(STREAMS)
async def test_a_stream_is_the_recorded_one_byte_for_byte(stage: Stage, case: Case) -> None:
    """S2-40, S2-42."""
    asked = await stage.ask(case)

    assert asked.answer.status == 200
    assert asked.answer.whole
    out = bytes(asked.answer.body)
    out = out.removesuffix(DONE) if case.dialect == "openai_responses" else out
    assert out == wanted_stream(case, usage=asks_for_usage(case.request()))
    check_request(case, asked.path, asked.sent)
    assert asked.receipt.code == "ok"
    check_usage(case, asked.receipt.usage)


@named(CHAT_STREAMS)
async def test_a_usage_chunk_that_nobody_asked_for_is_all_that_is_taken_out(stage: Stage, case: Case) -> None:
    """S2-42."""
    asked = await stage.ask(case, members=without_usage(case.request()))

    assert bytes(asked.answer.body) == wanted_stream(case, usage=False)
    assert json.loads(asked.sent)["stream_options"]["include_usage"] is True
    check_usage(case, asked.receipt.usage)


@named(BROKEN_OFF)
async def test_a_stream_that_the_provider_broke_off_is_raised(stage: Stage, case: Case) -> None:
    asked = await stage.ask(case)

    assert asked.receipt.code != "ok"
    assert not asked.answer.whole or asked.answer.status >= 500
    assert DONE.strip() not in asked.answer.body
    error = json.loads(bytes(asked.answer.body).rpartition(b"data: ")[2])["error"]
    assert error["message"]
    assert error["source"] == "upstream"


@named(REFUSALS)
async def test_a_refusal_keeps_its_meaning_and_its_words_but_no_address(stage: Stage, case: Case) -> None:
    fault = DIALECTS[case.dialect].read_fault(case.status, case.body())
    asked = await stage.ask(case)
    status, text = asked.answer.status, bytes(asked.answer.body).decode()

    if case.operation == "count_tokens" and case.status == 404:
        assert status == 200  # counted here instead
        return
    if asked.sent:
        bad_key = case.status == 400 and "api key" in fault.message.lower()
        context = "context_length" in asked.receipt.code
        unpaid = "credit balance" in fault.message.lower()
        assert status == (502 if bad_key else 503 if unpaid else 400 if context else TOLD[case.status])
        assert asked.receipt.attempts[0].upstream_status == case.status
        if status in (400, 404, 413, 422):
            assert json.loads(text)["error"]["message"] == fault.message
    else:
        assert status == 400  # the gateway saw the fault itself
    told = text.replace("type.googleapis.com/", "")
    assert not re.search(r"https?:|www\.|\.com\b|\.ai\b|<\w|sk-\w|org-\w", told)
    assert SECRET not in text + repr(asked.answer.headers)
    assert str(stage.upstream.port) not in text + repr(asked.answer.headers)
    if asked.receipt.code == "upstream_quota_exhausted":
        assert "retry-after" not in asked.answer.headers
        assert asked.answer.headers["x-should-retry"] == "false"
    elif status == 503:
        assert int(asked.answer.headers["retry-after"]) >= 1


def sample(some: list[Case], each: int) -> list[Case]:
    """The `each` shortest of every provider and dialect."""
    found: dict[tuple[str, str, bool], list[Case]] = {}
    for case in sorted(some, key=lambda case: len(case.body())):
        found.setdefault((case.name.partition(".")[0], case.dialect, case.sse), []).append(case)
    return [case for cases in found.values() for case in cases[:each]]


@named(sample(STREAMS, 2))
@pytest.mark.parametrize("sizes", [(1,), (1, 2, 3, 5, 7, 11, 13), (17, 1, 1, 64), (4096, 3)], ids=str)
async def test_a_stream_is_the_same_whatever_its_pieces_were(stage: Stage, case: Case, sizes: tuple[int, ...]) -> None:
    """T-51, through sockets."""
    if sizes == (1,) and len(case.body()) > 12_000:
        sizes = (2, 1, 997)
    asked = await stage.ask(case, sizes=sizes)

    assert asked.answer.whole
    out = bytes(asked.answer.body)
    out = out.removesuffix(DONE) if case.dialect == "openai_responses" else out
    assert out == wanted_stream(case, usage=asks_for_usage(case.request()))
    check_usage(case, asked.receipt.usage)


FINISHES = {
    "openai_chat": rb'"finish_reason":\s?"',
    "openai_responses": rb'"type":\s?"response\.(?:completed|incomplete|failed)"',
    "anthropic_messages": rb'"stop_reason":\s?"',
    "gemini_generate": rb'"(?:finishReason|blockReason)":\s?"',
}


def first_honest_end(case: Case) -> int:
    """From how many bytes on the recording holds the event that says that the answer is finished."""
    found = re.search(FINISHES[case.dialect], case.body())
    assert found
    return found.end()


@named(sample(STREAMS, 1))
@pytest.mark.parametrize("end", ["finished", "closed", "reset"])
async def test_a_stream_that_is_cut_never_ends_as_if_it_had_not_been(stage: Stage, case: Case, end: str) -> None:
    """T-50, through sockets: at ten places, by an early but orderly end, by FIN and by RST."""
    honest = first_honest_end(case)
    wanted = wanted_stream(case, usage=asks_for_usage(case.request()))
    for tenth in range(10):
        cut = honest * tenth // 10
        asked = await stage.ask(case, until=cut, end=end, sizes=(1500,))
        answer, out = asked.answer, bytes(asked.answer.body)

        assert asked.receipt.code != "ok", cut
        assert DONE.strip() not in out
        if answer.status != 200:
            assert answer.status in (502, 503, 504)
            assert answer.whole
            continue
        assert not answer.whole
        _check_broken_off(case, out, wanted, cut)


def _check_broken_off(case: Case, out: bytes, wanted: bytes, cut: int) -> None:
    """Whole events as they were recorded, then an error that the dialect's own SDK raises."""
    if case.dialect == "gemini_generate" and not case.sse:
        *passed, last = json.loads(out)
        assert passed == json.loads(case.body())[: len(passed)]
        assert last["error"]["code"] >= 500
        return
    events = re.split(rb"(?<=\n\n)|(?<=\n\r\n)", out)
    events = [event for event in events if event.strip()]
    at = -2 if case.dialect == "openai_responses" else -1
    before, last = b"".join(events[:at]), [json.loads(event.rpartition(b"data: ")[2]) for event in events[at:]]
    assert wanted.startswith(before)
    assert len(before) <= cut + 2  # what had come but for its empty line may be given one
    if case.dialect == "openai_responses":
        numbers = [
            json.loads(event.rpartition(b"data: ")[2])["sequence_number"] for event in events if b"data: " in event
        ]
        assert [data["type"] for data in last] == ["error", "response.failed"]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    elif case.dialect == "anthropic_messages":
        assert events[-1].startswith(b"event: error\n")
        assert last[0]["type"] == "error"
    else:
        assert last[0]["error"]["message"]
