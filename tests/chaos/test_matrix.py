"""T-56: every way in which an upstream or the way to it can be bad, in three dialects, plain and as a stream.

Each fault is met once, by a call with one attempt: it ends in the documented class, it leaves nothing behind, and the
caller learns nothing about the provider.
"""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from octogate.mock import MockServer

from ..wall.caller import DIALECTS, DialectName, Heard, ask, calling, request_bytes
from ..wall.rig import Rig
from .conftest import gateway_to
from .fault_proxy import Fault, FaultProxy

GREETING = "Hello from the mock. You said: hello"
LONG = " ".join(["many words"] * 60)
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)
plain_and_stream = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])

ANSWERS = {
    "fault-http-401": (502, "upstream_credentials_exhausted"),
    "fault-http-402": (503, "upstream_quota_exhausted"),
    "fault-http-404": (404, "upstream_not_found"),
    "fault-http-408": (502, "upstream_broken"),
    "fault-http-422": (422, "upstream_refused"),
    "fault-http-429": (503, "upstream_rate_limited"),
    "fault-http-500": (502, "upstream_broken"),
    "fault-http-502": (502, "upstream_broken"),
    "fault-http-503": (503, "upstream_unavailable"),
    "fault-http-504": (504, "upstream_timeout"),
    "fault-http-529": (503, "upstream_unavailable"),
    "fault-html-502": (502, "upstream_broken"),
    "fault-html-503": (503, "upstream_unavailable"),
    "fault-redirect-302": (502, "upstream_broken"),
    "fault-redirect-307": (502, "upstream_broken"),
    "fault-reset": (502, "upstream_broken"),
    "fault-close": (502, "upstream_broken"),
    "fault-hang": (504, "upstream_timeout"),
    "fault-empty": (502, "upstream_broken"),
    "fault-gzip": (502, "upstream_broken"),
    "fault-hugeheader-4096": (502, "upstream_broken"),
}

WAYS = {
    "latency": (Fault(delay_seconds=0.2), 200, "ok"),
    "latency beyond every patience": (Fault(delay_seconds=5.0), 504, "upstream_timeout"),
    "byte by byte": (Fault(piece_bytes=1), 200, "ok"),
    "throttled": (Fault(bytes_per_second=20_000, piece_bytes=512), 200, "ok"),
    "reset when accepted": (Fault(cut_request_at=0, ending="reset"), 502, "upstream_broken"),
    "closed when accepted": (Fault(cut_request_at=0, ending="fin"), 502, "upstream_broken"),
    "half open when accepted": (Fault(cut_request_at=0, ending="silence"), 504, "upstream_timeout"),
    "reset in the request": (Fault(cut_request_at=40, ending="reset"), 502, "upstream_broken"),
    "reset before the answer": (Fault(cut_answer_at=0, ending="reset"), 502, "upstream_broken"),
    "reset in the head": (Fault(cut_answer_at=30, ending="reset"), 502, "upstream_broken"),
    "closed in the head": (Fault(cut_answer_at=30, ending="fin"), 502, "upstream_broken"),
    "half open in the head": (Fault(cut_answer_at=30, ending="silence"), 504, "upstream_timeout"),
    "black hole": (Fault(blackhole=True), 504, "upstream_timeout"),
    "garbage": (Fault(garbage=4_096), 502, "upstream_broken"),
    "one byte of garbage": (Fault(garbage=1), 502, "upstream_broken"),
    "spoiled head": (Fault(spoil_from=0), 502, "upstream_broken"),
}


@pytest.fixture
async def proxy(mock: MockServer) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(mock.port, seed=56) as made:
        yield made


@pytest.fixture
async def spoiled_rig(proxy: FaultProxy, tmp_path: Path) -> AsyncIterator[Rig]:
    """A gateway that reaches its provider through the proxy."""
    async with gateway_to(proxy.port, tmp_path) as made:
        yield made


