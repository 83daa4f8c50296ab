"""OpenAI chat completions."""

import json
from typing import Any

import pytest

from octogate.core.errors import BadRequest, ModelNotFound, UpstreamRefused, UpstreamUnavailable
from octogate.dialects import DIALECTS

from .callers import CHAT, HI, faults, raw, read, write

DIALECT = DIALECTS["openai_chat"]


def a_body(**members: Any) -> dict[str, Any]:
    return {"model": "m", "messages": HI, **members}


def test_a_call_says_what_the_gateway_needs_to_know() -> None:
    """S2-29."""
    call = read(CHAT, a_body(max_tokens=7, max_completion_tokens=9, n=2, stream=True, temperature=1))

    assert (call.model, call.stream, call.max_output_tokens, call.choices) == ("m", True, 9, 2)
    assert not call.wants_usage


@pytest.mark.parametrize("model", ["auto", "", None])
def test_a_call_may_leave_the_model_to_the_gateway(model: str | None) -> None:
    """S2-32."""
    assert read(CHAT, a_body(model=model)).model == ""
    assert read(CHAT, {"messages": HI}).model == ""


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("temperature", 2.1, "Temperature must be less than or equal to 2"),
        ("temperature", -0.1, "Temperature must be greater than or equal to 0"),
        ("temperature", "1", "Temperature must be a number"),
        ("temperature", True, "Temperature must be a number"),
        ("top_p", 1.1, "Top p must be less than or equal to 1"),
        ("frequency_penalty", -2.1, "Frequency penalty must be greater than or equal to -2"),
        ("presence_penalty", 2.1, "Presence penalty must be less than or equal to 2"),
        ("max_tokens", 0, "Max tokens must be greater than or equal to 1"),
        ("max_tokens", 100_001, "Max tokens must be less than or equal to 100000"),
        ("max_completion_tokens", 1.5, "Max completion tokens must be an integer"),
        ("n", 0, "N must be greater than or equal to 1"),
        ("stream", "yes", "Stream must be a boolean"),
        ("model", 7, "Model must be a string"),
        ("model", "x" * 257, "Model must be at most 256 characters"),
        ("model", "a\r\nb", "Model must not contain control characters"),
        ("stream_options", [], "Stream options must be an object"),
        ("messages", None, "Messages is required"),
        ("messages", [], "Messages must have at least 1 item"),
        ("messages", {}, "Messages must be an array"),
    ],
)
def test_a_member_out_of_its_bounds_is_named_with_its_rule(member: str, value: Any, message: str) -> None:
    """S2-29, S2-37."""
    assert faults(CHAT, a_body(**{member: value})) == {member: message}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("temperature", 0),
        ("temperature", 2.0),
        ("top_p", 1),
        ("max_tokens", 100_000),
        ("max_tokens", None),
        ("n", None),
        ("stream", None),
        ("max_tokens", 1.0),
        ("model", "x" * 256),
        ("model", "größe/ü:1"),
        ("stream_options", None),
    ],
)
def test_a_member_at_its_bound_is_accepted(member: str, value: Any) -> None:
    assert faults(CHAT, a_body(**{member: value})) == {}


def test_every_fault_is_listed_at_once() -> None:
    """S2-36, S2-37."""
    body = a_body(
        temperature=3,
        top_p=-1,
        api_key="x",
        messages=[{"role": "bot", "content": "a"}, 7, {"role": "user"}, {"content": 5}],
    )

    assert faults(CHAT, body) == {
        "temperature": "Temperature must be less than or equal to 2",
        "top_p": "Top p must be greater than or equal to 0",
        "api_key": "Api key is not accepted in a body",
        "messages[0].role": "Role must be one of: system developer user assistant tool function",
        "messages[1]": "Message must be an object",
        "messages[2].content": "Content is required",
        "messages[3].role": "Role is required",
        "messages[3].content": "Content must be a string or an array",
    }


def test_the_message_names_the_first_fault_and_counts_the_others() -> None:
    with pytest.raises(BadRequest, match=r"^Validation failed: N must be greater than or equal to 1 \(and 1 more\)$"):
        read(CHAT, a_body(n=0, messages=[]))


