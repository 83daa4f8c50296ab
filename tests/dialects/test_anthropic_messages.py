"""Anthropic messages."""

import json
from typing import Any

import pytest

from octogate.core.errors import BadRequest, GatewayError, Overloaded, Unauthenticated, UpstreamRefused
from octogate.core.usage import Usage
from octogate.dialects import DIALECTS

from .callers import COUNT, HI, MESSAGES, faults, raw, read
from .streams import a_call

DIALECT = DIALECTS["anthropic_messages"]


def a_body(**members: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 9, "messages": HI, **members}


def test_a_call_says_what_the_gateway_needs_to_know() -> None:
    call = read(MESSAGES, a_body(stream=True))

    assert (call.model, call.stream, call.max_output_tokens, call.wants_usage) == ("m", True, 9, True)
    assert DIALECT.target_path(call, model="x") == "/v1/messages"


def test_a_token_count_needs_no_cap_and_has_no_stream() -> None:
    call = read(COUNT, {"messages": HI, "stream": True})

    assert not call.stream
    assert DIALECT.target_path(call, model="x") == "/v1/messages/count_tokens"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"max_tokens": None}, {"max_tokens": "Max tokens is required"}),
        ({"max_tokens": 0}, {"max_tokens": "Max tokens must be greater than or equal to 1"}),
        ({"temperature": 1.5}, {"temperature": "Temperature must be less than or equal to 1"}),
        ({"messages": []}, {"messages": "Messages must have at least 1 item"}),
        ({"messages": None}, {"messages": "Messages is required"}),
        ({"messages": [{"role": "tool", "content": "x"}]},
         {"messages[0].role": "Role must be one of: user assistant system"}),
        ({"messages": [{"role": "user"}, {"role": "user", "content": 1}]},
         {"messages[0].content": "Content is required", "messages[1].content": "Content must be a string or an array"}),
        ({"base_url": "http://x"}, {"base_url": "Base url is not accepted in a body"}),
    ],
)  # fmt: skip
def test_faults_are_listed_by_field(members: dict[str, Any], expected: dict[str, str]) -> None:
    """S2-37, T-20."""
    assert faults(MESSAGES, a_body(**members)) == expected


def test_signatures_and_cache_marks_stay_byte_for_byte() -> None:
    """S2-30."""
    body = (
        b'{"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}],"model":"m",'
        b'"max_tokens":9,'
        b'"messages":[{"role":"assistant","content":[{"signature":"Eq+/\\u003d\\/", "type":"thinking","thinking":"h"}]}],'
        b'"context_management":{"edits":[ ]},"thinking":{"type":"enabled","budget_tokens":1024}}'
    )

    assert raw(read(MESSAGES, body), model="t", default=99) == body.replace(b'"m"', b'"t"')


def test_usage_counts_what_was_read_from_and_written_to_the_cache() -> None:
    body = (
        b'{"type":"message","content":[],"usage":{"input_tokens":10,"cache_read_input_tokens":20,'
        b'"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":25,"ephemeral_1h_input_tokens":5},'
        b'"output_tokens":7}}'
    )

    assert DIALECT.check_answer(body) is None
    assert DIALECT.read_usage(body) == Usage(
        input_tokens=60, output_tokens=7, cached_tokens=20, cache_write_tokens=25, cache_write_1h_tokens=5
    )


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b'{"type":"error","error":{"message":"no"}}', b'{"type":"message","content":"x"}']
)
def test_what_is_no_answer_is_a_fault(body: bytes) -> None:
    assert DIALECT.check_answer(body) is not None


def test_a_count_is_an_answer() -> None:
    assert DIALECT.check_answer(b'{"input_tokens":12}') is None


def event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


def test_the_last_counts_win_where_they_say_something() -> None:
    reader = DIALECT.reader(a_call("anthropic_messages"))
    reader.feed(
        event("message_start", message={"usage": {"input_tokens": 5, "cache_read_input_tokens": 2, "output_tokens": 1}})
    )
    reader.feed(
        event("message_delta", delta={"stop_reason": "tool_use"}, usage={"input_tokens": None, "output_tokens": 40})
    )

    assert reader.usage == Usage(input_tokens=7, output_tokens=40, cached_tokens=2)
    assert reader.finish == "tool_use"


def test_a_stream_cut_before_its_last_event_gets_it() -> None:
    body = event("message_start", message={}) + event("message_delta", delta={"stop_reason": "end_turn"})
    reader = DIALECT.reader(a_call("anthropic_messages"))

    assert reader.feed(body) == body
    assert reader.close() == b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def test_nothing_is_passed_on_behind_the_last_event() -> None:
    reader = DIALECT.reader(a_call("anthropic_messages"))
    reader.feed(event("message_stop") + b"data: [DONE]\n\n")

    assert reader.close() == event("message_stop")


@pytest.mark.parametrize(
    ("events", "starts"),
    [
        (event("content_block_start", index=0, content_block={"type": "text", "text": ""}), False),
        (event("ping"), False),
        (event("content_block_delta", index=0, delta={"type": "text_delta", "text": "a"}), True),
        (event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "a"}), True),
        (event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "a"}), False),
        (event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": "{"}), True),
        (event("content_block_start", index=0, content_block={"type": "tool_use", "name": "f", "input": {}}), True),
        (event("content_block_start", index=0, content_block={"type": "redacted_thinking", "data": "x"}), True),
    ],
)
def test_a_stream_starts_with_its_first_content(events: bytes, starts: bool) -> None:
    reader = DIALECT.reader(a_call("anthropic_messages"))
    reader.feed(event("message_start", message={}) + events)

    assert reader.started is starts


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BadRequest("m"), "invalid_request_error"),
        (Unauthenticated("m"), "authentication_error"),
        (Overloaded("m"), "overloaded_error"),
        (GatewayError("m", status=404), "not_found_error"),
        (GatewayError("m", status=403), "permission_error"),
        (GatewayError("m", status=413), "request_too_large"),
        (GatewayError("m", status=429), "rate_limit_error"),
        (GatewayError("m", status=504), "timeout_error"),
        (GatewayError("m", status=502), "api_error"),
        (GatewayError("m", status=405), "invalid_request_error"),
        (UpstreamRefused("m", status=402), "billing_error"),
    ],
)
def test_an_error_has_anthropics_type_and_our_code(error: GatewayError, kind: str) -> None:
    body = json.loads(DIALECT.write_error(error, "req_1"))

    assert body == {
        "type": "error",
        "error": {"type": kind, "message": "m", "code": error.code, "source": error.source},
        "request_id": "req_1",
    }


def test_the_keep_alive_is_a_ping_that_a_reader_takes_for_nothing() -> None:
    reader = DIALECT.reader(a_call("anthropic_messages"))

    assert reader.feed(DIALECT.keep_alive) == DIALECT.keep_alive
    assert not reader.started
