"""One rich stream of each dialect: signed thoughts, words, two tool calls, usage; and when each has said its finish."""

import json
from typing import Any, Final

TEXT: Final = "Grüße 🐙 out"
THOUGHT: Final = "Two “cities”."
CALLS: Final = [("weather", {"city": "Köln"}), ("weather", {"city": "Rome", "days": [1, 2]})]
SEAL: Final = "RXFRQg=="
USAGE: Final = {"input": 20, "output": 30, "cached": 8, "reasoning": 5}

_FIRST, _SECOND = '{"city":"Köln"}', '{"city":"Rome","days":[1,2]}'


def _events(*data: dict[str, Any] | str, named: bool = False, line_end: str = "\n") -> bytes:
    blocks = []
    for datum in data:
        text = datum if isinstance(datum, str) else json.dumps(datum, ensure_ascii=False, separators=(",", ":"))
        name = f"event: {datum['type']}{line_end}" if named and isinstance(datum, dict) else ""
        blocks.append(f"{name}data: {text}{line_end}{line_end}")
    return "".join(blocks).encode()


def _chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"id": "c", "model": "up", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _tool(index: int, arguments: str, call_id: str | None = None) -> dict[str, Any]:
    begun = {"id": call_id, "type": "function", "function": {"name": "weather", "arguments": arguments}}
    return {"tool_calls": [{"index": index, **(begun if call_id else {"function": {"arguments": arguments}})}]}


_DETAIL = {"type": "reasoning.text", "text": THOUGHT, "signature": SEAL, "index": 0}
CHAT: Final = _events(
    _chunk({"role": "assistant", "content": ""}),
    _chunk({"reasoning_content": THOUGHT, "reasoning_details": [_DETAIL]}),
    _chunk({"content": "Grüße 🐙"}),
    _chunk({"content": " out"}),
    _chunk(_tool(0, "", "call_1")),
    _chunk(_tool(0, _FIRST[:6])),
    _chunk(_tool(0, _FIRST[6:])),
    _chunk(_tool(1, _SECOND, "call_2")),
    _chunk({}, "tool_calls"),
    {
        "id": "c",
        "model": "up",
        "choices": [],
        "usage": {
            "prompt_tokens": 20,
            "completion_tokens": 30,
            "total_tokens": 50,
            "prompt_tokens_details": {"cached_tokens": 8},
            "completion_tokens_details": {"reasoning_tokens": 5},
        },
    },
    "[DONE]",
)


def _block(index: int, block: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": block},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def _input(*texts: str) -> list[dict[str, Any]]:
    return [{"type": "input_json_delta", "partial_json": text} for text in texts]


MESSAGES: Final = _events(
    {
        "type": "message_start",
        "message": {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "up",
            "content": [],
            "usage": {"input_tokens": 12, "cache_read_input_tokens": 8, "output_tokens": 1},
        },
    },
    *_block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": THOUGHT},
        {"type": "signature_delta", "signature": SEAL},
    ),
    {"type": "ping"},
    *_block(
        1,
        {"type": "text", "text": ""},
        {"type": "text_delta", "text": "Grüße 🐙"},
        {"type": "text_delta", "text": " out"},
    ),
    *_block(2, {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}, *_input(_FIRST[:6], _FIRST[6:])),
    *_block(3, {"type": "tool_use", "id": "toolu_2", "name": "weather", "input": {}}, *_input("", _SECOND)),
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use"},
        "usage": {"output_tokens": 30, "output_tokens_details": {"thinking_tokens": 5}},
    },
    {"type": "message_stop"},
    named=True,
)


def _candidate(*parts: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **members}],
        "modelVersion": "up",
        "responseId": "r",
    }


_SIGNED = {"functionCall": {"name": "weather", "args": CALLS[0][1]}, "thoughtSignature": SEAL}
GEMINI: Final = _events(
    _candidate({"text": THOUGHT, "thought": True}),
    _candidate({"text": "Grüße 🐙"}),
    _candidate({"text": " out"}),
    _candidate(_SIGNED, {"functionCall": {"name": "weather", "args": CALLS[1][1]}}),
    _candidate({"text": ""}, finishReason="STOP")
    | {
        "usageMetadata": {
            "promptTokenCount": 20,
            "candidatesTokenCount": 25,
            "thoughtsTokenCount": 5,
            "cachedContentTokenCount": 8,
            "totalTokenCount": 50,
        }
    },
    line_end="\r\n",
)

