"""OpenAI embeddings: unit vectors that depend on the input alone, as floats or base64."""

import base64
import hashlib
import math
import struct
from array import array
from typing import Any

import orjson

from octogate.mock.question import Object, Question, as_count
from octogate.mock.refusals import Refused

MAX_INPUTS = 2048
MAX_DIMENSIONS = 4096
DEFAULT_DIMENSIONS = 64


def read(body: Object) -> Question:
    """Understand an embeddings request: a text, texts, tokens or lists of tokens."""
    given = body.get("input")
    has_many = isinstance(given, list) and given and not isinstance(given[0], int)
    many: list[Any] = list(given or []) if has_many else [given]
    if len(many) > MAX_INPUTS or not all(one and isinstance(one, str | list) for one in many):
        raise Refused(400, "Invalid 'input': expected text or tokens, at most 2048 of them.", param="input")
    return Question(
        dialect="openai_embeddings",
        operation="embed",
        model=str(body.get("model", "")),
        input_tokens=sum(_count(one) for one in many),
        inputs=tuple(one if isinstance(one, str) else orjson.dumps(one).decode() for one in many),
        dimensions=as_count(body.get("dimensions"), least=1, most=MAX_DIMENSIONS) or DEFAULT_DIMENSIONS,
        encoding="base64" if body.get("encoding_format") == "base64" else "float",
        user=str(body.get("user") or ""),
    )


def plain(question: Question) -> bytes:
    """The list of vectors, in the order of the inputs."""
    rows = [
        {"object": "embedding", "index": index, "embedding": _encoded(vector(text, question.dimensions), question)}
        for index, text in enumerate(question.inputs)
    ]
    usage = {"prompt_tokens": question.input_tokens, "total_tokens": question.input_tokens}
    return orjson.dumps({"object": "list", "data": rows, "model": question.model, "usage": usage})


def vector(text: str, dimensions: int) -> list[float]:
    """A vector of length 1 and 32-bit floats, so that both encodings carry exactly the same numbers."""
    noise = array("I", hashlib.shake_256(text.encode()).digest(4 * dimensions))
    raw = [word / 2**31 - 1 for word in noise]
    length = math.hypot(*raw) or 1.0
    return array("f", (value / length for value in raw)).tolist()


def _encoded(values: list[float], question: Question) -> Any:
    if question.encoding == "float":
        return values
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()


def _count(one: str | list[Any]) -> int:
    return max(1, len(one.split()) if isinstance(one, str) else len(one))