@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant", "tool", "function"])
def test_every_role_of_the_api_is_accepted(role: str) -> None:
    """S2-35."""
    assert faults(CHAT, {"messages": [{"role": role, "content": "x"}]}) == {}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "assistant", "tool_calls": [{"id": "1"}]},
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "assistant", "content": None, "refusal": "no"},
        {"role": "assistant", "audio": {"id": "a"}},
        {"role": "assistant", "content": ""},
        {"role": "tool", "content": "", "tool_call_id": "1"},
        {"role": "function", "content": None, "name": "f"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]},
        {"role": "user", "content": "x", "unheard_of": [1, 2]},
    ],
)
def test_what_agents_send_is_accepted(message: dict[str, Any]) -> None:
    """S2-38."""
    assert faults(CHAT, {"messages": [message]}) == {}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": ""},
        {"role": "user", "content": []},
        {"role": "system", "content": None},
        {"role": "assistant", "content": None},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool"},
    ],
)
def test_a_message_that_says_nothing_is_refused(message: dict[str, Any]) -> None:
    """S2-38."""
    assert faults(CHAT, {"messages": [message]}) == {"messages[0].content": "Content is required"}


def test_the_number_of_messages_has_a_bound() -> None:
    """S2-38."""
    assert faults(CHAT, {"messages": HI * 3}, max_messages=3) == {}
    assert faults(CHAT, {"messages": HI * 4}, max_messages=3) == {"messages": "Messages must have at most 3 items"}


@pytest.mark.parametrize("value", ["hi", [{"role": "user", "content": "hi"}]])
def test_a_body_in_the_form_of_the_responses_api_is_known_as_one(value: Any) -> None:
    call = read(CHAT, {"model": "m", "messages": None, "input": value, "stream": True, "max_output_tokens": 9})

    assert call.shape == "openai_responses"
    assert (call.model, call.stream, call.max_output_tokens, call.wants_usage) == ("m", True, 9, False)
    assert read(CHAT, a_body()).shape is None


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (a_body(input="hi"), {"input": "Input and messages exclude each other"}),
        ({"input": {}}, {"input": "Input must be a string or an array"}),
        ({"input": ""}, {"input": "Input must not be empty"}),
        ({"input": [], "temperature": 3}, {"input": "Input must not be empty", "temperature": "Temperature must be less than or equal to 2"}),
        ({"input": "hi", "max_output_tokens": 0}, {"max_output_tokens": "Max output tokens must be greater than or equal to 1"}),
        ({"input": None}, {"messages": "Messages is required"}),
    ],
)  # fmt: skip
def test_a_body_in_the_form_of_the_responses_api_has_bounds_too(body: dict[str, Any], wrong: dict[str, str]) -> None:
    assert faults(CHAT, body) == wrong


@pytest.mark.parametrize(
    "member",
    "api_base base_url api_key api_version headers extra_headers extra_body extra_query proxy proxies"
    " router_settings_override mock_response callbacks user_config fallbacks".split(),
)
@pytest.mark.parametrize("value", ["x", None, {"a": 1}])
def test_nothing_in_a_body_steers_the_gateway(member: str, value: Any) -> None:
    """T-20."""
    assert set(faults(CHAT, a_body(**{member: value}))) == {member}


def test_metadata_passes() -> None:
    """T-20."""
    assert write(read(CHAT, a_body(metadata={"headers": "x"})))["metadata"] == {"headers": "x"}


def test_only_the_model_changes_on_the_way_to_the_target() -> None:
    """S2-30, S2-31."""
    body = (
        b'{"temperature":1.0,"model":"m","messages":[{"role":"system","content":"\\u00e9\\/"},'
        b'{"content":"x","role":"user"}],"seed":12345678901234567890123,"x":{"b":1 , "a":1e2}}'
    )

    assert raw(read(CHAT, body), model="other/\u00fc") == body.replace(b'"m"', '"other/ü"'.encode())


