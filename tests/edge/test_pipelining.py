"""Several requests on one connection: answered in order, one at a time, and never too many."""

import asyncio
import random

import pytest

from octogate.proxy.edge.limits import MAX_QUEUED, PAUSE_AT_QUEUED

HOST = b"Host: a\r\n"


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def post_chunked(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"


async def test_answers_come_in_the_order_of_the_requests_however_long_each_takes(edge_with):
    async def slow_ones_first(exchange):
        for _ in range(10 - int(exchange.path[1:])):
            await asyncio.sleep(0)
        exchange.send(200, b"", exchange.path.encode())

    edge = await edge_with(slow_ones_first)
    wire = await edge.call(b"".join(get(f"/{number}") for number in range(10)))

    assert [(await wire.answer()).body for _ in range(10)] == [b"/%d" % number for number in range(10)]


async def test_the_second_request_is_not_started_before_the_first_is_done(edge_with):
    running = []

    async def alone(exchange):
        running.append(exchange.path)
        assert len(running) == 1
        await asyncio.sleep(0.001)
        running.remove(exchange.path)
        exchange.send(200, b"", b"")

    edge = await edge_with(alone)
    wire = await edge.call(b"".join(get(f"/{number}") for number in range(20)))

    assert await wire.answers(20) == [200] * 20
    assert edge.errors == []


@pytest.mark.parametrize("seed", range(6))
async def test_any_mix_of_messages_survives_any_cut(edge, seed):
    dice = random.Random(seed)
    kinds = [lambda n: get(f"/{n}"), lambda n: post(f"/{n}", b"x" * n), lambda n: post_chunked(f"/{n}", b"y" * n)]
    data = b"".join(dice.choice(kinds)(number) for number in range(30))
    wire = await edge.call()

    async def talk():
        at = 0
        while at < len(data):
            step = dice.choice([1, 3, 50, 400])
            await wire.send(data[at : at + step])
            at += step
            await asyncio.sleep(0)

    talking = asyncio.create_task(talk())
    answers = [await wire.answer() for _ in range(30)]
    await talking

    assert [answer.status for answer in answers] == [200] * 30
    assert [seen.path for seen in edge.seen] == [f"/{number}" for number in range(30)]
    assert all(seen.body in {b"", b"x" * n, b"y" * n} for n, seen in enumerate(edge.seen))


async def test_more_than_may_wait_are_refused_behind_the_answers_to_those_that_may(edge):
    wire = await edge.call(b"".join(get(f"/{number}") for number in range(MAX_QUEUED + 10)))

    assert await wire.answers(MAX_QUEUED + 2) == [200] * (MAX_QUEUED + 1) + [400]
    assert await wire.ended() == b""
    assert edge.refused == ["pipeline"]


async def test_the_socket_is_paused_only_at_a_real_backlog_and_read_again_afterwards(edge_with):
    release = asyncio.Event()

    async def think(exchange):
        await release.wait()
        exchange.send(200, b"", exchange.path.encode())

    edge = await edge_with(think)
    wire = await edge.call(get("/0") + get("/1") * (PAUSE_AT_QUEUED - 1))
    await edge.until(lambda: edge.server.in_flight)
    (connection,) = edge.server._state.connections
    assert not connection.paused

    wire.say(get("/2"))
    await edge.until(lambda: connection.paused)
    wire.say(get("/3") * 10)
    release.set()

    assert await wire.answers(PAUSE_AT_QUEUED + 11) == [200] * (PAUSE_AT_QUEUED + 11)
    assert not connection.paused


async def test_nothing_is_served_behind_a_refusal(edge):
    wire = await edge.call(get("/good") + b"GET /bad HTTP/1.1\r\n\r\n" + get("/never"))

    assert await wire.answers(2) == [200, 400]
    assert await wire.ended() == b""
    assert [seen.path for seen in edge.seen] == ["/good"]


async def test_nothing_is_served_behind_an_answer_that_closes(edge_with):
    served = []

    async def refuse_early(exchange):
        served.append(exchange.path)
        exchange.send(401, b"", b"no key")

    edge = await edge_with(refuse_early)
    unfinished = b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
    wire = await edge.call(unfinished)
    answer = await wire.answer()
    wire.say(get("/body-or-request") * 3)

    assert (answer.status, answer.fields[b"connection"]) == (401, b"close")
    assert await wire.ended() == b""
    assert served == ["/early"]


async def test_small_requests_on_one_connection_by_the_thousand(edge):
    wire = await edge.call()
    for number in range(2000):
        wire.say(get(f"/{number}"))
        assert (await wire.answer()).body == b"/%d " % number
