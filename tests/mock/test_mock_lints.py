"""The mock looks at requests as the real providers do: each rule broken once, and none by what is right."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octogate.mock import MockConfig, MockServer
from octogate.mock.lints import first_violation
from octogate.mock.seals import sealed_reasoning, thinking_signature, thought_signature

HI = {"role": "user", "content": "Hi"}


def chat(*messages: Any, **more: Any) -> Any:
    return "openai_chat", {"messages": list(messages), **more}


def chat_call(call_id: str = "call_1", name: str = "weather", arguments: Any = "{}") -> Any:
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def chat_result(call_id: str = "call_1") -> Any:
    return {"role": "tool", "tool_call_id": call_id, "content": "sunny"}


def chat_format(**schema: Any) -> Any:
    wrapped = {"name": "answer", "strict": True, "schema": {"type": "object", **schema}}
    return {"type": "json_schema", "json_schema": wrapped}


CHAT_TOOL = {"type": "function", "function": {"name": "weather"}}

CHAT = {
    "role": chat({"role": "robot", "content": "Hi"}),
    "content": chat({"role": "user", "content": None}),
    "content_type": chat(HI, chat_call(), {**chat_result(), "content": [{"type": "image_url"}]}),
    "tool_message": chat(HI, chat_result()),
    "tool_message behind the user": chat(HI, chat_call(), chat_result(), HI, chat_result()),
    "tool_message_missing": chat(HI, chat_call(), HI),
    "tool_message_missing at the end": chat(HI, chat_call()),
    "call_id": chat(HI, chat_call("c" * 41), chat_result("c" * 41)),
    "tool_name": chat(HI, chat_call(name="get weather"), chat_result()),
    "tool_name of a tool": chat(HI, tools=[{"type": "function", "function": {"name": "a.b"}}]),
    "arguments": chat(HI, chat_call(arguments={}), chat_result()),
    "tools": chat(HI, tools=[]),
    "tool_choice": chat(HI, tool_choice="auto"),
    "tool_choice of an absent tool": chat(
        HI, tools=[CHAT_TOOL], tool_choice={"type": "function", "function": {"name": "clock"}}
    ),
    "stop": chat(HI, stop=list("abcde")),
    "temperature": chat(HI, temperature=2.1),
    "metadata": chat(HI, metadata={"a": "b"}),
    "json_word": chat(HI, response_format={"type": "json_object"}),
    "strict_schema": chat(HI, response_format=chat_format(properties={}, required=[])),
    "strict_schema that requires too little": chat(
        HI, response_format=chat_format(properties={"a": {}}, required=[], additionalProperties=False)
    ),
}


def responses(*items: Any, **more: Any) -> Any:
    return "openai_responses", {"input": list(items), **more}


CALL = {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "sunny"}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": sealed_reasoning(7)}

RESPONSES = {
    "parameter": responses(HI, max_tokens=7),
    "role": responses({"role": "tool", "content": "x"}),
    "content_type": responses({"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}),
    "content_type of the user": responses({"role": "user", "content": [{"type": "text", "text": "x"}]}),
    "call_missing": responses(HI, OUTPUT),
    "call_missing twice answered": responses(HI, CALL, OUTPUT, OUTPUT),
    "output_missing": responses(HI, CALL),
    "call_id": responses(HI, {**CALL, "call_id": "c" * 65}),
    "item_id": responses(HI, {**CALL, "id": "call_1"}, OUTPUT),
    "tool_name": responses(HI, {**CALL, "name": ""}, OUTPUT),
    "arguments": responses(HI, {**CALL, "arguments": {}}, OUTPUT),
    "output": responses(HI, CALL, {**OUTPUT, "output": {"a": 1}}),
    "encrypted_content": responses(HI, {**REASONING, "encrypted_content": "gAAAAA=="}, CALL, OUTPUT),
    "encrypted_content of another kind": responses(
        HI, {**REASONING, "encrypted_content": thought_signature(7)}, CALL, OUTPUT
    ),
    "reasoning_alone": responses(HI, REASONING),
    "reasoning_alone before the user": responses(HI, REASONING, HI),
    "tool_choice": responses(HI, tool_choice={"type": "function", "name": "clock"}),
    "strict_schema": responses(
        HI, text={"format": {"type": "json_schema", "name": "a", "strict": True, "schema": {"type": "object"}}}
    ),
}


def claude(*messages: Any, **more: Any) -> Any:
    return "anthropic_messages", {"max_tokens": 3_000, "messages": list(messages), **more}


def says(*blocks: Any) -> Any:
    return {"role": "assistant", "content": list(blocks)}


def user(*blocks: Any) -> Any:
    return {"role": "user", "content": list(blocks)}


def thought(signature: str, text: str = "Hm.") -> Any:
    return {"type": "thinking", "thinking": text, "signature": signature}


USE = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}
TEXT = {"type": "text", "text": "Hi"}
THINKING = {"type": "enabled", "budget_tokens": 2_000}
MARKED = {**TEXT, "cache_control": {"type": "ephemeral"}}

MESSAGES = {
    "role": claude({"role": "system", "content": "Hi"}, HI),
    "alternation": claude(HI, HI),
    "first_role": claude(says(TEXT)),
    "empty_text": claude(user({"type": "text", "text": " "})),
    "empty_text of the system": claude(HI, system=[{"type": "text", "text": ""}]),
    "empty_content": claude({"role": "user", "content": ""}, says(TEXT)),
    "trailing_whitespace": claude(HI, says({"type": "text", "text": "Well, "})),
    "image_type": claude(user({"type": "image", "source": {"type": "base64", "media_type": "image/bmp"}})),
    "tool_name": claude(HI, tools=[{"name": "a.b", "input_schema": {"type": "object"}}]),
    "tool_schema": claude(HI, tools=[{"name": "a", "input_schema": {}}]),
    "tool_choice": claude(HI, tool_choice={"type": "tool", "name": "clock"}),
    "tool_result_missing": claude(HI, says(USE), user(TEXT)),
    "tool_result_missing behind a text": claude(HI, says(USE), user(TEXT, RESULT)),
    "tool_result_missing at the end": claude(HI, says(USE)),
    "tool_result_unexpected": claude(user(RESULT)),
    "tool_result_unexpected twice": claude(HI, says(USE), user(RESULT, RESULT)),
    "tool_use_id": claude(HI, says({**USE, "id": "a:b"}), user({**RESULT, "tool_use_id": "a:b"})),
    "tool_use_id used again": claude(HI, says(USE), user(RESULT), says(USE), user(RESULT)),
    "signature": claude(HI, says(thought("EuYBCkQYAiJA"), TEXT), HI),
    "signature of another text": claude(HI, says(thought(thinking_signature("Ho.")), TEXT), HI),
    "signature of another kind": claude(HI, says(thought(thought_signature(1)), TEXT), HI),
    "signature that is absent": claude(HI, says({"type": "thinking", "thinking": "Hm."}, TEXT), HI),
    "budget": claude(HI, thinking={"type": "enabled", "budget_tokens": 3_000}),
    "budget too small": claude(HI, thinking={"type": "enabled", "budget_tokens": 1_023}),
    "thinking_settings": claude(HI, thinking=THINKING, temperature=0.5),
    "thinking_settings with a forced tool": claude(HI, thinking=THINKING, tool_choice={"type": "any"}),
    "thinking_missing": claude(HI, says(USE), user(RESULT), thinking=THINKING),
    "temperature": claude(HI, temperature=1.5),
    "stop_sequence": claude(HI, stop_sequences=["\n"]),
    "cache_control": claude(user(*[MARKED] * 5)),
}


def gemini(*contents: Any, **more: Any) -> Any:
    return "gemini_generate", {"contents": list(contents), **more}


def turn(role: str, *parts: Any) -> Any:
    return {"role": role, "parts": list(parts)}


ASK = turn("user", {"text": "Hi"})
FUNCTION = {"functionCall": {"name": "weather", "args": {}}}
SIGNED = {**FUNCTION, "thoughtSignature": thought_signature(3)}
RESPONSE = {"functionResponse": {"name": "weather", "response": {"result": "sunny"}}}

GEMINI = {
    "role": gemini(turn("assistant", {"text": "Hi"})),
    "empty_parts": gemini(turn("user")),
    "empty_part": gemini(turn("user", {"thought": True})),
    "function_name": gemini(ASK, turn("model", SIGNED), turn("user", {"functionResponse": {"response": {}}})),
    "function_struct": gemini(
        ASK, turn("model", SIGNED), turn("user", {"functionResponse": {"name": "weather", "response": "sunny"}})
    ),
    "function_response": gemini(ASK, turn("model", SIGNED, FUNCTION), turn("user", RESPONSE)),
    "function_response without a call": gemini(ASK, turn("user", RESPONSE)),
    "function_response that is absent": gemini(ASK, turn("model", SIGNED)),
    "function_response_name": gemini(
        ASK, turn("model", SIGNED), turn("user", {"functionResponse": {"name": "clock", "response": {}}})
    ),
    "function_call_turn": gemini(turn("model", SIGNED), turn("user", RESPONSE)),
    "signature": gemini(ASK, turn("model", {**FUNCTION, "thoughtSignature": "AAAA"}), turn("user", RESPONSE)),
    "signature of another kind": gemini(
        ASK, turn("model", {"text": "x", "thoughtSignature": sealed_reasoning(3)}), ASK
    ),
    "signature_missing": gemini(ASK, turn("model", FUNCTION), turn("user", RESPONSE)),
    "schema": gemini(
        ASK,
        tools=[{"functionDeclarations": [{"name": "a", "parameters": {"properties": {"b": {"const": 1}}}}]}],
    ),
    "schema of the answer": gemini(ASK, generationConfig={"responseSchema": {"additionalProperties": False}}),
    "thinking": gemini(ASK, generationConfig={"thinkingConfig": {"thinkingBudget": 1_024, "thinkingLevel": "low"}}),
}
BROKEN = {
    f"{dialect}: {name}": (name.split(" ")[0], body)
    for rules in (CHAT, RESPONSES, MESSAGES, GEMINI)
    for name, (dialect, body) in rules.items()
}


@pytest.mark.parametrize(("rule", "body"), BROKEN.values(), ids=BROKEN)
def test_what_a_provider_would_refuse_is_a_violation_of_its_rule(rule: str, body: Any, request: Any) -> None:
    violation = first_violation(request.node.callspec.id.partition(":")[0], body)

    assert violation is not None
    assert violation.rule == rule
    assert violation.message


RIGHT = {
    "chat": chat(
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url"}]},
        chat_call("c" * 40),
        chat_result("c" * 40),
        {"role": "assistant", "content": "Sunny."},
        HI,
        tools=[CHAT_TOOL],
        tool_choice="required",
        stop=list("abcd"),
        response_format=chat_format(properties={"a": {}}, required=["a"], additionalProperties=False),
    ),
    "responses": responses(HI, REASONING, {**CALL, "id": "fc_1"}, OUTPUT, HI),
    "responses with a stored half": responses(OUTPUT, previous_response_id="resp_1"),
    "messages": claude(
        HI,
        says(thought(thinking_signature("Hm.")), TEXT, USE),
        user(RESULT, TEXT),
        thinking=THINKING,
        system=[MARKED],
        tools=[{"name": "weather", "input_schema": {"type": "object"}}, {"type": "bash_20250124", "name": "bash"}],
    ),
    "messages in a thread": claude(user(RESULT), thread={"type": "continue"}),
    "messages with a prefill": claude(HI, says({"type": "text", "text": "Well,"})),
    "gemini": gemini(ASK, turn("model", SIGNED, FUNCTION), turn("user", RESPONSE, RESPONSE)),
    "gemini with an old loop": gemini(
        ASK, turn("model", FUNCTION), turn("user", RESPONSE), turn("model", {"text": "Sunny."}), ASK
    ),
    "gemini with a placeholder": gemini(
        ASK,
        turn("model", {**FUNCTION, "thoughtSignature": "skip_thought_signature_validator"}),
        turn("user", RESPONSE),
    ),
    "gemini with a placeholder in base64": gemini(
        ASK,
        turn("model", {**FUNCTION, "thoughtSignature": "Y29udGV4dF9lbmdpbmVlcmluZ19pc190aGVfd2F5X3RvX2dv"}),
        turn("user", RESPONSE),
    ),
}


@pytest.mark.parametrize(("dialect", "body"), RIGHT.values(), ids=RIGHT)
def test_what_a_provider_would_take_is_no_violation(dialect: Any, body: Any) -> None:
    assert first_violation(dialect, body) is None


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["user", "assistant", "tool_use", "tool", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "parts", "type", "tools", "id", "tool_calls", "functionCall", "parameters"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
FIELDS = ["messages", "input", "contents", "tools", "tool_choice", "thinking", "system", "generationConfig", "stop"]


@given(
    st.sampled_from(["openai_chat", "openai_responses", "anthropic_messages", "gemini_generate"]),
    st.dictionaries(st.sampled_from(FIELDS), st.lists(json, max_size=4) | json, max_size=4),
)
def test_no_body_makes_a_lint_raise(dialect: Any, body: Any) -> None:
    violation = first_violation(dialect, body)

    assert violation is None or violation.rule


PATHS = {
    "openai": ("/v1/chat/completions", {"model": "mock", "messages": [HI, chat_result()]}),
    "anthropic": ("/v1/messages", {"model": "mock", "max_tokens": 9, "messages": [HI, HI]}),
    "gemini": ("/v1beta/models/mock:generateContent", {"contents": [ASK, turn("user", RESPONSE)]}),
}


@pytest.mark.parametrize("family", PATHS)
async def test_a_violation_is_counted_and_answered_all_the_same(wire: Any, mock: MockServer, family: str) -> None:
    path, body = PATHS[family]
    exchange = await wire.ask("POST", path, body, {"x-request-id": "r1"})
    shown = (await wire.ask("GET", "/__mock/violations")).json

    assert exchange.status == 200
    assert shown["violations"] == 1
    assert mock.stats().violations == shown["by_rule"]
    [request] = shown["requests"]
    assert (request["request_id"], request["model"]) == ("r1", "mock")
    assert request["violation"] in shown["by_rule"]
    assert request["violation_message"]


@pytest.mark.parametrize("family", PATHS)
async def test_a_strict_mock_refuses_in_the_providers_shape(wire: Any, mock: MockServer, family: str) -> None:
    path, body = PATHS[family]
    mock.behave(lint="refuse")
    exchange = await wire.ask("POST", path, body)

    error = exchange.json["error"]
    assert exchange.status == 400
    kind = {"openai": error.get("type"), "anthropic": error.get("type"), "gemini": error.get("status")}[family]
    assert kind == ("INVALID_ARGUMENT" if family == "gemini" else "invalid_request_error")
    assert mock.requests()[0].violation_message == error["message"]
    assert mock.stats().violations.total() == 1
    assert mock.stats().tokens.output_tokens == 0


async def test_a_mock_can_look_away_and_count_tokens_are_not_held_to_the_rules(wire: Any, mock: MockServer) -> None:
    path, body = PATHS["anthropic"]
    await wire.ask("POST", path, {**body, "model": "mock--lint=off"})
    await wire.ask("POST", f"{path}/count_tokens", body, {"x-mock-lint": "refuse"})

    assert mock.stats().violations == {}
    assert (await wire.ask("GET", "/__mock/violations")).json == {"violations": 0, "by_rule": {}, "requests": []}


async def test_instances_count_their_own_violations_and_a_reset_forgets_them(wire: Any, mock: MockServer) -> None:
    path, body = PATHS["openai"]
    await wire.ask("POST", f"/p/a{path}", body)
    await wire.ask("POST", f"/p/b{path}", body)

    one = (await wire.ask("GET", "/p/a/__mock/violations")).json
    assert (one["violations"], [request["instance"] for request in one["requests"]]) == (1, ["a"])
    assert (await wire.ask("GET", "/__mock/violations")).json["violations"] == 2
    await wire.ask("POST", "/__mock/reset")
    assert (await wire.ask("GET", "/__mock/violations")).json["violations"] == 0


async def test_a_server_can_be_strict_from_its_start(wire_of: Any) -> None:
    async with MockServer(config=MockConfig(defaults={"lint": "refuse"})) as server:
        exchange = await wire_of(server).ask("POST", *PATHS["openai"])

    assert exchange.status == 400
