"""T-50 in full, through sockets: a stream that breaks off at any byte, in any way, never looks complete."""

import re
from pathlib import Path

import orjson
import pytest
import uvloop

from ..dialects.streams import FINISH_MARKS, STREAMS
from ..wall.caller import KEY, Heard, calling
from ..wall.rig import CREDENTIAL, configuration, running
from .cut_upstream import ENDS, CutUpstream
from .record import proving

ASKED = [{"role": "user", "content": "hi"}]
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
REQUESTS = {
    "chat": ("/v1/chat/completions", {"model": "g", "messages": ASKED, "stream_options": {"include_usage": True}}),
    "responses": ("/v1/responses", {"model": "g", "input": "hi"}),
    "anthropic": ("/v1/messages", {"model": "g", "max_tokens": 9, "messages": ASKED}),
    "gemini": ("/v1beta/models/g:streamGenerateContent?alt=sse", CONTENTS),
    "gemini_array": ("/v1beta/models/g:streamGenerateContent", CONTENTS),
}
ENDINGS = {
    "chat": b"data: [DONE]",
    "responses": b"}}}}",
    "anthropic": b'data: {"type":"message_stop"}',
    "gemini": b'"totalTokenCount":13}}',
    "gemini_array": b"]",
}


def pytest_asyncio_loop_factories(config, item):
    return {"uvloop": uvloop.new_event_loop}


def request(name: str) -> bytes:
    path, body = REQUESTS[name]
    payload = orjson.dumps(body if "gemini" in name else body | {"stream": True})
    head = f"POST {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {KEY}\r\ncontent-length: {len(payload)}\r\n\r\n"
    return head.encode() + payload


def judge(name: str, sent: bytes, heard: Heard) -> None:
    """Whole only when the provider had said that it was done; else an error that the caller cannot miss."""
    where = (name, len(sent), heard.status, heard.ended, bytes(heard.body[-200:]))
    got = bytes(heard.body)
    if heard.status != 200:
        assert (heard.status, heard.ended) == (502, "whole"), where
        assert b'"error"' in got, where
    elif heard.ended == "whole":
        assert FINISH_MARKS[STREAMS[name][1]] in sent, where
        assert got.rstrip().endswith(ENDINGS[name]), where
        assert b'"error"' not in got, where
    else:
        assert b'"error"' in got, where
        told = re.split(rb'(?:event: error\n)?(?:data: |,\r\n|\[)?\{[^{}]*"error"', got, maxsplit=1)[0]
        assert sent.startswith(told), where


async def break_off(port: int, name: str, sent: bytes, asks: bytes) -> None:
    """One call, and the judgement of what its caller heard."""
    async with calling(port, asks) as line:
        judge(name, sent, await line.read_to_end())


@pytest.mark.prove
async def test_a_stream_cut_at_every_byte_is_never_taken_for_a_whole_one(tmp_path: Path) -> None:
    """T-50"""
    claim = "T-50 every byte of a stream as its last, every way to stop, every dialect, through sockets"
    async with CutUpstream() as upstream:
        kinds = {"openai": "openai_compatible", "anthropic": "anthropic", "gemini": "gemini"}
        providers = {
            name: {"type": kind, "base_url": f"http://127.0.0.1:{upstream.port}/v1", "api_key": CREDENTIAL}
            | ({"dialects": ["openai_chat", "openai_responses"]} if name == "openai" else {})
            for name, kind in kinds.items()
        }
        models = {"g": {"targets": [f"{name}/m" for name in providers]}}
        rules = {"retries": {"max_attempts": 1}, "circuit_breaker": {"failure_threshold": 1_000}}
        config = configuration(providers, models, log=tmp_path / "log.jsonl", **rules)
        async with running(config, tmp_path) as rig:
            with proving(claim) as proof:
                for name, (_, body) in STREAMS.items():
                    asks = request(name)
                    upstream.content_type = b"application/json" if name == "gemini_array" else b"text/event-stream"
                    for cut in range(len(body) + 1):
                        upstream.body = body[:cut]
                        for upstream.end in ENDS:
                            await break_off(rig.port, name, upstream.body, asks)
                            proof.n += 1
                        if cut % 100 == 0:  # a whole one, so that the breaker stays closed
                            upstream.body, upstream.end = body, "finished"
                            await break_off(rig.port, name, body, asks)
                            proof.n += 1
                assert upstream.asked == proof.n
            await rig.quiet()
