"""A call: one caller request after its dialect has read it."""

from typing import Literal

import msgspec

DialectName = Literal["openai_chat", "openai_responses", "openai_embeddings", "anthropic_messages", "gemini_generate"]
Operation = Literal["generate", "embed", "count_tokens", "compact"]


class Endpoint(msgspec.Struct, frozen=True):
    """What the request line already says about a call.

    `model` and `stream` are set where the dialect puts them into the path (Gemini); `version` is the path's own
    (`v1` or `v1beta`), forwarded as it came. `sse` is false for a Gemini stream without `alt=sse`: one JSON array.
    """

    dialect: DialectName
    operation: Operation
    model: str | None = None
    stream: bool | None = None
    sse: bool = True
    version: str = "v1"


class Call(msgspec.Struct):
    """What the gateway needs to know of a call; everything else stays in `fields` as raw JSON, untouched.

    `fields` are the top-level members of the body, in order, as they came. `model` is "" when the caller named none.
    `input_bytes` is the size of the body. `wants_usage` is false when the caller did not ask for a usage chunk that
    we ask the provider for anyway (OpenAI chat): the chunk is then taken out of the stream again. `shape` is the
    dialect that the body is really written in, where that is not the endpoint's: it is then always translated.
    """

    endpoint: Endpoint
    model: str
    stream: bool
    fields: dict[str, msgspec.Raw]
    input_bytes: int
    max_output_tokens: int | None = None
    choices: int = 1
    wants_usage: bool = True
    shape: DialectName | None = None
