"""Answers that break, lie or do not end, on real sockets: what each is called, and that nothing is left behind."""

import asyncio

import pytest

from octogate.core.errors import Interrupted, UpstreamBroken

HEAD = b"HTTP/1.1 200 OK\r\n"
PLAIN = HEAD + b"content-length: 11\r\n\r\nhello world"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"", UpstreamBroken),
        (b"HTTP/1.1 200", UpstreamBroken),
        (PLAIN[:-1], Interrupted),
        (CHUNKED[:-1], Interrupted),
        (CHUNKED[:-5], Interrupted),
        (CHUNKED[:-8], Interrupted),
    ],
    ids=["nothing", "half a head", "short length", "half a terminator", "no terminator", "half a chunk"],
)
async def test_an_upstream_that_leaves_early_is_noticed_at_each_phase(asking, once, sent, error, then):
    """T-56: reset and close at each phase"""
    asker, _ = await asking(once(*([sent] if sent else []), then=then))

    with pytest.raises(error) as caught:
        await asker.body()

    assert caught.value.replay == "ambiguous"
    assert "127.0.0.1" not in caught.value.message
    assert asker.slots == (0, 0, 0)


async def test_what_arrived_before_the_break_is_passed_on_before_the_error(asking, once):
    asker, _ = await asking(once(CHUNKED[:-5]))
    seen = []

    answer = await asker.ask(stream=True)
    with pytest.raises(Interrupted):
        await answer.pipe(lambda data: not seen.append(data))
    answer.release()

    assert b"".join(seen) == b"hello world"


async def test_a_bad_chunk_in_the_middle_is_broken_after_the_good_ones(asking):
    async def script(wire):
        await wire.request()
        await wire.send(CHUNKED[:-5])
        await head_is_in.wait()
        await wire.send(b"1\r\n!\r\nzz\r\n")
        await wire.gone()

    head_is_in = asyncio.Event()
    asker, _ = await asking(script)
    seen = []
    answer = await asker.ask(stream=True)
    head_is_in.set()
    with pytest.raises(UpstreamBroken):
        await answer.pipe(lambda data: not seen.append(data))
    answer.release()

    assert b"".join(seen) == b"hello world!"
    assert asker.slots == (0, 0, 0)


@pytest.mark.parametrize(
    "message",
    [
        b"\x16\x03\x01garbage\r\n\r\n",
        HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n",
        HEAD + b"transfer-encoding: gzip\r\n\r\n",
        HEAD + b"content-encoding: gzip\r\ncontent-length: 2\r\n\r\nhi",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 101,
        HEAD + b"x: " + b"y" * 70_000,
    ],
    ids=["garbage", "two lengths", "transfer-encoding", "gzip", "1xx flood", "large head"],
)
async def test_an_answer_that_is_none_is_broken_and_its_connection_closed(asking, message):
    """T-56"""
    gone = asyncio.Event()

    async def script(wire):
        await wire.request()
        await wire.send(message)
        await wire.gone()
        gone.set()

    asker, _ = await asking(script)
    with pytest.raises(UpstreamBroken) as caught:
        await asker.ask()

    await asyncio.wait_for(gone.wait(), 1)
    assert caught.value.code == "upstream_broken"
    assert asker.slots == (0, 0, 0)


async def test_a_head_of_a_hundred_megabytes_is_cut_off_early(asking):
    """T-56"""
    sent = 0

    async def script(wire):
        nonlocal sent
        await wire.request()
        await wire.send(HEAD + b"x: ")
        while sent < 100 * 2**20:
            await wire.send(b"y" * 65536)
            sent += 65536

    asker, _ = await asking(script)
    with pytest.raises(UpstreamBroken):
        await asker.ask()
    assert sent < 16 * 2**20


async def test_a_redirect_is_returned_and_not_followed(asking, upstream_with, always_ok):
    """S3-51"""
    target = await upstream_with(always_ok)

    async def script(wire):
        await wire.request()
        location = b"http://127.0.0.1:%d/" % target.port
        await wire.send(b"HTTP/1.1 302 Found\r\nlocation: %b\r\ncontent-length: 0\r\n\r\n" % location)

    asker, _ = await asking(script)
    answer = await asker.ask()
    answer.release()

    assert answer.status == 302
    assert target.wires == []


@pytest.mark.parametrize("chunked", [False, True])
async def test_an_answer_above_the_cap_is_refused_and_the_next_call_is_fine(asking, chunked):
    """S3-50: 33 MiB"""

    async def script(wire):
        await wire.request()
        if wire is not upstream.wires[0]:
            await wire.send(PLAIN)
            return
        await wire.send(
            HEAD + (b"transfer-encoding: chunked\r\n\r\n" if chunked else b"content-length: 34603008\r\n\r\n")
        )
        for _ in range(33):
            await wire.send((b"100000\r\n%b\r\n" if chunked else b"%b") % (b"x" * 2**20))

    asker, upstream = await asking(script)
    with pytest.raises(UpstreamBroken) as caught:
        await asker.body()

    assert (caught.value.code, caught.value.replay) == ("upstream_response_too_large", "never")
    assert await asker.body() == b"hello world"


async def test_an_answer_of_exactly_the_cap_is_read(asking, once):
    asker, _ = await asking(once(PLAIN, then="more"), max_answer=11)
    assert await asker.body() == b"hello world"

    asker, _ = await asking(once(PLAIN, then="more"), max_answer=10)
    with pytest.raises(UpstreamBroken):
        await asker.body()


async def test_a_body_without_length_is_read_to_the_end_of_the_connection(asking, once):
    asker, _ = await asking(once(HEAD + b"\r\nhello", b" world"))

    assert await asker.body() == b"hello world"
    assert asker.slots == (0, 0, 0)


async def test_a_body_without_length_that_is_reset_is_interrupted(asking):
    async def script(wire):
        await wire.request()
        await wire.send(HEAD + b"\r\nhello")
        await steps.wait()
        wire.reset()

    steps = asyncio.Event()
    asker, _ = await asking(script)
    answer = await asker.ask()
    steps.set()
    with pytest.raises(Interrupted):
        await answer.body()
    answer.release()
