"""Pictures between any two dialects: every byte, in their order, beside their words, in the history too."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from octogate.core.call import DialectName
from octogate.dialects import HUBS
from octogate.dialects.hub import Destination

from .callers import PAIRS, read

PICTURES: Final = {
    "image/png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
    "image/jpeg": b"\xff\xd8\xff\xe0" + b"\0\xfe" * 5_000,
    "image/gif": b"GIF89a" + b"\x7f" * 99,
}
PNG, JPEG, GIF = (hashlib.sha256(picture).hexdigest() for picture in PICTURES.values())
ORDER: Final = [
    ("user", ["compare", PNG, "with", JPEG, "please"]),
    ("assistant", ["they differ"]),
    ("user", [GIF, "and this?"]),
]
_DATA_URL: Final = re.compile(r"data:image/[a-z]+;base64,(.*)")
_ROLES: Final = {"model": "assistant"}


def picture(dialect: DialectName, kind: str) -> dict[str, Any]:
    """One picture as a client of the dialect shows it."""
    data = base64.b64encode(PICTURES[kind]).decode()
    url = f"data:{kind};base64,{data}"
    shapes: dict[str, dict[str, Any]] = {
        "openai_chat": {"type": "image_url", "image_url": {"url": url}},
        "openai_responses": {"type": "input_image", "image_url": url, "detail": "auto"},
        "anthropic_messages": {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}},
        "gemini_generate": {"inlineData": {"mimeType": kind, "data": data}},
    }
    return shapes[dialect]


def words(dialect: DialectName, text: str) -> dict[str, Any]:
    kind = {"openai_responses": "input_text", "gemini_generate": None}.get(dialect, "text")
    return {"text": text} if kind is None else {"type": kind, "text": text}


def asked(dialect: DialectName) -> bytes:
    """The whole conversation as a client of the dialect sends it."""
    png, jpeg, gif = (picture(dialect, kind) for kind in PICTURES)
    first = [words(dialect, "compare"), png, words(dialect, "with"), jpeg, words(dialect, "please")]
    last = [gif, words(dialect, "and this?")]
    if dialect == "gemini_generate":
        turns = [("user", first), ("model", [{"text": "they differ"}]), ("user", last)]
        return json.dumps({"contents": [{"role": role, "parts": parts} for role, parts in turns]}).encode()
    said: list[tuple[str, Any]] = [("user", first), ("assistant", "they differ"), ("user", last)]
    messages = [{"role": role, "content": content} for role, content in said]
    member = "input" if dialect == "openai_responses" else "messages"
    cap = {"max_tokens": 99} if dialect == "anthropic_messages" else {}
    return json.dumps({"model": "m", **cap, member: messages}).encode()


def heard(body: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Who said what in a request of any dialect: words as they are, pictures by their digests."""
    turns = body.get("messages") or body.get("input") or body["contents"]
    return [
        (_ROLES.get(turn["role"], turn["role"]), list(contents(turn.get("content", turn.get("parts")))))
        for turn in turns
    ]


def contents(value: Any) -> Iterator[str]:
    """All words and digests of pictures in a message, in order, wherever its dialect puts them."""
    if isinstance(value, str):
        found = _DATA_URL.fullmatch(value)
        yield digest(found[1]) if found else value
    elif isinstance(value, list):
        for part in value:
            yield from contents(part)
    elif "data" in value:
        yield digest(value["data"])
    else:
        for name in ("text", "image_url", "url", "source", "inlineData"):
            if name in value:
                yield from contents(value[name])


def digest(data: str) -> str:
    return hashlib.sha256(base64.b64decode(data, validate=True)).hexdigest()


@pytest.mark.parametrize(("caller", "target"), PAIRS)
def test_pictures_and_words_keep_their_bytes_and_their_order(caller: DialectName, target: DialectName) -> None:
    """S3-87"""
    prompt = HUBS[caller].read_prompt(read(caller, asked(caller)))

    written = HUBS[target].write_prompt(prompt, Destination(model="m"))

    assert heard(json.loads(asked(caller))) == ORDER, "the story itself"
    assert heard(json.loads(written.body)) == ORDER
    assert written.losses == ()
