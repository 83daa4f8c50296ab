"""The list of models that a key may use, in the shape that the caller's dialect expects; never a provider's name."""

from collections.abc import Sequence
from typing import Any

import orjson

from octogate.core.call import DialectName
from octogate.core.errors import ModelNotFound
from octogate.core.snapshot import Key, ModelGroup, Snapshot
from octogate.proxy.endpoints import ModelList
from octogate.proxy.policy import allowed_groups

_OWNER = "octogate"
_CREATED_AT = "2026-01-01T00:00:00Z"
_CREATED = 1_767_225_600


def list_models(route: ModelList, key: Key, snapshot: Snapshot) -> bytes:
    """The JSON answer to `GET /v1/models` or `GET /v1/models/{id}`. Raises ModelNotFound."""
    groups = allowed_groups(key, snapshot)
    if route.model is None:
        return orjson.dumps(_LISTS[route.dialect]([_SHAPES[route.dialect](group) for group in groups]))
    for group in groups:
        if group.name == route.model:
            return orjson.dumps(_SHAPES[route.dialect](group))
    raise ModelNotFound(route.model)


def _context_tokens(group: ModelGroup) -> int | None:
    """The smallest context of the group's targets: what is safe to send whoever serves."""
    return min((target.context_tokens for target in group.targets if target.context_tokens), default=None)


def _output_tokens(group: ModelGroup) -> int | None:
    return min((target.max_output_tokens for target in group.targets if target.max_output_tokens), default=None)


def _openai(group: ModelGroup) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": group.name,
        "object": "model",
        "created": _CREATED,
        "owned_by": _OWNER,
        "display_name": group.name,
    }
    if (context := _context_tokens(group)) is not None:
        shape["context_window"] = context
    return shape


def _anthropic(group: ModelGroup) -> dict[str, Any]:
    return {"type": "model", "id": group.name, "display_name": group.name, "created_at": _CREATED_AT}


def _gemini(group: ModelGroup) -> dict[str, Any]:
    return {
        "name": f"models/{group.name}",
        "baseModelId": group.name,
        "version": "1",
        "displayName": group.name,
        "inputTokenLimit": _context_tokens(group) or 0,
        "outputTokenLimit": _output_tokens(group) or 0,
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
    }


def _openai_list(models: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "data": models, "models": models}


def _anthropic_list(models: Sequence[dict[str, Any]]) -> dict[str, Any]:
    first, last = (models[0]["id"], models[-1]["id"]) if models else (None, None)
    return {"data": models, "has_more": False, "first_id": first, "last_id": last}


_SHAPES = {"openai_chat": _openai, "anthropic_messages": _anthropic, "gemini_generate": _gemini}
_LISTS: dict[DialectName, Any] = {
    "openai_chat": _openai_list,
    "anthropic_messages": _anthropic_list,
    "gemini_generate": lambda models: {"models": models},
}
