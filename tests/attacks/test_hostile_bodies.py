"""Bodies made to break readers: each is refused or passed on, none is a defect, none holds up the others."""

import json
import time

import pytest

from .rig import chat

CONTENTS = [{"parts": [{"text": "hi"}]}]
PATHS = {
    "/v1/chat/completions": chat(),
    "/v1/responses": {"model": "chat", "input": "hi"},
    "/v1/embeddings": {"model": "chat", "input": "hi"},
    "/v1/messages": {**chat(), "max_tokens": 5},
    "/v1/messages/count_tokens": chat(),
    "/v1beta/models/chat:generateContent": {"contents": CONTENTS},
    "/v1beta/models/chat:countTokens": {"contents": CONTENTS},
}
DEEP = b"[" * 2_000 + b"]" * 2_000
HOSTILE = {
    "deep": b"[" * 200_000,
    "deep value": DEEP,
    "a number without end": b"1" * 100_000,
    "a large exponent": b"1e999999",
    "half a character": b'"\\ud800"',
    "a list of deep lists": b"[" + DEEP + b"]",
    "an object of a deep object": b'{"role":"user","content":' + DEEP + b"}",
    "messages of deep content": b'[{"role":"user","content":' + DEEP + b',"parts":' + DEEP + b"}]",
    "null": b"null",
    "true": b"true",
    "an empty object": b"{}",
    "a list of nulls": b"[null,null]",
    "a list of numbers": b"[1e400,-0,1]",
    "controls": b'"a\\u0000\\u001f\\u007f\\u2028\\u202e"',
}
MEMBERS = [
    "model", "messages", "input", "contents", "stream", "max_tokens", "n", "stream_options", "tools", "system",
    "generationConfig", "generateContentRequest", "response_format", "temperature", "instructions", "metadata",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_no_member_of_a_body_is_a_defect(rig, path):
    """T-53."""
    slowest = 0.0
    for name, value in HOSTILE.items():
        for member in MEMBERS:
            members = {known: json.dumps(good).encode() for known, good in PATHS[path].items()} | {member: value}
            body = b"{" + b",".join(b'"%b":%b' % (key.encode(), raw) for key, raw in members.items()) + b"}"
            began = time.process_time()
            got = await rig.ask(body, path)
            slowest = max(slowest, time.process_time() - began)

            assert got.status != 500, (name, member, got.body)
            assert rig.errors == [], (name, member)
    assert slowest < 1.0
    assert len(rig.receipts) == len(HOSTILE) * len(MEMBERS)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00" * 1_000,
        b"\xef\xbb\xbf{}",
        b"{" + b",".join(b'"k%d":0' % number for number in range(200_000)) + b"}",
        b'{"' + b"k" * 1_000_000 + b'":0}',
        b'{"model":"chat","model":"up/other","messages":[]}',
        b'{"model":"chat","mod\\u0065l":"up/other","messages":[]}',
        b'{"a":' * 50_000,
        b'{"messages":[' + b'{"role":"x"},' * 50_000 + b"{}]}",
    ],
    ids=["empty", "zeros", "mark", "many members", "long name", "twice", "twice, escaped", "open", "many faults"],
)
@pytest.mark.parametrize("path", PATHS)
async def test_no_body_is_a_defect(rig, path, body):
    began = time.process_time()
    got = await rig.ask(body, path)

    assert 400 <= got.status < 500
    assert rig.errors == []
    assert rig.requests == [], "nothing of it left"
    assert time.process_time() - began < 2
    assert len(got.body) < 40_000
