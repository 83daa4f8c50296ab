"""Anthropic messages: read a request, write the answer plain and as a stream of named events."""

from collections.abc import Iterator
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
from octogate.mock.seals import thinking_signature
from octogate.mock.sse import event, framed
from octogate.mock.steps import Data, EventKind

_STOP = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "refusal": "refusal",
}

BROKEN_EVENT = framed(b'{"type":"content_block_delta","index":0,"delta":{"type":"text_del', "content_block_delta")
PING = event({"type": "ping"}, "ping")


def read(body: Object, *, counting: bool = False) -> Question:
    """Understand a messages request; `counting` is for count_tokens, which needs no cap."""
    messages = as_objects(body.get("messages"))
    if not messages:
        raise Refused(400, "messages: at least one message is required")
    most = as_count(body.get("max_tokens"), least=1, most=10**9)
    if most is None and not counting:
        raise Refused(400, "max_tokens: Field required")
    users = [message for message in messages if message.get("role") == "user"]
    last = messages[-1]
    results = [part for part in as_objects(last.get("content")) if part.get("type") == "tool_result"]
    choice = as_object(body.get("tool_choice"))
    output = as_object(as_object(body.get("output_config")).get("format")) or as_object(body.get("output_format"))
    return Question(
        dialect="anthropic_messages",
        operation="count_tokens" if counting else "generate",
        model=str(body.get("model", "")),
        stream=body.get("stream") is True,
        prompt=next((text for user in reversed(users) if (text := as_text(user.get("content")))), ""),
        input_tokens=count_words(body.get("system"), messages, body.get("tools")),
        tools=tuple(_read_tool(tool) for tool in as_objects(body.get("tools")) if "input_schema" in tool),
        tool_choice=_read_choice(choice),
        parallel=choice.get("disable_parallel_tool_use") is not True,
        after_tool=bool(results),
        results=tuple(as_text(result.get("content")) for result in results),
        thinking=_read_thinking(as_object(body.get("thinking"))),
        media=count_media(messages),
        prefill=last.get("role") == "assistant",
        schema=as_object(output.get("schema")) or None,
        max_tokens=most,
        stop=as_texts(body.get("stop_sequences")),
        user=str(as_object(body.get("metadata")).get("user_id") or ""),
    )


def plain(question: Question, answer: Answer) -> bytes:
    """The message object."""
    stop = _STOP[answer.finish]
    return orjson.dumps(_message(question, answer, _blocks(answer), stop, usage_object(answer.usage)))


def counted(question: Question) -> bytes:
    """What count_tokens answers."""
    return orjson.dumps({"input_tokens": question.input_tokens})


def stream(question: Question, answer: Answer) -> Iterator[Data]:
    """message_start, the blocks, message_delta with the stop reason and usage, message_stop."""
    start = _message(question, answer, [], None, usage_object(answer.usage) | {"output_tokens": 1})
    yield _event("message_start", {"message": start})
    for at, block in enumerate(_blocks(answer)):
        yield _event("content_block_start", {"index": at, "content_block": _opened(block)})
        if at == 0:
            yield Data(PING)
        for delta, tokens in _deltas(block, answer):
            yield _event("content_block_delta", {"index": at, "delta": delta}, "content", tokens)
        yield _event("content_block_stop", {"index": at})
    delta = {"stop_reason": _STOP[answer.finish], "stop_sequence": answer.stopped_by, "stop_details": None}
    yield _event("message_delta", {"delta": delta, "usage": _final_usage(answer.usage)}, "finish")
    yield _event("message_stop", {}, "end")


def usage_object(usage: Usage) -> Object:
    """Usage in Anthropic's words: input_tokens leaves out what was read from or written to the cache."""
    written = usage.cache_write_tokens
    return {
        "input_tokens": usage.input_tokens - usage.cached_tokens - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.output_tokens,
        "service_tier": "standard",
    }


def _final_usage(usage: Usage) -> Object:
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    whole = usage_object(usage)
    return {name: whole[name] for name in names}


def _event(name: str, fields: Object, kind: EventKind = "frame", tokens: int = 0) -> Data:
    return Data(event({"type": name, **fields}, name), kind=kind, tokens=tokens)


def _message(question: Question, answer: Answer, blocks: list[Object], stop: str | None, usage: Object) -> Object:
    return {
        "id": f"msg_mock{answer.number:06d}",
        "type": "message",
        "role": "assistant",
        "model": question.model,
        "content": blocks,
        "stop_reason": stop,
        "stop_sequence": answer.stopped_by if stop else None,
        "stop_details": None,
        "usage": usage,
    }


def _blocks(answer: Answer) -> list[Object]:
    blocks: list[Object] = []
    if answer.thinking:
        thinking = "".join(answer.thinking)
        blocks.append({"type": "thinking", "thinking": thinking, "signature": thinking_signature(thinking)})
    if answer.text:
        blocks.append({"type": "text", "text": "".join(answer.text)})
    for call in answer.calls:
        arguments = orjson.loads(call.arguments)
        blocks.append({"type": "tool_use", "id": f"toolu_{call.id}", "name": call.name, "input": arguments})
    return blocks


def _opened(block: Object) -> Object:
    empty: dict[str, Object] = {
        "thinking": {"thinking": "", "signature": ""},
        "text": {"text": ""},
        "tool_use": {"input": {}},
    }
    return block | empty[block["type"]]


def _deltas(block: Object, answer: Answer) -> Iterator[tuple[dict[str, Any], int]]:
    if block["type"] == "thinking":
        for piece in answer.thinking:
            yield {"type": "thinking_delta", "thinking": piece}, 1
        yield {"type": "signature_delta", "signature": block["signature"]}, 0
    elif block["type"] == "text":
        for piece in answer.text:
            yield {"type": "text_delta", "text": piece}, 1
    else:
        call = next(call for call in answer.calls if block["id"] == f"toolu_{call.id}")
        for piece in call.slices:
            yield {"type": "input_json_delta", "partial_json": piece}, 1


def _read_tool(tool: Object) -> Tool:
    return Tool(str(tool.get("name", "")), as_object(tool.get("input_schema")))


def _read_choice(choice: Object) -> str:
    kinds = {"any": "required", "none": "none", "tool": str(choice.get("name", ""))}
    return kinds.get(str(choice.get("type")), "auto")


def _read_thinking(thinking: Object) -> bool | None:
    kind = thinking.get("type")
    return kind != "disabled" if isinstance(kind, str) else None
