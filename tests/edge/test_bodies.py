"""Bodies in and out: whole, bounded, asked for on demand, and visibly incomplete when they are."""

import asyncio
import json
import os

import pytest

from octogate.core.errors import BadRequest, Unauthenticated

from .wire import JSON

HOST = b"Host: a\r\n"
MB = 2**20


def post(body: bytes, *lines: bytes) -> bytes:
    head = b"".join(line + b"\r\n" for line in lines)
    return b"POST / HTTP/1.1\r\nHost: a\r\n%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def test_a_body_of_many_segments_arrives_unchanged(edge):
    body = os.urandom(10 * MB)
    wire = await edge.call()
    await wire.send(post(body))
    assert (await wire.answer()).status == 200

    assert edge.seen[0].body == body


async def test_a_body_in_chunks_of_one_byte_is_legal(edge):
    wire = await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(20):
        await wire.send(b"1\r\na\r\n" * 2000)
    await wire.send(b"0\r\n\r\n")
    assert (await wire.answer()).status == 200

    assert edge.seen[0].body == b"a" * 40_000


async def test_the_continue_is_sent_when_the_handler_asks_for_the_body(edge):
    wire = await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n")

    assert (await wire.answer()).status == 100
    wire.say(b"body" + GET)

    assert await wire.answers(2) == [200, 200]
    assert edge.seen[0].body == b"body"


async def test_no_continue_is_sent_for_a_call_that_is_refused_first(edge_with):
    async def refuse(exchange):
        raise Unauthenticated("no such key")

    edge = await edge_with(refuse)
    wire = await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    answer = await wire.answer()

    assert (answer.status, answer.fields[b"connection"]) == (401, b"close")
    assert json.loads(answer.body)["error"]["code"] == "invalid_api_key"
    assert await wire.ended() == b""


async def test_no_continue_is_sent_to_HTTP_1_0_or_without_a_body(edge):  # noqa: N802 - its proper name
    first = await edge.call(b"POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody")
    second = await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")

    assert (await first.answer()).status == 200
    assert (await second.answer()).status == 200


async def test_an_announced_body_above_the_cap_is_refused_before_it_is_read_and_the_answer_arrives(edge_with):
    edge = await edge_with(max_body=1000)
    wire = await edge.call()
    await wire.send(post(b"a" * 200_000))

    answer = await wire.answer()
    assert answer.status == 413
    assert b"1000 bytes" in answer.body
    assert edge.refused == ["body_size"]


async def test_a_chunked_body_above_the_cap_is_refused_in_the_middle_and_the_answer_arrives(edge_with):
    edge = await edge_with(max_body=1000)
    wire = await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(30):
        await wire.send(b"1000\r\n" + b"a" * 4096 + b"\r\n")

    answer = await wire.answer()
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (413, "request_too_large")


async def test_a_body_of_exactly_the_cap_is_accepted(edge_with):
    edge = await edge_with(max_body=1000)
    wire = await edge.call(post(b"a" * 1000))

    assert (await wire.answer()).status == 200


async def test_what_is_read_and_thrown_away_behind_a_refusal_is_bounded(edge_with):
    """A caller that goes on sending is cut off by its own full socket, not served by our memory or time."""
    edge = await edge_with(max_body=1000, linger=3.0)
    wire = await edge.call()
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n"
    wire.say(head)
    assert (await wire.answer()).status == 413
    (connection,) = edge.server._state.connections
    wire.say(b"a" * 64 * MB)

    await edge.until(lambda: connection.paused)
    assert connection._discarded < 2 * MB
    await edge.until(lambda: edge.server.connections == 0)


async def test_a_content_encoding_is_refused_and_the_connection_lives_on(edge):
    wire = await edge.call(post(b"gzip", b"Content-Encoding: gzip") + post(b"plain", b"Content-Encoding: identity"))

    assert await wire.answers(2) == [415, 200]
    assert edge.errors == []


async def test_the_memory_for_bodies_is_one_budget_for_all_callers(edge_with):
    holding = asyncio.Event()

    async def hold(exchange):
        await exchange.body()
        await holding.wait()
        exchange.send(200, b"", b"")

    edge = await edge_with(hold, max_buffered=1000)
    first = await edge.call(post(b"a" * 900))
    await edge.until(lambda: edge.server.buffered_bytes == 900)

    announced = await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n")
    chunked = await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nc8\r\n" + b"c" * 200)
    assert (await announced.answer()).status == 503
    assert (await chunked.answer()).status == 503
    assert edge.refused == ["buffered", "buffered"]

    holding.set()
    assert (await first.answer()).status == 200
    await edge.until(lambda: edge.server.buffered_bytes == 0)
    again = await edge.call(post(b"b" * 900))
    assert (await again.answer()).status == 200


async def test_an_answer_to_head_has_the_length_but_not_the_body(edge):
    wire = await edge.call(b"HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n" + GET)

    answer = await wire.answer(to="HEAD")
    assert answer.fields[b"content-length"] == b"5"
    assert (await wire.answer()).body == b"/ "


@pytest.mark.parametrize("status", [204, 304])
async def test_some_statuses_have_neither_body_nor_length(edge_with, status):
    async def nothing(exchange):
        exchange.send(status, b"", b"not to be sent")

    edge = await edge_with(nothing)
    wire = await edge.call(GET + GET)

    for _ in range(2):
        answer = await wire.answer()
        assert answer.status == status
        assert b"content-length" not in answer.fields
        assert b"transfer-encoding" not in answer.fields


async def stream_three(exchange):
    exchange.start(200, b"content-type: text/event-stream\r\n")
    exchange.write(b"one ")
    exchange.write(b"")
    exchange.write(b"two ")
    exchange.finish(b"three")


