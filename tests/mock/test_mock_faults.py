"""Every generic fault and every parameter as it is on the wire."""

import asyncio
import gzip
import json
import time
from typing import Any

import pytest
import uvloop

from octogate.mock import MockConfig, MockServer
from octogate.mock.faults import KINDS
from octogate.mock.refusals import STATUSES

DIALECTS = ["chat", "messages", "responses", "gemini"]


@pytest.mark.parametrize("status", STATUSES)
async def test_each_error_status_has_the_body_of_each_provider(wire: Any, status: int) -> None:
    chat = await wire.chat(f"fault-http-{status}")
    messages = await wire.messages(f"fault-http-{status}")
    gemini = await wire.gemini(f"fault-http-{status}")

    assert [chat.status, messages.status, gemini.status] == [status] * 3
    assert set(chat.json["error"]) == {"message", "type", "param", "code"}
    assert messages.json["type"] == "error"
    assert messages.json["request_id"] == messages.headers["request-id"]
    assert gemini.json["error"]["code"] == status


async def test_a_429_says_when_to_come_back_in_every_dialect(wire: Any) -> None:
    chat = await wire.chat("fault-http-429--retry_after=0.25")
    gemini = await wire.gemini("fault-http-429--retry_after=7")

    assert (chat.headers["retry-after"], chat.headers["retry-after-ms"]) == ("1", "250")
    assert gemini.headers["retry-after"] == "7"
    assert gemini.json["error"]["details"][0]["retryDelay"] == "7s"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("count", [0, 1, 4])
async def test_a_cut_comes_after_n_content_events_in_every_dialect(wire: Any, dialect: str, count: int) -> None:
    answer = await getattr(wire, dialect)(f"fault-cut-{count}", stream=True)

    assert (answer.status, answer.ended) == (200, "cut")
    assert wire.server.requests()[-1].events == count
    assert wire.server.requests()[-1].outcome == "broken"


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_cut_behind_the_last_word_still_never_ends_cleanly(wire: Any, dialect: str) -> None:
    answer = await getattr(wire, dialect)("fault-cut-1000", stream=True)

    assert answer.ended == "cut"
    for finish in (b'finish_reason":"stop', b"message_delta", b"response.completed", b"finishReason"):
        assert finish not in answer.body


async def test_a_plain_answer_is_cut_in_its_middle(wire: Any) -> None:
    answer = await wire.chat("fault-cut")

    assert answer.ended == "cut"
    assert 0 < len(answer.body) < int(answer.headers["content-length"])


async def test_a_cut_with_a_reset_is_a_reset(wire: Any) -> None:
    answer = await wire.chat("fault-cut-reset-2", stream=True)

    assert (answer.status, answer.ended) == (200, "reset")


def test_resets_and_cuts_are_the_same_under_uvloop(wire_of: Any) -> None:
    async def story() -> list[str]:
        async with MockServer() as server:
            wire = wire_of(server)
            names = ("fault-reset", "fault-close", "fault-cut-2", "fault-cut-reset-2", "mock")
            return [(await wire.chat(name, stream=True)).ended for name in names]

    assert uvloop.run(story()) == ["reset", "cut", "cut", "reset", "whole"]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_stall_is_silence_and_then_a_cut(wire: Any, dialect: str) -> None:
    started = time.monotonic()
    answer = await getattr(wire, dialect)("fault-stall-2", stream=True)

    assert answer.ended == "cut"
    assert time.monotonic() - started > 0.29


async def test_a_connection_can_close_before_any_header(wire: Any) -> None:
    answer = await wire.chat("fault-close")

    assert (answer.ended, answer.statuses) == ("cut", [])


