"""One question and its answer on real sockets: what arrives, and which connections are used again."""

import asyncio

import pytest

from octogate.core.errors import UpstreamBroken, UpstreamUnavailable
from octogate.core.snapshot import Origin

HEAD = b"HTTP/1.1 200 OK\r\n"
PLAIN = HEAD + b"content-length: 11\r\n\r\nhello world"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"


async def test_a_request_goes_out_as_it_is_and_the_answer_comes_back(asking, always_ok):
    asker, upstream = await asking(always_ok)

    answer = await asker.ask()

    assert (answer.status, answer.fields, answer.reused) == (200, {b"content-length": b"5"}, False)
    assert answer.connect_seconds > 0
    assert await answer.body() == b"hello"
    answer.release()
    assert upstream.wires[0].requests == [b"POST /v1/x HTTP/1.1\r\nhost: upstream\r\ncontent-length: 2\r\n\r\n{}"]


@pytest.mark.parametrize("message", [PLAIN, CHUNKED], ids=["length", "chunked"])
async def test_an_answer_split_at_any_offset_arrives_whole_over_one_connection(asking, message):
    """T-56"""
    offsets = iter(range(1, len(message)))

    async def script(wire):
        while await wire.request():
            offset = next(offsets)
            await wire.send(message[:offset])
            await asyncio.sleep(0.0005)
            await wire.send(message[offset:])

    asker, upstream = await asking(script)
    for _ in range(1, len(message)):
        assert await asker.body() == b"hello world"
    assert len(upstream.wires) == 1


async def test_a_stream_that_comes_byte_by_byte_keeps_its_order(asking, once):
    asker, _ = await asking(once(*(CHUNKED[index : index + 1] for index in range(len(CHUNKED)))))
    seen = []

    answer = await asker.ask(stream=True)
    whole = await answer.pipe(lambda data: not seen.append(data))
    answer.release()

    assert whole
    assert b"".join(seen) == b"hello world"


async def test_each_read_of_the_socket_reaches_the_sink_as_one_piece(asking, once):
    many_chunks = HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 500 + b"0\r\n\r\n"
    asker, _ = await asking(once(many_chunks))
    seen = []

    answer = await asker.ask(stream=True)
    assert await answer.pipe(lambda data: not seen.append(data))
    answer.release()

    assert seen == [b"x" * 500]


