"""Which of the offered tools the mock calls, and with what."""

import re

import msgspec
import orjson

from octogate.mock.instance import instance_of
from octogate.mock.question import Question, Tool

_ARGUMENT_SLICE = 4
_ASKS_FOR_BOTH = re.compile(r"\bboth\b", re.IGNORECASE)


class ToolCall(msgspec.Struct, frozen=True):
    """One call of a tool; `slices` are the pieces of its JSON arguments, a token each."""

    id: str
    name: str
    arguments: str
    slices: tuple[str, ...]


def call_tools(question: Question, number: int, *, model_calls: bool, model_calls_two: bool) -> tuple[ToolCall, ...]:
    """The calls of answer `number`; `model_calls` and `model_calls_two` is what the model's name asks for."""
    both = len(question.tools) > 1 and _ASKS_FOR_BOTH.search(question.prompt) is not None
    asked = model_calls or model_calls_two or both or "call the tool" in question.prompt.lower()
    if not _may_call(question) or not (asked or question.tool_choice != "auto"):
        return ()
    named = [tool for tool in question.tools if tool.name == question.tool_choice]
    chosen = named or list(question.tools)
    wants_two = question.parallel and (model_calls_two or (both and not named))
    chosen = (chosen * 2)[:2] if wants_two else chosen[:1]
    return tuple(_call(tool, f"{number:06d}x{at}") for at, tool in enumerate(chosen))


def _may_call(question: Question) -> bool:
    """Tools are offered, and none has answered yet."""
    return bool(question.tools) and not question.after_tool and question.tool_choice != "none"


def _call(tool: Tool, call_id: str) -> ToolCall:
    arguments = orjson.dumps(instance_of({"type": "object", **tool.schema})).decode()
    slices = tuple(arguments[at : at + _ARGUMENT_SLICE] for at in range(0, len(arguments), _ARGUMENT_SLICE))
    return ToolCall(call_id, tool.name, arguments, slices)
