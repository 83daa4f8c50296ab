"""What two prompts have in common: all that the first says, the second says, or it is named among the losses."""

import base64
import json
from typing import Any

import msgspec

from octogate.core.conversation import (
    Media,
    Part,
    Prompt,
    Refusal,
    Settings,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from octogate.dialects.efforts import effort_of, tokens_of

_NEUTRAL: dict[str, tuple[object, ...]] = {
    "temperature": (1.0,),
    "top_p": (1.0,),
    "top_k": (0,),
    "frequency_penalty": (0.0,),
    "presence_penalty": (0.0,),
    "logprobs": (False,),
    "verbosity": ("medium",),
    "service_tier": ("auto",),
    "parallel_tool_calls": (True,),
}
"""Values that say what a provider does anyway."""

_FOR_THE_PROVIDER = ("user", "prompt_cache_key")
"""What changes no answer and only helps the provider to tell callers apart: left unsaid where it has no place."""

_COMPARED_APART = ("format", "thinking", "max_output_tokens", "logprobs")


class Said:
    """The contents of a prompt, without what is lost."""

    def __init__(self, prompt: Prompt, lost: set[str]) -> None:
        self.words: dict[str, list[str]] = {"system": [], "user": [], "assistant": []}
        self.files: list[tuple[str, str | None]] = []
        self.calls: list[tuple[str, Any]] = []
        self.results: list[tuple[int, list[str], bool]] = []
        self._ids: list[str] = []
        for number, turn in enumerate(prompt.turns):
            side = "system" if turn.role == "developer" else turn.role
            for at, part in enumerate(turn.parts):
                if f"messages[{number}].content[{at}]" not in lost:
                    self._add(side, part, f"messages[{number}].content[{at}]", lost)

    def _add(self, side: str, part: Part, place: str, lost: set[str]) -> None:
        match part:
            case Text() | Refusal():
                self.words[side].append(part.text)
            case Media(text=str(text)):
                self.words[side].append(text)
            case Media(data=str(data), media_type="text/plain"):
                self.words[side].append(base64.b64decode(data).decode())
            case Media():
                self.files.append((part.kind, part.data or part.url))
            case ToolCall():
                self.calls.append((part.name, json.loads(part.arguments)))
                self._ids.append(part.id)
            case ToolResult():
                for at, piece in enumerate(part.parts):
                    if isinstance(piece, Media) and f"{place}.parts[{at}]" not in lost:
                        self._add(side, piece, place, lost)
                texts = [piece.text for piece in part.parts if isinstance(piece, Text)]
                self.results.append((self._ids.index(part.call_id), texts, part.is_error))


def compare_words(said: Prompt, heard: Prompt, lost: set[str]) -> None:
    """Every word of each side, every file, every call and its result, in their order."""
    ours, theirs = Said(said, lost), Said(heard, set())
    for side, words in ours.words.items():
        assert_in_order(words, "".join(theirs.words[side]))
    assert "".join(ours.words["assistant"]) == "".join(theirs.words["assistant"])
    assert ours.files == theirs.files
    assert ours.calls == theirs.calls
    assert len(ours.results) == len(theirs.results)
    for (call, words, is_error), (their_call, their_words, their_error) in zip(
        ours.results, theirs.results, strict=True
    ):
        told = "".join(their_words)
        assert call == their_call
        assert_in_order(words, told)
        failed, their_failed = (
            flag or text.startswith("Error:") for flag, text in ((is_error, "".join(words)), (their_error, told))
        )
        assert failed == their_failed


def assert_in_order(words: list[str], text: str) -> None:
    at = 0
    for word in words:
        found = text.find(word, at)
        assert found >= 0, f"{word!r} is not in {text[at:]!r}"
        at = found + len(word)


def compare_tools(said: Prompt, heard: Prompt, lost: set[str]) -> None:
    """The same tools to choose from, in one way or another."""
    choice, their_choice = (prompt.tool_choice or ToolChoice("auto") for prompt in (said, heard))
    offered = {tool.name: tool for tool in heard.tools}
    if choice.names and not their_choice.names and "tool_choice" not in lost:
        assert set(offered) == set(choice.names), "a limit that is neither a choice nor an offer"
        assert their_choice.mode == ("any" if choice.mode == "named" else "auto")
    else:
        assert set(offered) == {tool.name for tool in said.tools}
        assert their_choice == choice or "tool_choice" in lost
    for at, tool in enumerate(said.tools):
        if (found := offered.get(tool.name)) is None:
            continue
        assert found.description == tool.description
        if not tool.strict and tool.schema is not None:
            assert shape(found.schema) == shape(tool.schema)
        assert bool(found.strict) == bool(tool.strict) or f"tools[{at}].strict" in lost


def compare_settings(said: Prompt, heard: Prompt, lost: set[str]) -> None:
    """Every setting that changes the answer."""
    ours, theirs = said.settings, heard.settings
    for name in Settings.__struct_fields__:
        if name in lost or name in _COMPARED_APART:
            continue
        mine, other = getattr(ours, name), getattr(theirs, name)
        unsaid = other is None and (mine in _NEUTRAL.get(name, ()) or name in _FOR_THE_PROVIDER)
        idle = name == "parallel_tool_calls" and not may_call(said)
        assert mine == other or unsaid or idle, name
    assert ours.max_output_tokens in (None, theirs.max_output_tokens) or "max_output_tokens" in lost
    assert not ours.logprobs or theirs.logprobs or "logprobs" in lost
    if "format" not in lost:
        assert (ours.format and shape(ours.format.schema)) == (theirs.format and shape(theirs.format.schema))
    if "thinking" not in lost and not under_a_cap(ours):
        assert measure(ours.thinking) == measure(theirs.thinking)


def may_call(prompt: Prompt) -> bool:
    """Whether the model can call a tool at all."""
    return bool(prompt.tools) and (prompt.tool_choice is None or prompt.tool_choice.mode != "none")


def under_a_cap(settings: Settings) -> bool:
    """Whether thoughts, asked for in words, would leave no room for an answer: then fewer are asked for."""
    thinking, cap = settings.thinking, settings.max_output_tokens
    return (
        cap is not None and thinking is not None and thinking.effort is not None and tokens_of(thinking.effort) >= cap
    )


def measure(thinking: Thinking | None) -> str | None:
    """How much thought, in words; the most that a model can may be less than the most of another."""
    if thinking is None:
        return None
    if thinking.off:
        return "off"
    effort = thinking.effort or ("some" if thinking.tokens is None else effort_of(thinking.tokens))
    return "high" if effort == "max" else effort


def shape(raw: msgspec.Raw | None) -> object:
    """A schema without the words with which a provider that enforces one wants every object closed."""
    return None if raw is None else _open(msgspec.json.decode(raw))


def _open(schema: object) -> object:
    if isinstance(schema, dict):
        return {name: _open(value) for name, value in schema.items() if name != "additionalProperties"}
    return schema
