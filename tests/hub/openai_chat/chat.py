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
from octogate.dialects.openai_chat.dialect import OpenAIChat
from octogate.dialects.sse import EventSplitter

DIALECT = OpenAIChat()
ENDPOINT = Endpoint(dialect="openai_chat", operation="generate")
HEADING = Heading(request_id="req_1", created=1_700_000_000)
HI = [{"role": "user", "content": "hi"}]


def call_of(body: dict[str, Any]) -> Call:
    """A caller's body as the dialect reads it."""
    return DIALECT.read_call(json.dumps(body).encode(), ENDPOINT, max_output_tokens=10**6, max_messages=10_000)


def read(**members: Any) -> Prompt:
    """The prompt in a body of these members; it says hi unless it is told to say something else."""
    return DIALECT.read_prompt(call_of({"model": "m", "messages": HI, **members}))


def turns(*messages: dict[str, Any]) -> tuple[Turn, ...]:
    """The turns that these messages are."""
    return read(messages=list(messages)).turns


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


def messages(*parts: Turn, **to: Any) -> list[dict[str, Any]]:
    """The messages that these turns become."""
    return write(prompt_of(*parts), **to)["messages"]


def an_answer(*parts: Any, finish: Any = "stop", **members: Any) -> Answer:
    """An answer of one choice with these parts."""
    return Answer(id="up", model="claude-x", choices=(Choice(parts=parts, finish=finish),), **members)


def write_answer(answer: Answer, **members: Any) -> dict[str, Any]:
    """The body for a caller whose call has these members."""
    return json.loads(DIALECT.write_answer(answer, call_of({"model": "m", "messages": HI, **members}), HEADING))


def decode(*chunks: dict[str, Any] | str) -> list[Piece]:
    """The pieces of a stream of these chunks."""
    decoder = DIALECT.decoder()
    pieces: list[Piece] = []
    for chunk in chunks:
        pieces += decoder.decode(b"", chunk.encode() if isinstance(chunk, str) else json.dumps(chunk).encode())
    return [*pieces, *decoder.end()]


def a_chunk(*choices: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A chunk of these choices."""
    return {"id": "c1", "model": "m1", "choices": list(choices), **members}


def a_delta(index: int = 0, *, finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """A chunk of one choice with this delta."""
    return a_chunk({"index": index, "delta": delta, "finish_reason": finish})


def encode(pieces: Iterable[Piece], *, wants_usage: bool = False, **members: Any) -> bytes:
    """The stream of these pieces, for a caller whose call has these members."""
    options = {"stream_options": {"include_usage": True}} if wants_usage else {}
    call = call_of({"model": "m", "messages": HI, "stream": True, **options, **members})
    encoder = DIALECT.encoder(call, HEADING)
    return b"".join([*(encoder.encode((piece,)) for piece in pieces), encoder.end()])


def data_of(stream: bytes) -> list[bytes]:
    """The data of all events."""
    return [data for _, _, data in EventSplitter().feed(stream) if data is not None]


def chunks_of(stream: bytes) -> list[dict[str, Any]]:
    """The chunks, without the end mark."""
    return [json.loads(data) for data in data_of(stream) if data != b"[DONE]"]


def deltas_of(stream: bytes) -> list[dict[str, Any]]:
    """What the chunks add to the first answer, the role and the finish aside."""
    deltas = [choice["delta"] for chunk in chunks_of(stream) for choice in chunk["choices"]]
    return [delta for delta in deltas if delta and "role" not in delta]


def decode_stream(stream: bytes) -> list[Piece]:
    """The pieces of a stream as it goes over the wire."""
    return decode(*(data.decode() for data in data_of(stream)))