async def test_hang_and_slow_last_as_long_as_they_say(wire: Any) -> None:
    started = time.monotonic()
    assert (await wire.chat("fault-hang-20")).ended == "cut"
    assert (await wire.chat("fault-slow-10000")).status == 200

    assert 0.29 < time.monotonic() - started < 2


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_an_in_band_error_is_the_last_event(wire: Any, dialect: str) -> None:
    answer = await getattr(wire, dialect)("fault-error-event-2", stream=True)

    assert (answer.status, answer.ended) == (200, "whole")
    last = answer.data[-1]
    assert "error" in last or last["type"] == "error"
    assert wire.server.requests()[-1].events == 2


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_malformed_event_stands_alone(wire: Any, dialect: str) -> None:
    good = await getattr(wire, dialect)("mock", stream=True)
    bad = await getattr(wire, dialect)("fault-malformed-2", stream=True)

    assert len(bad.data) == len(good.data) + 1
    assert sum(isinstance(item, str) and item != "[DONE]" for item in bad.data) == 1
    assert bad.ended == "whole"


async def test_a_gemini_array_can_be_malformed_and_can_fail_in_band(wire: Any) -> None:
    good = await wire.gemini("mock", stream=True, sse=False)
    assert [chunk["modelVersion"] for chunk in good.json] == ["mock"] * len(good.json)

    bad = await wire.gemini("fault-malformed-1", stream=True, sse=False)
    with pytest.raises(ValueError, match=r"JSON|char|delimiter|unexpected"):
        _ = bad.json

    failed = await wire.gemini("fault-error-event-1", stream=True, sse=False)
    assert failed.json[-1]["error"]["status"] == "UNAVAILABLE"


@pytest.mark.parametrize("stream", [False, True])
async def test_bad_json_is_a_200_that_does_not_parse(wire: Any, stream: bool) -> None:
    answer = await wire.chat("fault-badjson", stream=stream)

    assert (answer.status, answer.ended) == (200, "whole")
    first = answer.data[1] if stream else answer.body.decode()
    assert isinstance(first, str)
    with pytest.raises(ValueError, match=r"JSON|EOF|unexpected|string"):
        json.loads(first)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_without_a_finish_the_framing_is_whole_and_the_answer_is_not(wire: Any, dialect: str) -> None:
    answer = await getattr(wire, dialect)("fault-nofinish", stream=True)

    assert answer.ended == "whole"
    for finish in (b"[DONE]", b"message_delta", b"message_stop", b"response.completed", b"finishReason"):
        assert finish not in answer.body


async def test_anthropic_without_its_terminal_event_still_has_a_stop_reason(wire: Any) -> None:
    answer = await wire.messages("fault-nodone", stream=True)

    assert answer.data[-1]["delta"]["stop_reason"] == "end_turn"


@pytest.mark.parametrize("stream", [False, True])
async def test_an_empty_answer_is_empty(wire: Any, stream: bool) -> None:
    answer = await wire.chat("fault-empty", stream=stream)

    assert (answer.status, answer.body, answer.ended) == (200, b"", "whole")


async def test_an_error_can_hide_behind_a_200(wire: Any) -> None:
    answer = await wire.chat("fault-status200error", stream=True)

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json["error"]["type"] == "server_error"


async def test_a_proxy_in_between_answers_html(wire: Any) -> None:
    answer = await wire.chat("fault-html-502")

    assert (answer.status, answer.headers["content-type"]) == (502, "text/html")
    assert answer.body.startswith(b"<html>")


@pytest.mark.parametrize("stream", [False, True])
async def test_gzip_comes_unasked(wire: Any, stream: bool) -> None:
    answer = await wire.chat("fault-gzip", stream=stream)

    assert answer.headers["content-encoding"] == "gzip"
    assert b"Hello" in gzip.decompress(answer.body)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_content_length_can_promise_too_much(wire: Any, stream: bool) -> None:
    answer = await wire.chat("fault-clmismatch-10", stream=stream)

    assert answer.ended == "cut"
    assert int(answer.headers["content-length"]) == len(answer.body) + 10


async def test_a_header_and_a_body_can_be_huge(wire: Any) -> None:
    header = await wire.chat("fault-hugeheader-50")
    body = await wire.chat("fault-hugebody-2")
    event = await wire.chat("fault-hugebody-2", stream=True)

    assert len(header.headers["x-filler"]) == 50 * 1024
    assert len(body.body) > 2 * 1024 * 1024
    assert event.body.count(b"\n\n") == 1