async def test_a_sink_that_has_enough_stops_the_pipe_and_another_goes_on(asking):
    steps = asyncio.Queue()

    async def script(wire):
        await wire.request()
        await wire.send(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        while data := await steps.get():
            await wire.send(b"%x\r\n%b\r\n" % (len(data), data))
        await wire.send(b"0\r\n\r\n")

    asker, _ = await asking(script)
    answer = await asker.ask(stream=True)
    first, rest = [], []

    def take_one(data):
        first.append(data)
        return False

    steps.put_nowait(b"one")
    assert await answer.pipe(take_one) is False
    steps.put_nowait(b"two")
    steps.put_nowait(b"three")
    steps.put_nowait(b"")
    assert await answer.pipe(lambda data: not rest.append(data)) is True
    answer.release()

    assert first == [b"one"]
    assert b"".join(rest) == b"twothree"
    assert asker.slots == (1, 0, 0)


async def test_an_error_of_the_sink_comes_out_of_the_pipe_and_closes_the_connection(asking, once):
    asker, _ = await asking(once(CHUNKED[:-5], then="wait"))
    answer = await asker.ask(stream=True)

    def faulty(data):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await answer.pipe(faulty)
    answer.release()
    assert asker.slots == (0, 0, 0)


async def test_the_last_used_connection_is_used_first(asking, always_ok):
    asker, upstream = await asking(always_ok)
    first, second = await asker.ask(), await asker.ask()
    await first.body()
    await second.body()
    first.release()
    second.release()

    for _ in range(3):
        await asker.body()

    assert [len(wire.requests) for wire in upstream.wires] == [1, 4]


async def test_a_kept_connection_that_closed_meanwhile_is_replaced_once(asking):
    """T-56: the upstream closes while the second request is on its way."""

    async def script(wire):
        await wire.request()
        await wire.send(PLAIN)
        if wire is upstream.wires[0]:
            await wire.request()  # and hang up on it

    asker, upstream = await asking(script)
    assert await asker.body() == b"hello world"
    answer = await asker.ask()

    assert await answer.body() == b"hello world"
    assert answer.reused is False
    answer.release()
    assert len(upstream.wires) == 2
    assert asker.slots[1] == 0


async def test_a_new_connection_that_closes_is_not_tried_again(asking):
    async def hang_up(wire):
        await wire.request()

    asker, upstream = await asking(hang_up)
    with pytest.raises(UpstreamBroken) as caught:
        await asker.ask()

    assert caught.value.replay == "ambiguous"
    assert len(upstream.wires) == 1
    assert asker.slots == (0, 0, 0)


async def test_one_byte_of_an_answer_forbids_the_second_try(asking):
    async def script(wire):
        await wire.request()
        await wire.send(PLAIN)
        await wire.request()
        await wire.send(b"H")

    asker, upstream = await asking(script)
    await asker.body()
    with pytest.raises(UpstreamBroken) as caught:
        await asker.ask()

    assert caught.value.replay == "ambiguous"
    assert len(upstream.wires) == 1


@pytest.mark.parametrize("behind", [b"X", PLAIN])
async def test_bytes_behind_an_answer_cost_the_connection_but_not_the_answer(asking, once, behind):
    """T-56: length mismatch"""
    asker, upstream = await asking(once(PLAIN + behind, then="more"))

    assert await asker.body() == b"hello world"
    assert await asker.body() == b"hello world"
    assert len(upstream.wires) == 2


async def test_bytes_that_come_while_nobody_asked_cost_the_connection(asking):
    gone = asyncio.Event()

    async def script(wire):
        while await wire.request():
            await wire.send(PLAIN)
            if wire is upstream.wires[0]:
                await released.wait()
                await wire.send(PLAIN)
                await wire.gone()
                gone.set()

    released = asyncio.Event()
    asker, upstream = await asking(script)
    await asker.body()
    released.set()
    await asyncio.wait_for(gone.wait(), 1)

    assert asker.slots == (0, 0, 0)
    assert await asker.body() == b"hello world"
    assert len(upstream.wires) == 2


@pytest.mark.parametrize("field", [b"connection: close\r\n", b""])
async def test_a_connection_that_the_upstream_ends_is_not_kept(asking, once, field):
    version = b"HTTP/1.1" if field else b"HTTP/1.0"
    asker, upstream = await asking(once(version + b" 200 OK\r\n" + field + b"content-length: 2\r\n\r\nhi", then="more"))

    assert await asker.body() == b"hi"
    assert await asker.body() == b"hi"
    assert len(upstream.wires) == 2


async def test_an_answer_before_the_request_was_read_costs_the_connection(asking):
    async def script(wire):
        await wire.reader.readuntil(b"\r\n\r\n")
        await wire.send(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await done.wait()

    done = asyncio.Event()
    asker, _ = await asking(script)
    large = b"POST / HTTP/1.1\r\ncontent-length: 50000000\r\n\r\n" + b"x" * 50_000_000
    answer = await asker.ask(request=large)
    assert answer.status == 413
    answer.release()
    done.set()

    assert asker.slots == (0, 0, 0)


async def test_nobody_listening_is_unavailable_and_safe_to_repeat(client_with, fast, unused_tcp_port):
    client = client_with()
    with pytest.raises(UpstreamUnavailable) as caught:
        await client.ask(Origin("http", "127.0.0.1", unused_tcp_port), b"", timeouts=fast(), stream=False)

    assert (caught.value.replay, caught.value.message) == ("safe", "The provider could not be reached.")
    assert str(unused_tcp_port) in caught.value.detail
    assert client.describe()[0].open == 0


async def test_a_released_answer_is_of_no_use_but_harmless(asking, always_ok):
    asker, _ = await asking(always_ok)
    answer = await asker.ask()
    await answer.body()

    answer.release()
    answer.release()
    answer.pause()
    answer.resume()

    with pytest.raises(RuntimeError, match="released"):
        await answer.body()
    assert asker.slots == (1, 0, 0)


async def test_a_closed_client_asks_nobody(asking, always_ok):
    asker, upstream = await asking(always_ok)
    await asker.body()
    await asker.client.close()

    with pytest.raises(UpstreamUnavailable):
        await asker.ask()
    await asyncio.wait_for(upstream.wires[0].ended.wait(), 1)


async def test_an_upstream_on_ipv6_is_reached(upstream_with, client_with, always_ok, fast):
    upstream = await upstream_with(always_ok, host="::1")
    answer = await client_with().ask(upstream.origin, b"GET / HTTP/1.1\r\n\r\n", timeouts=fast(), stream=False)

    assert await answer.body() == b"hello"
    answer.release()
