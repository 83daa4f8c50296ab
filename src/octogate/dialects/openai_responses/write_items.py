"""Writes turns as the items of `input`."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from octogate.core.conversation import Loss, Media, Part, Reasoning, Refusal, Role, Text, ToolCall, ToolResult, Turn
from octogate.dialects.openai_responses.media import write_part
from octogate.dialects.openai_responses.output import OWN
from octogate.dialects.tool_calls import NO_RESULT, accepted_id, error_words

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_PICTURES: Final = "what a model made cannot be shown to it again here"

Item = dict[str, object]


class ItemWriter:
    """Takes turns one by one, in the order of the prompt. Items of the model stand in the order of its parts."""

    __slots__ = ("_answered", "_called", "_content", "_plain", "items", "losses")

    def __init__(self, turns: Sequence[Turn], *, plain: bool) -> None:
        results = (part for turn in turns for part in turn.parts if isinstance(part, ToolResult))
        self._answered = {part.call_id for part in results}
        self._called: set[str] = set()
        self._content: list[Item] = []
        self._plain = plain
        self.items: list[Item] = []
        self.losses: list[Loss] = []

    def write(self, turn: Turn, at: int) -> None:
        """The turn at position `at` of the prompt."""
        if turn.name is not None:
            self.losses.append(Loss(f"messages[{at}].name", "this target's messages have no names"))
        if turn.role == "assistant":
            self._write_answer(turn.parts, at)
        else:
            self._write_said(turn, at)

    def _write_said(self, turn: Turn, at: int) -> None:
        """What somebody else than the model said; a tool's result is an item of its own."""
        role: Role = "system" if turn.role == "developer" and self._plain else turn.role
        for number, part in enumerate(turn.parts):
            where = f"messages[{at}].content[{number}]"
            if not isinstance(part, ToolResult):
                self._content += self._written((part,), where)
            elif part.call_id in self._called:
                self._flush(role)
                content = self._written(part.parts, where)
                self.items.append(_output(part.call_id, _as_error(content) if part.is_error else content))
            else:
                self._content += self._written(part.parts, where)
        self._flush(role)

    def _written(self, parts: Iterable[Part], where: str) -> list[Item]:
        """Words and media as content parts; what has none is a loss."""
        found: list[Item] = []
        for part in parts:
            said = write_part(part) if isinstance(part, (Text, Media)) else "only a model says this"
            if isinstance(part, Refusal):
                said = {"type": "input_text", "text": part.text}
            if isinstance(said, str):
                self.losses.append(Loss(where, said, fatal=isinstance(part, Media) and part.file_id is not None))
            else:
                found.append(said)
        return found

    def _write_answer(self, parts: tuple[Part, ...], at: int) -> None:
        open_calls: list[str] = []
        for number, part in enumerate(parts):
            if isinstance(part, Text):
                self._content.append({"type": "output_text", "text": part.text})
            elif isinstance(part, Refusal):
                self._content.append({"type": "refusal", "refusal": part.text})
            elif isinstance(part, Reasoning):
                self._write_reasoning(part)
            elif isinstance(part, ToolCall):
                self._flush("assistant")
                self.items.append(_call(part))
                self._called.add(part.id)
                if part.id not in self._answered:
                    open_calls.append(part.id)
            else:
                self.losses.append(Loss(f"messages[{at}].content[{number}]", _NO_PICTURES))
        self._flush("assistant")
        # OpenAI refuses a call whose output is missing.
        self.items += [_output(call_id, [{"type": "input_text", "text": NO_RESULT}]) for call_id in open_calls]

    def _write_reasoning(self, part: Reasoning) -> None:
        """Thoughts go back to where they came from, sealed as they were, and nowhere else."""
        signature = part.signature
        if signature is None or signature.origin != OWN:
            return
        self._flush("assistant")
        shown = [] if part.hidden else [{"type": "summary_text", "text": part.text}]
        self.items.append({"type": "reasoning", "summary": shown, "encrypted_content": signature.value})

    def _flush(self, role: Role) -> None:
        """Write the message that has been put together; a single text as a string, which every relative takes."""
        if not self._content:
            return
        only = self._content[0]
        content = only["text"] if len(self._content) == 1 and "text" in only else self._content
        self.items.append({"role": role, "content": content})
        self._content = []


def _call(part: ToolCall) -> Item:
    return {
        "type": "function_call",
        "call_id": accepted_id(part.id, _ID),
        "name": part.name,
        "arguments": part.arguments or "{}",
    }


def _output(call_id: str, content: list[Item]) -> Item:
    """A tool's output; a single text, or nothing, as a string."""
    output: object = content
    if not content:
        output = ""
    elif len(content) == 1 and "text" in content[0]:
        output = content[0]["text"]
    return {"type": "function_call_output", "call_id": accepted_id(call_id, _ID), "output": output}


def _as_error(content: list[Item]) -> list[Item]:
    """Responses has no member for a failed tool: its output says so in words, unless it does already."""
    first = content[0].get("text") if content else None
    if isinstance(first, str):
        return [{"type": "input_text", "text": error_words(first)}, *content[1:]]
    return [{"type": "input_text", "text": error_words("")}, *content]