_REASONING = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": THOUGHT}],
    "encrypted_content": SEAL,
}
_MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": TEXT, "annotations": []}],
}
_CALLED = [
    {
        "type": "function_call",
        "id": f"fc_{n}",
        "call_id": f"call_{n}",
        "name": "weather",
        "arguments": text,
        "status": "completed",
    }
    for n, text in enumerate((_FIRST, _SECOND))
]
_RESPONSE: Final[dict[str, Any]] = {
    "id": "resp_1",
    "object": "response",
    "model": "up",
    "status": "in_progress",
    "output": [],
    "usage": None,
}


def _item(index: int, item: dict[str, Any], *inside: dict[str, Any], **opened: Any) -> list[dict[str, Any]]:
    place = {"output_index": index}
    return [
        {"type": "response.output_item.added", **place, "item": item | opened},
        *({**event, **place, "item_id": item["id"]} for event in inside),
        {"type": "response.output_item.done", **place, "item": item},
    ]


def _said(kind: str, *pieces: str, done: dict[str, Any], **place: int) -> list[dict[str, Any]]:
    deltas = [{"type": f"response.{kind}.delta", "delta": piece, **place} for piece in pieces]
    return [*deltas, {"type": f"response.{kind}.done", **done, **place}]


def _responses() -> bytes:
    part = {"type": "output_text", "text": "", "annotations": []}
    summary = {"type": "summary_text", "text": ""}
    done = {
        **_RESPONSE,
        "status": "completed",
        "output": [_REASONING, _MESSAGE, *_CALLED],
        "usage": {
            "input_tokens": 20,
            "output_tokens": 30,
            "total_tokens": 50,
            "input_tokens_details": {"cached_tokens": 8},
            "output_tokens_details": {"reasoning_tokens": 5},
        },
    }
    told = [
        {"type": "response.created", "response": _RESPONSE},
        {"type": "response.in_progress", "response": _RESPONSE},
        *_item(
            0,
            _REASONING,
            {"type": "response.reasoning_summary_part.added", "summary_index": 0, "part": summary},
            *_said("reasoning_summary_text", THOUGHT[:4], THOUGHT[4:], done={"text": THOUGHT}, summary_index=0),
            {"type": "response.reasoning_summary_part.done", "summary_index": 0, "part": summary | {"text": THOUGHT}},
            summary=[],
            encrypted_content=None,
        ),
        *_item(
            1,
            _MESSAGE,
            {"type": "response.content_part.added", "content_index": 0, "part": part},
            *_said("output_text", "Grüße 🐙", " out", done={"text": TEXT}, content_index=0),
            {"type": "response.content_part.done", "content_index": 0, "part": part | {"text": TEXT}},
            content=[],
            status="in_progress",
        ),
        *_item(
            2,
            _CALLED[0],
            *_said("function_call_arguments", _FIRST[:6], _FIRST[6:], done={"arguments": _FIRST}),
            arguments="",
        ),
        *_item(3, _CALLED[1], *_said("function_call_arguments", _SECOND, done={"arguments": _SECOND}), arguments=""),
        {"type": "response.completed", "response": done},
    ]
    return _events(*(event | {"sequence_number": n} for n, event in enumerate(told)), named=True)


RESPONSES: Final = _responses()

STREAMS: Final = {
    "openai_chat": CHAT,
    "openai_responses": RESPONSES,
    "anthropic_messages": MESSAGES,
    "gemini_generate": GEMINI,
}
FINISH_MARKS: Final = {
    "openai_chat": b'"finish_reason":"tool_calls"}]}',
    "openai_responses": b'"type":"response.completed"',
    "anthropic_messages": b'"stop_reason":"tool_use"',
    "gemini_generate": b'"finishReason":"STOP"',
}
"""What a target must have said before its stream may be given an honest end."""
