"""What the stories of this folder share: calls, bodies, streams, and values shown so that they can be compared."""

import json
from pathlib import Path
from typing import Any

import msgspec

from octogate.core.call import Call, Endpoint
from octogate.core.conversation import Answer, Loss, Part, Piece, Prompt, Settings, Text, Turn
from octogate.dialects.gemini_generate.dialect import GeminiGenerate
from octogate.dialects.hub import Destination, Heading
from octogate.dialects.sse import EventSplitter

GOLDEN = Path(__file__).parent / "golden"
DIALECT = GeminiGenerate()
HEADING = Heading("req_1", 1_800_000_000)


def endpoint(*, stream: bool = False, sse: bool = True, model: str = "gemini-x") -> Endpoint:
    return Endpoint("gemini_generate", "generate", model=model, stream=stream, sse=sse, version="v1beta")


def call(body: dict[str, Any] | bytes | None = None, **path: Any) -> Call:
    """A caller's body as a call."""
    body = {"contents": [{"parts": [{"text": "hi"}]}]} if body is None else body
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return DIALECT.read_call(raw, endpoint(**path), max_output_tokens=100_000, max_messages=1_000)


def unchecked(body: dict[str, Any]) -> Call:
    """The same, past the checks of the envelope."""
    fields = msgspec.json.decode(json.dumps(body), type=dict[str, msgspec.Raw])
    return Call(endpoint(), "gemini-x", False, fields, 0)


def prompt(body: dict[str, Any]) -> Prompt:
    return DIALECT.read_prompt(unchecked(body))


def says(*parts: Part, **settings: Any) -> Prompt:
    """A prompt of one turn of the user."""
    return Prompt(turns=(Turn("user", parts or (Text("hi"),)),), settings=Settings(**settings))


def talk(*turns: Turn, **more: Any) -> Prompt:
    return Prompt(turns=turns, settings=Settings(), **more)


def written(value: Prompt, model: str = "gemini-3-pro") -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """The body for a target, parsed, and what is not in it."""
    result = DIALECT.write_prompt(value, Destination(model=model))
    return json.loads(result.body), result.losses


def answered(value: Answer) -> dict[str, Any]:
    """What the caller gets, parsed."""
    body: dict[str, Any] = json.loads(DIALECT.write_answer(value, call(), HEADING))
    return body


def encoded(pieces: list[Piece], *, sse: bool = True) -> bytes:
    """The caller's stream of these pieces."""
    encoder = DIALECT.encoder(call(stream=True, sse=sse), HEADING)
    return encoder.encode(pieces) + encoder.end()


def events(stream: bytes) -> list[dict[str, Any]]:
    """The events of a caller's stream, parsed."""
    return [json.loads(data) for _, _, data in EventSplitter(2**20).feed(stream) if data is not None]


def decoded(stream: bytes) -> list[Piece]:
    """The pieces of a target's stream."""
    decoder = DIALECT.decoder()
    pieces: list[Piece] = []
    for _, name, data in EventSplitter(2**20).feed(stream):
        if data is not None:
            pieces += decoder.decode(name, data)
    return [*pieces, *decoder.end()]
