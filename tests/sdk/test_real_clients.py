"""What well-known programs send, and what they need of the answer, built from what they were seen to send."""

import json
import re
from typing import Any

import pytest

from .running import KEY, NARROW_KEY, Running

SAY: Any = [{"role": "user", "content": "How are you?"}]


def events(body: bytes) -> list[tuple[str, Any]]:
    """The events of a stream as (name, data)."""
    found = []
    for block in body.decode().strip().split("\n\n"):
        name = re.search(r"^event: (.*)$", block, re.M)
        data = re.search(r"^data: (.*)$", block, re.M)
        assert data
        found.append((name[1] if name else "", data[1] if data[1] == "[DONE]" else json.loads(data[1])))
    return found


def coding_agent_body(model: str) -> bytes:
    """A first turn of Claude Code: three system blocks, 24 tools, thinking, context management, odd but valid JSON."""
    cached = {"cache_control": {"type": "ephemeral"}}
    tools = [
        {
            "name": f"Tool{number}",
            "description": "Reads a file.\n\nUsage:\n- the path must be absolute — “quoted” \\ and \U0001f419 kept" * 20,
            "input_schema": {
                "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": False,
                "properties": {"path": {"type": "string"}, "limit": {"type": "number", "exclusiveMinimum": 0}},
                "required": ["path"],
            },
        }
        for number in range(24)
    ]  # fmt: skip
    body = {
        "model": model,
        "max_tokens": 32000,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "<system-reminder>\nToday\n</system-reminder>"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Let me see.", "signature": "EuYBCkQYAiJA+/=" * 30},
                    {"type": "tool_use", "id": "toolu_01A", "name": "Tool1", "input": {"path": "/a", "limit": 1.50}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "toolu_01A", "content": "…", **cached}],
            },
        ],
        "system": [{"type": "text", "text": "You are a coding agent." * 50, **cached} for _ in range(3)],
        "tools": tools,
        "metadata": {"user_id": '{"device_id":"d","account_uuid":"","session_id":"s"}'},
        "thinking": {"type": "enabled", "budget_tokens": 31999},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "stream": True,
    }
    # Some of the text is escaped and some is not, and a number has a zero at its end: none of that may change.
    return json.dumps(body, ensure_ascii=False).replace("“quoted”", "\\u201cquoted\\u201d").encode()


BETAS = (
    "claude-code-20250219,oauth-2025-04-20,interleaved-thinking-2025-05-14,context-management-2025-06-27,"
    "prompt-caching-scope-2026-01-05"
)


def test_a_coding_agents_probe_is_answered_without_a_key(running: Running) -> None:
    assert running.ask("HEAD", "/", key=None).status == 200


def test_a_coding_agents_messages_are_forwarded_byte_for_byte(running: Running) -> None:
    model = running.fresh("mock")
    body = coding_agent_body(f"anthropic/{model}")
    answer = running.post(
        "/v1/messages?beta=true", body,
        headers={
            "anthropic-version": "2023-06-01", "anthropic-beta": BETAS, "x-app": "cli", "user-agent": "claude-cli/2.1",
            "x-claude-code-session-id": "1f0c", "anthropic-dangerous-direct-browser-access": "true",
            "x-stainless-retry-count": "0", "accept": "application/json",
        },
    )  # fmt: skip

    assert answer.status == 200
    assert [name for name, _ in events(answer.body)][-1] == "message_stop"
    assert b"[DONE]" not in answer.body
    seen = running.seen(model)[0]
    assert seen.headers["anthropic-beta"] == BETAS
    assert seen.headers["anthropic-version"] == "2023-06-01"
    assert not {"x-app", "x-claude-code-session-id", "authorization"} & set(seen.headers)
    assert seen.body_size > 50_000
    # Each member is exactly what was sent, white space, escapes and numbers included; only the model was replaced.
    for name in ("tools", "system", "messages", "thinking", "context_management", "metadata", "max_tokens"):
        start = body.index(f'"{name}": '.encode()) + len(name) + 4
        value = json.JSONDecoder().raw_decode(body[start:].decode())[1]
        raw = body[start:].decode()[:value].encode()
        assert raw in seen.body
    assert json.loads(seen.body) == {**json.loads(body), "model": model}


def test_a_coding_agents_count_is_answered(running: Running) -> None:
    body = json.loads(coding_agent_body("anthropic/mock"))
    body = {name: body[name] for name in ("model", "messages", "system", "tools", "thinking")}

    answer = running.post("/v1/messages/count_tokens?beta=true", body, headers={"anthropic-beta": "a-1,b-2"})

    assert answer.status == 200
    assert answer.json["input_tokens"] > 100
    assert running.last().headers["anthropic-beta"] == "a-1,b-2"


def test_a_coding_agent_finds_models_in_its_own_shape(running: Running) -> None:
    answer = running.ask("GET", "/v1/models?limit=1000", headers={"anthropic-version": "2023-06-01"})

    assert "chat" in [model["id"] for model in answer.json["data"]]
    assert answer.json["has_more"] is False
    assert all(model["type"] == "model" and model["created_at"] for model in answer.json["data"])


