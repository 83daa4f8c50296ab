"""What the mock answers to a question: the same words, tool calls and counts every time."""

import re
from typing import Literal

import msgspec
import orjson

from octogate.core.usage import Usage
from octogate.mock.instance import instance_of
from octogate.mock.question import Question
from octogate.mock.tool_calls import ToolCall, call_tools

Finish = Literal["stop", "stop_sequence", "length", "tool_calls", "refusal"]

_ECHOED = 200
_WORD = re.compile(r"\s*\S+")
_THINKING = "The user wants something. Let me think about it, step by step."
_REFUSAL = "I am sorry, I cannot help with that."
_ASKS_TO_REFUSE = re.compile(r"\brefuse\b", re.IGNORECASE)


class Answer(msgspec.Struct, frozen=True):
    """A whole answer before it is put on the wire. Each piece of `thinking` and `text` is one token.

    `number` and `created_at` (epoch seconds) make the ids; `choices` is how many times the same answer is given.
    `stopped_by` is the stop sequence that ended it.
    """

    number: int
    created_at: int
    usage: Usage
    finish: Finish = "stop"
    thinking: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    choices: int = 1
    stopped_by: str | None = None


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
    refuses = traits.refuse or _ASKS_TO_REFUSE.search(question.prompt) is not None
    thinks = traits.think if question.thinking is None else question.thinking
    calls: tuple[ToolCall, ...] = ()
    if not refuses:
        calls = call_tools(question, number, model_calls=traits.tools, model_calls_two=traits.parallel)
    thinking = _pieces(_THINKING) if thinks else ()
    text = _pieces(_REFUSAL) if refuses else () if calls else _text(question, tokens)
    finish: Finish = "refusal" if refuses else "tool_calls" if calls else "stop"
    answer = Answer(number, created_at, Usage(), finish, thinking, text, calls, question.choices)
    answer = _capped(_stopped(answer, question.stop), question.max_tokens)
    return msgspec.structs.replace(answer, usage=_usage(question, answer, traits))


def _text(question: Question, tokens: int | None) -> tuple[str, ...]:
    if question.schema is not None:
        return _json_pieces(instance_of(question.schema))
    if question.json_mode:
        return _json_pieces({"answer": "Hello from the mock.", "you_said": question.prompt[:_ECHOED]})
    said = [f"Hello from the mock. You said: {question.prompt[:_ECHOED]}"]
    if question.media:
        said.append(f"I see {' and '.join(_counted(kind, count) for kind, count in question.media)}.")
    if question.results:
        said.append(f"The tool said: {' and '.join(result[:_ECHOED] for result in question.results)}")
    pieces = _pieces(" ".join(said))
    if tokens is None:
        return pieces
    return (*pieces, *(f" word{at}" for at in range(len(pieces) + 1, tokens + 1)))[:tokens]


def _counted(kind: str, count: int) -> str:
    return f"{count} {kind}" if count == 1 else f"{count} {kind}s"


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text))


def _json_pieces(value: object) -> tuple[str, ...]:
    return _pieces(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _stopped(answer: Answer, sequences: tuple[str, ...]) -> Answer:
    """Cut the text before the first stop sequence in it; a refusal is not stopped."""
    text = "".join(answer.text)
    found = [(text.find(sequence), sequence) for sequence in sequences if sequence in text]
    if not found or answer.finish == "refusal":
        return answer
    at, sequence = min(found)
    return msgspec.structs.replace(answer, text=_pieces(text[:at]), finish="stop_sequence", stopped_by=sequence)


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
    if is_whole:
        return answer
    return msgspec.structs.replace(
        answer, thinking=thinking, text=text, calls=tuple(calls), finish="length", stopped_by=None
    )


def _usage(question: Question, answer: Answer, traits: Traits) -> Usage:
    spoken = len(answer.text) + sum(len(call.slices) for call in answer.calls)
    return Usage(
        input_tokens=question.input_tokens,
        output_tokens=(len(answer.thinking) + spoken) * answer.choices,
        cached_tokens=question.input_tokens // 2 if traits.cached else 0,
        cache_write_tokens=question.input_tokens // 4 if traits.cachewrite else 0,
        reasoning_tokens=len(answer.thinking) * answer.choices,
    )
