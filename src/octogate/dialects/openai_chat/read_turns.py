"""Reads chat messages as turns: one for each, but neighbouring tool results share one."""

from collections.abc import Sequence
from typing import Final

from octogate.core.conversation import Media, Part, Refusal, Role, Text, ToolCall, ToolResult, Turn
from octogate.core.seals import unpack_id
from octogate.dialects.findings import Findings, Table
from octogate.dialects.openai_chat import media
from octogate.dialects.openai_chat.read_parts import marked, read_cache, read_content
from octogate.dialects.openai_chat.reasoning import read_reasoning
from octogate.dialects.tool_calls import made_id, object_text

_ROLES: Final[dict[object, Role]] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "assistant": "assistant",
}
_PLAIN: Final = frozenset({"role", "content"})
"""What most messages are made of, those of the assistant too: there is nothing else to look for in them."""
_NAMED: Final = _PLAIN | {"name", "cache_control"}
_OF_RESULT: Final = _NAMED | {"tool_call_id"}
# `annotations` of an earlier answer say where its words came from, which no target has a place for in a history.
_OF_ASSISTANT: Final = _NAMED | frozenset(
    "refusal audio images tool_calls function_call annotations"
    " reasoning reasoning_content reasoning_details thinking_blocks".split()
)


def read_turns(messages: Sequence[object], findings: Findings) -> tuple[Turn, ...]:
    """All of a conversation. `read_call` has seen to it that messages have a role and content of the right kind."""
    return _History(findings).read(messages)


class _History:
    """Knows which tools were called so far, so that each result gets the name, and old forms get an id."""

    __slots__ = ("_findings", "_legacy", "_names")

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._names: dict[str, str] = {}
        self._legacy: dict[str, str] = {}

    def read(self, messages: Sequence[object]) -> tuple[Turn, ...]:
        turns: list[Turn] = []
        results: list[Part] = []
        for at, message in enumerate(messages):
            path = f"messages[{at}]"
            if not isinstance(message, dict):
                self._findings.faults.rule(path, "must be an object")
            elif message.get("role") in ("tool", "function"):
                results.append(self._result(message, path))
            else:
                if results:
                    turns.append(Turn("user", tuple(results)))
                    results = []
                turns.append(self._turn(message, at))
        if results:
            turns.append(Turn("user", tuple(results)))
        return tuple(turns)

    def _turn(self, message: Table, at: int) -> Turn:
        path = f"messages[{at}]"
        role = _ROLES.get(message.get("role"), "user")
        parts = read_content(message, path, self._findings)
        if message.keys() <= _PLAIN:
            return Turn(role, tuple(parts))
        if role == "assistant":
            parts = self._spoken(message, parts, at)
        self._findings.lose_others(message, _OF_ASSISTANT if role == "assistant" else _NAMED, path)
        name = self._findings.text(message.get("name"), f"{path}.name")
        return Turn(role, tuple(marked(parts, read_cache(message, path, self._findings))), name=name)

    def _spoken(self, message: Table, content: list[Part], at: int) -> list[Part]:
        """An assistant's message: what it thought, what it said, and which tools it called."""
        path = f"messages[{at}]"
        parts: list[Part] = [*read_reasoning(message), *content]
        refusal = self._findings.text(message.get("refusal"), f"{path}.refusal")
        if refusal:
            parts.append(Refusal(refusal))
        parts += self._heard(message, path, bool(parts))
        for where, picture in self._findings.tables(message.get("images"), f"{path}.images"):
            found = media.image(picture, where, self._findings)
            parts += (found,) if found is not None else ()
        for where, call in self._findings.tables(message.get("tool_calls"), f"{path}.tool_calls"):
            parts += self._call(call, where)
        legacy = self._findings.table(message.get("function_call"), f"{path}.function_call")
        if legacy is not None:
            parts += self._legacy_call(legacy, at)
        return parts

    def _heard(self, message: Table, path: str, said: bool) -> list[Part]:
        """An earlier answer in sound: its words, if the caller has them; else it is only a name for what it was."""
        spoken = self._findings.table(message.get("audio"), f"{path}.audio")
        if spoken is None:
            return []
        transcript = spoken.get("transcript")
        if isinstance(transcript, str) and transcript:
            return [] if said else [Text(transcript)]
        self._findings.lose(f"{path}.audio", "the recording lies at the provider that made it", fatal=not said)
        return []

    def _call(self, call: Table, path: str) -> list[Part]:
        kind = call.get("type", "function")
        if kind != "function" and "function" not in call:
            self._findings.lose(path, "only functions can be called at other targets")
            return []
        function = self._findings.table(call.get("function"), f"{path}.function", needed=True)
        if function is None:
            return []
        name = self._findings.needed(function.get("name"), f"{path}.function.name")
        call_id, signature = unpack_id(self._findings.text(call.get("id"), f"{path}.id") or made_id(path))
        arguments = self._arguments(function, f"{path}.function")
        self._names[call_id] = name
        mark = read_cache(call, path, self._findings)
        return [ToolCall(call_id, name, arguments, signature=signature, cache=mark)]

    def _legacy_call(self, function: Table, at: int) -> list[Part]:
        path = f"messages[{at}].function_call"
        name = self._findings.needed(function.get("name"), f"{path}.name")
        call_id = made_id(path)
        self._names[call_id], self._legacy[name] = name, call_id
        return [ToolCall(call_id, name, self._arguments(function, path))]

    def _arguments(self, function: Table, path: str) -> str:
        said = function.get("arguments")
        return object_text(said if isinstance(said, dict) else self._findings.text(said, f"{path}.arguments"))

    def _result(self, message: Table, path: str) -> ToolResult:
        """A message of the role `tool`, or of its forerunner `function`, which goes by the function's name."""
        self._findings.lose_others(message, _OF_RESULT, path)
        name = self._findings.text(message.get("name"), f"{path}.name")
        if message.get("role") == "function":
            call_id = self._legacy.pop(name or "", "") or made_id(path)
        else:
            call_id, _ = unpack_id(self._findings.needed(message.get("tool_call_id"), f"{path}.tool_call_id"))
        marks = [read_cache(message, path, self._findings)]
        parts: list[Text | Media] = []
        for part in read_content(message, path, self._findings):
            if isinstance(part, Text):
                parts.append(Text(part.text))
                marks.append(part.cache)
            elif isinstance(part, Media):
                parts.append(part)
        mark = next((mark for mark in reversed(marks) if mark is not None), None)
        return ToolResult(call_id, tuple(parts), name=self._names.get(call_id, name), cache=mark)