def test_usage_is_asked_for_without_touching_the_other_options() -> None:
    """S2-42."""
    call = read(CHAT, a_body(stream=True, stream_options={"include_obfuscation": False, "include_usage": False}))

    assert write(call)["stream_options"] == {"include_obfuscation": False, "include_usage": True}
    assert not call.wants_usage
    assert write(call, stream_usage=False)["stream_options"]["include_usage"] is False
    assert "stream_options" not in write(read(CHAT, a_body()))


def test_a_caller_who_asks_for_usage_keeps_it() -> None:
    call = read(
        CHAT, b'{"messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{ "include_usage": true }}'
    )

    assert call.wants_usage
    assert b'"stream_options":{ "include_usage": true }' in raw(call)


def test_the_default_cap_is_for_calls_without_one() -> None:
    assert write(read(CHAT, a_body()), default=50)["max_tokens"] == 50
    assert write(read(CHAT, a_body(max_tokens=None)), default=50)["max_tokens"] == 50
    assert "max_tokens" not in write(read(CHAT, a_body(max_completion_tokens=9)), default=50)
    assert "max_tokens" not in write(read(CHAT, a_body()))


def test_writing_a_call_twice_changes_nothing() -> None:
    call = read(CHAT, a_body(stream=True))

    assert raw(call, model="a") != raw(call, model="b")
    assert call.model == "m"
    assert "stream_options" not in call.fields


def test_an_answer_is_checked_and_its_usage_read() -> None:
    body = b'{"choices":[{}],"usage":{"prompt_tokens":5,"completion_tokens":3,"prompt_tokens_details":null}}'
    usage = DIALECT.read_usage(body)

    assert DIALECT.check_answer(body) is None
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (5, 3)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b"[]",
        b'{"choices":null}',
        b'{"error":{"message":"no"}}',
        b'{"choices":[],"error":{"message":"no"}}',
    ],
)
def test_what_is_no_answer_is_a_fault(body: bytes) -> None:
    assert DIALECT.check_answer(body) is not None


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (b"null", None),
        (b"{}", None),
        (b'{"prompt_tokens":-1,"completion_tokens":1}', None),
        (b'{"prompt_tokens":"5"}', None),
        (
            b'{"prompt_tokens":9,"completion_tokens":2,"total_tokens":16,"completion_tokens_details":{"reasoning_tokens":5}}',
            (9, 7),
        ),
        (
            b'{"prompt_tokens":9,"completion_tokens":7,"total_tokens":16,"completion_tokens_details":{"reasoning_tokens":5}}',
            (9, 7),
        ),
    ],
)
def test_usage_is_read_as_the_providers_mean_it(usage: bytes, expected: tuple[int, int] | None) -> None:
    found = DIALECT.read_usage(b'{"usage":' + usage + b"}")

    assert (found and (found.input_tokens, found.output_tokens)) == expected


def test_an_error_has_the_shape_that_the_sdks_read() -> None:
    """S2-36."""
    with pytest.raises(BadRequest) as refusal:
        read(CHAT, a_body(n=0))
    body = json.loads(DIALECT.write_error(refusal.value, "req_1"))

    details = [{"field": "n", "message": "N must be greater than or equal to 1"}]
    assert body == {
        "error": {
            "message": "Validation failed: N must be greater than or equal to 1",
            "type": "invalid_request_error",
            "param": "n",
            "code": "invalid_request",
            "request_id": "req_1",
            "source": "gateway",
            "details": details,
        },
        "details": details,
    }


def test_an_error_names_whose_it_is() -> None:
    refused = UpstreamRefused("too long", status=400, reason="string_above_max_length")
    down = UpstreamUnavailable("busy")
    down.attempts = ("upstream_timeout", "upstream_unavailable")

    assert json.loads(DIALECT.write_error(refused, "r"))["error"]["code"] == "string_above_max_length"
    assert json.loads(DIALECT.write_error(refused, "r"))["error"]["source"] == "upstream"
    assert json.loads(DIALECT.write_error(down, "r"))["error"]["attempts"] == [
        "upstream_timeout",
        "upstream_unavailable",
    ]
    assert json.loads(DIALECT.write_error(ModelNotFound("\ud800"), "r"))["error"]["code"] == "model_not_found"
