"""A question: what the mock needs to know of a request body, whatever its dialect."""

from collections import Counter
from typing import Any, Literal

import msgspec

from octogate.core.call import DialectName, Operation

Object = dict[str, Any]

# Strings under these keys are not read by a model.
_UNREAD = frozenset(
    {
        *("type", "role", "id", "name", "status", "call_id", "tool_call_id", "tool_use_id", "cache_control"),
        *("data", "url", "image_url", "file_data", "inlineData", "inline_data", "fileData", "mimeType", "media_type"),
        *("signature", "thoughtSignature", "thought_signature", "encrypted_content"),
    }
)


_MEDIA = {
    "image": "image",
    "image_url": "image",
    "input_image": "image",
    "document": "document",
    "file": "document",
    "input_file": "document",
    "input_audio": "recording",
}
_MEDIA_PARTS = ("inlineData", "fileData", "inline_data", "file_data")
_MEDIA_TYPES = {"image": "image", "audio": "recording", "video": "film"}


class Tool(msgspec.Struct, frozen=True):
    """A function that the caller offers, with the JSON schema of its arguments."""

    name: str
    schema: Object


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One request, understood.

    `tool_choice` is "auto", "none", "required" or the name of the tool to call; `parallel` false allows one call only.
    `prompt` is the last user text. `after_tool`: the conversation ends with tool results, whose texts are `results`.
    `prefill`: it ends with the assistant's own words. `thinking` is what the caller said of it, None for nothing.
    `schema` is set for structured output; `json_mode` asks for JSON without a schema. `media` counts the files of the
    conversation by kind. `sse` is false for a Gemini stream as one JSON array. `user` separates the runs of a scenario.
    """

    dialect: DialectName
    operation: Operation = "generate"
    model: str
    stream: bool = False
    sse: bool = True
    wants_usage: bool = True
    prompt: str = ""
    input_tokens: int = 1
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    parallel: bool = True
    after_tool: bool = False
    results: tuple[str, ...] = ()
    thinking: bool | None = None
    media: tuple[tuple[str, int], ...] = ()
    prefill: bool = False
    json_mode: bool = False
    schema: Object | None = None
    choices: int = 1
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    user: str = ""
    inputs: tuple[str, ...] = ()
    dimensions: int = 64
    encoding: Literal["float", "base64"] = "float"


def count_words(*values: object) -> int:
    """The mock's tokens: whitespace-separated words in every string that a model would read; at least 1."""
    words, waiting = 0, list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            words += len(value.split())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(inner for key, inner in value.items() if key not in _UNREAD)
    return max(1, words)


def count_media(*values: object) -> tuple[tuple[str, int], ...]:
    """How many files there are of each kind, wherever they stand in a conversation, tool results included."""
    counts: Counter[str] = Counter()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            kind = _media_kind(value)
            if kind is not None:
                counts[kind] += 1
            else:
                waiting.extend(value.values())
    return tuple(sorted(counts.items()))


def _media_kind(part: Object) -> str | None:
    for name in _MEDIA_PARTS:
        if isinstance(inner := part.get(name), dict):
            media_type = str(inner.get("mimeType") or inner.get("mime_type") or "")
            return _MEDIA_TYPES.get(media_type.partition("/")[0], "document")
    return _MEDIA.get(part["type"]) if isinstance(part.get("type"), str) else None


def as_object(value: object) -> Object:
    """`value` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Object]:
    """The JSON objects in a list; everything else is skipped."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_text(value: object) -> str:
    """A string, or the texts of a list of content parts, joined."""
    if isinstance(value, str):
        return value
    return " ".join(part["text"] for part in as_objects(value) if isinstance(part.get("text"), str))


def as_texts(value: object) -> tuple[str, ...]:
    """A string, or the strings of a list."""
    values = value if isinstance(value, list) else [value]
    return tuple(text for text in values if isinstance(text, str) and text)


def as_count(value: object, *, least: int, most: int) -> int | None:
    """An integer within bounds, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most else None
