"""A caller that leaves ends its call at once; a call that is answered may clean up in peace."""

import asyncio

import pytest

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Story:
    """A handler that waits where it is told to, and what became of it."""

    def __init__(self, *, at: str) -> None:
        self.at = at
        self.running = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.started = 0

    async def __call__(self, exchange):
        self.started += 1
        try:
            if self.at == "body":
                self.running.set()
                await exchange.body()
            if self.at == "stream":
                exchange.start(200, b"")
                exchange.write(b"first")
            self.running.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


@pytest.mark.parametrize("how", ["hang_up", "reset"])
@pytest.mark.parametrize(
    ("at", "request_bytes"),
    [
        ("first byte", GET),
        ("stream", GET),
        ("body", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"),
        ("first byte", GET + GET),
        ("first byte", GET + b"GET /half HTT"),
    ],
)
async def test_the_call_is_cancelled_at_once(edge_with, at, request_bytes, how):
    story = Story(at=at)
    edge = await edge_with(story)
    wire = await edge.call(request_bytes)
    await story.running.wait()

    getattr(wire, how)()

    await asyncio.wait_for(story.cancelled.wait(), 0.4)  # sooner than the sweeper comes by
    await edge.until(lambda: not edge.server.in_flight and not edge.server.connections)
    assert story.started == 1
    assert edge.errors == []


@pytest.mark.parametrize("how", ["hang_up", "reset"])
async def test_a_paused_socket_is_asked_whether_its_caller_is_still_there(edge_with, how):
    """Nobody reads it, so no end of file is reported: the sweeper looks."""
    story = Story(at="first byte")
    edge = await edge_with(story)
    wire = await edge.call(GET * 10)
    await story.running.wait()
    (connection,) = edge.server._state.connections
    await edge.until(lambda: connection.paused)
    wire.say(b"GET /unread HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
    await wire.writer.drain()

    getattr(wire, how)()

    await asyncio.wait_for(story.cancelled.wait(), 2)
    await edge.until(lambda: not edge.server.connections)


async def test_the_bodies_that_were_waiting_are_forgotten(edge_with):
    story = Story(at="first byte")
    edge = await edge_with(story)
    wire = await edge.call(GET + b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + b"a" * 5000)
    await edge.until(lambda: edge.server.buffered_bytes == 5000)

    wire.hang_up()

    await edge.until(lambda: edge.server.buffered_bytes == 0)


async def test_a_caller_that_sends_no_more_is_taken_for_gone(edge_with):
    story = Story(at="stream")
    edge = await edge_with(story)
    wire = await edge.call(GET)
    await story.running.wait()

    wire.writer.write_eof()

    await asyncio.wait_for(story.cancelled.wait(), 1)


async def test_what_follows_the_answer_is_not_cancelled(edge_with):
    release, finished = asyncio.Event(), asyncio.Event()

    async def settle_afterwards(exchange):
        exchange.send(200, b"", b"done")
        await release.wait()
        finished.set()

    edge = await edge_with(settle_afterwards)
    wire = await edge.call(GET)
    assert (await wire.answer()).status == 200
    wire.hang_up()
    await edge.until(lambda: edge.server.connections == 0)
    release.set()

    await asyncio.wait_for(finished.wait(), 1)


async def test_what_follows_a_broken_off_answer_is_not_cancelled_either(edge_with):
    release, finished = asyncio.Event(), asyncio.Event()

    async def settle_afterwards(exchange):
        exchange.start(200, b"")
        exchange.abort()
        await release.wait()
        finished.set()

    edge = await edge_with(settle_afterwards)
    wire = await edge.call(GET)
    await wire.ended()
    wire.hang_up()
    await edge.until(lambda: edge.server.connections == 0)
    release.set()

    await asyncio.wait_for(finished.wait(), 1)


async def test_a_caller_that_leaves_before_its_task_begins_leaves_nothing_behind(edge):
    for _ in range(20):
        wire = await edge.call(GET)
        wire.reset()
    await edge.until(lambda: not edge.server.connections and not edge.server.in_flight)

    assert edge.errors == []


async def test_writing_to_a_caller_that_left_harms_nobody(edge_with):
    gone = asyncio.Event()

    async def stubborn(exchange):
        exchange.start(200, b"")
        try:
            await asyncio.Event().wait()
        finally:
            exchange.write(b"anyone there?")
            exchange.finish(b"no")
            gone.set()

    edge = await edge_with(stubborn)
    wire = await edge.call(GET)
    await wire.reader.readuntil(b"\r\n\r\n")
    wire.reset()

    await asyncio.wait_for(gone.wait(), 2)
    await edge.until(lambda: not edge.server.in_flight)


async def test_a_storm_of_callers_that_leave_leaves_nothing_behind(edge_with):
    story = Story(at="body")
    edge = await edge_with(story)
    wires = [
        await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n" + b"a" * 5000) for _ in range(200)
    ]
    await edge.until(lambda: edge.server.buffered_bytes == 200 * 5000)
    for wire in wires:
        wire.reset()

    await edge.until(lambda: not edge.server.connections and not edge.server.in_flight)
    assert edge.server.buffered_bytes == 0
