"""Slots: never more than the bound, never lost, and free the moment nobody needs them."""

import asyncio
import time

import pytest

from octogate.core.errors import UpstreamUnavailable

STREAM = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture
def silent():
    """Reads the request and says nothing; `left` is set when the client has gone."""

    async def script(wire):
        await wire.request()
        script.asked.set()
        await wire.gone()
        script.left.set()

    script.asked, script.left = asyncio.Event(), asyncio.Event()
    return script


@pytest.fixture
def endless():
    """Sends a chunk every millisecond until the client has gone."""

    async def script(wire):
        await wire.request()
        await wire.send(STREAM)
        leaving = asyncio.ensure_future(wire.gone())
        while not leaving.done():
            await wire.send(b"1\r\nx\r\n")
            await asyncio.sleep(0.001)
        script.left.set()

    script.left = asyncio.Event()
    return script


@pytest.mark.parametrize("bound", [1, 2, 5])
async def test_the_picture_is_right_at_every_number_of_calls(asking, always_ok, bound):
    """0, 1, n−1, n and n+1 of n connections in use."""
    asker, upstream = await asking(always_ok, max_connections_per_origin=bound)
    assert asker.slots == (0, 0, 0)
    answers = []
    for used in range(1, bound + 1):
        answers.append(await asker.ask())
        assert asker.slots == (0, used, 0)

    waiting = asyncio.ensure_future(asker.ask())
    await asyncio.sleep(0)
    assert asker.slots == (0, bound, 1)

    await answers[0].body()
    answers[0].release()
    late = await waiting
    assert late.reused
    assert asker.slots == (0, bound, 0)

    for left, answer in enumerate([late, *answers[1:]], 1):
        await answer.body()
        answer.release()
        assert asker.slots == (left, bound - left, 0)
    assert len(upstream.wires) == bound


async def test_those_who_wait_are_served_in_order(asking, always_ok):
    asker, _ = await asking(always_ok, max_connections_per_origin=1)
    order = []

    async def call(number):
        answer = await asker.ask()
        order.append(number)
        await answer.body()
        answer.release()

    await asyncio.gather(*(call(number) for number in range(20)))

    assert order == list(range(20))
    assert asker.slots == (1, 0, 0)


async def test_waiting_for_a_slot_ends_with_the_connect_timeout(asking, always_ok, fast):
    asker, _ = await asking(always_ok, max_connections_per_origin=1, timeouts=fast(connect=0.05))
    holder = await asker.ask()

    with pytest.raises(UpstreamUnavailable) as caught:
        await asker.ask()
    assert caught.value.replay == "safe"
    assert asker.slots == (0, 1, 0)

    await holder.body()
    holder.release()
    assert asker.slots == (1, 0, 0)


async def test_a_slot_that_comes_as_its_waiter_is_cancelled_goes_to_the_next(asking, always_ok):
    asker, _ = await asking(always_ok, max_connections_per_origin=1)
    holder = await asker.ask()
    await holder.body()
    first, second = asyncio.ensure_future(asker.ask()), asyncio.ensure_future(asker.ask())
    await asyncio.sleep(0)

    holder.release()  # hands over to `first`, who has not run yet
    first.cancel()
    answer = await second
    await answer.body()
    answer.release()

    assert first.cancelled()
    assert asker.slots == (1, 0, 0)


