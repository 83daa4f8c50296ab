"""Recorded exchanges of this dialect, where there are some: OCTOGATE_FIXTURES names the folder."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(os.environ.get("OCTOGATE_FIXTURES", "/nonexistent"))


class Case(msgspec.Struct):
    """One recorded exchange with a provider."""

    name: str
    folder: Path
    meta: dict[str, Any]

    def request(self) -> bytes | None:
        path = self.folder / "request.json"
        return path.read_bytes() if path.exists() else None

    def response(self) -> bytes:
        return (self.folder / self.meta["response_file"]).read_bytes()

    def expected(self) -> dict[str, Any]:
        path = self.folder / "expected.json"
        return json.loads(path.read_bytes()) if path.exists() else {}

    @property
    def streamed(self) -> bool:
        return self.meta["response_file"].endswith(".sse")


def cases() -> list[Case]:
    """Every exchange at this dialect's address."""
    found = []
    for path in sorted(ROOT.glob("dev/*/*/meta.json")):
        meta = json.loads(path.read_bytes())
        if (meta.get("path") or "").endswith("/responses"):
            found.append(Case(f"{path.parent.parent.name}/{path.parent.name}", path.parent, meta))
    return found
