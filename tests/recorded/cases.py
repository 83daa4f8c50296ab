"""Recorded exchanges with providers, where there are some: OCTOGATE_FIXTURES names their folder."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec

from octogate.core.call import DialectName, Operation

ROOT = Path(os.environ.get("OCTOGATE_FIXTURES", "/nonexistent"))
SUFFIXES: tuple[tuple[str, DialectName, Operation], ...] = (
    ("/chat/completions", "openai_chat", "generate"),
    ("/responses", "openai_responses", "generate"),
    ("/embeddings", "openai_embeddings", "embed"),
    ("/v1/messages", "anthropic_messages", "generate"),
    ("/v1/messages/count_tokens", "anthropic_messages", "count_tokens"),
    (":generateContent", "gemini_generate", "generate"),
    (":streamGenerateContent", "gemini_generate", "generate"),
    (":countTokens", "gemini_generate", "count_tokens"),
)
# For the few that are written after documentation and have no request.
ASKED: dict[str, dict[str, Any]] = {
    "openai_chat": {"messages": [{"role": "user", "content": "hi"}]},
    "anthropic_messages": {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 9},
    "gemini_generate": {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
}


class Case(msgspec.Struct, frozen=True):
    """One exchange. `base` is what stands in the provider's path before what the dialect adds."""

    name: str
    folder: Path
    meta: dict[str, Any]
    dialect: DialectName
    operation: Operation
    base: str
    verb: str

    @property
    def status(self) -> int:
        return int(self.meta["status"])

    @property
    def sse(self) -> bool:
        return "alt=sse" in (self.meta.get("query") or "")

    @property
    def is_stream(self) -> bool:
        return self.meta["response_file"].endswith(".sse") or self.verb == ":streamGenerateContent"

    def request(self) -> dict[str, msgspec.Raw]:
        """The members of the recorded body, each as it was."""
        path = self.folder / "request.json"
        body = path.read_bytes() if path.exists() else json.dumps(ASKED[self.dialect]).encode()
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])

    def body(self) -> bytes:
        """What the provider answered."""
        return (self.folder / self.meta["response_file"]).read_bytes()

    def expected(self) -> dict[str, Any]:
        path = self.folder / "expected.json"
        return json.loads(path.read_bytes()) if path.exists() else {}

    def fields(self) -> list[tuple[str, str]]:
        """The response headers that say something about the answer rather than about one connection."""
        own = ("content-length", "content-encoding", "transfer-encoding", "connection", "date")
        return [(name, str(value)) for name, value in self.meta["response_headers"].items() if name not in own]


def load() -> list[Case]:
    """Every recorded exchange in a dialect that the gateway speaks."""
    paths = sorted(ROOT.glob("dev/*/*/meta.json")) + sorted(ROOT.glob("documented/*/*/meta.json"))
    return [case for path in paths if (case := _read(path)) is not None]


def _read(path: Path) -> Case | None:
    meta = json.loads(path.read_bytes())
    asked = meta.get("path") or ""
    provider = path.parent.parent.name
    if provider in ("bedrock", "cohere"):
        return None
    for suffix, dialect, operation in SUFFIXES:
        if asked.endswith(suffix):
            base = "" if dialect == "gemini_generate" else asked.removesuffix(suffix)
            name = f"{provider}.{path.parent.name}"
            return Case(name, path.parent, meta, dialect, operation, base, suffix if suffix[0] == ":" else "")
    return None
