"""Nothing of one caller may reach another, and nothing of ours may reach either."""

import asyncio

from .rig import KEY, OTHER_KEY, SECRET, STOP, WHOLE, answer, chat, says


def sent_header(request: bytes, name: bytes) -> bytes:
    return next(line for line in request.split(b"\r\n") if line.startswith(name + b":"))


async def test_two_callers_with_the_same_idempotency_key_are_two_to_the_provider(rig):
    line = b"idempotency-key: the-same"
    for key in (KEY, OTHER_KEY, KEY):
        assert (await rig.ask(chat(), "/v1/chat/completions", line, key=key)).status == 200

    mine, other, again = (sent_header(request, b"idempotency-key") for request in rig.requests)

    assert mine == again, "a caller's own repetition is recognised"
    assert mine != other, "a provider that remembers answers would give one caller's to the other"
    assert b"the-same" not in mine


async def test_a_second_answer_behind_the_first_is_not_given_to_the_next_caller(rig):
    stolen = WHOLE.replace(b'"Hi"', b'"for somebody else"')
    rig.behaviour = says(answer() + answer(stolen))
    first = await rig.ask(chat())
    rig.behaviour = says(answer())
    second = await rig.ask(chat(), key=OTHER_KEY)

    assert b"for somebody else" not in first.body + second.body
    assert second.status == 200


async def test_a_late_second_answer_ends_the_connection_before_the_next_caller(rig):
    async def late(request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer())
        await writer.drain()
        writer.write(answer(WHOLE.replace(b'"Hi"', b'"for somebody else"')))

    rig.behaviour = late
    assert (await rig.ask(chat())).status == 200
    await rig.until(lambda: not any(pool.idle for pool in rig.gateway._client.describe()))

    rig.behaviour = says(answer())
    assert b"for somebody else" not in (await rig.ask(chat(), key=OTHER_KEY)).body


async def test_a_provider_that_quotes_our_credential_tells_nobody(rig):
    rig.behaviour = says(
        answer(b'{"error":{"message":"bad key %b","code":"%b"}}' % ((SECRET.encode(),) * 2), b"400 No")
    )
    got = await rig.ask(chat())
    await rig.gateway.reload()

    assert got.status == 400
    assert SECRET.encode() not in got.body
    assert SECRET not in repr(rig.receipts)


async def test_a_finish_reason_that_is_prose_is_not_logged(rig):
    rig.closes_after = True
    prose = b"the user said: my password is hunter2"
    rig.behaviour = says(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + STOP.replace(b'"stop"', b'"%b"' % prose))
    got = await rig.ask(chat(stream=True))

    assert got.whole
    assert rig.receipts[0].finish == "other"
