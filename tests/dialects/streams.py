"""One small sound stream of each dialect, and how to read it."""

from octogate.core.call import Call, DialectName, Endpoint
from octogate.dialects import DIALECTS
from octogate.dialects.base import StreamReader

TEXT = "Grüße 🐙"


def events(*data: str, named: bool = False, line_end: str = "\n") -> bytes:
    """Server-sent events of these data; `named` gives each the name that its `type` says."""
    blocks = []
    for datum in data:
        kind = datum.split('"')[3] if named else ""
        name = f"event: {kind}{line_end}" if named else ""
        blocks.append(f"{name}data: {datum}{line_end}{line_end}")
    return "".join(blocks).encode()


CHAT = b": hello\n\n" + events(
    '{"id":"c1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}',
    '{"id":"c1","choices":[{"index":0,"delta":{"content":"Grüße 🐙"},"finish_reason":null}]}',
    '{"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
    '{"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,'
    '"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":1}}}',
    "[DONE]",
)
RESPONSES = events(
    '{"type":"response.created","sequence_number":0,"response":{"status":"in_progress","usage":null}}',
    '{"type":"response.output_text.delta","sequence_number":1,"delta":"Grüße 🐙"}',
    '{"type":"response.completed","sequence_number":2,"response":{"status":"completed",'
    '"usage":{"input_tokens":9,"output_tokens":4,"input_tokens_details":{"cached_tokens":3},'
    '"output_tokens_details":{"reasoning_tokens":1}}}}',
    named=True,
)
ANTHROPIC = events(
    '{"type":"message_start","message":{"id":"m1","role":"assistant","content":[],'
    '"usage":{"input_tokens":4,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,'
    '"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":1},"output_tokens":1}}}',
    '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
    '{"type":"ping"}',
    '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Grüße 🐙"}}',
    '{"type":"content_block_stop","index":0}',
    '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}',
    '{"type":"message_stop"}',
    named=True,
)
_GEMINI_FIRST = (
    '{"candidates":[{"content":{"parts":[{"text":"Grüße 🐙","thought":true}],"role":"model"},"index":0}],'
    '"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}'
)
_GEMINI_LAST = (
    '{"candidates":[{"content":{"parts":[{"text":" \\"]}[{,\\\\ "}],"role":"model"},"finishReason":"STOP","index":0}],'
    '"usageMetadata":{"promptTokenCount":7,"toolUsePromptTokenCount":2,"candidatesTokenCount":3,"thoughtsTokenCount":1,'
    '"cachedContentTokenCount":3,"totalTokenCount":13}}'
)
GEMINI = events(_GEMINI_FIRST, _GEMINI_LAST, line_end="\r\n")
GEMINI_ARRAY = f"[{_GEMINI_FIRST}\r\n,\r\n{_GEMINI_LAST}\r\n]\r\n".encode()

# What must have been seen before a stream may be given an honest end.
FINISH_MARKS = {
    CHAT: b'"stop"}]}',
    RESPONSES: b'"response.completed"',
    ANTHROPIC: b'"end_turn"',
    GEMINI: b'"STOP"',
    GEMINI_ARRAY: b'"STOP"',
}

STREAMS: dict[str, tuple[DialectName, bytes]] = {
    "chat": ("openai_chat", CHAT),
    "responses": ("openai_responses", RESPONSES),
    "anthropic": ("anthropic_messages", ANTHROPIC),
    "gemini": ("gemini_generate", GEMINI),
    "gemini_array": ("gemini_generate", GEMINI_ARRAY),
}


def a_call(dialect: DialectName, *, sse: bool = True, choices: int = 1, wants_usage: bool = True) -> Call:
    """A streamed call of which only what a reader needs is known."""
    endpoint = Endpoint(dialect=dialect, operation="generate", model="m", stream=True, sse=sse)
    return Call(
        endpoint=endpoint, model="m", stream=True, fields={}, input_bytes=2, choices=choices, wants_usage=wants_usage
    )


def reader_of(name: str, **options: bool | int) -> StreamReader:
    """A fresh reader for the stream of that name."""
    dialect = STREAMS[name][0]
    call = a_call(dialect, sse=name != "gemini_array", **options)  # type: ignore[arg-type]  # a table of names
    return DIALECTS[dialect].reader(call)
