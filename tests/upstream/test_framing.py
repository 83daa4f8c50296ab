"""The reader alone: any slicing of the bytes gives the same answer, and what is not an answer is named."""

import gzip

import pytest

from octogate.proxy.upstream.framing import AnswerReader

HEAD = b"HTTP/1.1 200 OK\r\n"
PLAIN = HEAD + b"Content-Type: application/json\r\nContent-Length: 11\r\n\r\nhello world"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + PLAIN


def read(*feeds: bytes) -> AnswerReader:
    reader = AnswerReader(65536)
    for data in feeds:
        reader.feed(data)
    return reader


@pytest.mark.parametrize("message", [PLAIN, CHUNKED, INTERIM], ids=["length", "chunked", "interim"])
def test_an_answer_split_at_any_offset_is_the_same_answer(message):
    for offset in range(len(message) + 1):
        reader = read(message[:offset], message[offset:])

        assert reader.fault is None, offset
        assert (reader.status, reader.complete, reader.surplus, reader.keep_alive) == (200, True, False, True)
        assert reader.take() == b"hello world"
        assert b"x-trailer" not in reader.fields
        assert b"link" not in reader.fields


@pytest.mark.parametrize("message", [PLAIN, CHUNKED, INTERIM], ids=["length", "chunked", "interim"])
def test_an_answer_that_comes_byte_by_byte_is_complete_with_its_last_byte(message):
    reader = AnswerReader(65536)
    for index in range(len(message)):
        assert not reader.complete, index
        reader.feed(message[index : index + 1])

    assert reader.complete
    assert reader.take() == b"hello world"


def test_one_reader_reads_many_answers_in_turn():
    reader = AnswerReader(65536)
    for message in (PLAIN, CHUNKED, INTERIM, PLAIN) * 50:
        reader.begin()
        reader.feed(message)
        assert (reader.complete, reader.fault, reader.take()) == (True, None, b"hello world")


@pytest.mark.parametrize(
    ("message", "word"),
    [
        (b"<html>not http", "framing"),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "framing"),
        (b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1"),
        (b"HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1"),
        (b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", "HTTP/1"),
        (b"HTTP/1.1 20 OK\r\n\r\n", "framing"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "protocols"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n", "protocols"),
        (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "framing"),
        (HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "framing"),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi", "framing"),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", "framing"),
        (HEAD + b"Content-Length: 2, 2\r\n\r\nhi", "framing"),
        (HEAD + b"Content-Length: -1\r\n\r\nhi", "framing"),
        (HEAD + b"Content-Length: 99999999999999999999999\r\n\r\nhi", "framing"),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\nhi", "transfer-encoding"),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "transfer-encoding"),
        (HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "transfer-encoding"),
        (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "transfer-encoding"),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi", "encoded"),
        (HEAD + b"Content-Encoding: identity, br\r\nContent-Length: 2\r\n\r\nhi", "encoded"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhi", "framing"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-2\r\nhi\r\n0\r\n\r\n", "framing"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhiXX", "framing"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhi", "framing"),
        (HEAD + b"A: b\r\n folded\r\nContent-Length: 0\r\n\r\n", "framing"),
        (HEAD + b"A: \x00\r\nContent-Length: 0\r\n\r\n", "framing"),
        (HEAD + b"A: " + b"x" * 65536 + b"\r\nContent-Length: 0\r\n\r\n", "head is too large"),
        (HEAD + b"".join(b"h%d: 1\r\n" % n for n in range(201)) + b"\r\n", "head is too large"),
        (HEAD + b"h: 1\r\n" * 201 + b"\r\n", "head is too large"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 101 + PLAIN, "interim"),
    ],
)
def test_what_is_not_an_acceptable_answer_is_a_fault(message, word):
    """T-56: garbage, length mismatch, 1xx floods, large heads, gzip lies."""
    whole = read(message)
    dripped = read(*(message[index : index + 1] for index in range(len(message))))

    assert word in whole.fault
    assert dripped.fault is not None


def test_limits_are_met_exactly():
    fields = b"".join(b"h%d: 1\r\n" % n for n in range(199))

    assert read(HEAD + fields + b"Content-Length: 0\r\n\r\n").complete
    assert read(b"HTTP/1.1 100 Continue\r\n\r\n" * 100 + PLAIN).fault is None


@pytest.mark.parametrize(
    "endless",
    [
        [HEAD + b"x: "] + [b"y" * 1000] * 100_000,
        [b"HTTP/1.1 103 Early Hints\r\n"] + [b"link: %b\r\n" % (b"y" * 1000)] * 100_000,
        [HEAD + b"transfer-encoding: chunked\r\n\r\n2;ext="] + [b"y" * 1000] * 100_000,
        [HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nt: "] + [b"y" * 1000] * 100_000,
        [b"\r\n" * 500] * 100_000,
    ],
    ids=["one field", "interim fields", "chunk extension", "trailer", "empty lines"],
)
def test_framing_that_never_ends_is_a_fault_within_the_cap(endless):
    """T-56: 100 MB of header."""
    reader = AnswerReader(65536)
    fed = 0
    for data in endless:
        reader.feed(data)
        fed += len(data)
        if reader.fault:
            break

    assert reader.fault is not None
    assert fed <= 65536 + 2000


def test_bytes_behind_the_message_are_seen_and_not_mixed_in():
    for behind in (b"X", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", gzip.compress(b"x")):
        reader = read(PLAIN + behind)

        assert (reader.complete, reader.surplus, reader.fault) == (True, True, None)
        assert reader.take() == b"hello world"
        assert reader.fields[b"content-length"] == b"11"


def test_a_body_without_length_ends_with_the_connection():
    reader = read(HEAD + b"\r\nhello")

    assert not reader.complete
    assert reader.end()
    assert reader.take() == b"hello"
    assert not reader.keep_alive


def test_a_message_with_a_length_does_not_end_with_the_connection():
    assert not read(PLAIN[:-1]).end()
    assert not read(CHUNKED[:-1]).end()


def test_no_content_has_no_body():
    assert read(b"HTTP/1.1 204 No Content\r\n\r\n").complete


def test_repeated_fields_are_joined_and_names_are_lower_case():
    reader = read(HEAD + b"X-A: 1\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n")

    assert reader.fields[b"x-a"] == b"1, 2"
