"""What an anonymous caller, or one tenant, can take from the memory and the slots that all share."""

import asyncio

import pytest

from octogate.proxy.edge import server as edge_server
from octogate.proxy.edge.asgi import MAX_BODY
from octogate.proxy.edge.limits import EdgeLimits
from octogate.proxy.edge.server import EdgeServer

from .rig import CHAT, KEY, answer, chat, request, says

BIG = 8 * 2**20
HEAD = b"POST %b HTTP/1.1\r\nhost: here\r\n%b\r\n"


@pytest.mark.parametrize("path", [b"/health", b"/", b"/metrics", b"/nothing", b"/v1/nothing"])
@pytest.mark.parametrize("announced", [True, False])
async def test_nobody_without_a_key_can_fill_the_memory_for_bodies(rig, path, announced):
    """S2-39."""
    lines = b"content-length: %d\r\n" % BIG if announced else b"transfer-encoding: chunked\r\n"
    caller = await rig.call(HEAD % (path, lines))
    piece = b"x" * 2**20 if announced else b"%x\r\n%b\r\n" % (2**20, b"x" * 2**20)
    for _ in range(7):  # never whole: the rest would trickle for hours
        caller.writer.write(piece)
    got = await caller.answer()

    assert got.status == 413
    await rig.until(lambda: not rig.gateway._edge.in_flight)
    assert rig.gateway._edge.buffered_bytes == 0


async def test_a_small_body_on_a_page_is_still_read(rig):
    got = await rig.ask(b"x" * MAX_BODY, "/health", method=b"GET", key=None)

    assert got.status == 200


@pytest.mark.parametrize("key", [None, "a-key-that-nobody-ever-issued-0123456789"])
async def test_a_body_of_a_caller_who_is_not_known_is_not_waited_for(rig, key):
    """S2-39: the refusal comes before the body does."""
    authorization = b"authorization: Bearer %b\r\n" % key.encode() if key else b""
    caller = await rig.call(HEAD % (CHAT.encode(), authorization + b"content-length: %d\r\n" % BIG))
    got = await caller.answer()

    assert got.status == 401
    assert rig.gateway._edge.buffered_bytes == 0


async def test_answers_that_wait_for_slow_callers_have_a_bound_together(monkeypatch):
    monkeypatch.setattr(edge_server, "SWEEP_SECONDS", 0.02)
    refused: list[str] = []
    sizes = {"/small": 6 * 2**20, "/large": 20 * 2**20}

    async def handler(exchange):
        exchange.send(200, b"", b"x" * sizes[exchange.path])

    server = EdgeServer(handler, EdgeLimits(max_unsent=10 * 2**20), on_refused=refused.append)
    await server.listen("127.0.0.1", 0)
    try:
        callers = {}
        for path in ("/small", "/large"):
            callers[path] = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
            callers[path][1].write(f"GET {path} HTTP/1.1\r\nhost: h\r\n\r\n".encode())
        async with asyncio.timeout(5):
            while refused != ["unsent"] or server.connections != 1:
                await asyncio.sleep(0.01)

        rest = 0
        async with asyncio.timeout(5):
            while rest < sizes["/small"]:
                rest += len(await callers["/small"][0].read(2**20))
        assert rest >= sizes["/small"], "the modest caller gets all of its answer"
    finally:
        for _, writer in callers.values():
            writer.transport.abort()
        await server.finish(0)


async def test_callers_who_leave_at_every_stage_leave_nothing_behind(rig):
    """Before the head of the answer, within a stream, within a body, behind pipelined calls."""
    stuck = asyncio.Event()

    async def never(_request, _reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        stuck.set()

    rig.behaviour = never
    whole = request(chat(stream=True), key=KEY)
    for data in (whole, whole * 5, whole[:-3], whole + whole[:40], request(chat(), key=KEY) + whole):
        stuck.clear()
        caller = await rig.call(data)
        if not data.startswith(whole[:-3]) or data != whole[:-3]:
            await asyncio.wait_for(stuck.wait(), 5)
        caller.writer.transport.abort()
    await rig.until(lambda: rig.gateway._edge.connections == 0 and not rig.gateway._edge.in_flight)
    await rig.until(lambda: all(pool.in_use == 0 for pool in rig.gateway._client.describe()))

    assert rig.gateway._edge.buffered_bytes == 0
    assert [receipt.code for receipt in rig.receipts if receipt.attempts] == ["cancelled"] * 4
    assert rig.errors == []


async def test_a_caller_who_leaves_during_the_back_off_leaves_no_probe_behind(rig_with):
    rig = await rig_with(
        models={"chat": {"targets": ["up/one"]}},
        resilience={"retries": {"max_attempts": 3, "initial_delay": "5s", "max_delay": "10s"}},
    )
    rig.behaviour = says(answer(b"{}", b"503 Busy", b"retry-after: 9"))
    caller = await rig.call(request(chat(), key=KEY))
    await rig.until(lambda: rig.requests)
    await rig.until(lambda: all(pool.in_use == 0 for pool in rig.gateway._client.describe()))
    caller.writer.transport.abort()
    await rig.until(lambda: rig.receipts)

    assert rig.receipts[0].code == "cancelled"
    assert not any(breaker.probing for breaker in rig.gateway._breakers._by_id.values())
