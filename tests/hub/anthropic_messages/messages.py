"""Short ways to ask the dialect, and to read its streams as a client does."""

import json
from collections.abc import Iterable
from typing import Any

from octogate.core.call import Call, Endpoint
from octogate.core.conversation import (
    Answer,
    Choice,
    Finish,
    Loss,
    Part,
    Piece,
    Prompt,
    Settings,
    Signature,
    Turn,
)
from octogate.core.usage import Usage
from octogate.dialects.anthropic_messages.dialect import AnthropicMessages
from octogate.dialects.hub import Destination, Heading
from octogate.dialects.sse import EventSplitter

from ..shown import joined

DIALECT = AnthropicMessages()
ENDPOINT = Endpoint(dialect="anthropic_messages", operation="generate")
HEADING = Heading(request_id="req_1", created=1_700_000_000)
HI: list[dict[str, Any]] = [{"role": "user", "content": "hi"}]
OWN = Signature("anthropic_messages", "EqQBCkYIBxgC")
FOREIGN = Signature("gemini_generate", "Cg/+é=")
CALL = Call(endpoint=ENDPOINT, model="m", stream=True, fields={}, input_bytes=2)


def call_of(body: dict[str, Any]) -> Call:
    """A caller's body as the dialect reads it."""
    raw = json.dumps(body).encode()
    return DIALECT.read_call(raw, ENDPOINT, max_output_tokens=10**6, max_messages=10_000)


def read(**members: Any) -> Prompt:
    """The prompt in a body of these members."""
    return DIALECT.read_prompt(call_of({"model": "m", "max_tokens": 9, "messages": HI, **members}))


def read_content(content: Any, role: str = "user") -> tuple[Part, ...]:
    """The parts of one message."""
    return read(messages=[{"role": role, "content": content}]).turns[0].parts


def lost(prompt: Prompt) -> dict[str, bool]:
    """The fields that only Anthropic can be told, and whether that is fatal."""
    return {loss.field: loss.fatal for loss in prompt.losses}


def prompt_of(*turns: Turn, settings: dict[str, Any] | None = None, **members: Any) -> Prompt:
    """A prompt of the hub."""
    return Prompt(turns=turns, settings=Settings(**(settings or {})), **members)


def write(prompt: Prompt, **destination: Any) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """The body for a target, parsed, and what is not in it."""
    written = DIALECT.write_prompt(prompt, Destination(**{"model": "some-model", **destination}))
    return json.loads(written.body), written.losses


def fields(losses: Iterable[Loss]) -> list[str]:
    """What was lost, by name."""
    return sorted(loss.field for loss in losses)


def an_answer(*parts: Part, finish: Finish = "stop", usage: Usage | None = None, **members: Any) -> Answer:
    """An answer of the hub."""
    choice = Choice(parts, finish, members.pop("stop_sequence", None))
    return Answer(id="up_1", model="gpt-x", choices=(choice,), usage=usage, **members)


def write_answer(answer: Answer) -> dict[str, Any]:
    """The message that a client gets."""
    return json.loads(DIALECT.write_answer(answer, CALL, HEADING))


def sse(*events: dict[str, Any]) -> bytes:
    """A stream of these events."""
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def events_of(stream: bytes) -> list[dict[str, Any]]:
    """The events of a stream, each under the name that its `type` repeats."""
    events = []
    for _, name, data in EventSplitter().feed(stream):
        assert data is not None
        event = json.loads(data)
        assert name.decode() == event["type"]
        events.append(event)
    return events


def decode(stream: bytes) -> list[Piece]:
    """All pieces of a stream, text in a row put together."""
    decoder = DIALECT.decoder()
    pieces = [
        piece
        for _, name, data in EventSplitter().feed(stream)
        if data is not None
        for piece in decoder.decode(name, data)
    ]
    return joined([*pieces, *decoder.end()])


def encode(*pieces: Piece) -> bytes:
    """The whole stream for these pieces."""
    encoder = DIALECT.encoder(CALL, HEADING)
    return b"".join(encoder.encode([piece]) for piece in pieces) + encoder.end()
