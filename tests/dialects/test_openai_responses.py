"""OpenAI Responses."""

import json
from typing import Any

import msgspec
import pytest

from octogate.core.errors import Interrupted, UpstreamBroken
from octogate.dialects import DIALECTS

from .callers import RESPONSES, faults, raw, read, write
from .streams import a_call

DIALECT = DIALECTS["openai_responses"]
COMPACT = msgspec.structs.replace(RESPONSES, operation="compact")


@pytest.mark.parametrize("given", ["hi", [{"role": "user", "content": "hi"}], []])
def test_an_input_is_a_text_or_a_list(given: Any) -> None:
    call = read(RESPONSES, {"model": "m", "input": given, "stream": True, "max_output_tokens": 7})

    assert (call.model, call.stream, call.max_output_tokens) == ("m", True, 7)
    assert DIALECT.target_path(call, model="x") == "/responses"


@pytest.mark.parametrize("member", ["previous_response_id", "conversation", "prompt"])
def test_an_input_may_be_at_the_provider(member: str) -> None:
    assert faults(RESPONSES, {member: "x"}) == {}
    assert faults(RESPONSES, {member: None}) == {"input": "Input is required"}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"input": 7}, {"input": "Input must be a string or an array"}),
        ({"input": {}}, {"input": "Input must be a string or an array"}),
        ({"input": [1, 2, 3]}, {"input": "Input must have at most 2 items"}),
        ({"max_output_tokens": 0, "headers": {}},
         {"max_output_tokens": "Max output tokens must be greater than or equal to 1",
          "headers": "Headers is not accepted in a body"}),
    ],
)  # fmt: skip
def test_faults_are_listed_by_field(members: dict[str, Any], expected: dict[str, str]) -> None:
    """S2-37, T-20."""
    assert faults(RESPONSES, {"input": "x", **members}, max_messages=2) == expected


def test_what_belongs_to_the_provider_stays_byte_for_byte() -> None:
    """S2-30."""
    body = (
        b'{"model":"m","input":[{"type":"reasoning","encrypted_content":"gAA\\/="}],"background":true,"store":false,'
        b'"previous_response_id":"resp_1","include":["reasoning.encrypted_content"],"client_metadata":{"x": 1}}'
    )

    assert raw(read(RESPONSES, body), model="t") == body.replace(b'"m"', b'"t"')


def test_a_compaction_has_its_own_path_and_no_stream() -> None:
    call = read(COMPACT, {"input": "x", "stream": True})

    assert not call.stream
    assert DIALECT.target_path(call, model="x") == "/responses/compact"
    assert "max_output_tokens" not in write(call, default=5)
    assert write(read(RESPONSES, {"input": "x"}), default=5)["max_output_tokens"] == 5


def event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


@pytest.mark.parametrize(
    ("kind", "response", "finish"),
    [
        ("response.completed", {"usage": {"input_tokens": 1, "output_tokens": 2}}, "completed"),
        ("response.incomplete", {"incomplete_details": {"reason": "max_output_tokens"}}, "max_output_tokens"),
        ("response.incomplete", {}, "incomplete"),
    ],
)
def test_each_legal_end_is_passed_on_as_it_is(kind: str, response: dict[str, Any], finish: str) -> None:
    last = event(kind, response=response) + b"data: [DONE]\n\n"
    reader = DIALECT.reader(a_call("openai_responses"))

    assert reader.feed(last) == b""
    assert reader.started
    assert reader.close() == last
    assert reader.finish == finish
    assert reader.failure is None


@pytest.mark.parametrize("begun", [False, True])
def test_a_response_that_failed_is_a_failure_with_the_usage_that_it_tells(begun: bool) -> None:
    """Before its first content nothing was shown, and another target may do better."""
    reader = DIALECT.reader(a_call("openai_responses"))
    if begun:
        reader.feed(event("response.output_text.delta", delta="Hel"))
    error = {"code": "server_error", "message": "The model crashed."}

    assert reader.feed(event("response.failed", response={"error": error, "usage": {"output_tokens": 7}})) == b""

    assert isinstance(reader.failure, UpstreamBroken)
    assert "The model crashed" in str(reader.failure)
    assert reader.started is begun
    assert reader.usage is not None
    assert reader.usage.output_tokens == 7
    assert reader.close() == b""


def test_a_failed_response_that_says_nothing_is_one_too() -> None:
    reader = DIALECT.reader(a_call("openai_responses"))

    assert reader.feed(event("response.failed")) == b""
    assert isinstance(reader.failure, UpstreamBroken)


def test_a_stream_without_its_last_event_is_never_finished_for_it() -> None:
    """T-50."""
    reader = DIALECT.reader(a_call("openai_responses"))
    reader.feed(event("response.output_text.delta", delta="a") + event("response.output_text.done", text="a"))

    assert reader.close() == b""
    assert isinstance(reader.failure, Interrupted)


@pytest.mark.parametrize(
    ("kind", "members", "size"),
    [
        ("response.output_text.delta", {"delta": "é"}, 2),
        ("response.reasoning_summary_text.delta", {"delta": "hm"}, 2),
        ("response.function_call_arguments.delta", {"delta": "{}"}, 2),
        ("response.refusal.delta", {"delta": "no"}, 2),
        ("response.output_item.done", {"item": {}}, 0),
    ],
)
def test_every_kind_of_content_starts_the_stream(kind: str, members: dict[str, Any], size: int) -> None:
    reader = DIALECT.reader(a_call("openai_responses"))
    reader.feed(event("response.created", response={}) + event("response.in_progress", response={}))
    assert not reader.started

    reader.feed(event(kind, **members))

    assert reader.started
    assert reader.output_bytes == size


def test_an_error_goes_on_with_the_numbers_of_the_stream() -> None:
    """T-50."""
    call = a_call("openai_responses")
    reader = DIALECT.reader(call)
    reader.feed(
        event("response.created", sequence_number=0) + event("response.output_text.delta", sequence_number=1, delta="a")
    )
    reader.close()
    assert reader.failure is not None

    out = DIALECT.write_stream_error(reader.failure, "req_1", call=call, first=False, sequence=reader.next_sequence)

    error, failed = [json.loads(block.partition(b"data: ")[2]) for block in out.split(b"\n\n")[:-1]]
    assert [error["type"], error["sequence_number"], error["code"]] == ["error", 2, "upstream_interrupted"]
    assert error["error"]["request_id"] == "req_1"
    assert [failed["type"], failed["sequence_number"]] == ["response.failed", 3]
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"]["code"] == "upstream_interrupted"


@pytest.mark.parametrize(
    ("body", "is_answer"),
    [(b'{"output":[]}', True), (b'{"output":null}', False), (b"", False), (b'{"error":{"message":"m"}}', False)],
)
def test_an_answer_is_told_from_what_is_none(body: bytes, is_answer: bool) -> None:
    assert (DIALECT.check_answer(body) is None) is is_answer


def test_usage_of_a_plain_answer_is_read() -> None:
    body = b'{"output":[],"usage":{"input_tokens":3,"output_tokens":4,"input_tokens_details":{"cached_tokens":2}}}'
    usage = DIALECT.read_usage(body)

    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (3, 4, 2)
    assert DIALECT.read_usage(b'{"usage":null}') is None
