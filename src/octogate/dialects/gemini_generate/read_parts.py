"""Reads the parts of contents: words, thoughts, media, function calls and what they gave back."""

from collections import Counter, deque
from typing import Final

import msgspec

from octogate.core.conversation import Media, Part, Reasoning, Text, ToolCall, ToolResult
from octogate.core.seals import unpack_id
from octogate.dialects.findings import AT_PROVIDER
from octogate.dialects.gemini_generate.media import lies_at_provider, read_file, read_inline
from octogate.dialects.gemini_generate.node import Node
from octogate.dialects.gemini_generate.signatures import read_signature
from octogate.dialects.tool_calls import made_id

_OWN_PART: Final = "only Gemini has such parts"
_LOST: Final = {
    "executableCode": "code that the provider ran is not told to others",
    "codeExecutionResult": "what the provider's code gave is not told to others",
    "toolCall": _OWN_PART,
    "toolResponse": _OWN_PART,
    "videoMetadata": "only Gemini takes a part of a film",
    "mediaResolution": "only Gemini takes a resolution for a part",
    "mediaProcessing": _OWN_PART,
}
_DATA: Final = ("text", "inlineData", "fileData", "functionCall", "functionResponse")
"""Of these a part has one."""

# `partMetadata` is the caller's own, and of no meaning to any model.
_KNOWN: Final = frozenset({*_DATA, *_LOST, "thought", "thoughtSignature", "partMetadata"})
_OUTPUTS: Final = ("result", "output")
"""Members that hold all that a function gave: the hub's word and the vendor's."""


class History:
    """The calls so far, for results that name only a function: they answer its oldest call that has no result yet."""

    __slots__ = ("_names", "_open", "_unanswered")

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._open: dict[str, deque[str]] = {}  # by the function's name, the oldest first
        self._unanswered: Counter[str] = Counter()  # by id, for several calls may have one

    def called(self, call: ToolCall) -> None:
        """One more call."""
        self._names[call.id] = call.name
        self._open.setdefault(call.name, deque()).append(call.id)
        self._unanswered[call.id] += 1

    def answered(self, call: str | None, name: str | None) -> str | None:
        """The id of the call that a result is for; None when it is for none."""
        if call is not None:
            if self._unanswered[call]:
                self._unanswered[call] -= 1
            return call
        opened = self._open.get(name or "")
        while opened:
            oldest = opened.popleft()
            if self._unanswered[oldest]:  # else a result that named it was here before
                self._unanswered[oldest] -= 1
                return oldest
        return None

    def name_of(self, call: str) -> str | None:
        """The function that a call was for."""
        return self._names.get(call)


def read_part(node: Node, history: History, place: str) -> Part | None:
    """One part; None for one that says nothing, or nothing that another provider understands."""
    for name, reason in _LOST.items():
        node.lose(name, reason)
    node.lose_others(_KNOWN)
    if sum(name in node for name in _DATA) > 1:
        node.found.faults.add(node.path.removesuffix("."), f"A part must have only one of: {' '.join(_DATA)}")
        return None
    if "functionCall" in node:
        return _read_call(node, history, place)
    if "functionResponse" in node:
        return _read_result(node, history, place)
    if "inlineData" in node:
        return _read_inline(node)
    return _read_file(node) if "fileData" in node else _read_words(node)


def _read_words(node: Node) -> Reasoning | Text | None:
    words = node.text("text")
    if words is None:
        if not any(name in node for name in (*_LOST, "text", "thoughtSignature")):
            node.found.faults.add(node.path.removesuffix("."), "A part must have text, data, a file or a function call")
        return None
    signature = read_signature(node.text("thoughtSignature"))
    if node.flag("thought"):
        return Reasoning(words, signature, hidden=not words and signature is not None)
    return Text(words, signature=signature)


def _read_inline(node: Node) -> Media | None:
    blob = node.node("inlineData")
    if blob is None:
        return None
    blob.lose_others({"mimeType", "data", "displayName"})
    media_type, data = blob.text("mimeType", needed=True), blob.text("data", needed=True)
    if media_type is None or data is None:
        return None
    return read_inline(media_type, data, blob.text("displayName"))


def _read_file(node: Node) -> Media | None:
    file = node.node("fileData")
    uri = file.text("fileUri", needed=True) if file is not None else None
    if file is None or uri is None:
        return None
    file.lose_others({"mimeType", "fileUri", "displayName"})
    if lies_at_provider(uri):
        file.lose("fileUri", AT_PROVIDER, fatal=True)
        return None
    return read_file(file.text("mimeType") or "", uri, file.text("displayName"))


def _read_call(node: Node, history: History, place: str) -> ToolCall | None:
    function = node.node("functionCall")
    if function is None:
        return None
    function.lose_others({"name", "args", "id"})
    name, args = function.text("name", needed=True), function.get("args")
    if args is not None and not isinstance(args, dict):
        function.found.faults.rule(function.at("args"), "must be an object")
    if name is None:
        return None
    found, carried = unpack_id(function.text("id") or "")
    arguments = msgspec.json.encode(args or {}).decode()
    signature = read_signature(node.text("thoughtSignature")) or carried
    call = ToolCall(found or made_id(place, name), name, arguments, signature)
    history.called(call)
    return call


def _read_result(node: Node, history: History, place: str) -> ToolResult | None:
    function = node.node("functionResponse")
    name = function.text("name") if function is not None else None
    if function is None:
        return None
    function.lose_others({"name", "id", "response", "parts"}, "only Gemini takes word of how a result is used")
    response = function.get("response")
    if response is not None and not isinstance(response, dict):
        function.found.faults.rule(function.at("response"), "must be an object")
        return None
    given = unpack_id(function.text("id") or "")[0] or None
    if given is None and name is None:
        function.found.faults.rule(function.at("name"), "is required")
    answered = history.answered(given, name) or made_id(place, name)
    words, is_error = read_response(response or {})
    parts: list[Text | Media] = [Text(words)] if words else []
    for at, part in enumerate(function.nodes("parts")):
        media = read_part(part, history, f"{place}.{at}")
        if isinstance(media, Media | Text):
            parts.append(media)
    return ToolResult(answered, tuple(parts), name or history.name_of(answered), is_error)


def read_response(response: dict[str, object]) -> tuple[str, bool]:
    """The words in a function's response, and whether it reports an error; an object of its own stays JSON text."""
    if len(response) == 1:
        (name, value), *_ = response.items()
        if name == "error":
            return value if isinstance(value, str) else msgspec.json.encode(value).decode(), True
        if isinstance(value, str) and name in _OUTPUTS:
            return value, False
    return msgspec.json.encode(response).decode() if response else "", False
