"""T-50 and T-51 between dialects: in full through sockets, and in process with streams cut in three."""

import json
from pathlib import Path
from typing import Any

import pytest
import uvloop

from octogate.core.call import DialectName

from ..pairs.callers import STREAM_PAIRS, a_call, caller_reader, reader
from ..pairs.reading import stream
from ..pairs.rich import FINISH_MARKS, STREAMS
from ..wall.caller import KEY, Heard, calling
from ..wall.rig import CREDENTIAL, configuration, running
from .cut_upstream import ENDS, CutUpstream
from .record import proving

PATHS = {
    "openai_chat": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
    "anthropic_messages": "/v1/messages",
    "gemini_generate": "/v1beta/models/{model}:streamGenerateContent?alt=sse",
    "gemini_array": "/v1beta/models/{model}:streamGenerateContent",
}
KINDS = {
    "openai_chat": "openai_compatible",
    "openai_responses": "openai_compatible",
    "anthropic_messages": "anthropic",
    "gemini_generate": "gemini",
}
STEP = 16
"""How far the two cuts of a stream in three move at a time."""


def pytest_asyncio_loop_factories(config: Any, item: Any) -> Any:
    return {"uvloop": uvloop.new_event_loop}


def request(form: str, target: DialectName) -> bytes:
    """A call of this caller for the model at that target."""
    body = {name: json.loads(bytes(raw)) for name, raw in a_call(form, stream=True).fields.items()}
    if "model" in body:
        body["model"] = target
    payload, path = json.dumps(body).encode(), PATHS[form].format(model=target)
    head = f"POST {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {KEY}\r\ncontent-length: {len(payload)}\r\n\r\n"
    return head.encode() + payload


def judge(form: str, target: DialectName, sent: bytes, heard: Heard) -> None:
    """Whole only when the provider had said that it was done; else an error that the caller cannot miss."""
    where = (form, target, len(sent), heard.status, heard.ended, bytes(heard.body[-200:]))
    got = bytes(heard.body)
    if heard.status != 200:
        assert (heard.status, heard.ended) == (502, "whole"), where
        assert b'"error"' in got, where
        return
    native = caller_reader(form)
    native.feed(got)
    native.close()
    if heard.ended == "whole":
        assert FINISH_MARKS[target] in sent, where
        assert stream(form, got).whole, where
        assert native.failure is None, where
    else:
        assert native.failure is not None, where
        assert b'"error"' in got, where


def config_of(port: int, folder: Path) -> dict[str, Any]:
    """One provider and one model group for each dialect, named after it."""
    place = {"base_url": f"http://127.0.0.1:{port}/v1", "api_key": CREDENTIAL}
    providers = {
        name: {"type": kind, **place} | ({"dialects": [name]} if kind == "openai_compatible" else {})
        for name, kind in KINDS.items()
    }
    models = {name: {"targets": [f"{name}/m"]} for name in KINDS}
    rules = {"retries": {"max_attempts": 1}, "circuit_breaker": {"failure_threshold": 1_000}}
    return configuration(providers, models, log=folder / "log.jsonl", **rules)


@pytest.mark.prove
async def test_a_translated_stream_cut_at_every_byte_is_never_taken_for_a_whole_one(tmp_path: Path) -> None:
    """T-50"""
    claim = "T-50 between dialects: every byte as the last, every way to stop, every pair, through sockets"
    async with CutUpstream() as upstream, running(config_of(upstream.port, tmp_path), tmp_path) as rig:
        with proving(claim) as proof:
            for form, target in STREAM_PAIRS:
                body, asks = STREAMS[target], request(form, target)
                for cut in range(len(body) + 1):
                    # A whole one now and then, so that the breaker stays closed.
                    for sent, end in [(body[:cut], end) for end in ENDS] + [(body, ENDS[0])] * (cut % 100 == 0):
                        upstream.body, upstream.end = sent, end
                        async with calling(rig.port, asks) as line:
                            judge(form, target, sent, await line.read_to_end())
                        proof.n += 1
            assert upstream.asked == proof.n
        await rig.quiet()


@pytest.mark.prove
def test_a_translated_stream_in_three_reads_is_the_same_wherever_they_end() -> None:
    """T-51"""
    claim = f"T-51 between dialects: streams in three reads, their ends on a grid of {STEP} bytes"
    with proving(claim) as proof:
        for form, target in STREAM_PAIRS:
            body = STREAMS[target]
            whole = _told(form, target, body)
            for first in range(0, len(body), STEP):
                for second in range(first + 1, len(body), STEP):
                    assert _told(form, target, body[:first], body[first:second], body[second:]) == whole
                    proof.n += 1


def _told(form: str, target: DialectName, *reads: bytes) -> bytes:
    bridged = reader(form, target)
    told = b"".join(map(bridged.feed, reads)) + bridged.close()
    assert bridged.failure is None
    return told
