"""Short ways to ask the dialect, and to read its streams as a client does."""

import json
from collections.abc import Iterable
from typing import Any

from octogate.core.call import Call, Endpoint
from octogate.core.conversation import (
    Answer,
    Choice,
    Loss,
    Piece,
    Prompt,
    Settings,
    Turn,
)
from octogate.dialects.hub import Destination, Heading
from octogate.dialects.openai_responses.dialect import OpenAIResponses
from octogate.dialects.sse import EventSplitter

DIALECT = OpenAIResponses()
ENDPOINT = Endpoint(dialect="openai_responses", operation="generate")
HEADING = Heading(request_id="req_1", created=1_700_000_000)


def call_of(body: dict[str, Any] | bytes) -> Call:
    """A caller's body as the dialect reads it."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return DIALECT.read_call(raw, ENDPOINT, max_output_tokens=10**6, max_messages=10_000)


def read(**members: Any) -> Prompt:
    """The prompt in a body of these members; it says hi unless it is told to say something else."""
    return DIALECT.read_prompt(call_of({"model": "m", "input": "hi", **members}))


def turns(*items: dict[str, Any]) -> tuple[Turn, ...]:
    """The turns that these items are."""
    return read(input=list(items)).turns


def lost(**members: Any) -> dict[str, bool]:
    """The losses of a body of these members, each with whether it is fatal."""
    return {loss.field: loss.fatal for loss in read(**members).losses}


def prompt_of(*parts: Turn, **members: Any) -> Prompt:
    """A prompt of these turns; `members` are its own and those of its settings."""
    own = {name: members.pop(name) for name in ("tools", "tool_choice") if name in members}
    return Prompt(turns=parts or (Turn("user", ()),), settings=Settings(**members), **own)


def write(prompt: Prompt, **to: Any) -> dict[str, Any]:
    """The body for a target."""
    return json.loads(DIALECT.write_prompt(prompt, Destination(model="m", **to)).body)


def losses(prompt: Prompt, **to: Any) -> list[Loss]:
    """What of the prompt is not in it."""
    return list(DIALECT.write_prompt(prompt, Destination(model="m", **to)).losses)


def items(*parts: Turn, **to: Any) -> list[dict[str, Any]]:
    """The items that these turns become."""
    return write(prompt_of(*parts), **to)["input"]


def an_answer(*parts: Any, finish: Any = "stop", logprobs: Any = None, **members: Any) -> Answer:
    """An answer of one choice with these parts."""
    return Answer(id="up", model="claude-x", choices=(Choice(parts, finish, logprobs=logprobs),), **members)


def write_answer(answer: Answer, **members: Any) -> dict[str, Any]:
    """The body for a caller whose call has these members."""
    return json.loads(DIALECT.write_answer(answer, call_of({"model": "m", "input": "hi", **members}), HEADING))


def decode(*events: dict[str, Any]) -> list[Piece]:
    """The pieces of a stream of these events."""
    decoder = DIALECT.decoder()
    pieces: list[Piece] = []
    for event in events:
        pieces += decoder.decode(event["type"].encode(), json.dumps(event).encode())
    return [*pieces, *decoder.end()]


def encode(pieces: Iterable[Piece], **members: Any) -> bytes:
    """The stream of these pieces, for a caller whose call has these members."""
    encoder = DIALECT.encoder(call_of({"model": "m", "input": "hi", "stream": True, **members}), HEADING)
    return b"".join([*(encoder.encode((piece,)) for piece in pieces), encoder.end()])


def events_of(stream: bytes) -> list[dict[str, Any]]:
    """The events of a stream, each of which is named as it says."""
    found = []
    for _, name, data in EventSplitter().feed(stream):
        assert data is not None
        event = json.loads(data)
        assert event["type"] == name.decode()
        found.append(event)
    return found


def decode_stream(stream: bytes) -> list[Piece]:
    """The pieces of a stream as it goes over the wire."""
    decoder = DIALECT.decoder()
    pieces: list[Piece] = []
    for _, name, data in EventSplitter().feed(stream):
        if data is not None and not data.startswith(b"[DONE]"):
            pieces += decoder.decode(name, data)
    return [*pieces, *decoder.end()]
