"""Reads the content of one chat message: a string, or a list of parts."""

from collections.abc import Mapping
from typing import Final

import msgspec

from octogate.core.conversation import CacheMark, Media, Part, Refusal, Text, ToolCall, ToolResult
from octogate.dialects.findings import Findings, Table
from octogate.dialects.openai_chat import media
from octogate.dialects.openai_chat.reasoning import read_block

_TEXTS: Final = frozenset({"text", "input_text", "output_text"})
# What comes with the words of an earlier answer says nothing to a model: its sources, and how likely each token was.
_KNOWN: Final = frozenset(
    "type text refusal thinking signature image_url input_audio file video_url cache_control annotations"
    " logprobs".split()
)
_MARKABLE: Final = (Text, Media, ToolCall, ToolResult)


def read_content(message: Table, path: str, findings: Findings) -> list[Part]:
    """The parts of `content`; none for null and for an empty string."""
    content = message.get("content")
    if isinstance(content, str):
        return [Text(content)] if content else []
    parts: list[Part] = []
    for at, item in enumerate(findings.array(content, f"{path}.content")):
        part = _read_part(item, f"{path}.content[{at}]", findings)
        if part is not None:
            parts.append(part)
    return parts


def read_cache(source: Mapping[str, object], path: str, findings: Findings) -> CacheMark | None:
    """The mark in `cache_control`, as OpenRouter's and LiteLLM's clients send it."""
    mark = findings.table(source.get("cache_control"), f"{path}.cache_control")
    if mark is None:
        return None
    return "1h" if mark.get("ttl") == "1h" else "5m"


def marked(parts: list[Part], mark: CacheMark | None) -> list[Part]:
    """The same parts, the last of them that can be marked with a mark that stood at their message."""
    if mark is None:
        return parts
    for at in range(len(parts) - 1, -1, -1):
        part = parts[at]
        if isinstance(part, _MARKABLE):
            return [*parts[:at], msgspec.structs.replace(part, cache=mark), *parts[at + 1 :]]
    return parts


def _read_part(item: object, path: str, findings: Findings) -> Part | None:
    if isinstance(item, str):
        return Text(item)
    if not isinstance(item, dict):
        findings.faults.rule(path, "must be an object")
        return None
    kind = findings.needed(item.get("type"), f"{path}.type")
    found = _read_kind(kind, item, path, findings)
    if found is not None:
        findings.lose_others(item, _KNOWN, path)
    return found


def _read_kind(kind: str, item: Table, path: str, findings: Findings) -> Part | None:
    if kind in _TEXTS:
        return Text(findings.needed(item.get("text"), f"{path}.text"), cache=read_cache(item, path, findings))
    if kind == "refusal":
        return Refusal(findings.needed(item.get("refusal"), f"{path}.refusal"))
    if kind == "thinking":
        return read_block(item)
    found = _read_media(kind, item, path, findings)
    mark = read_cache(item, path, findings) if found is not None else None
    return msgspec.structs.replace(found, cache=mark) if found is not None and mark is not None else found


def _read_media(kind: str, item: Table, path: str, findings: Findings) -> Media | None:
    match kind:
        case "image_url":
            return media.image(item, path, findings)
        case "input_audio":
            return media.audio(item, path, findings)
        case "file":
            return media.file(item, path, findings)
        case "video_url":
            return media.linked(item, "video_url", "video", path, findings)
        case _:
            findings.lose(path, f"parts of the type {kind[:64]!r} are known to this route only")
            return None
