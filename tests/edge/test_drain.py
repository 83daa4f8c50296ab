"""The orderly end: what runs is finished, what is idle is closed, what takes too long is ended and counted."""

import asyncio

import pytest

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def gate():
    return asyncio.Event()


@pytest.fixture
async def waiting(edge_with, gate):
    """An edge whose handler waits for the gate; /now is answered at once, /stream begins first."""

    async def handle(exchange):
        if exchange.path == "/stream":
            exchange.start(200, b"")
            exchange.write(b"begun ")
        if exchange.path != "/now":
            await gate.wait()
        if exchange.committed:
            exchange.finish(b"ended")
        else:
            exchange.send(200, b"", b"ok")

    return await edge_with(handle)


def get(path: bytes) -> bytes:
    return GET.replace(b"/", path, 1)


async def test_during_a_drain_new_connections_are_served_and_told_to_close(waiting):
    waiting.server.begin_drain()
    wire = await waiting.call(get(b"/now"))
    answer = await wire.answer()

    assert (answer.status, answer.fields[b"connection"]) == (200, b"close")
    assert await wire.ended() == b""


async def test_a_call_that_was_running_when_the_drain_began_is_told_to_close_too(waiting, gate):
    wire = await waiting.call(GET)
    await waiting.until(lambda: waiting.server.in_flight)
    waiting.server.begin_drain()
    gate.set()

    assert (await wire.answer()).fields[b"connection"] == b"close"


async def test_an_idle_connection_stays_until_the_finish(waiting):
    wire = await waiting.call(get(b"/now"))
    assert b"connection" not in (await wire.answer()).fields
    waiting.server.begin_drain()
    wire.say(get(b"/now"))

    assert (await wire.answer()).fields[b"connection"] == b"close"


async def test_the_finish_waits_for_calls_and_streams_and_closes_the_idle(waiting, gate):
    idle = await waiting.call(get(b"/now"))
    await idle.answer()
    call, stream = await waiting.call(GET), await waiting.call(get(b"/stream"))
    await waiting.until(lambda: len(waiting.server.in_flight) == 2)

    finishing = asyncio.create_task(waiting.server.finish(60))
    assert await idle.ended() == b""
    assert not finishing.done()
    gate.set()

    assert (await call.answer()).status == 200
    whole = await stream.answer()
    assert (whole.body, whole.whole) == (b"begun ended", True)
    assert await stream.ended() == b""
    call.hang_up()
    stream.hang_up()
    assert await finishing == 0
    assert waiting.server.connections == 0


async def test_after_listening_has_stopped_nobody_can_connect_and_those_inside_are_served(waiting):
    wire = await waiting.call(get(b"/now"))
    await wire.answer()
    port = waiting.port
    waiting.server.stop_listening()

    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", port)
    wire.say(get(b"/now"))
    assert (await wire.answer()).status == 200


async def test_what_outlasts_the_grace_is_ended_and_counted(waiting):
    call, stream = await waiting.call(GET), await waiting.call(get(b"/stream"))
    await waiting.until(lambda: len(waiting.server.in_flight) == 2)

    assert await waiting.server.finish(0.1) == 2

    assert await call.ended() == b""
    assert b"0\r\n\r\n" not in await stream.ended()
    assert waiting.server.connections == 0
    assert not waiting.server.in_flight


async def test_a_second_signal_ends_the_wait(waiting):
    stream = await waiting.call(get(b"/stream"))
    await waiting.until(lambda: waiting.server.in_flight)
    at_once = asyncio.Event()
    finishing = asyncio.create_task(waiting.server.finish(60, at_once=at_once))
    await asyncio.sleep(0.05)
    assert not finishing.done()
    at_once.set()

    assert await asyncio.wait_for(finishing, 5) == 1
    assert b"0\r\n\r\n" not in await stream.ended()


async def test_a_handler_that_is_ended_may_still_settle(edge_with):
    settled = asyncio.Event()

    async def settle(exchange):
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            settled.set()

    edge = await edge_with(settle)
    await edge.call(GET)
    await edge.until(lambda: edge.server.in_flight)

    assert await edge.server.finish(0) == 1
    assert settled.is_set()


async def test_a_finish_with_nothing_to_do_takes_no_time(edge):
    async with asyncio.timeout(0.5):
        assert await edge.server.finish(30) == 0


async def test_a_server_can_be_finished_twice(edge):
    assert await edge.server.finish(0) == 0
    assert await edge.server.finish(0) == 0
