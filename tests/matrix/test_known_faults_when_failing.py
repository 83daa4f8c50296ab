"""Faults that other gateways had when an answer ends badly or not at all, each impossible between two dialects."""

import threading
from collections.abc import Callable
from typing import Any, Final

import pytest

from octogate.core.call import DialectName
from octogate.mock.journal import Record

from .rig import UPSTREAM_KEY, Rig
from .wire import CALLERS, PAIRS, Answer, Wire, asking, fresh

SAY: Final = "Hi there."
LAST: Final[dict[DialectName, bytes]] = {
    "openai_chat": b"[DONE]", "openai_responses": b"response.completed", "anthropic_messages": b"message_stop",
    "gemini_generate": b'"finishReason":"STOP"',
}  # fmt: skip
"""What tells a caller that a stream is whole."""
CAPPED: Final[dict[DialectName, Any]] = {
    "openai_chat": {"max_completion_tokens": 20}, "openai_responses": {"max_output_tokens": 20},
    "anthropic_messages": {"max_tokens": 20}, "gemini_generate": {"generationConfig": {"maxOutputTokens": 20}},
}  # fmt: skip

each_pair = pytest.mark.parametrize(("caller", "upstream"), PAIRS)
streamed = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


@each_pair
def test_nothing_in_a_body_chooses_key_address_or_headers(wire: Wire, caller: DialectName, upstream: str) -> None:
    """`api_key` in the body replaced the upstream key, `headers` were sent upstream, `api_base` ended in a bare 500."""
    named, model = fresh(upstream)
    for member in ("api_key", "extra_headers", "headers", "api_base", "base_url", "user_config", "fallbacks"):
        answer = wire.ask(caller, named, asking(caller, SAY) | {member: "chosen-by-the-caller"})

        assert answer.status == 400
        assert "chosen-by-the-caller" not in answer.body.decode()
    assert wire.asked(model) == []


@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller != "gemini_generate"])
@pytest.mark.parametrize("suffix", ["?key=1", "#frag", ":countTokens", ";a", "%2F..%2Fx"])
def test_a_model_name_cannot_change_the_path_of_the_upstream(wire: Wire, caller: DialectName, suffix: str) -> None:
    """The model was pasted into Gemini's URL: `?key=1` and `#frag` changed path and query."""
    named, model = fresh("gemini_generate")

    answer = wire.ask(caller, named + suffix, asking(caller, SAY))

    assert answer.status == 200
    [record] = wire.asked(model + suffix)
    path = record.path.rpartition("/models/")[2]
    assert path.endswith(":generateContent")
    assert not set(path.removesuffix(":generateContent")) & set("?#/:;")
    assert record.headers["x-goog-api-key"].endswith(UPSTREAM_KEY[-4:])


@each_pair
@pytest.mark.parametrize("fault", ["fault-cut-3", "fault-nofinish", "fault-malformed-3", "fault-error-event-3"])
def test_a_broken_stream_is_an_error_that_nobody_takes_for_the_end(
    wire: Wire, caller: DialectName, upstream: str, fault: str
) -> None:
    """A cut stream ended with a clean `stop`; a line of garbage silently ended a stream as success. T-50."""
    named, _ = fresh(upstream, f"mock--{fault}", delay_ms=2)

    answer = wire.ask(caller, named, asking(caller, SAY), stream=True)

    assert answer.status == 200
    assert not answer.whole
    assert LAST[caller] not in answer.body
    name, last = answer.lines[-1]
    assert "error" in last or last["response"]["error"]
    assert name == {"anthropic_messages": "error", "openai_responses": last.get("type")}.get(caller)


@each_pair
@pytest.mark.parametrize(("said", "told"), [(529, 503), (413, 413), (422, 422), (504, 504), (500, 502)])
def test_a_status_of_the_provider_keeps_its_meaning(
    wire: Wire, caller: DialectName, upstream: str, said: int, told: int
) -> None:
    """529 became 500, 413 became 400."""
    named, _ = fresh(upstream, f"mock--fault-http-{said}")

    answer = wire.ask(caller, named, asking(caller, SAY))

    assert answer.status == told
    assert answer.json["error"]["message"]


