"""Every phase ends by itself: before the head, in the body, in silence, and never while the caller is the slow one."""

import asyncio
import contextlib
import socket
import time

import pytest

from octogate.core.errors import UpstreamTimeout
from octogate.core.snapshot import Origin

STREAM = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_silent_upstream_is_a_timeout_that_may_have_worked(asking, once, fast, stream):
    """T-56: half-open, S3-50: measured"""
    short = {"first_event": 0.1} if stream else {"total": 0.1}
    asker, upstream = await asking(once(then="wait"), timeouts=fast(**short))

    began = time.monotonic()
    with pytest.raises(UpstreamTimeout) as caught:
        await asker.ask(stream=stream)

    assert 0.09 < time.monotonic() - began < 0.25
    assert (caught.value.replay, caught.value.status) == ("ambiguous", 504)
    assert asker.slots == (0, 0, 0)
    await asyncio.wait_for(upstream.wires[0].ended.wait(), 0.1)


async def test_a_deadline_of_seconds_is_kept_by_the_sweep(asking, once, fast):
    asker, _ = await asking(once(then="wait"), timeouts=fast(total=1.05))

    began = time.monotonic()
    with pytest.raises(UpstreamTimeout):
        await asker.ask()

    assert 1.0 < time.monotonic() - began < 1.45


async def test_the_first_deadline_lasts_until_it_is_moved(asking, once, fast):
    asker, _ = await asking(once(STREAM, then="wait"), timeouts=fast(first_event=0.1))
    answer = await asker.ask(stream=True)
    with pytest.raises(UpstreamTimeout):
        await answer.pipe(lambda data: True)
    answer.release()

    answer = await asker.ask(stream=True)
    answer.set_deadline(time.monotonic() + 0.3)
    began = time.monotonic()
    with pytest.raises(UpstreamTimeout):
        await answer.pipe(lambda data: True)
    answer.release()
    assert 0.28 < time.monotonic() - began < 0.45
    assert asker.slots == (0, 0, 0)


async def test_the_total_covers_the_body_of_a_plain_answer(asking, once, fast):
    asker, _ = await asking(once(STREAM, then="wait"), timeouts=fast(total=0.1))

    with pytest.raises(UpstreamTimeout):
        await asker.body()


async def test_an_idle_stream_ends_and_one_that_trickles_does_not(asking):
    async def script(wire):
        await wire.request()
        await wire.send(STREAM)
        for _ in range(8):
            await asyncio.sleep(0.05)
            await wire.send(b"1\r\n.\r\n")
        await wire.gone()

    asker, _ = await asking(script)
    answer = await asker.ask(stream=True)
    seen = []
    answer.set_idle(0.15)
    began = time.monotonic()
    with pytest.raises(UpstreamTimeout) as caught:
        await answer.pipe(lambda data: not seen.append(data))
    answer.release()

    assert b"".join(seen) == b"hello........"
    assert 0.5 < time.monotonic() - began < 0.8
    assert "silent" in caught.value.detail


async def test_the_idle_time_does_not_run_while_the_caller_is_the_slow_one(asking, once):
    asker, _ = await asking(once(STREAM, then="wait"))
    answer = await asker.ask(stream=True)
    answer.set_idle(0.1)
    answer.pause()
    pipe = asyncio.ensure_future(answer.pipe(lambda data: True))
    await asyncio.sleep(0.25)
    assert not pipe.done()

    answer.resume()
    began = time.monotonic()
    with pytest.raises(UpstreamTimeout):
        await pipe
    answer.release()
    assert 0.08 < time.monotonic() - began < 0.25


async def test_the_deadline_runs_while_the_caller_is_the_slow_one(asking, once):
    asker, _ = await asking(once(STREAM, then="wait"))
    answer = await asker.ask(stream=True)
    answer.pause()
    answer.set_deadline(time.monotonic() + 0.1)
    with pytest.raises(UpstreamTimeout):
        await answer.pipe(lambda data: True)
    answer.release()


async def test_an_answer_that_is_whole_does_not_expire(asking, always_ok, fast):
    asker, _ = await asking(always_ok, timeouts=fast(total=0.05))
    answer = await asker.ask()
    await asyncio.sleep(0.1)

    assert await answer.body() == b"hello"
    answer.release()
    assert asker.slots == (1, 0, 0)


async def test_a_deadline_of_an_earlier_exchange_does_not_end_a_later_one(asking):
    async def script(wire):
        while await wire.request():
            await asyncio.sleep(0.1 if len(wire.requests) > 1 else 0)
            await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx")

    asker, upstream = await asking(script)
    answer = await asker.ask()
    answer.set_deadline(time.monotonic() + 0.05)
    answer.release()

    assert await asker.body() == b"x"
    assert len(upstream.wires) == 1


@pytest.fixture
def swallows():
    """Make a port of 127.0.0.2 drop every SYN: its queue of connections is full and nobody accepts."""
    with contextlib.ExitStack() as sockets:

        def fill(port):
            listener = sockets.enter_context(socket.socket())
            listener.bind(("127.0.0.2", port))
            listener.listen(0)
            for _ in range(4):
                queued = sockets.enter_context(socket.socket())
                queued.setblocking(False)
                queued.connect_ex(("127.0.0.2", port))

        yield fill


async def test_an_address_that_swallows_packets_leaves_time_for_the_next(
    upstream_with, client_with, always_ok, fast, swallows
):
    """T-56: the first address never completes its handshake; the second gets its share of the time."""
    upstream = await upstream_with(always_ok)
    swallows(upstream.port)

    async def two(host, port):
        return ["127.0.0.2", "127.0.0.1"]

    client = client_with(resolver=two)
    origin = Origin("http", "two.test", upstream.port)
    answer = await client.ask(origin, b"GET / HTTP/1.1\r\n\r\n", timeouts=fast(connect=0.4), stream=False)

    assert await answer.body() == b"hello"
    assert 0.15 < answer.connect_seconds < 0.35
    answer.release()


async def test_a_handshake_that_hangs_is_a_connect_timeout(upstream_with, client_with, fast):
    async def mute(wire):
        await wire.gone()

    upstream = await upstream_with(mute)
    client = client_with()
    with pytest.raises(UpstreamTimeout) as caught:
        await client.ask(Origin("https", "127.0.0.1", upstream.port), b"", timeouts=fast(connect=0.1), stream=False)

    assert caught.value.replay == "safe"
    assert client.describe()[0].open == 0
    await asyncio.wait_for(upstream.wires[0].ended.wait(), 0.2)


async def test_the_sweep_stops_when_there_is_nothing_to_look_at(asking, once):
    asker, _ = await asking(once(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx"))
    await asker.body()
    while asker.client.describe():
        await asyncio.sleep(0.02)

    assert asker.client._watch._timer is None
    assert await asker.body() == b"x"
