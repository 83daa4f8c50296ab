"""Reads what a caller gets as that caller would: written after the providers' documents, apart from our own readers."""

import json
from dataclasses import dataclass, field
from typing import Any


class Odd(AssertionError):
    """A stream that a strict client of the dialect would refuse."""


@dataclass
class Heard:
    """What an answer said. `finish` is the dialect's own word; `whole`: the caller must take it for complete."""

    text: str = ""
    thinking: str = ""
    refusal: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    finish: str | None = None
    usage: dict[str, int] = field(default_factory=dict)
    model: str = ""
    whole: bool = False


def must(holds: object, why: str) -> None:
    if not holds:
        raise Odd(why)


def events(data: bytes) -> list[tuple[str, str]]:
    """Name and data of each event; half an event is none of a client's business, but of ours."""
    text = data.decode()
    must(not text or text.endswith(("\n\n", "\r\n\r\n")), "half an event")
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            fields = [line.partition(": ") for line in lines]
            name = "".join(value for key, _, value in fields if key == "event")
            found.append((name, "\n".join(value for key, _, value in fields if key == "data")))
    return found


def plain(dialect: str, body: bytes) -> Heard:
    """A whole answer."""
    answer = json.loads(body)
    heard = _PLAIN[dialect](answer)
    heard.whole = True
    return heard


def stream(form: str, data: bytes) -> Heard:
    """As much of a stream as there is."""
    return _STREAMS[form](data)