def codex_body(model: str) -> dict[str, Any]:
    function = {"type": "function", "name": "shell", "strict": False,
                "parameters": {"type": "object", "properties": {"command": {"type": "string"}}}}  # fmt: skip
    return {
        "model": model,
        "instructions": "You are a coding agent.",
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be careful."}]},
            {"type": "reasoning", "summary": [], "content": None, "encrypted_content": "gAAAAABo+/=="},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "How are you?"}]},
        ],
        "tools": [
            function,
            {"type": "namespace", "name": "mcp__files", "description": "Files.", "tools": [function]},
            {"type": "web_search", "external_web_access": False},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "reasoning": {"effort": "medium", "summary": "auto"},
        "store": False,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "0199-thread",
        "client_metadata": {"x-codex-installation-id": "i", "turn": "1"},
        "text": {"verbosity": "low"},
    }


def test_a_terminal_agents_response_is_forwarded_whole_and_ends_as_it_needs(running: Running) -> None:
    """It gives up when a stream closes before `response.completed`."""
    model = running.fresh("mock")
    body = codex_body(f"openai/{model}")

    answer = running.post(
        "/v1/responses", body,
        headers={"accept": "text/event-stream", "originator": "codex_cli_rs", "session-id": "s", "thread-id": "t",
                 "x-codex-turn-metadata": "{}"},
    )  # fmt: skip

    found = events(answer.body)
    assert answer.whole
    assert found[-1][0] == "response.completed"
    assert json.loads(running.seen(model)[0].body) == {**body, "model": model}
    assert not {name for name in running.seen(model)[0].headers if "codex" in name or name == "originator"}


def test_the_stream_of_a_response_keeps_event_lines_and_numbers(running: Running) -> None:
    """A well-known gateway sent no `event:` lines and repeated sequence numbers."""
    answer = running.post("/v1/responses", {"model": "chat", "input": "hi", "stream": True})

    found = events(answer.body)
    assert all(name == data["type"] for name, data in found)
    assert [data["sequence_number"] for _, data in found] == list(range(len(found)))


def test_a_response_is_compacted_where_terminal_agents_ask_for_it(running: Running) -> None:
    model = running.fresh("mock")
    body = {"model": f"openai/{model}", "input": codex_body("m")["input"], "instructions": "x", "tools": []}

    answer = running.post("/v1/responses/compact", body)

    assert answer.status == 200
    assert running.seen(model)[0].path.endswith("/responses/compact")
    assert json.loads(running.seen(model)[0].body) == {**body, "model": model}


def test_a_responses_body_on_the_chat_route_is_served_as_a_chat(running: Running) -> None:
    """Some editors send `input` there, and read chunks of chat. S3-48."""
    tool = {"type": "function", "name": "edit", "parameters": {"type": "object"}}
    body = {"model": "chat", "input": [{"role": "user", "content": "hi"}], "tools": [tool], "stream": True}

    answer = running.post("/v1/chat/completions", body)

    assert answer.status == 200
    chunks = [json.loads(line[6:]) for line in answer.body.splitlines() if line.startswith(b"data: {")]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert answer.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("path", ["/v1/models", "/models", "/v1/models/", "//v1//models"])
def test_chat_front_ends_list_models_with_their_key(running: Running, path: str) -> None:
    answer = running.ask("GET", path, key=NARROW_KEY)

    assert answer.json["object"] == "list"
    assert [model["id"] for model in answer.json["data"]] == ["chat"]
    assert all(model["object"] == "model" and isinstance(model["created"], int) for model in answer.json["data"])
    assert running.ask("GET", path, key=None).status == 401


@pytest.mark.parametrize("path", ["/v1/chat/completions/", "//v1/chat/completions", "/chat/completions"])
def test_slashes_too_many_or_too_few_change_nothing(running: Running, path: str) -> None:
    assert running.post(path, {"model": "chat", "messages": SAY}).status == 200


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "api-key", "x-goog-api-key"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_a_key_is_taken_from_whatever_header_a_client_puts_it_in(running: Running, header: str, path: str) -> None:
    value = f"Bearer {KEY}" if header == "authorization" else KEY

    answer = running.post(path, {"model": "chat", "max_tokens": 9, "messages": SAY}, key=None, headers={header: value})

    assert answer.status == 200


def test_strict_clients_get_a_choices_list_in_every_chunk_and_never_an_empty_role(running: Running) -> None:
    for model in ("mock", "mock-tools", "mock-parallel", "mock-think", "mock-refuse"):
        answer = running.post(
            "/v1/chat/completions",
            {
                "model": f"openai/{model}", "messages": SAY, "stream": True, "stream_options": {"include_usage": True},
                "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
                          {"type": "function", "function": {"name": "g", "parameters": {"type": "object"}}}],
            },
        )  # fmt: skip
        found = [data for _, data in events(answer.body)]
        assert found.pop() == "[DONE]"
        assert found[-1]["choices"] == []
        assert found[-1]["usage"]["total_tokens"]
        for chunk in found:
            assert isinstance(chunk["choices"], list)
            for choice in chunk["choices"]:
                assert choice["delta"].get("role", "assistant") == "assistant"
                assert all(isinstance(call["index"], int) for call in choice["delta"].get("tool_calls") or [])
