"""Back-pressure: an upstream that is faster than its caller waits in its own socket, not in our memory."""

import asyncio
import contextlib

import pytest

STREAM = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
PIECE = b"10000\r\n%b\r\n" % (b"x" * 65536)
# What the two kernels' socket buffers and one read of ours may hold besides our own buffer.
SLACK = 12 * 2**20


@pytest.fixture
def flood():
    """As many bytes as the client takes; `sent` counts them."""

    async def script(wire):
        await wire.request()
        await wire.send(STREAM)
        while True:
            await wire.send(PIECE)
            script.sent += 65536

    script.sent = 0
    return script


async def settled(script):
    """Wait until the upstream cannot send any more."""
    before = -1
    while before != script.sent:
        before = script.sent
        await asyncio.sleep(0.03)
    return before


async def test_a_paused_answer_stops_an_endless_upstream(asking, flood):
    """T-56: endless body"""
    asker, _ = await asking(flood)
    answer = await asker.ask(stream=True)
    seen, enough = 0, 2**20

    def sink(data):
        nonlocal seen
        seen += len(data)
        if seen > enough:
            answer.pause()
        return True

    pipe = asyncio.ensure_future(answer.pipe(sink))
    stopped_at = await settled(flood)
    assert 2**20 < seen < 2**20 + 2**19
    assert stopped_at < SLACK

    enough = 16 * 2**20
    answer.resume()
    await settled(flood)
    assert enough < seen < enough + 2**19
    assert flood.sent > stopped_at

    pipe.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await pipe
    answer.release()
    assert asker.slots == (0, 0, 0)


@pytest.mark.parametrize("when", ["before any pipe", "after a pipe that stopped"])
async def test_an_answer_that_nobody_reads_is_kept_up_to_a_bound(asking, flood, when):
    asker, _ = await asking(flood)
    answer = await asker.ask(stream=True)
    if when == "after a pipe that stopped":
        assert not await answer.pipe(lambda data: False)

    assert await settled(flood) < SLACK
    kept = len(answer._connection._buffer)
    assert 256 * 1024 < kept < 1024 * 1024

    seen = []
    assert not await answer.pipe(lambda data: bool(seen.append(data)))
    assert len(seen[0]) == kept
    answer.release(abort=True)


async def test_reading_goes_on_after_a_full_buffer_was_taken(asking):
    size = 4 * 2**20

    async def script(wire):
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        for start in range(0, size, 65536):
            await wire.send(bytes([start // 65536 % 251]) * 65536)
        await wire.gone()

    asker, _ = await asking(script)
    answer = await asker.ask(stream=True)
    await asyncio.sleep(0.05)  # the buffer fills
    seen = bytearray()
    stops = 0

    def sink(data):
        nonlocal stops
        seen.extend(data)
        stops += 1
        return stops % 3 != 0

    while not await answer.pipe(sink):
        await asyncio.sleep(0)
    answer.release()

    assert bytes(seen) == b"".join(bytes([start // 65536 % 251]) * 65536 for start in range(0, size, 65536))
    assert asker.slots == (1, 0, 0)


async def test_a_plain_body_is_read_through_a_pause_and_a_full_buffer(asking):
    async def script(wire):
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 4194304\r\n\r\n" + b"x" * 4194304)
        await wire.gone()

    asker, _ = await asking(script)
    answer = await asker.ask()
    answer.pause()
    await asyncio.sleep(0.02)

    assert len(await answer.body()) == 4194304
    answer.release()
    assert asker.slots == (1, 0, 0)


async def test_a_connection_released_while_paused_is_read_again(asking):
    async def script(wire):
        while await wire.request():
            await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")

    asker, upstream = await asking(script)
    answer = await asker.ask()
    answer.pause()
    assert await answer.body() == b"hello"
    answer.pause()
    answer.release()

    assert await asker.body() == b"hello"
    assert len(upstream.wires) == 1