def chat_usage(usage: dict[str, Any]) -> dict[str, int]:
    must(usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"], "a sum that is none")
    return {
        "input": usage["prompt_tokens"],
        "output": usage["completion_tokens"],
        "cached": usage["prompt_tokens_details"]["cached_tokens"],
        "reasoning": usage["completion_tokens_details"]["reasoning_tokens"],
    }


def _chat_plain(answer: dict[str, Any]) -> Heard:
    must(answer["object"] == "chat.completion" and answer["id"].startswith("chatcmpl-"), "no chat completion")
    choice = answer["choices"][0]
    message = choice["message"]
    heard = Heard(
        text=message["content"] or "",
        thinking=message.get("reasoning_content") or "",
        refusal=message["refusal"] or "",
        finish=choice["finish_reason"],
        usage=chat_usage(answer["usage"]),
        model=answer["model"],
    )
    for call in message.get("tool_calls") or []:
        must(call["type"] == "function" and call["id"], "a call without an id")
        heard.calls.append((call["function"]["name"], json.loads(call["function"]["arguments"])))
        heard.ids.append(call["id"])
    return heard


def _chat_stream(data: bytes) -> Heard:
    heard = Heard()
    tools: list[list[str]] = []
    for _, said in events(data):
        must(not heard.whole, "something behind [DONE]")
        if said == "[DONE]":
            must(heard.finish is not None, "[DONE] without a finish")
            heard.whole = True
            break
        chunk = json.loads(said)
        must(chunk["object"] == "chat.completion.chunk", "no chunk")
        heard.model = chunk["model"]
        if chunk.get("usage"):
            must(chunk["choices"] == [], "usage beside choices")
            heard.usage = chat_usage(chunk["usage"])
        for choice in chunk["choices"]:
            if choice["index"] == 0:
                must(heard.finish is None, "a choice goes on behind its finish")
                _chat_delta(heard, tools, choice["delta"])
                heard.finish = choice["finish_reason"]
    heard.calls = [(name, json.loads(text) if heard.whole else text) for _, name, text in tools]
    heard.ids = [tool[0] for tool in tools]
    return heard


def _chat_delta(heard: Heard, tools: list[list[str]], delta: dict[str, Any]) -> None:
    heard.text += delta.get("content") or ""
    heard.thinking += delta.get("reasoning_content") or ""
    heard.refusal += delta.get("refusal") or ""
    for call in delta.get("tool_calls") or []:
        if call["index"] == len(tools):
            must(call["type"] == "function", "a call that is none")
            tools.append([call["id"], call["function"]["name"], ""])
        must(call["index"] == len(tools) - 1, "calls out of order")
        tools[call["index"]][2] += call["function"].get("arguments") or ""


def _responses_plain(answer: dict[str, Any]) -> Heard:
    must(answer["object"] == "response" and answer["id"].startswith("resp_"), "no response")
    why = (answer["incomplete_details"] or {}).get("reason")
    usage = answer["usage"]
    heard = Heard(finish=f"{answer['status']}/{why}" if why else answer["status"], model=answer["model"])
    if usage is not None:
        heard.usage = {
            "input": usage["input_tokens"],
            "output": usage["output_tokens"],
            "cached": usage["input_tokens_details"]["cached_tokens"],
            "reasoning": usage["output_tokens_details"]["reasoning_tokens"],
        }
    must((answer["error"] is not None) == (answer["status"] == "failed"), "an error without a failure")
    for item in answer["output"]:
        if item["type"] == "message":
            for part in item["content"]:
                heard.text += part.get("text", "")
                heard.refusal += part.get("refusal", "")
        elif item["type"] == "reasoning":
            heard.thinking += "".join(part["text"] for part in item["summary"])
        elif item["type"] == "function_call":
            heard.calls.append((item["name"], json.loads(item["arguments"])))
            heard.ids.append(item["call_id"])
    return heard


def _responses_stream(data: bytes) -> Heard:
    heard = Heard()
    open_items: dict[int, str] = {}
    told: list[dict[str, Any]] = []
    deltas = {"text": "", "thinking": "", "refusal": "", "arguments": ""}
    for number, (name, said) in enumerate(events(data)):
        must(not heard.whole, "something behind the end")
        event = json.loads(said)
        must(event["type"] == name and event["sequence_number"] == number, "numbers or names are wrong")
        kind = name.removeprefix("response.")
        if kind == "output_item.added":
            must(event["output_index"] == len(told) and not open_items, "items overlap")
            open_items[event["output_index"]] = event["item"]["id"]
        elif kind == "output_item.done":
            must(open_items.pop(event["output_index"]) == event["item"]["id"], "another item ends")
            told.append(event["item"])
        elif kind.endswith(".delta"):
            must(open_items.get(event["output_index"]) == event["item_id"], "a delta of no open item")
            deltas[_DELTAS[kind]] += event["delta"]
        elif kind in ("completed", "incomplete", "failed"):
            must(not open_items and event["response"]["output"] == told, "the end tells another story")
            must(event["response"]["status"] == kind, "two ends")
            heard = _responses_plain(event["response"])
            must(heard.usage, "no usage at the end")
            heard.whole = True
    if not heard.whole:
        return Heard(text=deltas["text"], thinking=deltas["thinking"], refusal=deltas["refusal"])
    must((heard.text, heard.thinking, heard.refusal) == tuple(deltas.values())[:3], "deltas and end differ")
    return heard


_DELTAS = {
    "output_text.delta": "text",
    "reasoning_summary_text.delta": "thinking",
    "refusal.delta": "refusal",
    "function_call_arguments.delta": "arguments",
}


def messages_usage(usage: dict[str, Any]) -> dict[str, int]:
    read, written = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
    return {
        "input": usage["input_tokens"] + read + written,
        "output": usage["output_tokens"],
        "cached": read,
        "cache_write": written,
        "reasoning": (usage.get("output_tokens_details") or {}).get("thinking_tokens", 0),
    }


def _messages_plain(answer: dict[str, Any]) -> Heard:
    must(
        answer["type"] == "message" and answer["role"] == "assistant" and answer["id"].startswith("msg_"), "no message"
    )
    heard = Heard(finish=answer["stop_reason"], usage=messages_usage(answer["usage"]), model=answer["model"])
    for block in answer["content"]:
        _messages_block(heard, block)
    return heard


def _messages_block(heard: Heard, block: dict[str, Any]) -> None:
    kind = block["type"]
    if kind == "text":
        must(block["text"], "an empty text")
        heard.text += block["text"]
    elif kind == "thinking":
        must(block["signature"], "a thought without a signature")
        heard.thinking += block["thinking"]
    elif kind == "tool_use":
        must(isinstance(block["input"], dict), "input that is no object")
        heard.calls.append((block["name"], block["input"]))
        heard.ids.append(block["id"])
    else:
        must(kind == "redacted_thinking" and block["data"], f"a block of the type {kind}")


_GROWS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


def _messages_stream(data: bytes) -> Heard:
    heard = Heard()
    blocks: list[dict[str, Any]] = []
    is_open = ended = False
    usage: dict[str, Any] = {}
    for number, (name, said) in enumerate(events(data)):
        event = json.loads(said)
        must(event["type"] == name and (number == 0) == (name == "message_start"), "the wrong beginning")
        must(not heard.whole, "something behind message_stop")
        if name == "message_start":
            message = event["message"]
            must(message["content"] == [] and message["stop_reason"] is None, "a message that has begun")
            heard.model, usage = message["model"], dict(message["usage"])
        elif name == "content_block_start":
            must(not is_open and event["index"] == len(blocks) and not ended, "blocks overlap")
            blocks.append(event["content_block"] | {"partial_json": ""})
            is_open = True
        elif name == "content_block_delta":
            must(is_open and event["index"] == len(blocks) - 1, "a delta of no open block")
            _grow(blocks[-1], event["delta"])
        elif name == "content_block_stop":
            must(is_open and event["index"] == len(blocks) - 1, "no open block to stop")
            is_open = False
        elif name == "message_delta":
            must(not is_open and event["delta"]["stop_reason"], "no stop reason")
            ended, heard.finish = True, event["delta"]["stop_reason"]
            usage |= {key: value for key, value in event["usage"].items() if value is not None}
        elif name == "message_stop":
            must(ended, "message_stop without a stop reason")
            heard.whole = True
    if heard.whole:
        heard.usage = messages_usage(usage)
        for block in blocks:
            if block["type"] == "tool_use" and block["partial_json"]:
                block["input"] = json.loads(block["partial_json"])
            if block["type"] != "text" or block["text"] or len(blocks) > 1:
                _messages_block(heard, block)
    return heard


def _grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    kind = delta["type"]
    if kind in _GROWS:
        block[_GROWS[kind]] += delta[_GROWS[kind]]
    elif kind == "signature_delta":
        block["signature"] = delta["signature"]
    else:
        must(kind == "citations_delta", f"a delta of the type {kind}")


def gemini_usage(usage: dict[str, Any]) -> dict[str, int]:
    read, thought = usage["promptTokenCount"], usage.get("thoughtsTokenCount", 0)
    output = usage.get("candidatesTokenCount", 0) + thought
    must(usage["totalTokenCount"] == read + output, "a sum that is none")
    return {
        "input": read,
        "output": output,
        "cached": usage.get("cachedContentTokenCount", 0),
        "reasoning": thought,
    }


def _gemini_add(heard: Heard, answer: dict[str, Any]) -> None:
    must("error" not in answer, "an error")
    heard.model = answer["modelVersion"]
    must(answer["responseId"], "no id")
    for candidate in answer.get("candidates", ()):
        if candidate.get("index", 0) != 0:
            continue
        must(heard.finish is None, "a candidate goes on behind its finish")
        for part in candidate.get("content", {}).get("parts", ()):
            if "functionCall" in part:
                heard.calls.append((part["functionCall"]["name"], part["functionCall"].get("args", {})))
                heard.ids.append(part["functionCall"].get("id", ""))
            elif part.get("thought"):
                heard.thinking += part.get("text", "")
            else:
                heard.text += part.get("text", "")
        heard.finish = candidate.get("finishReason")
    if (answer.get("promptFeedback") or {}).get("blockReason"):
        heard.finish = "SAFETY"
    if "usageMetadata" in answer:
        heard.usage = gemini_usage(answer["usageMetadata"])
    heard.whole = heard.finish is not None


def _gemini_plain(answer: dict[str, Any]) -> Heard:
    heard = Heard()
    _gemini_add(heard, answer)
    must(heard.finish, "no finish")
    return heard


def _gemini_sse(data: bytes) -> Heard:
    heard = Heard()
    for name, said in events(data):
        must(not name, "an event with a name")
        _gemini_add(heard, json.loads(said))
    return heard


def _gemini_array(data: bytes) -> Heard:
    heard = Heard()
    try:
        answers = json.loads(data)
        ended = True
    except ValueError:
        if data:
            json.loads(data + b"]")  # what was sent must be whole elements
            answers = json.loads(data + b"]")
        else:
            answers = []
        ended = False
    for answer in answers:
        _gemini_add(heard, answer)
    must(not ended or heard.whole, "a closed array without a finish")
    heard.whole = heard.whole and ended
    return heard


_PLAIN = {
    "openai_chat": _chat_plain,
    "openai_responses": _responses_plain,
    "anthropic_messages": _messages_plain,
    "gemini_generate": _gemini_plain,
}
_STREAMS = {
    "openai_chat": _chat_stream,
    "openai_responses": _responses_stream,
    "anthropic_messages": _messages_stream,
    "gemini_generate": _gemini_sse,
    "gemini_array": _gemini_array,
}
