"""Calls as callers make them, for the tests of every dialect."""

import json
from typing import Any

from octogate.core.call import Call, DialectName, Endpoint
from octogate.core.errors import BadRequest
from octogate.dialects import DIALECTS

CHAT = Endpoint(dialect="openai_chat", operation="generate")
RESPONSES = Endpoint(dialect="openai_responses", operation="generate")
EMBEDDINGS = Endpoint(dialect="openai_embeddings", operation="embed")
MESSAGES = Endpoint(dialect="anthropic_messages", operation="generate")
COUNT = Endpoint(dialect="anthropic_messages", operation="count_tokens")
GEMINI = Endpoint(dialect="gemini_generate", operation="generate", model="gemini-x", stream=False, version="v1beta")

HI: list[dict[str, Any]] = [{"role": "user", "content": "hi"}]


def read(endpoint: Endpoint, body: bytes | dict[str, Any], *, max_messages: int = 1_000) -> Call:
    """What the dialect of that endpoint makes of a body."""
    raw = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    return DIALECTS[endpoint.dialect].read_call(raw, endpoint, max_output_tokens=100_000, max_messages=max_messages)


def faults(endpoint: Endpoint, body: dict[str, Any], **options: int) -> dict[str, str]:
    """The faults of a body by field; {} when it is accepted."""
    try:
        read(endpoint, body, **options)
    except BadRequest as error:
        refusal = error
    else:
        return {}
    assert refusal.faults
    assert refusal.param == refusal.faults[0].field
    assert refusal.message.startswith(f"Validation failed: {refusal.faults[0].message}")
    return {fault.field: fault.message for fault in refusal.faults}


def write(
    call: Call, *, model: str = "target", stream_usage: bool = True, default: int | None = None
) -> dict[str, Any]:
    """The body for a target, parsed."""
    value: dict[str, Any] = json.loads(raw(call, model=model, stream_usage=stream_usage, default=default))
    return value


def raw(call: Call, *, model: str = "target", stream_usage: bool = True, default: int | None = None) -> bytes:
    """The body for a target."""
    dialect: DialectName = call.endpoint.dialect
    return DIALECTS[dialect].write_call(call, model=model, stream_usage=stream_usage, default_max_tokens=default)
