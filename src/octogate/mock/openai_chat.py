"""OpenAI chat completions: read a request, write the answer plain and as a stream."""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import orjson

from octogate.core.usage import Usage
from octogate.mock.answer import Answer
from octogate.mock.question import (
    Object,
    Question,
    Tool,
    as_count,
    as_object,
    as_objects,
    as_text,
    as_texts,
    count_media,
    count_words,
)
from octogate.mock.refusals import Refused
from octogate.mock.sse import event, framed
from octogate.mock.steps import Data
from octogate.mock.tool_calls import ToolCall

MAX_CHOICES = 128
_FINISH = {"stop": "stop", "stop_sequence": "stop", "length": "length", "tool_calls": "tool_calls", "refusal": "stop"}

BROKEN_EVENT = framed(b'{"id":"chatcmpl-mock","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"cont')
COMMENT = b": still working\n\n"


def read(body: Object) -> Question:
    """Understand a chat request. Raises Refused for what the provider would refuse."""
    messages = as_objects(body.get("messages"))
    if not messages:
        raise Refused(400, "Invalid type for 'messages': expected a non-empty array of objects.", param="messages")
    output = as_object(body.get("response_format"))
    last_role = messages[-1].get("role")
    users = [as_text(message.get("content")) for message in messages if message.get("role") == "user"]
    most = body.get("max_completion_tokens", body.get("max_tokens"))
    return Question(
        dialect="openai_chat",
        model=str(body.get("model", "")),
        stream=body.get("stream") is True,
        wants_usage=as_object(body.get("stream_options")).get("include_usage") is True,
        prompt=users[-1] if users else "",
        input_tokens=count_words(messages, body.get("tools")),
        tools=_read_tools(body),
        tool_choice=_read_choice(body.get("tool_choice")),
        parallel=body.get("parallel_tool_calls") is not False,
        after_tool=last_role in ("tool", "function"),
        results=_read_results(messages),
        thinking=_read_thinking(body),
        media=count_media(messages),
        prefill=last_role == "assistant",
        json_mode=output.get("type") == "json_object",
        schema=as_object(as_object(output.get("json_schema")).get("schema")) or None,
        choices=as_count(body.get("n"), least=1, most=MAX_CHOICES) or 1,
        max_tokens=as_count(most, least=1, most=10**9),
        stop=as_texts(body.get("stop")),
        user=str(body.get("user") or ""),
    )


def plain(question: Question, answer: Answer) -> bytes:
    """The completion object."""
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    text = "".join(answer.text)
    if answer.finish == "refusal":
        message["refusal"] = text
    elif text or not answer.calls:
        message["content"] = text
    if answer.thinking:
        message["reasoning_content"] = "".join(answer.thinking)
    if answer.calls:
        message["tool_calls"] = [_call(call) | {"function": _function(call)} for call in answer.calls]
    choice = {"message": message, "logprobs": None, "finish_reason": _FINISH[answer.finish]}
    choices = [{"index": index, **choice} for index in range(answer.choices)]
    envelope = _envelope(question, answer, "chat.completion")
    return orjson.dumps(envelope | {"choices": choices, "usage": usage_object(answer.usage)})


def stream(question: Question, answer: Answer) -> Iterator[Data]:
    """Role, then the pieces of all choices in turn, the finish reasons, usage if asked for, `[DONE]`."""
    envelope = _envelope(question, answer, "chat.completion.chunk")
    if question.wants_usage:
        envelope["usage"] = None

    def chunk(index: int, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        return event(envelope | {"choices": [choice]})

    everyone = range(answer.choices)
    for index in everyone:
        yield Data(chunk(index, {"role": "assistant", "content": "", "refusal": None}))
    for delta, tokens in _deltas(answer):
        for index in everyone:
            yield Data(chunk(index, delta), kind="content", tokens=tokens)
    for index in everyone:
        yield Data(chunk(index, {}, _FINISH[answer.finish]), kind="finish")
    if question.wants_usage:
        yield Data(event(envelope | {"choices": [], "usage": usage_object(answer.usage)}), kind="finish")
    yield Data(framed(b"[DONE]"), kind="end")


def usage_object(usage: Usage) -> dict[str, Any]:
    """Usage in the words of chat completions."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _deltas(answer: Answer) -> Iterator[tuple[dict[str, Any], int]]:
    for piece in answer.thinking:
        yield {"reasoning_content": piece}, 1
    field = "refusal" if answer.finish == "refusal" else "content"
    for piece in answer.text:
        yield {field: piece}, 1
    for at, call in enumerate(answer.calls):
        opening = {"index": at, **_call(call), "function": {"name": call.name, "arguments": ""}}
        yield {"tool_calls": [opening]}, 0
        for piece in call.slices:
            yield {"tool_calls": [{"index": at, "function": {"arguments": piece}}]}, 1


def _envelope(question: Question, answer: Answer, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-mock{answer.number:06d}",
        "object": kind,
        "created": answer.created_at,
        "model": question.model,
        "service_tier": "default",
        "system_fingerprint": "fp_mock",
    }


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": f"call_{call.id}", "type": "function"}


def _function(call: ToolCall) -> dict[str, Any]:
    return {"name": call.name, "arguments": call.arguments}


def _read_tools(body: Object) -> tuple[Tool, ...]:
    """The functions, or those of them that the choice allows."""
    functions = [as_object(tool.get("function")) for tool in as_objects(body.get("tools"))]
    allowed = as_objects(as_object(as_object(body.get("tool_choice")).get("allowed_tools")).get("tools"))
    names = {as_object(tool.get("function")).get("name") for tool in allowed}
    tools = [Tool(str(function.get("name", "")), as_object(function.get("parameters"))) for function in functions]
    return tuple(tool for tool in tools if not names or tool.name in names)


def _read_choice(choice: object) -> str:
    named = as_object(as_object(choice).get("function")).get("name")
    mode = as_object(as_object(choice).get("allowed_tools")).get("mode", choice)
    return str(named or (mode if isinstance(mode, str) else "auto"))


def _read_results(messages: list[Object]) -> tuple[str, ...]:
    """The tool results that the conversation ends with."""
    trailing = list(takewhile(lambda message: message.get("role") in ("tool", "function"), reversed(messages)))
    return tuple(as_text(message.get("content")) for message in reversed(trailing))


def _read_thinking(body: Object) -> bool | None:
    """OpenAI shows no reasoning in chats; the servers that do are asked for it in one of these ways."""
    if isinstance(effort := body.get("reasoning_effort"), str):
        return effort not in ("none", "minimal")
    if isinstance(kind := as_object(body.get("thinking")).get("type"), str):
        return kind != "disabled"
    asked = body.get("include_reasoning", body.get("enable_thinking"))
    return asked if isinstance(asked, bool) else None
