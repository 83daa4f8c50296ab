"""What the mock answers to a question: the same words, tool calls and counts every time."""

import re
from typing import Literal

import msgspec
import orjson

from octogate.core.usage import Usage
from octogate.mock.instance import instance_of
from octogate.mock.question import Question

Finish = Literal["stop", "length", "tool_calls", "refusal"]

_ECHOED = 200
_WORD = re.compile(r"\s*\S+")
_THINKING = "The user wants something. Let me think about it, step by step."
_REFUSAL = "I am sorry, I cannot help with that."
_ARGUMENT_SLICE = 4


class ToolCall(msgspec.Struct, frozen=True):
    """One call of a tool; `slices` are the pieces of its JSON arguments, a token each."""

    id: str
    name: str
    arguments: str
    slices: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True):
    """A whole answer before it is put on the wire. Each piece of `thinking` and `text` is one token.

    `number` and `created_at` (epoch seconds) make the ids; `choices` is how many times the same answer is given.
    """

    number: int
    created_at: int
    usage: Usage
    finish: Finish = "stop"
    thinking: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    choices: int = 1


class Traits(msgspec.Struct, frozen=True):
    """What the words in a model's name ask for."""

    tools: bool
    parallel: bool
    think: bool
    refuse: bool
    cached: bool
    cachewrite: bool


def traits_of(model: str) -> Traits:
    """The traits whose names occur in `model`."""
    return Traits(**{name: name in model for name in Traits.__struct_fields__})


def compose(question: Question, *, number: int, created_at: int, tokens: int | None = None) -> Answer:
    """Answer `question`; `tokens` sets the exact length of the text. Never longer than the question's cap."""
    traits = traits_of(question.model)
    calls = () if traits.refuse else _tool_calls(question, traits, number)
    thinking = _pieces(_THINKING) if traits.think else ()
    text = () if calls else _text(question, traits, tokens)
    finish: Finish = "refusal" if traits.refuse else "tool_calls" if calls else "stop"
    answer = Answer(number, created_at, Usage(), finish, thinking, text, calls, question.choices)
    answer = _capped(answer, question.max_tokens)
    return msgspec.structs.replace(answer, usage=_usage(question, answer, traits))


def wants_tool_call(question: Question, traits: Traits) -> bool:
    """Tools are offered, none has answered yet, and someone asks for a call."""
    if not question.tools or question.after_tool or question.tool_choice == "none":
        return False
    asked = traits.tools or traits.parallel or "call the tool" in question.prompt.lower()
    return asked or question.tool_choice != "auto"


def _tool_calls(question: Question, traits: Traits, number: int) -> tuple[ToolCall, ...]:
    if not wants_tool_call(question, traits):
        return ()
    named = [tool for tool in question.tools if tool.name == question.tool_choice]
    chosen = named or list(question.tools)
    chosen = (chosen * 2)[:2] if traits.parallel else chosen[:1]
    calls = []
    for at, tool in enumerate(chosen):
        arguments = orjson.dumps(instance_of({"type": "object", **tool.schema})).decode()
        slices = tuple(arguments[i : i + _ARGUMENT_SLICE] for i in range(0, len(arguments), _ARGUMENT_SLICE))
        calls.append(ToolCall(f"{number:06d}x{at}", tool.name, arguments, slices))
    return tuple(calls)


def _text(question: Question, traits: Traits, tokens: int | None) -> tuple[str, ...]:
    if traits.refuse:
        return _pieces(_REFUSAL)
    if question.schema is not None:
        return _json_pieces(instance_of(question.schema))
    if question.json_mode:
        return _json_pieces({"answer": "Hello from the mock.", "you_said": question.prompt[:_ECHOED]})
    pieces = _pieces(f"Hello from the mock. You said: {question.prompt[:_ECHOED]}")
    if tokens is None:
        return pieces
    return (*pieces, *(f" word{at}" for at in range(len(pieces) + 1, tokens + 1)))[:tokens]


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text))


def _json_pieces(value: object) -> tuple[str, ...]:
    return _pieces(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _capped(answer: Answer, most: int | None) -> Answer:
    """Cut the answer where the cap is; a tool call that does not fit whole is left out."""
    if most is None:
        return answer
    thinking = answer.thinking[:most]
    text = answer.text[: most - len(thinking)]
    left = most - len(thinking) - len(text)
    calls: list[ToolCall] = []
    for call in answer.calls:
        if len(call.slices) > left:
            break
        left -= len(call.slices)
        calls.append(call)
    is_whole = (len(thinking), len(text), len(calls)) == (len(answer.thinking), len(answer.text), len(answer.calls))
    finish = answer.finish if is_whole else "length"
    return msgspec.structs.replace(answer, thinking=thinking, text=text, calls=tuple(calls), finish=finish)


def _usage(question: Question, answer: Answer, traits: Traits) -> Usage:
    spoken = len(answer.text) + sum(len(call.slices) for call in answer.calls)
    return Usage(
        input_tokens=question.input_tokens,
        output_tokens=(len(answer.thinking) + spoken) * answer.choices,
        cached_tokens=question.input_tokens // 2 if traits.cached else 0,
        cache_write_tokens=question.input_tokens // 4 if traits.cachewrite else 0,
        reasoning_tokens=len(answer.thinking) * answer.choices,
    )
