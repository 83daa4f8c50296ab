"""What providers of each dialect say in a story: a greeting, plain and streamed, and a call of a tool."""

import json
from typing import Any

from octogate.core.call import DialectName
from octogate.core.snapshot import ModelGroup, Provider, Snapshot, Target

from .builders import group, provider, snapshot, target
from .playbook import Says, says

DIALECTS: dict[str, DialectName] = {
    "chat": "openai_chat",
    "responses": "openai_responses",
    "claude": "anthropic_messages",
    "gemini": "gemini_generate",
}
"""Providers of the stories, and the one dialect that each of them speaks."""

COUNTS = {"input_tokens": 4, "cache_read_input_tokens": 6, "output_tokens": 5}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-2026",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": COUNTS,
}
CANDIDATE: dict[str, Any] = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15},
    "modelVersion": "gemini-2026",
    "responseId": "r-1",
}

REPLY: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "model": "gpt-2026",
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "output": [
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
        }
    ],
    "usage": {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 15,
    },
}


def named_event(said: dict[str, Any]) -> bytes:
    return f"event: {said['type']}\ndata: {json.dumps(said)}\n\n".encode()


def delta(text: str) -> bytes:
    said = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    return named_event(said)


BEGUN = named_event({"type": "message_start", "message": MESSAGE | {"content": [], "stop_reason": None}})
OPENED = named_event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
CLOSED = named_event({"type": "content_block_stop", "index": 0})
ENDED = named_event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}})
STOPPED = named_event({"type": "message_stop"})

CLAUDE = says(MESSAGE)
CLAUDE_STREAM = Says(reads=[BEGUN, OPENED, delta("Hel"), delta("lo"), CLOSED, ENDED, STOPPED])
GEMINI = says(CANDIDATE)
RESPONSE = says(REPLY)


def asking(*parts: dict[str, Any]) -> Says:
    """A Gemini model that says these parts."""
    candidate = CANDIDATE["candidates"][0] | {"content": {"role": "model", "parts": list(parts)}}
    return says(CANDIDATE | {"candidates": [candidate]})


def speaker(name: str) -> Provider:
    """A provider that speaks the dialect of its name, whatever stands behind a dash."""
    return provider(name, frozenset({DIALECTS[name.partition("-")[0]]}))


def targets(*names: str) -> tuple[Target, ...]:
    return tuple(target(name, of=speaker(name)) for name in names)


def stage(*names: str, **facts: Any) -> Snapshot:
    """A group of such providers, tried in this order."""
    made: ModelGroup = group(*targets(*names))
    return snapshot(ModelGroup(name="chat", targets=made.targets, **facts))


def body_of(request: bytes) -> Any:
    """What a provider was sent."""
    return json.loads(request.partition(b"\r\n\r\n")[2])