@each_dialect
@plain_and_stream
@pytest.mark.parametrize("fault", ANSWERS)
async def test_a_bad_answer_ends_in_its_class(
    mock: MockServer, rig: Rig, keeps_its_secrets, fault: str, dialect: DialectName, stream: bool
) -> None:
    """T-56"""
    mock.behave("chaos", scenario=fault)

    heard = await rig.ask(dialect, dialect, stream=stream)

    status, code = ANSWERS[fault]
    assert (heard.status, heard.ended) == (status, "whole")
    await only_receipt_says(rig, mock, code)
    keeps_its_secrets(heard, f":{mock.port}")
    assert mock.stats("redirected").calls == 0, "a redirect was followed"


@each_dialect
@plain_and_stream
@pytest.mark.parametrize("fault", ["fault-1xx", "fault-wrongtype", "fault-ping-3", "fault-closeafter"])
async def test_what_is_only_odd_is_answered(
    mock: MockServer, rig: Rig, fault: str, dialect: DialectName, stream: bool
) -> None:
    """T-56: interim answers, a wrong content type, keep-alives, a close without notice."""
    mock.behave("chaos", scenario=fault)

    for _ in range(2):
        heard = await rig.ask(dialect, dialect, stream=stream)
        assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)

    await rig.quiet(mock)
    assert [receipt.code for receipt in rig.receipts] == ["ok", "ok"]


@each_dialect
@plain_and_stream
@pytest.mark.parametrize("fault", ["fault-status200error", "fault-badjson", "fault-cut-3", "fault-cut-reset-3"])
async def test_a_200_that_is_no_answer_is_an_error(
    mock: MockServer, rig: Rig, keeps_its_secrets, fault: str, dialect: DialectName, stream: bool
) -> None:
    """T-56: also when the body is an error, no JSON, or shorter than it said."""
    mock.behave("chaos", scenario=fault)

    heard = await rig.ask(dialect, dialect, stream=stream)

    fails_honestly(heard)
    if not stream:
        assert heard.status >= 500
    await rig.quiet(mock)
    assert len(rig.receipts) == 1
    assert rig.receipts[0].code != "ok"
    keeps_its_secrets(heard, f":{mock.port}")


@each_dialect
@plain_and_stream
@pytest.mark.parametrize("way", WAYS)
async def test_a_bad_way_to_the_provider_ends_in_its_class(
    mock: MockServer,
    proxy: FaultProxy,
    spoiled_rig: Rig,
    keeps_its_secrets,
    way: str,
    dialect: DialectName,
    stream: bool,
) -> None:
    """T-56"""
    fault, status, code = WAYS[way]
    proxy.choose = lambda _: fault
    began = time.monotonic()

    heard = await spoiled_rig.ask(dialect, dialect, stream=stream)

    assert time.monotonic() - began < 4
    assert (heard.status, heard.ended) == (status, "whole")
    await only_receipt_says(spoiled_rig, mock, code)
    keeps_its_secrets(heard, f":{proxy.port}", f":{mock.port}")


