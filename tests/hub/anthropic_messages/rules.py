"""What Anthropic refuses in a body, written down again apart from the code that must keep to it."""

import re
from typing import Any

_ID = re.compile(r"[A-Za-z0-9_-]+")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_BLOCKS = {
    "user": {"text", "image", "document", "tool_result"},
    "assistant": {"text", "thinking", "redacted_thinking", "tool_use"},
}
_MEMBERS = set(
    "model max_tokens messages system metadata stop_sequences stream temperature top_p top_k tools tool_choice"
    " thinking output_config service_tier".split()
)


def violations(body: dict[str, Any]) -> list[str]:
    """Everything for which Anthropic would answer 400."""
    found = [f"unknown member {name}" for name in body if name not in _MEMBERS]
    found += _of_settings(body)
    messages = body["messages"]
    if not messages or messages[0]["role"] != "user":
        found.append("the first message is not the user's")
    seen: set[str] = set()
    for before, message in zip([None, *messages], messages, strict=False):
        if before is not None and before["role"] == message["role"]:
            found.append("roles do not alternate")
        found += _of_message(message, before, seen)
    found += _of_end(body)
    marks = str(body).count("'cache_control'")
    if marks > 4:
        found.append(f"{marks} cache marks")
    return found


def _of_settings(body: dict[str, Any]) -> list[str]:
    found = []
    thinking, choice = body.get("thinking") or {}, body.get("tool_choice")
    if not isinstance(body["max_tokens"], int) or body["max_tokens"] < 1:
        found.append("max_tokens")
    if not 0 <= body.get("temperature", 0) <= 1:
        found.append("temperature out of range")
    if thinking.get("type") == "enabled":
        if not 1024 <= thinking["budget_tokens"] < body["max_tokens"]:
            found.append("budget")
        if body.get("temperature", 1) != 1 or "top_k" in body or body.get("top_p", 1) < 0.95:
            found.append("sampling beside thinking")
    if thinking.get("type") in ("enabled", "adaptive") and choice and choice["type"] in ("any", "tool"):
        found.append("forced tool beside thinking")
    if choice is not None and not body.get("tools"):
        found.append("a choice without tools")
    for tool in body.get("tools", []):
        schema = tool["input_schema"]
        if not _NAME.fullmatch(tool["name"]) or schema.get("type") != "object":
            found.append(f"tool {tool['name']!r}")
        if {"anyOf", "oneOf", "allOf"} & set(schema):
            found.append("alternatives at the top of a schema")
    if any(not word.strip() for word in body.get("stop_sequences", [])):
        found.append("stop at white space")
    return found


def _of_message(message: dict[str, Any], before: dict[str, Any] | None, seen: set[str]) -> list[str]:
    found = []
    role, content = message["role"], message["content"]
    if not content:
        found.append("an empty message")
    due = {block["id"] for block in before["content"] if block["type"] == "tool_use"} if before else set()
    given = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
    if set(given) != due or len(given) != len(due):
        found.append(f"results {given} for calls {due}")
    kinds = [block["type"] for block in content]
    if "tool_result" in kinds and kinds[: len(given)] != ["tool_result"] * len(given):
        found.append("results do not stand first")
    for block in content:
        if block["type"] not in _BLOCKS[role]:
            found.append(f"{block['type']} of the {role}")
        if block["type"] == "text" and not block["text"]:
            found.append("an empty text")
        if block["type"] == "tool_use":
            if not _ID.fullmatch(block["id"]) or block["id"] in seen or not isinstance(block["input"], dict):
                found.append(f"call {block['id']!r}")
            seen.add(block["id"])
    return found


def _of_end(body: dict[str, Any]) -> list[str]:
    found: list[str] = []
    last = body["messages"][-1]
    ends = [message["content"][-1]["type"] for message in body["messages"] if message["content"]]
    if {"thinking", "redacted_thinking"} & set(ends):
        found.append("a message ends with a thought")
    if last["role"] == "assistant":
        block = last["content"][-1]
        if block["type"] == "tool_use":
            found.append("a call without a result")
        if block["type"] == "text" and block["text"] != block["text"].rstrip():
            found.append("white space at the end")
        if (body.get("thinking") or {}).get("type") in ("enabled", "adaptive"):
            found.append("thinking beside a beginning of the answer")
    loop_start = None
    if any(block["type"] == "tool_result" for block in last["content"]):
        for message in reversed(body["messages"]):
            if message["role"] == "assistant":
                loop_start = message
            elif not any(block["type"] == "tool_result" for block in message["content"]):
                break
    if (
        loop_start is not None
        and (body.get("thinking") or {}).get("type") == "enabled"
        and loop_start["content"][0]["type"] not in ("thinking", "redacted_thinking")
    ):
        found.append("a loop without a thought")
    return found
