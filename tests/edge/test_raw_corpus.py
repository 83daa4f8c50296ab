"""Requests as bytes, sent straight to the listener."""

import asyncio
import json
import re
from collections import Counter

import pytest

from octogate.proxy.edge.connection import Connection
from octogate.proxy.edge.limits import EdgeLimits

from .corpus import CASES, NEXT, Case
from .wire import Edge


def by_name(cases: list[Case]):
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def test_the_corpus_is_large_enough_and_names_are_unique():
    """T-54"""
    assert len(CASES) >= 69
    assert max(Counter(case.name for case in CASES).values()) == 1


@by_name(CASES)
async def test_every_raw_request_gets_its_statuses_and_nothing_hidden_is_served(edge, case):
    """T-54"""
    wire = await edge.call()
    await wire.send(case.data + NEXT)

    assert tuple(await wire.answers(len(case.statuses))) == case.statuses
    if case.closed:
        assert await wire.ended() == b""
    assert "/canary" not in {seen.path for seen in edge.seen}
    assert ("/next" in {seen.path for seen in edge.seen}) == (not case.closed)
    assert len(edge.seen) == case.statuses.count(200)
    assert edge.errors == []


class Tape:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def write_eof(self) -> None:
        self.closed = True

    close = abort = write_eof

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str) -> None:
        return None

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


@pytest.mark.parametrize("step", [1, 2, 7, 64])
async def test_it_makes_no_difference_where_the_network_cuts_the_bytes(step):
    """T-54"""
    for case in CASES:
        if len(case.data) > 2_000 or case.name == "two thousand fields":
            continue
        edge = Edge(EdgeLimits())
        tape = Tape()
        connection = Connection(edge.server._state, is_tls=False)
        connection.connection_made(tape)
        data = case.data + NEXT
        for at in range(0, len(data), step):
            connection.data_received(data[at : at + step])
        for _ in range(12 * len(case.statuses)):
            await asyncio.sleep(0)

        finals = tuple(map(int, re.findall(rb"HTTP/1\.1 ([2-5]\d\d) ", tape.written)))
        assert (case.name, finals, tape.closed) == (case.name, case.statuses, case.closed)
        assert len(edge.seen) == case.statuses.count(200), case.name
        connection.connection_lost(None)
        assert edge.server.buffered_bytes == 0, case.name


@by_name([case for case in CASES if case.statuses[0] >= 400])
async def test_a_refusal_says_what_was_wrong_without_repeating_it(edge, case):
    wire = await edge.call()
    await wire.send(case.data)

    answer = await wire.answer()
    error = json.loads(answer.body)["error"]

    assert answer.fields[b"content-type"] == b"application/json"
    assert answer.fields[b"connection"] == b"close"
    assert set(error) == {"message", "type", "code", "param"}
    assert error["type"] == "invalid_request_error"
    assert len(error["message"]) > 20
    assert b"hello" not in answer.body
    assert len(edge.refused) == 1


async def test_what_is_announced_in_an_answer_to_a_wrong_method_are_the_right_ones(edge):
    wire = await edge.call(b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n")

    assert (await wire.answer()).fields[b"allow"] == b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


async def test_list_fields_are_joined_and_names_are_in_lower_case(edge):
    wire = await edge.call(
        b"GET /a?b=c HTTP/1.1\r\nHOST: a\r\nAccept: x/y\r\naccept: z\r\nCookie: a=1\r\nCookie: b=2\r\n"
        b"X-Pad: v \t\r\n\r\n"
    )
    await wire.answer()

    fields = edge.seen[0].fields
    assert fields == {b"host": b"a", b"accept": b"x/y, z", b"cookie": b"a=1; b=2", b"x-pad": b"v"}


async def test_a_trailer_never_becomes_a_field_of_this_request_or_the_next(edge):
    trailer = b"0\r\nX-Admin: yes\r\nAuthorization: Bearer evil\r\n\r\n"
    wire = await edge.call(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + trailer + NEXT)
    assert await wire.answers(2) == [200, 200]

    for seen in edge.seen:
        assert b"x-admin" not in seen.fields
        assert b"authorization" not in seen.fields


async def test_the_body_behind_an_offer_of_h2c_is_kept(edge):
    wire = await edge.call(
        b"POST /h2c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nContent-Length: 4\r\n\r\nbody" + NEXT
    )
    assert await wire.answers(2) == [200, 200]

    assert edge.seen[0].body == b"body"
    assert b"upgrade" not in edge.seen[0].fields
