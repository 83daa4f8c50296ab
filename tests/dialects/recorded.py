"""Recorded provider traffic, where there is some: OCTOGATE_FIXTURES names the folder."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec

from octogate.core.call import DialectName, Endpoint, Operation

ROOT = Path(os.environ.get("OCTOGATE_FIXTURES", "/nonexistent"))


class Case(msgspec.Struct):
    """One recorded exchange with a provider."""

    name: str
    folder: Path
    meta: dict[str, Any]
    endpoint: Endpoint

    def request(self) -> bytes:
        return (self.folder / "request.json").read_bytes()

    def response(self) -> bytes:
        return (self.folder / self.meta["response_file"]).read_bytes()

    def expected(self) -> dict[str, Any]:
        path = self.folder / "expected.json"
        return json.loads(path.read_bytes()) if path.exists() else {}

    @property
    def status(self) -> int:
        return int(self.meta["status"])


def cases() -> list[Case]:
    """Every recorded exchange in a dialect that we speak."""
    found = []
    for path in sorted(ROOT.glob("dev/*/*/meta.json")) + sorted(ROOT.glob("documented/*/*/meta.json")):
        meta = json.loads(path.read_bytes())
        endpoint = _endpoint(meta)
        if endpoint is not None:
            found.append(Case(f"{path.parent.parent.name}/{path.parent.name}", path.parent, meta, endpoint))
    return found


def _endpoint(meta: dict[str, Any]) -> Endpoint | None:
    path, query = meta.get("path") or "", meta.get("query") or ""
    if meta.get("provider") in ("bedrock", "cohere") or path.startswith("/api/chat"):
        return None
    kinds: tuple[tuple[str, DialectName, Operation], ...] = (
        ("/chat/completions", "openai_chat", "generate"),
        ("/responses", "openai_responses", "generate"),
        ("/embeddings", "openai_embeddings", "embed"),
        ("/messages", "anthropic_messages", "generate"),
        ("/messages/count_tokens", "anthropic_messages", "count_tokens"),
        (":generateContent", "gemini_generate", "generate"),
        (":streamGenerateContent", "gemini_generate", "generate"),
        (":countTokens", "gemini_generate", "count_tokens"),
    )
    for suffix, dialect, operation in kinds:
        if path.endswith(suffix):
            if dialect != "gemini_generate":
                return Endpoint(dialect=dialect, operation=operation)
            streams = suffix == ":streamGenerateContent"
            model = path.rpartition("/")[2].partition(":")[0]
            sse = "alt=sse" in query
            return Endpoint(
                dialect=dialect, operation=operation, model=model, stream=streams, sse=sse, version="v1beta"
            )
    return None
