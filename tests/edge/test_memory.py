"""Callers that read slowly or not at all cost a bounded amount of memory, for a bounded time."""

import asyncio
import contextlib
import gc
import socket

import psutil
import pytest

from octogate.proxy.edge.outflow import Outflow

from .wire import Wire

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
MB = 2**20


@pytest.fixture(autouse=True)
def swift_sweeper(monkeypatch):
    monkeypatch.setattr("octogate.proxy.edge.server.SWEEP_SECONDS", 0.02)


def small_socket(port: int, *, room: int = 8192) -> socket.socket:
    """A caller that has little room and reads nothing by itself."""
    caller = socket.socket()
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    caller.connect(("127.0.0.1", port))
    caller.sendall(GET)
    caller.setblocking(False)
    return caller


async def polite_flood(exchange):
    """An endless stream that looks at `congested`, as a relay does."""
    exchange.start(200, b"")
    drained = asyncio.Event()
    exchange.on_drain = drained.set
    while True:
        exchange.write(b"a" * 16_384)
        if exchange.congested:
            drained.clear()
            await drained.wait()
        await asyncio.sleep(0)


async def test_slow_readers_cost_little_memory_and_are_ended(edge_with):
    """T-52"""
    edge = await edge_with(polite_flood, write_stall=1.0)
    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    callers = [small_socket(edge.port) for _ in range(100)]

    await edge.until(lambda: sum(x.congested for x in edge.server.in_flight) == 100)
    grown = (process.memory_info().rss - before) / 100
    print(f"{grown / 1024:.0f} kB per slow reader")

    await edge.until(lambda: not edge.server.in_flight and not edge.server.connections)
    assert grown < 256 * 1024
    assert edge.refused == ["write_stall"] * 100
    for caller in callers:
        caller.close()


async def test_a_reader_that_is_slow_but_reads_is_not_ended(edge_with):
    """T-52: what counts is that bytes are taken, not that all are."""
    size = 24 * MB

    async def large(exchange):
        exchange.send(200, b"", b"a" * size)

    edge = await edge_with(large, write_stall=0.3, keep_alive=0.1)
    caller = small_socket(edge.port, room=65_536)
    loop = asyncio.get_running_loop()
    got, began = 0, loop.time()
    while got < size and (data := await loop.sock_recv(caller, MB // 4)):
        got += len(data)
        await asyncio.sleep(0.02 if loop.time() - began < 1 else 0)
    caller.close()

    assert loop.time() - began > 1
    assert got >= size
    assert edge.refused == []


def test_what_the_kernel_still_holds_counts_as_waiting():
    """T-52: our own buffer stands still while a slow caller empties the kernel's."""

    class Transport:
        def get_write_buffer_size(self) -> int:
            return 1

        def get_extra_info(self, name: str) -> socket.socket:
            return ours

    listening = socket.create_server(("127.0.0.1", 0))
    theirs = socket.socket()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    theirs.connect(listening.getsockname())
    ours, _ = listening.accept()
    ours.setblocking(False)
    for _ in range(20):
        with contextlib.suppress(BlockingIOError):
            ours.send(b"a" * 65_536)

    outflow = Outflow(Transport(), stall=60)
    assert outflow.is_moving(0)
    assert outflow.is_moving(59)
    assert not outflow.is_moving(61)
    read = 0
    while read < 500_000:
        read += len(theirs.recv(65_536))
    assert outflow.is_moving(62)
    assert not outflow.is_moving(200)
    for stream in (ours, theirs, listening):
        stream.close()


async def test_a_whole_answer_that_nobody_reads_is_given_up(edge_with):
    """T-52"""

    async def large(exchange):
        exchange.send(200, b"", b"a" * 32 * MB)

    edge = await edge_with(large, write_stall=0.3)
    caller = small_socket(edge.port)

    await edge.until(lambda: edge.refused == ["write_stall"])
    await edge.until(lambda: edge.server.connections == 0)
    caller.close()


@pytest.mark.parametrize("ending", ["abort", "finish"])
async def test_a_small_rest_that_nobody_reads_does_not_hold_a_connection(edge_with, ending):
    """T-52: below the high-water mark no congestion is reported, and a close would wait for ever."""

    async def fill(exchange):
        exchange.start(200, b"")
        while not exchange.connection._transport.get_write_buffer_size():
            exchange.write(b"a" * 8192)
            await asyncio.sleep(0)
        getattr(exchange, ending)()

    edge = await edge_with(fill, write_stall=0.3, linger=0.1, keep_alive=0.1)
    caller = small_socket(edge.port)

    await edge.until(lambda: edge.server.connections == 1)
    await edge.until(lambda: edge.server.connections == 0)
    caller.close()


async def test_answers_do_not_pile_up_for_a_caller_that_asks_and_never_reads(edge_with):
    """T-52"""
    served = 0

    async def large(exchange):
        nonlocal served
        served += 1
        exchange.send(200, b"", b"a" * 4 * MB)

    edge = await edge_with(large, write_stall=5.0)
    wire = Wire(*await asyncio.open_connection("127.0.0.1", edge.port, limit=1024))
    wire.say(GET * 20)
    await edge.until(lambda: served >= 1)
    (connection,) = edge.server._state.connections
    await edge.until(lambda: connection.congested)
    at_congestion = served
    await asyncio.sleep(0.1)
    assert served == at_congestion < 20

    wire.reader._limit = 2**26
    for _ in range(20):
        assert len((await wire.answer()).body) == 4 * MB
    wire.writer.transport.abort()


async def test_many_idle_connections_cost_little_memory(edge):
    process = psutil.Process()
    first = await edge.call(GET)
    await first.answer()
    gc.collect()
    before = process.memory_info().rss
    callers = []
    for _ in range(400):
        caller = socket.socket()
        caller.connect(("127.0.0.1", edge.port))
        callers.append(caller)
    await edge.until(lambda: edge.server.connections == 401)

    assert (process.memory_info().rss - before) / 400 < 16_384
    for caller in callers:
        caller.close()


async def test_nothing_refers_to_an_exchange_that_is_over(edge_with):
    import weakref

    exchanges = []

    async def remember(exchange):
        exchanges.append(weakref.ref(exchange))
        await exchange.body()
        exchange.send(200, b"", b"")

    edge = await edge_with(remember)
    wire = await edge.call(GET)
    await wire.answer()
    await edge.until(lambda: not edge.server.in_flight)
    await asyncio.sleep(0)

    gc.collect()
    assert exchanges[0]() is None
