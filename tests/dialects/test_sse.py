"""Splitting server-sent events."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.dialects.sse import GARBAGE, Event, EventSplitter

CORPUS = {
    "lf": b"data: a\n\ndata: b\n\n",
    "crlf": b"data: a\r\n\r\ndata: b\r\n\r\n",
    "cr": b"data: a\r\rdata: b\r\r",
    "mixed": b"data: a\r\n\ndata: b\n\r\ndata: c\r\r\n\rdata: d\n\n",
    "bom": b"\xef\xbb\xbfdata: a\n\n",
    "comments": b": ping\n\n:\ndata: a\n: b\ndata: c\n\n",
    "many lines": b"data: {\ndata: }\r\ndata\ndata:x\n\n",
    "no space": b"data:a\n\ndata:  two\n\n",
    "event without data": b"event: x\n\nevent: y\ndata: z\n\n",
    "empty data": b"data:\n\ndata: \n\ndata\n\n",
    "id and retry": b"id: 7\nretry: 10\ndata: a\nfoo: b\n\n",
    "utf-8": "data: é \u20ac 🐙\r\n\r\ndata: 🐙\n\n".encode(),
    "blank lines": b"\n\n\n\ndata: a\n\n\n\n\ndata: b\n\n",
    "unfinished": b"data: a\n\ndata: b\n",
    "held carriage return": b"data: a\r\n\r",
}


def split(pieces: list[bytes]) -> list[Event]:
    splitter = EventSplitter()
    return [event for piece in pieces for event in splitter.feed(piece)]


def meaning(events: list[Event]) -> list[tuple[bytes, bytes]]:
    return [(name, data) for _, name, data in events if data is not None]


@pytest.mark.parametrize("name", CORPUS)
def test_the_boundaries_of_reads_change_nothing(name: str) -> None:
    """T-51."""
    body = CORPUS[name]
    whole = split([body])
    single = split([body[at : at + 1] for at in range(len(body))])

    assert single == whole
    for cut in range(len(body)):
        assert split([body[:cut], body[cut:]]) == whole


@pytest.mark.parametrize("name", CORPUS)
def test_the_bytes_of_the_events_are_the_bytes_of_the_stream(name: str) -> None:
    splitter = EventSplitter()
    body = CORPUS[name]

    out = b"".join(raw for raw, _, _ in splitter.feed(body))
    last = splitter.flush()

    assert body.startswith(out)
    assert (out + last[0] if last else out).rstrip(b"\r\n").endswith(body.rstrip(b"\r\n")[-4:])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("crlf", [(b"", b"a"), (b"", b"b")]),
        ("mixed", [(b"", b"a"), (b"", b"b"), (b"", b"c"), (b"", b"d")]),
        ("bom", [(b"", b"a")]),
        ("comments", [(b"", b"a\nc")]),
        ("many lines", [(b"", b"{\n}\n\nx")]),
        ("no space", [(b"", b"a"), (b"", b" two")]),
        ("event without data", [(b"y", b"z")]),
        ("empty data", []),
        ("id and retry", [(b"", b"a")]),
    ],
)
def test_events_mean_what_the_standard_says(name: str, expected: list[tuple[bytes, bytes]]) -> None:
    assert meaning(split([CORPUS[name]])) == expected


def test_a_megabyte_in_one_event_arrives_whole_from_small_reads() -> None:
    """T-51."""
    body = b"data: " + json.dumps("é" * 500_000, ensure_ascii=False).encode() + b"\n\n"
    events = split([body[at : at + 1_000] for at in range(0, len(body), 1_000)])

    assert [raw for raw, _, _ in events] == [body]


def test_an_event_above_the_limit_is_let_go() -> None:
    splitter = EventSplitter(limit=100)

    events = splitter.feed(b"data: a\n\ndata: " + b"x" * 200)

    assert meaning(list(events)) == [(b"", b"a")]
    assert splitter.overflowed


def test_documents_are_told_from_events() -> None:
    assert [name for _, name, _ in split([b'{"error":1}\n\n<html>\n\nhello: x\n\n'])] == [GARBAGE, GARBAGE, b""]


def test_the_last_event_counts_without_its_empty_line() -> None:
    splitter = EventSplitter()
    splitter.feed(b"event: x\ndata: [DONE]")

    assert splitter.flush() == (b"event: x\ndata: [DONE]\n\n", b"x", b"[DONE]")
    assert splitter.flush() is None


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.binary(max_size=30), max_size=10),
    st.sampled_from([b"\n", b"\r\n", b"\r", b"data: ", b":", b"\xef\xbb\xbf"]),
)
def test_any_bytes_in_any_pieces_give_the_same_events(pieces: list[bytes], glue: bytes) -> None:
    """T-51."""
    body = glue.join(pieces)

    assert split([body[at : at + 1] for at in range(len(body))]) == split([body])
