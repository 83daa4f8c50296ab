"""Writes turns as contents of `user` and `model` in alternation, and the system's words as `systemInstruction`."""

from collections.abc import Sequence
from typing import Final

import msgspec

from octogate.core.conversation import Loss, Part, Text, ToolCall, ToolResult, Turn
from octogate.dialects.gemini_generate.models import checks_signatures
from octogate.dialects.gemini_generate.signatures import PLACEHOLDER
from octogate.dialects.gemini_generate.spelling import Object
from octogate.dialects.gemini_generate.write_parts import text_of, write_part, write_result
from octogate.dialects.tool_calls import NO_RESULT

_NOTHING: Final[Object] = {"text": ""}


class _Content(msgspec.Struct):
    """A content in the making: the parts of consecutive turns of one side, each with its place in the prompt."""

    role: str
    parts: list[tuple[str, Part]]
    is_current: bool
    """It stands behind the last words of the user: the loop of tool calls that the model is in."""


def write_turns(turns: Sequence[Turn], model: str, losses: list[Loss]) -> Object:
    """`contents` and `systemInstruction`. System turns further back are hoisted to the others, in order.

    Contents must not be empty: a prompt of nothing but instructions is what the user says, and a user who says nothing
    says an empty text.
    """
    instructions = _instructions(turns, losses)
    spoken = _gather(turns, losses)
    if not spoken:
        return {"contents": [{"role": "user", "parts": instructions or [_NOTHING]}]}
    contents = _write_contents(spoken, checks_signatures(model), losses)
    said: Object = {"contents": contents or [{"role": "user", "parts": [_NOTHING]}]}
    return {"systemInstruction": {"parts": instructions}, **said} if instructions else said


def _instructions(turns: Sequence[Turn], losses: list[Loss]) -> list[Object]:
    parts: list[Object] = []
    for at, turn in enumerate(turns):
        for index, part in enumerate(turn.parts if turn.role in ("system", "developer") else ()):
            if not isinstance(part, Text):
                losses.append(Loss(f"messages[{at}].content[{index}]", "instructions can only be words here"))
            elif part.text:
                parts.append({"text": part.text})
    return parts


def _gather(turns: Sequence[Turn], losses: list[Loss]) -> list[_Content]:
    """The turns of user and model, neighbours of one side put together."""
    spoken = max((at for at, turn in enumerate(turns) if turn.role == "user" and _says_something(turn)), default=-1)
    contents: list[_Content] = []
    for at, turn in enumerate(turns):
        if turn.role in ("system", "developer"):
            continue
        if turn.name is not None:
            losses.append(Loss(f"messages[{at}].name", "this target knows no names of speakers"))
        role = "model" if turn.role == "assistant" else "user"
        parts = [(f"messages[{at}].content[{index}]", part) for index, part in enumerate(turn.parts)]
        if contents and contents[-1].role == role:
            contents[-1].parts += parts
        else:
            contents.append(_Content(role, parts, at > spoken))
    return contents


def _says_something(turn: Turn) -> bool:
    return any(not isinstance(part, ToolResult) for part in turn.parts)


def _write_contents(contents: list[_Content], signed: bool, losses: list[Loss]) -> list[Object]:
    sides: list[tuple[str, list[Object]]] = []
    asked: list[ToolCall] = []
    for content in contents:
        if content.role == "model":
            parts = _write_model(content, signed and content.is_current, losses)
            asked = [part for _, part in content.parts if isinstance(part, ToolCall)]
        else:
            parts = _write_user(content, asked, losses)
            asked = []
        if parts and sides and sides[-1][0] == content.role:  # what stood between them came to nothing
            sides[-1][1].extend(parts)
        elif parts:
            sides.append((content.role, parts))
    return [{"role": role, "parts": parts} for role, parts in sides]


def _write_model(content: _Content, signed: bool, losses: list[Loss]) -> list[Object]:
    """What the model said.

    In the current loop its first call of each step must carry a signature, or the placeholder for other models' calls.
    """
    parts = _write_parts(content.parts, losses)
    if signed:
        first = next((part for part in parts if "functionCall" in part), None)
        if first is not None:
            first.setdefault("thoughtSignature", PLACEHOLDER)
    return parts


def _write_user(content: _Content, asked: list[ToolCall], losses: list[Loss]) -> list[Object]:
    """Exactly one response to each call of the model's content just before, in the calls' order; then all the rest."""
    results: dict[str, tuple[str, ToolResult]] = {}
    rest: list[tuple[str, Part]] = []
    ids = {call.id for call in asked}
    for place, part in content.parts:
        if not isinstance(part, ToolResult):
            rest.append((place, part))
        elif part.call_id in ids and part.call_id not in results:
            results[part.call_id] = place, part
        else:
            rest += [(place, Text(text_of(part))), *((place, one) for one in part.parts if not isinstance(one, Text))]
    parts: list[Object] = []
    media: list[tuple[str, Part]] = []
    for call in asked:
        place, result = results.get(call.id, ("", ToolResult(call.id, (Text(NO_RESULT),), is_error=True)))
        parts.append(write_result(result, call))
        media += [(place, one) for one in result.parts if not isinstance(one, Text)]
    return [*parts, *_write_parts([*media, *rest], losses)]


def _write_parts(parts: Sequence[tuple[str, Part]], losses: list[Loss]) -> list[Object]:
    written: list[Object] = []
    for place, part in parts:
        one = write_part(part, place, losses)
        if one is not None:
            written.append(one)
    return written