async def test_a_streamed_answer_is_chunked_and_the_connection_lives_on(edge_with):
    edge = await edge_with(stream_three)
    wire = await edge.call(GET + GET)

    for _ in range(2):
        answer = await wire.answer()
        assert (answer.status, answer.body) == (200, b"one two three")
        assert answer.fields[b"transfer-encoding"] == b"chunked"


async def test_a_streamed_answer_to_HTTP_1_0_ends_with_the_connection(edge_with):  # noqa: N802 - its proper name
    edge = await edge_with(stream_three)
    wire = await edge.call(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")

    answer = await wire.answer()
    assert answer.body == b"one two three"
    assert b"transfer-encoding" not in answer.fields
    assert answer.fields[b"connection"] == b"close"


async def test_a_streamed_answer_to_head_has_no_body(edge_with):
    edge = await edge_with(stream_three)
    wire = await edge.call(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + GET)

    assert (await wire.answer(to="HEAD")).status == 200
    assert (await wire.answer()).body == b"one two three"


async def break_off(exchange):
    exchange.start(200, b"")
    exchange.write(b'{"error": "broken"}')
    exchange.abort()


async def test_an_answer_that_breaks_off_says_what_it_has_and_lacks_its_end(edge_with):
    edge = await edge_with(break_off)
    wire = await edge.call(GET)

    answer = await wire.answer()
    assert (answer.body, answer.whole) == (b'{"error": "broken"}', False)
    assert edge.errors == []


async def test_an_answer_that_breaks_off_in_HTTP_1_0_ends_with_a_reset(edge_with):  # noqa: N802 - its proper name
    """A close is the good end of such an answer: a reader (nginx, by default) would take the half for the whole."""
    edge = await edge_with(break_off)
    wire = await edge.call(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")

    with pytest.raises(ConnectionResetError):
        await wire.answer()


async def test_what_a_handler_does_not_catch_is_a_500_that_tells_nothing(edge_with):
    async def fail(exchange):
        raise ValueError("sk-og-secret in the text of a defect")

    edge = await edge_with(fail)
    wire = await edge.call(GET + GET)

    for _ in range(2):
        answer = await wire.answer()
        assert (answer.status, json.loads(answer.body)["error"]["code"]) == (500, "internal_error")
        assert b"secret" not in answer.body
    assert [type(error) for error in edge.errors] == [ValueError, ValueError]


async def test_a_handler_that_fails_in_the_middle_of_its_answer_truncates_it(edge_with):
    async def fail_late(exchange):
        exchange.start(200, JSON)
        exchange.write(b"half")
        raise ValueError("too late")

    edge = await edge_with(fail_late)
    wire = await edge.call(GET)

    answer = await wire.answer()
    assert (answer.body, answer.whole) == (b"half", False)
    assert len(edge.errors) == 1


async def test_a_handler_that_forgets_its_answer_is_a_defect(edge_with):
    async def forget(exchange):
        return

    edge = await edge_with(forget)
    wire = await edge.call(GET)

    assert (await wire.answer()).status == 500
    assert "without an answer" in str(edge.errors[0])


async def test_an_answer_is_given_once(edge_with):
    async def answer_twice(exchange):
        exchange.send(200, b"", b"once")
        exchange.send(200, b"", b"twice")

    edge = await edge_with(answer_twice)
    wire = await edge.call(GET + GET)

    assert [(await wire.answer()).body for _ in range(2)] == [b"once", b"once"]
    assert len(edge.errors) == 2


async def test_an_answer_that_is_finished_takes_no_more_parts(edge_with):
    complaints = []

    async def go_on(exchange):
        for too_early in (exchange.write, exchange.finish):
            with pytest.raises(RuntimeError) as complaint:
                too_early(b"x")
            complaints.append(str(complaint.value))
        exchange.start(200, b"")
        exchange.finish(b"end")
        for too_late in (exchange.write, exchange.finish):
            with pytest.raises(RuntimeError):
                too_late(b"x")

    edge = await edge_with(go_on)
    wire = await edge.call(GET)

    assert (await wire.answer()).body == b"end"
    assert len(complaints) == 2


async def test_a_malformed_body_reaches_the_handler_as_an_error_it_can_render(edge_with):
    async def render(exchange):
        try:
            await exchange.body()
        except BadRequest as error:
            exchange.send(error.status, b"", b"in my dialect: " + error.code.encode())

    edge = await edge_with(render)
    wire = await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe")
    await edge.until(lambda: edge.server.in_flight)
    wire.say(b"lloXX")

    answer = await wire.answer()
    assert (answer.status, answer.body) == (400, b"in my dialect: invalid_request")
    assert await wire.ended() == b""


async def test_every_answer_carries_a_date(edge):
    wire = await edge.call(GET)

    assert (await wire.answer()).fields[b"date"].endswith(b" GMT")


async def test_an_exchange_counts_and_describes_itself_without_content(edge_with):
    descriptions = []

    async def describe(exchange):
        await exchange.body()
        exchange.label, exchange.phase = "req_1", "relay"
        exchange.send(200, b"", b"secret answer")
        descriptions.append((repr(exchange), exchange.body_bytes, exchange.bytes_out > 13, exchange.version))

    edge = await edge_with(describe)
    wire = await edge.call(post(b"secret question", b"Authorization: secret"))
    await wire.answer()

    text, came, went, version = descriptions[0]
    assert text.startswith("<Exchange req_1 relay in=15 out=")
    assert "secret" not in text
    assert (came, went, version) == (15, True, "1.1")