@each_dialect
@pytest.mark.parametrize("ending", ["fin", "reset", "silence"])
async def test_a_stream_that_breaks_at_any_byte_never_ends_cleanly(
    mock: MockServer, proxy: FaultProxy, spoiled_rig: Rig, keeps_its_secrets, dialect: DialectName, ending: str
) -> None:
    """T-50, T-56: offsets over the whole answer, drawn once and for all."""
    size = len((await ask(mock.port, dialect, "vendor-model", stream=True)).body)

    for offset in (230 + size * part // 12 for part in range(0, 10, 4 if ending == "silence" else 1)):
        proxy.choose = lambda _, at=offset: Fault(cut_answer_at=at, ending=ending, piece_bytes=64)
        heard = await spoiled_rig.ask(dialect, dialect, stream=True)
        fails_honestly(heard)
        assert not heard.ends_cleanly or heard.error is not None
        keeps_its_secrets(heard)
    await spoiled_rig.quiet(mock)


@each_dialect
@plain_and_stream
async def test_an_answer_with_spoiled_bytes_never_harms_the_gateway(
    mock: MockServer, proxy: FaultProxy, spoiled_rig: Rig, dialect: DialectName, stream: bool
) -> None:
    """T-56: what is wrong inside the text cannot be known; everything else is an honest error."""
    for seed in range(20):
        proxy.choose = lambda _, at=seed: Fault(spoil_from=at * 25)
        heard = await spoiled_rig.ask(dialect, dialect, stream=stream)
        assert heard.status == 200 or heard.error is not None
        await spoiled_rig.quiet(mock)
    assert (await spoiled_rig.ask("openai", "no-such-model")).status == 404


@each_dialect
async def test_a_length_that_is_a_lie_fails_a_plain_answer_and_not_a_stream_that_has_said_its_end(
    mock: MockServer, rig: Rig, dialect: DialectName
) -> None:
    """T-56: an answer that has said its end is whole, whatever the framing around it says."""
    mock.behave("chaos", scenario="fault-clmismatch")

    plain = await rig.ask(dialect, dialect)
    stream = await rig.ask(dialect, dialect, stream=True)

    assert (plain.status, plain.ended) == (502, "whole")
    assert (stream.status, stream.ended, stream.text) == (200, "whole", GREETING)
    await rig.quiet(mock)
    assert [receipt.code for receipt in rig.receipts] == ["upstream_interrupted", "ok"]
    assert rig.open_upstream() == 0, "a connection with bytes missing was kept"


@each_dialect
@pytest.mark.parametrize("ending", ["fin", "reset", "silence"])
async def test_a_stream_that_breaks_behind_its_finish_reason_is_finished_properly(
    mock: MockServer, proxy: FaultProxy, spoiled_rig: Rig, dialect: DialectName, ending: str
) -> None:
    """T-50, S11: nothing of the answer is missing, only its last event or its framing."""
    last = {"openai": b"data: [DONE]", "anthropic": b"event: message_stop", "gemini": b"0\r\n\r\n"}[dialect]
    raw = await bytes_of_answer(mock.port, dialect)
    proxy.choose = lambda _: Fault(cut_answer_at=raw.index(last), ending=ending)

    heard = await spoiled_rig.ask(dialect, dialect, stream=True)

    assert (heard.status, heard.ended, heard.text) == (200, "whole", GREETING)
    assert heard.ends_cleanly
    assert heard.error is None
    await only_receipt_says(spoiled_rig, mock, "ok")
    assert spoiled_rig.open_upstream() == 0, "a connection in the middle of an answer was kept"


async def bytes_of_answer(port: int, dialect: DialectName) -> bytes:
    """What the upstream sends to the gateway, its framing included, up to the last chunk."""
    body = None
    if dialect == "openai":  # the gateway always asks for the usage
        message = {"role": "user", "content": "hello"}
        body = orjson.dumps(
            {"model": "vendor-model", "messages": [message], "stream": True, "stream_options": {"include_usage": True}}
        )
    async with calling(port, request_bytes(dialect, "vendor-model", stream=True, body=body)) as line:
        return await line.reader.readuntil(b"0\r\n\r\n")


def fails_honestly(heard: Heard) -> None:
    """An error that the caller's SDK sees: as the status, or in band and with a cut connection."""
    assert heard.error is not None
    if heard.status == 200:
        assert heard.ended in ("cut", "reset")
    else:
        assert (heard.status >= 500, heard.ended) == (True, "whole")


async def only_receipt_says(rig: Rig, mock: MockServer, code: str) -> None:
    """One receipt with this code, one attempt, and everything given back."""
    await rig.quiet(mock)
    assert [receipt.code for receipt in rig.receipts] == [code]
    assert len(rig.receipts[0].attempts) == 1
