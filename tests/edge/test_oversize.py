"""Bodies above the cap: refused as soon as it is known, and nobody else notices."""

import pytest

from octogate.config.schema import Server
from octogate.proxy.edge.limits import EdgeLimits

MIB = 2**20
GET = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


def test_the_cap_is_64_mib_unless_it_is_told_otherwise():
    """S2-39"""
    assert EdgeLimits().max_body == Server().max_body == 64 * MIB


async def test_65_mib_that_are_announced_are_refused_before_a_byte_of_them_is_taken(edge):
    """S2-39"""
    wire = await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (65 * MIB))

    answer = await wire.answer()

    assert (answer.status, answer.fields[b"connection"]) == (413, b"close")
    assert b'"request_too_large"' in answer.body
    assert edge.server.buffered_bytes == 0
    assert edge.seen == []


async def test_65_mib_that_are_not_announced_are_refused_when_they_pass_the_cap(edge):
    """S2-39"""
    wire = await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    block = b"%x\r\n%b\r\n" % (MIB, b"a" * MIB)

    for _ in range(65):
        await wire.send(block)
        if wire.writer.transport.is_closing():
            break

    assert (await wire.answer()).status == 413
    assert edge.seen == []


async def test_64_mib_are_taken(edge):
    """S2-39: the cap itself is allowed."""
    wire = await edge.call(limit=2**20)
    await wire.send(b"HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (64 * MIB) + b"a" * 64 * MIB)

    assert (await wire.answer(to="HEAD")).status == 200
    assert len(edge.seen[0].body) == 64 * MIB


@pytest.fixture
async def small(edge_with, monkeypatch):
    monkeypatch.setattr("octogate.proxy.edge.server.SWEEP_SECONDS", 0.02)
    return await edge_with(max_body=1000, body_idle=0.2, header_deadline=0.5)


@pytest.mark.parametrize(
    "head", [b"Content-Length: 1001\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"a" * 1001]
)
async def test_after_a_body_above_the_cap_the_next_caller_is_served_as_ever(small, head):
    """S3-31"""
    wire = await small.call(b"POST / HTTP/1.1\r\nHost: a\r\n" + head)

    assert (await wire.answer()).status == 413
    assert await (await small.call(GET)).answers(1) == [200]
    assert small.server.buffered_bytes == 0


@pytest.mark.parametrize("start", [b"Content-Length: 900\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"])
async def test_a_body_that_stops_coming_is_ended_and_the_next_caller_is_served_meanwhile(small, start):
    """S3-31: 30 s in production, 0.2 s here."""
    slow = await small.call(b"POST / HTTP/1.1\r\nHost: a\r\n" + start)

    assert await (await small.call(GET)).answers(1) == [200]
    assert (await slow.answer()).status == 408
    assert await slow.ended() == b""
    await small.until(lambda: small.server.buffered_bytes == 0)
