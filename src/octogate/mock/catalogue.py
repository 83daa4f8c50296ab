"""The models that the mock lists; it answers to any other name too."""

from typing import Any

import orjson

from octogate.mock.refusals import JSON_TYPE, Family
from octogate.mock.scenarios import SCENARIOS
from octogate.mock.steps import Steps, whole

MODELS: dict[str, str] = {
    "mock": "echoes the last user text",
    "mock-tools": "calls the first tool offered, once",
    "mock-parallel": "calls two tools at once",
    "mock-think": "reasons before it answers",
    "mock-refuse": "refuses in the provider's own way",
    "mock-cached": "read half of the prompt from its cache",
    "mock-cachewrite": "wrote a quarter of the prompt to its cache",
    "mock-embed": "makes embeddings",
}

_CREATED = 1_767_225_600  # 2026-01-01
_CREATED_TEXT = "2026-01-01T00:00:00Z"


def list_models(family: Family, model: str | None) -> Steps:
    """The list in the family's shape, or one entry of it."""
    entry = {"openai": _openai_entry, "anthropic": _anthropic_entry, "gemini": _gemini_entry}[family]
    if model is not None:
        return whole(200, (JSON_TYPE,), orjson.dumps(entry(model)))
    entries = [entry(name) for name in (*MODELS, *SCENARIOS)]
    return whole(200, (JSON_TYPE,), orjson.dumps(_page(family, entries)))


def _page(family: Family, entries: list[dict[str, Any]]) -> dict[str, Any]:
    if family == "gemini":
        return {"models": entries}
    if family == "openai":
        return {"object": "list", "data": entries}
    return {"data": entries, "has_more": False, "first_id": entries[0]["id"], "last_id": entries[-1]["id"]}


def _openai_entry(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "mock"}


def _anthropic_entry(name: str) -> dict[str, Any]:
    times = {"created_at": _CREATED_TEXT, "deprecated_at": None, "retires_at": None}
    limits = {"max_input_tokens": 200_000, "max_tokens": 64_000}
    return {"type": "model", "id": name, "display_name": name, "lifecycle": "active", **times, **limits}


def _gemini_entry(name: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name,
        "description": MODELS.get(name, "a scenario of the failover wall"),
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }
