"""OpenAI responses: read a request, write the answer plain, as a stream of numbered events, and compacted."""

from collections.abc import Iterator
from itertools import takewhile

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
    count_media,
    count_words,
)
from octogate.mock.refusals import Refused
from octogate.mock.seals import sealed_reasoning
from octogate.mock.sse import event, framed
from octogate.mock.steps import Data, EventKind
from octogate.mock.tool_calls import ToolCall

BROKEN_EVENT = framed(b'{"type":"response.output_text.delta","output_index":0,"del', "response.output_text.delta")
COMMENT = b": still working\n\n"


def read(body: Object) -> Question:
    """Understand a responses request. Raises Refused for what the provider would refuse."""
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else as_objects(given)
    if not items:
        raise Refused(400, "Missing required parameter: 'input'.", code="missing_required_parameter", param="input")
    output = as_object(as_object(body.get("text")).get("format"))
    users = [as_text(item.get("content")) for item in items if item.get("role") == "user"]
    return Question(
        dialect="openai_responses",
        model=str(body.get("model", "")),
        stream=body.get("stream") is True,
        prompt=users[-1] if users else "",
        input_tokens=count_words(body.get("instructions"), items, body.get("tools")),
        tools=_read_tools(body),
        tool_choice=_read_choice(body.get("tool_choice")),
        parallel=body.get("parallel_tool_calls") is not False,
        after_tool=_is_result(items[-1]),
        results=_read_results(items),
        thinking=_read_thinking(as_object(body.get("reasoning"))),
        media=count_media(items),
        prefill=items[-1].get("role") == "assistant",
        json_mode=output.get("type") == "json_object",
        schema=as_object(output.get("schema")) or None,
        max_tokens=as_count(body.get("max_output_tokens"), least=1, most=10**9),
        user=str(body.get("user") or body.get("safety_identifier") or ""),
    )


def plain(question: Question, answer: Answer) -> bytes:
    """The response object."""
    return orjson.dumps(_response(question, answer, _items(answer)))


def compacted(answer: Answer) -> bytes:
    """The compaction: one opaque item that stands for the conversation."""
    opaque = {"id": _id(answer, "cmp"), "type": "compaction", "encrypted_content": sealed_reasoning(answer.number)}
    return orjson.dumps(
        {
            "id": _id(answer, "resp"),
            "object": "response.compaction",
            "created_at": answer.created_at,
            "output": [opaque],
            "usage": usage_object(answer.usage),
        }
    )


def stream(question: Question, answer: Answer) -> Iterator[Data]:
    """Created, every item from its opening to its end, completed (or incomplete). No other end marker."""
    sequence = 0

    def numbered(name: str, fields: Object, kind: EventKind = "frame", tokens: int = 0) -> Data:
        nonlocal sequence
        payload = event({"type": name, "sequence_number": sequence, **fields}, name)
        sequence += 1
        return Data(payload, kind=kind, tokens=tokens)

    items = _items(answer)
    opening = {"response": _response(question, answer, [], status="in_progress")}
    yield numbered("response.created", opening)
    yield numbered("response.in_progress", opening)
    for at, item in enumerate(items):
        yield numbered("response.output_item.added", {"output_index": at, "item": _opened(item)})
        for name, fields, kind, tokens in _inside(item, answer):
            yield numbered(name, {"item_id": item["id"], "output_index": at, **fields}, kind, tokens)
        yield numbered("response.output_item.done", {"output_index": at, "item": item})
    whole = _response(question, answer, items)
    yield numbered(f"response.{whole['status']}", {"response": whole}, "end")