async def test_a_redirect_leads_to_an_instance_that_shows_who_followed(wire: Any) -> None:
    answer = await wire.chat("fault-redirect-302")

    assert answer.status == 302
    assert answer.headers["location"] == "/p/redirected/v1/chat/completions"
    assert wire.server.requests("redirected") == []
    followed = await wire.chat("mock", path=answer.headers["location"])
    assert followed.status == 200
    assert len(wire.server.requests("redirected")) == 1


async def test_informational_answers_come_before_the_good_one(wire: Any) -> None:
    assert (await wire.chat("fault-1xx")).statuses == [103, 102, 200]


async def test_a_wrong_content_type_is_the_only_thing_wrong(wire: Any) -> None:
    answer = await wire.chat("fault-wrongtype", stream=True)

    assert answer.headers["content-type"] == "text/plain"
    assert answer.data[-1] == "[DONE]"


async def test_a_stale_connection_closes_after_a_good_answer(wire: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.server.port)
    writer.write(wire.request("fault-closeafter"))
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" not in answer
    assert wire.server.requests()[-1].outcome == "ok"


PINGS = [("chat", b": still"), ("messages", b"event: ping"), ("gemini", b"\n\r\n")]


@pytest.mark.parametrize(("dialect", "ping"), PINGS)
async def test_pings_do_not_disturb_the_answer(wire: Any, dialect: str, ping: bytes) -> None:
    answer = await getattr(wire, dialect)("fault-ping-2", stream=True)

    assert answer.body.count(ping) >= 14
    assert answer.ended == "whole"


@pytest.mark.parametrize("stream", [False, True])
async def test_an_endless_answer_ends_with_the_client(wire: Any, eventually: Any, stream: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", wire.server.port)
    writer.write(wire.request("fault-infinite", stream=stream))
    await asyncio.wait_for(reader.readexactly(5_000_000), 10)
    other = await wire.chat("mock")
    writer.transport.abort()
    await eventually(lambda: wire.server.requests()[0].outcome == "disconnected")

    assert other.status == 200, "an endless stream does not stop the others"


async def test_flapping_ends(wire: Any) -> None:
    assert (await wire.chat("fault-flap-10")).status == 503
    await asyncio.sleep(0.11)

    assert (await wire.chat("fault-flap-10")).status == 200


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"infinite"}))  # that one ends with the client, tested above
async def test_no_fault_leaves_a_connection_or_an_open_call(wire: Any, eventually: Any, kind: str) -> None:
    name = f"fault-{kind}-1" if kind in ("hugebody", "hang") else f"fault-{kind}"
    await wire.chat(name)
    await wire.chat(name, stream=True)

    await eventually(lambda: wire.server.open_connections == 0)
    assert wire.server.stats().open_calls == 0


async def test_an_unknown_fault_or_a_wrong_parameter_is_a_400(wire: Any) -> None:
    fault = await wire.chat("fault-nothing")
    status = await wire.chat("fault-http-418")
    chunking = await wire.chat("mock", headers={"x-mock-chunking": "sometimes"})
    parameter = await wire.chat("mock--colour=red")

    assert [fault.status, status.status, chunking.status, parameter.status] == [400] * 4
    assert "error-event" in fault.json["error"]["message"]


@pytest.mark.parametrize("size", [1, 7, 4096])
async def test_pieces_of_n_bytes_carry_the_same_bytes(wire: Any, size: int) -> None:
    whole = await wire.gemini("mock", stream=True)
    pieces = await wire.gemini(f"mock--chunking={size}", stream=True)

    def text(answer: Any) -> str:
        return "".join(part["candidates"][0]["content"]["parts"][0]["text"] for part in answer.data)

    assert text(pieces) == text(whole) == "Hello from the mock. You said: hello"
    assert max(map(len, pieces.chunks)) <= size
    assert pieces.headers["transfer-encoding"] == "chunked"


async def test_latency_and_delay_are_literal_milliseconds(wire: Any) -> None:
    started = time.monotonic()
    answer = await wire.chat("mock--tokens=6--delay_ms=20--latency_ms=100", stream=True)

    assert time.monotonic() - started > 0.1 + 6 * 0.02
    assert len(answer.words) == 6


def test_the_default_time_scale_is_real_time() -> None:
    assert MockConfig().time_scale == 1.0