@each_pair
@streamed
def test_a_limit_arrives_with_the_headers_that_sdks_read(
    wire: Wire, caller: DialectName, upstream: str, stream: bool
) -> None:
    """A 429 arrived with no `retry-after`, only with a header of another name that no SDK reads."""
    named, _ = fresh(upstream, "mock--fault-http-429", retry_after=9)

    answer = wire.ask(caller, named, asking(caller, SAY), stream=stream)

    assert (answer.status, answer.headers["retry-after"], answer.headers["retry-after-ms"]) == (503, "9", "9000")
    assert not [name for name in answer.headers if name.startswith("llm_provider")]


@each_pair
@pytest.mark.parametrize("fault", ["html-502", "html-403", "html-200", "badjson", "empty", "status200error"])
def test_a_broken_answer_is_the_provider_s_fault_and_is_not_echoed(
    wire: Wire, caller: DialectName, upstream: str, fault: str
) -> None:
    """Broken bodies were a 422 that blamed the caller; markup of the upstream was in the message."""
    named, _ = fresh(upstream, f"mock--fault-{fault}")

    answer = wire.ask(caller, named, asking(caller, SAY))

    assert answer.status in (502, 503)
    assert answer.headers["content-type"] == "application/json"
    assert not [word for word in (b"<", b"nginx", b"html", b"127.0.0.1") if word in answer.body.lower()]


def end_of(caller: DialectName, answer: Answer) -> tuple[str | None, str]:
    """Why an answer or a stream ended, and the words of its refusal, where the dialect has a place of its own."""
    events = answer.events or [answer.json]
    refusal = ""
    if caller == "openai_chat":
        choices = [choice for event in events for choice in event["choices"]]
        told = [choice.get("delta") or choice.get("message") or {} for choice in choices]
        return choices[-1]["finish_reason"], "".join(each.get("refusal") or "" for each in told)
    if caller == "anthropic_messages":
        return next(event.get("stop_reason") or event["delta"]["stop_reason"] for event in reversed(events)
                    if event["type"] in ("message", "message_delta")), refusal  # fmt: skip
    last = events[-1].get("response") or events[-1]
    if caller == "gemini_generate":
        return last["candidates"][0]["finishReason"] if last.get("candidates") else None, refusal
    parts = [part for item in last["output"] for part in item.get("content") or ()]
    reason = (last.get("incomplete_details") or {}).get("reason")
    return reason or last["status"], "".join(part.get("refusal", "") for part in parts)


@each_pair
@pytest.mark.parametrize("scenario", ["mock--tokens=60", "mock-refuse"], ids=["length", "refusal"])
def test_a_stream_ends_with_the_reason_of_a_plain_answer(
    wire: Wire, caller: DialectName, upstream: str, scenario: str
) -> None:
    """Streams said `stop` whatever had happened, and a refusal came as words of the answer."""
    named, _ = fresh(upstream, scenario)
    body = asking(caller, SAY) | CAPPED[caller]

    plain, streamed = (wire.ask(caller, named, body, stream=stream) for stream in (False, True))

    assert plain.status == streamed.status == 200
    reason, refusal = end_of(caller, plain)
    assert end_of(caller, streamed) == (reason, refusal)
    assert refusal or reason not in ("stop", "completed", "end_turn", "STOP")


@each_pair
@streamed
def test_a_caller_who_leaves_frees_the_provider_of_another_dialect(
    rig: Rig, wire: Wire, caller: DialectName, upstream: str, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upstream went on producing, and billing, for nobody."""
    slow: dict[str, Any] = {"tokens": 500, "delay_ms": 100} if stream else {"latency_ms": 20_000}
    named, model = fresh(upstream, **slow)
    asked, over = threading.Event(), threading.Event()
    opened, closed = rig.mock.journal.open, rig.mock.journal.close

    def noticing(what: Callable[[Record], None], event: threading.Event) -> Callable[[Record], None]:
        def noticed(record: Record) -> None:
            what(record)
            if record.model == model:
                event.set()

        return noticed

    monkeypatch.setattr(rig.mock.journal, "open", noticing(opened, asked))
    monkeypatch.setattr(rig.mock.journal, "close", noticing(closed, over))

    connection = wire.calling(caller, named, asking(caller, SAY), stream=stream)
    assert asked.wait(5)
    if stream:
        with connection.getresponse() as response:
            assert response.read1()
    connection.close()

    assert over.wait(5)
    assert wire.asked(model)[0].outcome == "disconnected"