def usage_object(usage: Usage) -> Object:
    """Usage in the words of responses."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


_Inner = tuple[str, Object, EventKind, int]


def _inside(item: Object, answer: Answer) -> Iterator[_Inner]:
    if item["type"] == "reasoning":
        yield from _reasoning_events(answer.thinking)
    elif item["type"] == "message":
        yield from _message_events(item["content"][0], answer.text)
    else:
        call = next(call for call in answer.calls if item["call_id"] == f"call_{call.id}")
        name = "response.function_call_arguments"
        for piece in call.slices:
            yield f"{name}.delta", {"delta": piece}, "content", 1
        yield f"{name}.done", {"name": call.name, "arguments": call.arguments}, "frame", 0


def _reasoning_events(pieces: tuple[str, ...]) -> Iterator[_Inner]:
    name, at, text = "response.reasoning_summary", {"summary_index": 0}, "".join(pieces)
    yield f"{name}_part.added", {**at, "part": {"type": "summary_text", "text": ""}}, "frame", 0
    for piece in pieces:
        yield f"{name}_text.delta", {**at, "delta": piece}, "content", 1
    yield f"{name}_text.done", {**at, "text": text}, "frame", 0
    yield f"{name}_part.done", {**at, "part": {"type": "summary_text", "text": text}}, "frame", 0


def _message_events(part: Object, pieces: tuple[str, ...]) -> Iterator[_Inner]:
    refused = part["type"] == "refusal"
    name, field = ("response.refusal", "refusal") if refused else ("response.output_text", "text")
    at: Object = {"content_index": 0}
    extra: Object = {} if refused else {"logprobs": []}
    yield "response.content_part.added", {**at, "part": {**part, field: ""}}, "frame", 0
    for piece in pieces:
        yield f"{name}.delta", {**at, "delta": piece, **extra}, "content", 1
    yield f"{name}.done", {**at, field: part[field], **extra}, "frame", 0
    yield "response.content_part.done", {**at, "part": part}, "frame", 0


def _items(answer: Answer) -> list[Object]:
    items: list[Object] = []
    if answer.thinking:
        summary = [{"type": "summary_text", "text": "".join(answer.thinking)}]
        sealed = sealed_reasoning(answer.number)
        items.append({"id": _id(answer, "rs"), "type": "reasoning", "summary": summary, "encrypted_content": sealed})
    if answer.text or not answer.calls:
        items.append(_message(answer))
    return items + [_call_item(call) for call in answer.calls]


def _message(answer: Answer) -> Object:
    text = "".join(answer.text)
    part: Object = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    if answer.finish == "refusal":
        part = {"type": "refusal", "refusal": text}
    status = "incomplete" if answer.finish == "length" else "completed"
    return {"id": _id(answer, "msg"), "type": "message", "status": status, "role": "assistant", "content": [part]}


def _call_item(call: ToolCall) -> Object:
    item = {"id": f"fc_{call.id}", "type": "function_call", "status": "completed"}
    return item | {"call_id": f"call_{call.id}", "name": call.name, "arguments": call.arguments}


def _opened(item: Object) -> Object:
    empty: Object = {"reasoning": {"summary": []}, "message": {"content": []}, "function_call": {"arguments": ""}}
    started: Object = item | empty[item["type"]]
    return started if item["type"] == "reasoning" else started | {"status": "in_progress"}


def _response(question: Question, answer: Answer, items: list[Object], status: str = "") -> Object:
    running = status == "in_progress"
    short = answer.finish == "length" and not running
    return {
        "id": _id(answer, "resp"),
        "object": "response",
        "created_at": answer.created_at,
        "status": status or ("incomplete" if short else "completed"),
        "background": False,
        "completed_at": None if running or short else answer.created_at,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if short else None,
        "instructions": None,
        "max_output_tokens": question.max_tokens,
        "metadata": {},
        "model": question.model,
        "output": items,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None if running else usage_object(answer.usage),
        "user": None,
    }


def _id(answer: Answer, prefix: str) -> str:
    return f"{prefix}_mock{answer.number:06d}"


def _read_tools(body: Object) -> tuple[Tool, ...]:
    """The functions, or those of them that the choice allows."""
    functions = [tool for tool in as_objects(body.get("tools")) if tool.get("type") == "function"]
    names = {tool.get("name") for tool in as_objects(as_object(body.get("tool_choice")).get("tools"))}
    tools = [Tool(str(tool.get("name", "")), as_object(tool.get("parameters"))) for tool in functions]
    return tuple(tool for tool in tools if not names or tool.name in names)


def _read_choice(choice: object) -> str:
    named = as_object(choice).get("name")
    mode = as_object(choice).get("mode", choice)
    return str(named or (mode if isinstance(mode, str) else "auto"))


def _is_result(item: Object) -> bool:
    return item.get("type") == "function_call_output"


def _read_results(items: list[Object]) -> tuple[str, ...]:
    """The tool results that the conversation ends with."""
    trailing = list(takewhile(_is_result, reversed(items)))
    return tuple(as_text(item.get("output")) for item in reversed(trailing))


def _read_thinking(reasoning: Object) -> bool | None:
    if isinstance(effort := reasoning.get("effort"), str):
        return effort not in ("none", "minimal")
    return True if reasoning.get("summary") else None
