"""What real providers would refuse, by the rules of an upstream that lies beside the recordings, where there is one."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from octogate.core.call import DialectName

from ..recorded.cases import ROOT

_PATH = ROOT.parent / "tools" / "replay_upstream.py"
_ENDPOINTS: dict[DialectName, tuple[str, str, str]] = {
    "openai_chat": ("chat", "openai", "/v1/chat/completions"),
    "openai_responses": ("responses", "openai", "/v1/responses"),
    "anthropic_messages": ("messages", "anthropic", "/v1/messages"),
    "gemini_generate": ("generateContent", "gemini", "/v1beta/models/m:generateContent"),
}
_HEADERS = {
    "content-type": "application/json",
    "anthropic-version": "2023-06-01",
    "x-api-key": "a-key",
    "x-goog-api-key": "a-key",
}


def _loaded(path: Path) -> Callable[..., list[str]] | None:
    if not path.exists():
        return None
    spec = importlib.util.spec_from_file_location("replay_upstream", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., list[str]] = module.lint
    return found


LINT = _loaded(_PATH)


def violations(dialect: DialectName, body: bytes) -> list[str]:
    """What is wrong with a request body."""
    assert LINT is not None
    kind, family, path = _ENDPOINTS[dialect]
    request: Any = SimpleNamespace(headers=_HEADERS, method="POST", query={})
    return LINT(kind, family, request, json.loads(body), path)
