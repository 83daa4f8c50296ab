"""Names: remembered for a while, asked once for everybody, and never trusted for where they lead."""

import asyncio
import socket

import pytest

from octogate.core.errors import UpstreamTimeout, UpstreamUnavailable
from octogate.core.snapshot import Origin
from octogate.proxy.upstream import names as names_module
from octogate.proxy.upstream.names import Names


class FakeResolver:
    """Answers from a list, the last entry for ever; an exception is raised."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def __call__(self, host, port):
        self.asked.append((host, port))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(names_module, "monotonic", lambda: now[0])
    return now


async def test_an_answer_is_kept_for_thirty_seconds(clock):
    resolver = FakeResolver(["10.0.0.1", "10.0.0.1", "10.0.0.2"], ["10.0.0.3"])
    names = Names(resolver)

    assert await names.find("a", 1) == ("10.0.0.1", "10.0.0.2")
    clock[0] += 29.9
    assert await names.find("a", 1) == ("10.0.0.1", "10.0.0.2")
    clock[0] += 0.2
    assert await names.find("a", 1) == ("10.0.0.3",)
    assert len(resolver.asked) == 2


async def test_a_failure_is_kept_for_one_second_and_then_forgotten(clock):
    """T-56: DNS that flaps."""
    resolver = FakeResolver(socket.gaierror(-2, "Name or service not known"), ["10.0.0.1"])
    names = Names(resolver)

    for _ in range(5):
        with pytest.raises(OSError, match="not resolved"):
            await names.find("a", 1)
    clock[0] += 1.1

    assert await names.find("a", 1) == ("10.0.0.1",)
    assert len(resolver.asked) == 2


async def test_an_empty_answer_is_a_failure():
    with pytest.raises(OSError, match="without addresses"):
        await Names(FakeResolver([])).find("a", 1)


async def test_callers_share_one_look_up_and_one_who_leaves_does_not_end_it():
    asked, go = [], asyncio.Event()

    async def slow(host, port):
        asked.append(host)
        await go.wait()
        return ["10.0.0.1"]

    names = Names(slow)
    waiting = [asyncio.create_task(names.find("a", 1)) for _ in range(5)]
    while not asked:
        await asyncio.sleep(0)
    waiting[0].cancel()
    go.set()

    assert await asyncio.gather(*waiting[1:]) == [("10.0.0.1",)] * 4
    assert asked == ["a"]


async def test_the_memory_is_bounded():
    names = Names(FakeResolver(["10.0.0.1"]))
    for number in range(2000):
        await names.find(f"host{number}", 1)

    assert len(names._known) <= 1024


async def test_all_addresses_are_tried_in_order(asking, always_ok):
    """T-56: DNS"""
    resolver = FakeResolver(["127.0.0.9", "127.0.0.1"])  # nobody listens on the first
    asker, upstream = await asking(always_ok, resolver=resolver)
    asker.origin = Origin("http", "upstream.test", upstream.port)

    assert await asker.body() == b"hello"
    assert resolver.asked == [("upstream.test", upstream.port)]


async def test_a_private_name_and_address_may_be_configured(asking, always_ok):
    """S3-177"""
    asker, upstream = await asking(always_ok, resolver=FakeResolver(["127.0.0.1"]))
    asker.origin = Origin("http", "llm", upstream.port)

    assert await asker.body() == b"hello"


async def test_a_name_that_leads_to_a_metadata_address_is_never_connected(client_with, fast):
    """T-55: the resolved address decides, not the name."""
    for address in ("169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "0.0.0.0"):
        client = client_with(resolver=FakeResolver([address]))
        with pytest.raises(UpstreamUnavailable) as caught:
            await client.ask(Origin("http", "innocent.test", 80), b"", timeouts=fast(), stream=False)
        assert "refused" in caught.value.detail
        assert caught.value.replay == "safe"


async def test_a_name_that_moves_to_a_private_address_is_refused_at_connect_time(asking, always_ok, client_with, fast):
    """T-55: DNS rebinding; no byte and no connection reaches the private listener."""
    _, upstream = await asking(always_ok)
    client = client_with(resolver=FakeResolver(["8.8.8.8"], ["127.0.0.1"]), public_only=True)
    client._names._known.clear()
    await client._names._resolver("warm", 1)  # the check elsewhere saw the public address

    with pytest.raises(UpstreamUnavailable, match="could not be reached"):
        await client.ask(Origin("http", "rebind.test", upstream.port), b"", timeouts=fast(), stream=False)
    assert upstream.wires == []


@pytest.mark.parametrize("spelling", ["127.1", "0x7f.1", "0177.0.0.1", "2130706433", "0"])
async def test_odd_spellings_of_loopback_do_not_pass_for_public(asking, always_ok, client_with, fast, spelling):
    """T-55: the system's resolver turns all of these into 127.0.0.1 or 0.0.0.0."""
    _, upstream = await asking(always_ok)
    client = client_with(public_only=True)

    with pytest.raises(UpstreamUnavailable):
        await client.ask(Origin("http", spelling, upstream.port), b"", timeouts=fast(), stream=False)
    assert upstream.wires == []


async def test_a_name_that_does_not_resolve_is_unavailable_and_says_nothing_to_the_caller(client_with, fast):
    """T-56: DNS failure"""
    client = client_with(resolver=FakeResolver(socket.gaierror(-3, "Temporary failure")))

    with pytest.raises(UpstreamUnavailable) as caught:
        await client.ask(Origin("http", "gone.test", 80), b"", timeouts=fast(), stream=False)

    assert caught.value.replay == "safe"
    assert "gone.test" not in caught.value.message
    assert "gone.test:80" in caught.value.detail
    assert client.describe()[0].open == 0


async def test_a_resolver_that_hangs_is_a_connect_timeout(client_with, fast):
    """T-56: slow DNS"""

    async def hang(host, port):
        await asyncio.Event().wait()

    client = client_with(resolver=hang)
    with pytest.raises(UpstreamTimeout) as caught:
        await client.ask(Origin("http", "slow.test", 80), b"", timeouts=fast(connect=0.05), stream=False)

    assert caught.value.replay == "safe"
    assert client.describe()[0].open == 0
