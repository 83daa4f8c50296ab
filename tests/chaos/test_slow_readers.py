"""T-52: callers who do not read, upstreams that pause or never end. Memory, patience and total time have bounds."""

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from octogate.mock import MockServer

from ..wall.caller import DIALECTS, DialectName, request_bytes
from ..wall.rig import Rig, eventually
from .conftest import gateway_to
from .processes import GatewayProcess, gateway_in_a_process
from .test_many_streams import streams_config

CALLERS = 200
MAX_GROWTH_EACH = 256 * 1024
each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


def deaf_caller(port: int, request: bytes) -> socket.socket:
    """Sends a request and never reads: its window is as small as the kernel lets it be."""
    caller = socket.socket()
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
    caller.connect(("127.0.0.1", port))
    caller.sendall(request)
    return caller


async def settled_rss(gateway: GatewayProcess) -> int:
    """The memory once it has stopped growing by more than a MiB in half a second; at most six seconds."""
    last = gateway.rss()
    for _ in range(12):
        await asyncio.sleep(0.5)  # a rate has no event to wait for
        now = gateway.rss()
        if now - last < 2**20:
            return now
        last = now
    return last


class Endless(asyncio.Protocol):
    """An upstream that answers anything with as many events as the socket takes."""

    open_streams = 0
    _HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    _EVENT = b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"%b"}}]}\n\n' % (b"word " * 200)
    _EVENTS = _EVENT * 60

    def connection_made(self, transport: Any) -> None:
        self._transport, self._blocked, self._begun = transport, False, False

    def data_received(self, data: bytes) -> None:
        if not self._begun:
            self._begun = True
            Endless.open_streams += 1
            self._transport.write(self._HEAD)
            self._go_on()

    def _go_on(self) -> None:
        if not self._blocked and not self._transport.is_closing():
            self._transport.write(self._EVENTS)
            asyncio.get_running_loop().call_soon(self._go_on)

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        Endless.open_streams -= self._begun


@pytest.mark.slow
async def test_two_hundred_callers_who_read_nothing_cost_at_most_256_kib_each(tmp_path: Path) -> None:
    """T-52: the upstreams would send without end."""
    request = request_bytes("openai", "mock0", stream=True)
    server = await asyncio.get_running_loop().create_server(Endless, "127.0.0.1", 0)
    async with server, gateway_in_a_process(streams_config([_port(server)], tmp_path), tmp_path) as gateway:
        before = gateway.rss()
        callers = [deaf_caller(gateway.port, request) for _ in range(CALLERS)]
        try:
            await eventually(lambda: Endless.open_streams == CALLERS, within=20)
            growth = (await settled_rss(gateway) - before) / CALLERS
            still_open = Endless.open_streams
        finally:
            for caller in callers:
                caller.close()
        await eventually(lambda: Endless.open_streams == 0, lambda: f"{Endless.open_streams} are open")

    print(f"{growth / 1024:.0f} KiB for each caller who does not read")
    assert still_open == CALLERS
    assert growth <= MAX_GROWTH_EACH


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


@each_dialect
async def test_a_caller_who_takes_nothing_for_the_write_stall_is_cut_and_the_upstream_freed(
    mock: MockServer, rig: Rig, dialect: DialectName
) -> None:
    """T-52: the production value is 60 s."""
    shorten(rig, write_stall=0.4)
    mock.behave("chaos", scenario="fault-infinite")

    with deaf_caller(rig.port, request_bytes(dialect, dialect, stream=True)):
        await eventually(lambda: mock.stats("chaos").open_calls == 1)
        began = time.monotonic()
        await eventually(lambda: mock.stats("chaos").outcomes["disconnected"] == 1)
        await rig.quiet(mock)

    assert 0.3 < time.monotonic() - began < 3
    assert [receipt.code for receipt in rig.receipts] == ["cancelled"]
    assert rig.open_upstream() == 0


async def test_a_caller_who_reads_slowly_but_reads_is_served_to_the_end(mock: MockServer, rig: Rig) -> None:
    """T-52: patience is for those who take nothing."""
    shorten(rig, write_stall=0.5)
    mock.behave("chaos", tokens=4_000)
    request = request_bytes("openai", "openai", stream=True, say="slow " * 40)
    loop = asyncio.get_running_loop()
    received = bytearray()

    with deaf_caller(rig.port, request) as caller:
        caller.setblocking(False)
        while not received.endswith(b"0\r\n\r\n"):
            data = await loop.sock_recv(caller, 16_384)
            assert data, "the answer was cut"
            received += data
            await asyncio.sleep(0.01)  # this is what makes the caller slow

    assert b"data: [DONE]" in received
    await rig.quiet(mock)
    assert [receipt.code for receipt in rig.receipts] == ["ok"]


@each_dialect
async def test_a_silent_upstream_is_ended_by_the_idle_cap(mock: MockServer, rig: Rig, dialect: DialectName) -> None:
    """T-52"""
    mock.behave("chaos", scenario="fault-stall-2")
    began = time.monotonic()

    heard = await rig.ask(dialect, dialect, stream=True)

    assert 0.4 <= time.monotonic() - began < 2
    assert heard.error is not None
    assert heard.ended in ("cut", "reset")
    await rig.quiet(mock)
    assert rig.receipts[0].code == "upstream_timeout"


@each_dialect
async def test_an_upstream_that_speaks_just_in_time_goes_on_until_the_total_cap(
    mock: MockServer, tmp_path: Path, dialect: DialectName
) -> None:
    """T-52: one event every 59 s, scaled; the silence never lasts long enough, the stream does."""
    mock.behave("chaos", scenario="fault-infinite", delay_ms=150)
    timeouts = {"connect": "1s", "first_event": "700ms", "idle": "300ms", "stream_total": "1500ms"}
    async with gateway_to(mock.port, tmp_path, timeout=timeouts) as rig:
        began = time.monotonic()
        heard = await rig.ask(dialect, dialect, stream=True)

        assert 1.4 < time.monotonic() - began < 3
        assert len(heard.events) > 5, "the idle cap ended it"
        assert heard.error is not None
        assert heard.ended in ("cut", "reset")
        await rig.quiet(mock)
        assert mock.stats("chaos").outcomes["disconnected"] == 1
        assert rig.receipts[0].code == "upstream_timeout"


async def test_an_endless_plain_body_is_ended_by_the_size_cap(mock: MockServer, rig: Rig, keeps_its_secrets) -> None:
    """T-52, T-56: 32 MiB are the most that is read of an answer, and it is not asked for again."""
    mock.behave("chaos", scenario="fault-hugebody-40")

    heard = await rig.ask("openai", "openai")

    assert heard.status == 502
    keeps_its_secrets(heard)
    await rig.quiet(mock)
    assert [receipt.code for receipt in rig.receipts] == ["upstream_response_too_large"]
    assert mock.stats("chaos").calls == 1


def shorten(rig: Rig, **limits: Any) -> None:
    """Other limits for connections from now on."""
    state = rig.gateway._edge._state
    state.limits = msgspec.structs.replace(state.limits, **limits)
