"""Callers that take their time, with shortened constants; the production constants are asserted at the end."""

import asyncio
import time

import pytest

from octogate.proxy.edge.limits import SWEEP_SECONDS, EdgeLimits

HEAD = b"GET /hot HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /body HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture(autouse=True)
def swift_sweeper(monkeypatch):
    monkeypatch.setattr("octogate.proxy.edge.server.SWEEP_SECONDS", 0.02)


@pytest.fixture
async def strict(edge_with):
    return await edge_with(header_deadline=0.3, body_idle=0.3, keep_alive=0.3)


async def trickle(wire, data: bytes, *, every: float = 0.02):
    """Say one byte after the other until the other side hangs up; return what it said and after how long."""
    began = time.monotonic()

    async def talk():
        for byte in data * 1000:
            wire.say(bytes([byte]))
            await asyncio.sleep(every)

    talking = asyncio.create_task(talk())
    said = await wire.ended()
    talking.cancel()
    return said, time.monotonic() - began


async def test_a_caller_that_only_connects_is_disconnected(strict):
    """T-54b"""
    wire = await strict.call()

    assert await wire.ended() == b""


@pytest.mark.parametrize("start", [b"GET / HT", HEAD, HEAD + b"X-Slow: ", b"\r\n"])
async def test_half_a_head_is_answered_with_408(strict, start):
    """T-54b"""
    wire = await strict.call(start)

    assert (await wire.answer()).status == 408
    assert strict.refused == ["slow_head"]


@pytest.mark.parametrize(("start", "drip"), [(HEAD + b"X-Slow: ", b"a"), (b"", b"\r\n"), (HEAD, b"A: b\r\n")])
async def test_a_head_that_trickles_gains_no_time(strict, start, drip):
    """T-54b"""
    wire = await strict.call(start)

    said, seconds = await trickle(wire, drip)

    assert said.startswith(b"HTTP/1.1 408 ")
    assert seconds < 0.8


async def test_half_a_body_is_answered_with_408_by_the_handler(strict):
    """T-54b"""
    wire = await strict.call(POST + b"Content-Length: 10\r\n\r\nhalf")

    assert (await wire.answer()).status == 408
    assert await wire.ended() == b""
    assert strict.refused == ["slow_body"]
    assert strict.seen == []


async def test_a_body_below_the_minimum_rate_gains_no_time(strict):
    """T-54b"""
    wire = await strict.call(POST + b"Content-Length: 1000\r\n\r\n")

    said, seconds = await trickle(wire, b"a")

    assert said.startswith(b"HTTP/1.1 408 ")
    assert seconds < 0.8


async def test_a_body_above_the_minimum_rate_may_take_longer_than_the_idle_time(strict):
    """T-54b"""
    wire = await strict.call(POST + b"Content-Length: 3000\r\n\r\n")
    for _ in range(30):
        wire.say(b"a" * 100)
        await asyncio.sleep(0.02)

    assert (await wire.answer()).status == 200


async def test_chunk_extensions_that_trickle_gain_no_time(strict):
    """T-54b"""
    wire = await strict.call(POST + b"Transfer-Encoding: chunked\r\n\r\n5;")

    said, seconds = await trickle(wire, b"a")

    assert said.startswith(b"HTTP/1.1 408 ")
    assert seconds < 0.8


@pytest.mark.parametrize("opening", [HEAD + b"X-Endless: ", HEAD + b"X", b"\r\n"])
async def test_an_unfinished_field_is_measured_while_it_grows(edge, opening):
    """T-54b: the parser reports a field only when it is complete."""
    wire = await edge.call(opening)
    for _ in range(10):
        await wire.send((b"\r\n" if opening == b"\r\n" else b"a") * 8192)

    assert (await wire.answer()).status == 431


@pytest.mark.parametrize("opening", [b"5;", b"0\r\nX-Trailer: "])
async def test_a_flood_of_chunk_extensions_or_trailers_is_refused(edge, opening):
    """T-54b"""
    wire = await edge.call(POST + b"Transfer-Encoding: chunked\r\n\r\n" + opening)
    for _ in range(40):
        await wire.send(b"a" * 8192)

    assert (await wire.answer()).status == 400
    assert edge.refused == ["chunk_overhead"]


async def test_an_idle_connection_is_closed_without_a_word(strict):
    """T-54b"""
    wire = await strict.call(HEAD + b"\r\n")
    assert (await wire.answer()).status == 200

    assert await wire.ended() == b""
    assert strict.refused == []


