"""Calls and streams of one dialect at a target of another, without a network between them."""

import json

from octogate.core.call import Call, DialectName, Endpoint
from octogate.dialects import HUBS
from octogate.dialects.bridge import Bridge, BridgedReader
from octogate.dialects.hub import Destination, Heading

CHAT: DialectName = "openai_chat"
RESPONSES: DialectName = "openai_responses"
MESSAGES: DialectName = "anthropic_messages"
GEMINI: DialectName = "gemini_generate"

HELLO = [{"role": "user", "content": "hi"}]
BODIES: dict[DialectName, dict[str, object]] = {
    CHAT: {"model": "m", "messages": HELLO},
    RESPONSES: {"model": "m", "input": "hi"},
    MESSAGES: {"model": "m", "max_tokens": 9, "messages": HELLO},
    GEMINI: {"contents": [{"parts": [{"text": "hi"}]}]},
}
_HEADING = Heading("id", 1)


def read(dialect: DialectName, body: object, *, stream: bool = False) -> Call:
    """A caller's body, as it is when it is bytes, else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    endpoint = Endpoint(dialect, "generate", model="m", stream=stream, version="v1beta")
    return HUBS[dialect].read_call(raw, endpoint, max_output_tokens=1_000_000, max_messages=100_000)


def bridge(
    caller: DialectName, target: DialectName, body: object, *, stream: bool = False, plain: bool = False
) -> Bridge:
    """The call in the target's dialect."""
    call = read(caller, body, stream=stream)
    prompt = HUBS[caller].read_prompt(call)
    return Bridge(
        call,
        prompt,
        HUBS[caller],
        HUBS[target],
        Destination(model="claude-sonnet-4-5", stream=stream, plain=plain),
        _HEADING,
    )


def relayed(caller: DialectName, target: DialectName, data: bytes, body: object = None) -> tuple[bytes, BridgedReader]:
    """What a caller gets of the target's stream `data`, and the reader that made it."""
    body = body or {**BODIES[caller], **({} if caller == GEMINI else {"stream": True})}
    made = bridge(caller, target, body, stream=True)
    reader = made.reader(read(caller, body, stream=True))
    assert isinstance(reader, BridgedReader)
    out = reader.feed(data)
    return out + reader.close(), reader


def events(*values: object) -> bytes:
    """A stream of these events; those of a type are named after it."""
    out = b""
    for value in values:
        if isinstance(value, dict) and "type" in value:
            out += b"event: " + str(value["type"]).encode() + b"\n"
        out += b"data: " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n\n"
    return out


def delta(index: int = 0, /, logprobs: object = None, **members: object) -> dict[str, object]:
    """A chunk of a chat completion."""
    return {"id": "c", "model": "m", "choices": [{"index": index, "delta": members, "logprobs": logprobs}]}


STOP = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
END = events(STOP, b"[DONE]")


def read_back(stream: bytes) -> list[object]:
    """The values of a stream's events, each of which must be one line of data and at most a name before it."""
    found: list[object] = []
    for block in stream.decode().replace("\r\n", "\n").strip("\n").split("\n\n"):
        *name, line = block.split("\n")
        assert len(name) <= 1, block
        assert all(each.startswith("event: ") for each in name), block
        assert line.startswith("data: "), block
        if line != "data: [DONE]":
            found.append(json.loads(line[6:]))
    return found
