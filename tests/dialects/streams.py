"""One small sound stream of each dialect, and how to read it."""

from octogate.core.call import Call, DialectName, Endpoint
from octogate.dialects import DIALECTS
from octogate.dialects.base import StreamReader

CHAT = (
    b': hello\n\n'
    b'data: {"id":"c1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n'
    b'data: {"id":"c1","choices":[{"index":0,"delta":{"content":"Gr\xc3\xbc\xc3\x9fe \xf0\x9f\x90\x99"},"finish_reason":null}]}\n\n'
    b'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,'
    b'"prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":1}}}\n\n'
    b"data: [DONE]\n\n"
)
RESPONSES = (
    b'event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{"status":"in_progress","usage":null}}\n\n'
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":1,"delta":"Gr\xc3\xbc\xc3\x9fe"}\n\n'
    b'event: response.completed\ndata: {"type":"response.completed","sequence_number":2,"response":{"status":"completed",'
    b'"usage":{"input_tokens":9,"output_tokens":4,"input_tokens_details":{"cached_tokens":3},'
    b'"output_tokens_details":{"reasoning_tokens":1}}}}\n\n'
)
ANTHROPIC = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m1","role":"assistant","content":[],'
    b'"usage":{"input_tokens":4,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,'
    b'"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":1},"output_tokens":1}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
    b'event: ping\ndata: {"type": "ping"}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
    b'"text":"Gr\xc3\xbc\xc3\x9fe"}}\n\n'
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)
_GEMINI_CHUNKS = (
    b'{"candidates":[{"content":{"parts":[{"text":"Gr\xc3\xbc\xc3\x9fe","thought":true}],"role":"model"},"index":0}],'
    b'"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}',
    b'{"candidates":[{"content":{"parts":[{"text":" \\"]}[{,\\\\ "}],"role":"model"},"finishReason":"STOP","index":0}],'
    b'"usageMetadata":{"promptTokenCount":7,"toolUsePromptTokenCount":2,"candidatesTokenCount":3,"thoughtsTokenCount":1,'
    b'"cachedContentTokenCount":3,"totalTokenCount":13}}',
)
GEMINI = b"".join(b"data: " + chunk + b"\r\n\r\n" for chunk in _GEMINI_CHUNKS)
GEMINI_ARRAY = b"[" + b"\r\n,\r\n".join(_GEMINI_CHUNKS) + b"\r\n]\r\n"

# What must have been seen before a stream may be given an honest end.
FINISH_MARKS = {CHAT: b'"stop"}]}', RESPONSES: b'"response.completed"', ANTHROPIC: b'"end_turn"', GEMINI: b'"STOP"', GEMINI_ARRAY: b'"STOP"'}

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
    call = a_call(dialect, sse=name != "gemini_array", **options)  # type: ignore[arg-type]
    return DIALECTS[dialect].reader(call)