async def test_half_a_second_request_is_answered_with_408(strict):
    """T-54b"""
    wire = await strict.call(HEAD + b"\r\n" + b"GET /cold HT")

    assert await wire.answers(2) == [200, 408]


async def test_a_second_request_that_trickles_in_does_not_end_a_running_call(edge_with):
    """T-54b: a deadline belongs to the message in front."""
    release = asyncio.Event()

    async def think(exchange):
        await release.wait()
        exchange.send(200, b"", b"thought")

    edge = await edge_with(think, header_deadline=0.1)
    wire = await edge.call(HEAD + b"\r\n" + b"GET /cold HT")
    await asyncio.sleep(0.4)
    assert len(edge.server.in_flight) == 1

    release.set()

    assert await wire.answers(2) == [200, 408]


async def test_a_caller_that_waits_for_100_continue_is_not_slow(edge_with):
    asked = asyncio.Event()

    async def think(exchange):
        await asked.wait()
        exchange.send(200, b"", await exchange.body())

    edge = await edge_with(think, body_idle=0.1)
    wire = await edge.call(POST + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    await asyncio.sleep(0.3)
    asked.set()
    assert (await wire.answer()).status == 100
    wire.say(b"body")

    assert (await wire.answer()).body == b"body"


async def test_hundreds_of_slow_callers_disturb_nobody_and_all_end(edge_with):
    """T-54b"""
    edge = await edge_with(header_deadline=0.5, body_idle=0.5)
    slow = []
    for number in range(300):
        start = (b"", b"GET / HT", HEAD + b"X: ", POST + b"Content-Length: 9\r\n\r\n1")[number % 4]
        slow.append(await edge.call(start))

    healthy = await edge.call()
    times = []
    for _ in range(50):
        began = time.monotonic()
        healthy.say(HEAD + b"\r\n")
        assert (await healthy.answer()).status == 200
        times.append(time.monotonic() - began)

    await asyncio.gather(*(wire.ended() for wire in slow))
    for wire in slow:
        wire.hang_up()
    await edge.until(lambda: edge.server.connections == 1)
    assert sorted(times)[25] < 0.05


async def test_one_address_holds_no_more_than_its_share(edge_with):
    """T-54b"""
    edge = await edge_with(max_connections_per_ip=40)
    held = [await edge.call() for _ in range(40)]
    await edge.until(lambda: edge.server.connections == 40)

    refused = [await edge.call() for _ in range(5)]
    assert [(await wire.answer()).status for wire in refused] == [503] * 5
    assert edge.refused == ["connections_per_ip"] * 5

    held[0].hang_up()
    await edge.until(lambda: edge.server.connections == 39)
    wire = await edge.call(HEAD + b"\r\n")
    assert (await wire.answer()).status == 200
    assert (await (await edge.call()).answer()).status == 503


async def test_a_trusted_proxy_carries_many_callers_and_has_no_share(edge_with):
    edge = await edge_with(max_connections_per_ip=2, trusted_proxies=("127.0.0.0/8",))
    wires = [await edge.call(HEAD + b"\r\n") for _ in range(6)]

    assert [(await wire.answer()).status for wire in wires] == [200] * 6


async def test_all_connections_together_are_bounded(edge_with):
    """T-54b"""
    edge = await edge_with(max_connections=3)
    for _ in range(3):
        await edge.call()
    await edge.until(lambda: edge.server.connections == 3)

    one_too_many = await edge.call()
    answer = await one_too_many.answer()
    assert (answer.status, answer.fields[b"retry-after"]) == (503, b"1")
    assert edge.refused == ["connections"]


def test_the_production_constants():
    """T-54b"""
    limits = EdgeLimits()

    assert (limits.header_deadline, limits.body_idle, limits.body_min_rate) == (10.0, 30.0, 1000)
    assert (limits.keep_alive, limits.write_stall, limits.linger) == (75.0, 60.0, 2.0)
    assert (limits.max_header_bytes, limits.max_header_fields, limits.max_target_bytes) == (32_768, 100, 16_384)
    assert (limits.max_body, limits.max_buffered, limits.max_discard) == (64 * 2**20, 512 * 2**20, 256 * 2**10)
    assert (limits.max_connections, limits.max_connections_per_ip) == (20_000, 4_096)
    assert SWEEP_SECONDS == 0.5