async def test_a_dead_connection_gives_its_slot_to_a_waiter_who_dials(asking, once):
    asker, upstream = await asking(
        once(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx"), max_connections_per_origin=1
    )

    assert await asyncio.gather(*(asker.body() for _ in range(5))) == [b"x"] * 5
    assert len(upstream.wires) == 5
    assert asker.slots == (0, 0, 0)


async def test_a_call_cancelled_while_it_waits_for_the_answer_frees_the_upstream_at_once(asking, silent):
    asker, _ = await asking(silent)
    call = asyncio.ensure_future(asker.ask())
    await silent.asked.wait()

    began = time.monotonic()
    call.cancel()
    await silent.left.wait()

    assert time.monotonic() - began < 0.1
    assert asker.slots == (0, 0, 0)


@pytest.mark.parametrize("where", ["in the pipe", "between two pipes"])
async def test_a_call_cancelled_while_it_streams_frees_the_upstream_at_once(asking, endless, where):
    """Between two pipes the sink has stopped by itself; only the cancellation tells that nobody waits for the rest."""
    asker, _ = await asking(endless)
    streaming = asyncio.Event()

    async def stream():
        answer = await asker.ask(stream=True)
        try:
            await answer.pipe(lambda data: streaming.set() or where == "in the pipe")
            await asyncio.Event().wait()
        finally:
            answer.release()

    call = asyncio.ensure_future(stream())
    await streaming.wait()
    await asyncio.sleep(0)
    began = time.monotonic()
    call.cancel()
    await endless.left.wait()

    assert time.monotonic() - began < 0.1
    assert asker.slots == (0, 0, 0)


async def test_a_call_cancelled_while_it_connects_leaves_nothing(client_with, upstream_with, fast):
    """The TLS server never answers the handshake; the socket closes at once."""
    left = asyncio.Event()

    async def mute(wire):
        await wire.gone()
        left.set()

    upstream = await upstream_with(mute)
    client = client_with()
    secure = type(upstream.origin)("https", "127.0.0.1", upstream.port)
    call = asyncio.ensure_future(client.ask(secure, b"", timeouts=fast(), stream=False))
    while not upstream.wires:
        await asyncio.sleep(0.001)
    assert client.describe()[0].open == 1

    began = time.monotonic()
    call.cancel()
    await left.wait()

    assert time.monotonic() - began < 0.1
    assert client.describe()[0].open == 0


async def test_an_aborted_answer_closes_the_socket_even_when_the_sink_stopped(asking, endless):
    asker, _ = await asking(endless)
    answer = await asker.ask(stream=True)
    await answer.pipe(lambda data: False)

    answer.release(abort=True)

    await asyncio.wait_for(endless.left.wait(), 0.1)
    assert asker.slots == (0, 0, 0)


async def test_a_stream_whose_terminator_is_still_on_its_way_is_kept_for_the_next_call(asking):
    released, lingered = asyncio.Event(), asyncio.Event()

    async def script(wire):
        await wire.request()
        await wire.send(STREAM + b"6\r\n[DONE]\r\n")
        await released.wait()
        await wire.send(b"1\r\n\n\r\n0\r\n\r\n")
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx")
        lingered.set()
        await wire.gone()

    asker, upstream = await asking(script)
    answer = await asker.ask(stream=True)
    assert await answer.pipe(lambda data: False) is False
    answer.release()
    assert asker.slots == (0, 1, 0)

    released.set()
    while asker.slots != (1, 0, 0):
        await asyncio.sleep(0.001)
    assert await asker.body() == b"x"
    assert len(upstream.wires) == 1


async def test_lingering_ends_after_a_second(asking):
    left = asyncio.Event()

    async def script(wire):
        await wire.request()
        await wire.send(STREAM + b"6\r\n[DONE]\r\n")
        await wire.gone()
        left.set()

    asker, _ = await asking(script)
    answer = await asker.ask(stream=True)
    await answer.pipe(lambda data: False)
    began = time.monotonic()
    answer.release()

    await asyncio.wait_for(left.wait(), 3)
    assert 0.5 < time.monotonic() - began < 1.3
    assert asker.slots[1] == 0


async def test_lingering_ends_when_more_than_a_terminator_comes(asking):
    async def script(wire):
        await wire.request()
        await wire.send(STREAM + b"6\r\n[DONE]\r\n")
        await released.wait()
        await wire.send(b"400\r\n%b\r\n" % (b"x" * 1024) * 17)
        await wire.gone()

    released = asyncio.Event()
    asker, _ = await asking(script)
    answer = await asker.ask(stream=True)
    await answer.pipe(lambda data: False)
    began = time.monotonic()
    answer.release()
    released.set()

    while asker.slots != (0, 0, 0):
        await asyncio.sleep(0.001)
    assert time.monotonic() - began < 0.5


async def test_a_terminator_with_more_behind_it_costs_the_connection(asking):
    async def script(wire):
        await wire.request()
        await wire.send(STREAM + b"6\r\n[DONE]\r\n")
        await released.wait()
        await wire.send(b"0\r\n\r\nHTTP/1.1 200 OK\r\n")
        await wire.gone()

    released = asyncio.Event()
    asker, upstream = await asking(script)
    answer = await asker.ask(stream=True)
    await answer.pipe(lambda data: False)
    answer.release()
    released.set()

    await asyncio.wait_for(upstream.wires[0].ended.wait(), 0.5)
    assert asker.slots == (0, 0, 0)


async def test_a_lingering_connection_that_closes_gives_its_slot_back_once(asking):
    async def script(wire):
        await wire.request()
        await wire.send(STREAM + b"6\r\n[DONE]\r\n")
        await released.wait()

    released = asyncio.Event()
    asker, _ = await asking(script)
    answer = await asker.ask(stream=True)
    await answer.pipe(lambda data: False)
    answer.release()
    released.set()

    while asker.slots != (0, 0, 0):
        await asyncio.sleep(0.001)


async def test_idle_connections_are_closed_after_their_time(asking, always_ok):
    asker, upstream = await asking(always_ok, pool_idle=0.05)
    await asker.body()
    assert asker.slots == (1, 0, 0)

    await asyncio.wait_for(upstream.wires[0].ended.wait(), 2)
    while asker.client.describe():  # the empty pool goes with the next sweep
        await asyncio.sleep(0.01)


async def test_a_storm_of_cancelled_calls_leaks_no_slot(asking):
    async def script(wire):
        while await wire.request():
            await wire.send(STREAM)
            for _ in range(5):
                await wire.send(b"1\r\nx\r\n")
                await asyncio.sleep(0.001)
            await wire.send(b"0\r\n\r\n")

    asker, _ = await asking(script, max_connections_per_origin=4)

    async def call():
        answer = await asker.ask(stream=True)
        try:
            await answer.pipe(lambda data: True)
        finally:
            answer.release()

    calls = [asyncio.ensure_future(call()) for _ in range(60)]
    for number, task in enumerate(calls):
        if number % 3:
            await asyncio.sleep(0.0007)
            task.cancel()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert all(outcome is None or isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    idle, in_use, waiting = asker.slots
    assert (in_use, waiting) == (0, 0)
    assert idle <= 4
