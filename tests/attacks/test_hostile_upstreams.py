"""An upstream that is broken or malicious: every call ends with the right class, soon, and without a defect of ours."""

import asyncio
import json
import time

import pytest

from octogate.proxy.upstream import attempts
from octogate.telemetry import names

from .rig import EVENTS, HELLO, STOP, WHOLE, answer, chat, says

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
HEADS = {
    "empty length": b"HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    "list of lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\n{}",
    "huge length": b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n{}",
    "length above the cap": b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n{}",
    "negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
    "signed length": b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n{}",
    "length and chunks": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
    "another protocol": b"HTTP/1.1 101 Switching\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
    "interim for ever": b"HTTP/1.1 100 Continue\r\n\r\n" * 200,
    "a redirect": b"HTTP/1.1 307 There\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    "status 999": b"HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n",
    "status 000": b"HTTP/1.1 000 What\r\ncontent-length: 0\r\n\r\n",
    "another version": b"HTTP/3.7 200 OK\r\ncontent-length: 0\r\n\r\n",
    "not HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "a large head": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 100_000 + b"\r\n\r\n",
    "many fields": b"HTTP/1.1 200 OK\r\n" + b"x: a\r\n" * 500 + b"\r\n",
    "bare line feeds": b"HTTP/1.1 200 OK\ncontent-length: 2\n\n{}",
    "chunk of odd size": CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    "chunk of huge size": CHUNKED + b"ffffffffffffffffff\r\n{}",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "nothing": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
}
BODIES = {
    "deep": b"[" * 100_000,
    "deep in a member": b'{"choices":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "deep error": b'{"error":' + b'{"error":' * 3_000 + b"1" + b"}" * 3_001,
    "infinite": b'{"choices":[],"usage":{"prompt_tokens":1e999,"completion_tokens":NaN}}',
    "half a character": b'{"choices":[{"message":{"content":"\\ud800"}}]',
    "not UTF-8": b"\xff\xfe{}",
    "an array": b"[]",
    "null": b"null",
    "error of another shape": b'{"error":[[[]]]}',
    "error with lists": b'{"error":{"message":[1,2,{"msg":3}],"code":[1],"details":[{"reason":{}}]}}',
}
RETRY_AFTER = [
    "-1",
    "1e9",
    "9" * 5_000,
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Mon, 99 Foo 0000 99:99:99 +9999999",
    "NaN",
    ",",
]


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("stream", [False, True])
async def test_no_head_of_an_answer_is_a_defect_or_an_answer(rig, name, stream):
    """T-56."""
    rig.closes_after = True
    rig.behaviour = says(HEADS[name])
    got = await rig.ask(chat(stream=stream))

    assert got.status in (502, 503, 504)
    assert got.json["error"]["source"] == "upstream"
    assert rig.errors == []
    assert b"127.0.0.1" not in got.body
    assert len(rig.receipts) == 1


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("status", [b"200 OK", b"400 Bad", b"500 Broken"])
async def test_no_body_of_an_answer_is_a_defect(rig, name, status):
    rig.behaviour = says(answer(BODIES[name], status))
    got = await rig.ask(chat())

    assert got.status in (200, 400, 502)
    assert rig.errors == []
    assert len(rig.receipts) == 1


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("model", ["up/one", "claude/one", "google/one"])
async def test_no_event_of_a_stream_is_a_defect(rig, name, model):
    path = {
        "up/one": "/v1/chat/completions",
        "claude/one": "/v1/messages",
        "google/one": "/v1beta/models/google%2Fone:streamGenerateContent?alt=sse",
    }[model]
    body = (
        chat(model, stream=True, max_tokens=5) if "google" not in model else {"contents": [{"parts": [{"text": "x"}]}]}
    )
    rig.closes_after = True
    rig.behaviour = says(EVENTS + b"data: " + BODIES[name] + b"\n\n")
    got = await rig.ask(body, path)

    assert got.status >= 500
    assert rig.errors == []
    assert len(rig.receipts) == 1


@pytest.mark.parametrize("value", RETRY_AFTER)
async def test_no_retry_after_is_a_defect(rig, value):
    """T-47."""
    rig.behaviour = says(answer(b"{}", b"503 Busy", b"retry-after: " + value.encode()))
    got = await rig.ask(chat())

    assert got.status == 503
    assert 1 <= int(got.fields[b"retry-after"]) <= 300
    assert rig.errors == []


async def test_a_refusal_whose_body_never_comes_is_classed_by_its_status(rig, monkeypatch):
    monkeypatch.setattr(attempts, "REFUSAL_SECONDS", 0.05)
    rig.behaviour = says(b"HTTP/1.1 401 No\r\ncontent-length: 100\r\n\r\n")
    began = time.monotonic()
    got = await rig.ask(chat())

    assert (got.status, got.json["error"]["code"]) == (502, "upstream_credentials_exhausted")
    assert time.monotonic() - began < 3


async def test_a_refusal_that_is_cut_off_is_classed_by_its_status(rig):
    rig.closes_after = True
    rig.behaviour = says(b"HTTP/1.1 429 No\r\ncontent-length: 100\r\nretry-after: 7\r\n\r\n{")
    got = await rig.ask(chat())

    assert (got.status, got.json["error"]["code"]) == (503, "upstream_rate_limited")
    assert got.fields[b"retry-after"] == b"7"


def test_many_small_events_behind_the_end_take_linear_time():
    from octogate.core.call import Call, Endpoint
    from octogate.dialects import DIALECTS

    endpoint = Endpoint("gemini_generate", "generate", model="m", stream=True, version="v1beta")
    reader = DIALECTS["gemini_generate"].reader(Call(endpoint, "m", True, {}, 1))
    reader.feed(b'data: {"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}]}\n\n')
    began = time.process_time()
    for _ in range(20):
        reader.feed(b"data: {}\n\n" * 4_000)

    assert time.process_time() - began < 2, (
        "80,000 events of ten bytes took minutes when each was added up with all before"
    )
    assert reader.failure is None


def test_an_upstream_that_numbers_its_answers_without_end_is_not_remembered_without_end():
    from octogate.core.call import Call, Endpoint
    from octogate.dialects import DIALECTS

    reader = DIALECTS["openai_chat"].reader(Call(Endpoint("openai_chat", "generate"), "m", True, {}, 1))
    for number in range(20_000):
        choice = {"index": number * (-1) ** number, "delta": {"content": "x"}, "finish_reason": "stop"}
        reader.feed(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n")

    assert len(reader._seen) <= 1_001
    assert len(reader._reasons) <= 1_001


async def test_an_upstream_that_hangs_up_at_any_byte_leaves_no_slot_taken(rig):
    whole = EVENTS.replace(b"connection: close\r\n", b"") + HELLO + STOP
    rig.closes_after = True
    for cut in range(0, len(whole), 13):
        rig.behaviour = says(whole[:cut])
        await rig.ask(chat(stream=True))
        rig.gateway._breakers._by_id.clear()

    assert rig.errors == []
    await rig.until(lambda: all(pool.in_use == 0 and not pool.waiting for pool in rig.gateway._client.describe()))
    assert len(rig.receipts) == len(range(0, len(whole), 13))


async def test_an_answer_before_the_request_was_read_is_not_followed_by_another_call(rig):
    async def early(request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(WHOLE))

    rig.behaviour = early
    before = names.internal_errors.values[()]
    for _ in range(5):
        assert (await rig.ask(chat())).status == 200

    assert names.internal_errors.values[()] == before
