"""The raw corpus through real proxies: nobody may disagree with us about where a message ends."""

import asyncio

import pytest

from .corpus import CASES
from .fronts import KINDS, Forwarded
from .wire import Wire

SILENCE = 0.25

UNFOLDED_BY_HAPROXY = {"a folded transfer-encoding"}
"""It joins the folded line (RFC 9112, section 5.2, lets it), reads the body as chunked, and takes what follows for a
request of its own: the canary is then in its log and no longer hidden."""


async def read_until_silence(wire: Wire) -> bytes:
    """What comes until the proxy hangs up or has nothing more to say."""
    said = b""
    while True:
        try:
            data = await asyncio.wait_for(wire.reader.read(65_536), SILENCE)
        except (TimeoutError, ConnectionError):
            return said
        if not data:
            return said
        said += data


async def connect(front) -> Wire:
    return Wire(*await asyncio.open_unix_connection(str(front.socket)))


@pytest.mark.slow
@pytest.mark.asyncio(loop_factories=["uvloop"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_proxy_and_the_gateway_agree_on_every_message_boundary(edge_with, front_with, kind):
    """T-54: what the proxy says it forwarded is what a handler saw, one by one, and pooled connections stay in step."""
    edge = await edge_with(header_deadline=2, body_idle=2)
    front = front_with(kind, edge.port)
    passed = served = canaries = 0

    for number, case in enumerate(CASES):
        wire = await connect(front)
        await wire.send(case.data + b"GET /next-%d HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n" % number)
        await read_until_silence(wire)
        wire.reset()

        # Another caller, over the same pool: were one byte too many or too few left there, this answer would not fit.
        for turn in range(2):
            other = await connect(front)
            await other.send(b"GET /probe-%d-%d HTTP/1.1\r\nHost: gateway\r\n\r\n" % (number, turn))
            answer = await other.answer()
            assert (case.name, answer.status, answer.body) == (case.name, 200, b"/probe-%d-%d " % (number, turn))
            other.reset()

        probe = Forwarded("GET", f"/probe-{number}-1")
        await edge.until(lambda probe=probe: probe in front.log())
        seen = [Forwarded(seen.method, seen.path) for seen in edge.seen]
        assert (case.name, sorted(seen)) == (case.name, sorted(front.log()))
        if case.name not in UNFOLDED_BY_HAPROXY:
            assert canaries == edge.canaries(), case.name
        canaries = edge.canaries()
        assert not any(b"/next-" in seen.body for seen in edge.seen), case.name
        passed += len(seen) > served + 2
        served = len(seen)

    assert passed >= 25
    assert edge.errors == []
