"""What is the same in every dialect: bytes, cuts, ends and failures of a stream."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.core.errors import Interrupted, UpstreamBroken, UpstreamError, UpstreamLimited, UpstreamUnavailable
from octogate.core.usage import Usage
from octogate.dialects.base import StreamReader

from .streams import ANTHROPIC, CHAT, FINISH_MARKS, RESPONSES, STREAMS, reader_of

every_dialect = pytest.mark.parametrize("name", STREAMS)
every_sse_dialect = pytest.mark.parametrize("name", [name for name in STREAMS if name != "gemini_array"])


def read(reader: StreamReader, pieces: list[bytes]) -> bytes:
    return b"".join(map(reader.feed, pieces)) + reader.close()


@every_dialect
def test_a_sound_stream_passes_byte_for_byte(name: str) -> None:
    body = STREAMS[name][1]
    reader = reader_of(name)

    out = read(reader, [body])

    assert out == body
    assert reader.failure is None
    assert reader.complete
    assert reader.started
    assert reader.close() == b""


@every_dialect
def test_usage_finish_and_output_are_read_on_the_way(name: str) -> None:
    reader = reader_of(name)

    read(reader, [STREAMS[name][1]])

    assert reader.usage is not None
    assert (reader.usage.input_tokens, reader.usage.output_tokens, reader.usage.cached_tokens) == (9, 4, 3)
    assert reader.usage.exact
    assert reader.finish in ("stop", "completed", "end_turn", "STOP")
    assert reader.output_bytes >= len("Grüße".encode())


@every_dialect
def test_a_stream_cut_into_two_at_any_byte_is_the_same_stream(name: str) -> None:
    """T-51."""
    body = STREAMS[name][1]
    for cut in range(len(body) + 1):
        reader = reader_of(name)
        assert read(reader, [body[:cut], body[cut:]]) == body
        assert reader.failure is None


@every_dialect
def test_a_stream_in_single_bytes_is_the_same_stream(name: str) -> None:
    """T-51."""
    body = STREAMS[name][1]
    reader = reader_of(name)

    assert read(reader, [body[at : at + 1] for at in range(len(body))]) == body


@every_dialect
def test_a_stream_that_breaks_off_at_any_byte_never_ends_as_if_it_were_whole(name: str) -> None:
    """T-50."""
    body = STREAMS[name][1]
    mark = FINISH_MARKS[body]
    for cut in range(len(body)):
        reader = reader_of(name)
        out = reader.feed(body[:cut])
        tail = reader.close()
        if reader.failure is None:
            assert mark in body[:cut]
            assert reader.complete
            assert whole_end(name, out + tail)
        else:
            assert isinstance(reader.failure, Interrupted)
            assert tail == b""
            assert body.startswith(out)


def whole_end(name: str, out: bytes) -> bool:
    ends = {
        "chat": b"data: [DONE]\n\n",
        "responses": b"}}}}\n\n",
        "anthropic": b'data: {"type":"message_stop"}\n\n',
        "gemini": b'"totalTokenCount":13}}',
        "gemini_array": b"]",
    }
    return out.rstrip().endswith(ends[name].rstrip())


@every_dialect
def test_the_end_is_kept_back_until_the_stream_is_closed(name: str) -> None:
    body = STREAMS[name][1]
    marks = {CHAT: b"[DONE]", RESPONSES: b"event: response.completed", ANTHROPIC: b"event: message_stop"}
    reader = reader_of(name)

    before = reader.feed(body)

    assert marks.get(body, b'"STOP"') not in before
    assert before + reader.close() == body


@every_sse_dialect
def test_a_data_line_that_is_not_json_ends_the_stream_and_nothing_from_it_on_is_passed(name: str) -> None:
    """T-50."""
    body = STREAMS[name][1]
    line_end = b"\r\n\r\n" if b"\r" in body else b"\n\n"
    blocks = body.split(line_end)
    for garbage in (b"data: {oops", b'data: {"choices":[}', b"data: 12", b"data: [1]", b"data: {\xff"):
        reader = reader_of(name)
        poisoned = line_end.join([blocks[0], garbage, *blocks[1:]])

        out = read(reader, [poisoned])

        assert out == blocks[0] + line_end
        assert isinstance(reader.failure, UpstreamBroken)
        assert reader.failure.code == "upstream_malformed_event"
        assert reader.feed(body) == b""


@every_dialect
@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (
            b'{"error":{"message":"slow down at https://internal.example/x","code":"rate_limit_exceeded"}}',
            UpstreamLimited,
        ),
        (b'{"error":{"message":"no","type":"overloaded_error"}}', UpstreamUnavailable),
        (b'{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}', UpstreamUnavailable),
        (b'{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED"}}', UpstreamLimited),
        (b'{"error":{"code":"tool_use_failed","message":"rate limit is the tool\'s name"}}', UpstreamBroken),
        (b'{"error":"it broke"}', UpstreamBroken),
        (b'{"type":"error","error":{"type":"api_error","message":"it broke"}}', UpstreamBroken),
    ],
)
def test_an_error_inside_a_stream_is_a_failure_of_its_kind(name: str, event: bytes, kind: type[UpstreamError]) -> None:
    reader = reader_of(name)
    body = b"[" + event + b"]" if name == "gemini_array" else b"data: " + event + b"\n\n"

    out = read(reader, [body])

    assert out == b""
    assert type(reader.failure) is kind
    assert "internal.example" not in reader.failure.message


@every_dialect
def test_a_plain_json_error_under_the_wrong_content_type_is_a_failure(name: str) -> None:
    for body in (
        b'{\n  "error": {"code": 429, "message": "no", "status": "RESOURCE_EXHAUSTED"}\n}\n',
        b'{"error":{"code":429}}',
    ):
        for pieces in ([body], [body[at : at + 1] for at in range(len(body))]):
            reader = reader_of(name)
            assert read(reader, pieces) == b""
            assert isinstance(reader.failure, UpstreamLimited)


@every_dialect
@pytest.mark.parametrize(
    "page", [b"<html><body>502 Bad Gateway</body></html>", b"<html>\n\n<body>no</body>\n\n", b"", b"\n\n"]
)
def test_a_page_or_nothing_instead_of_a_stream_is_a_failure(name: str, page: bytes) -> None:
    reader = reader_of(name)

    out = read(reader, [page])

    assert b"<" not in out
    assert isinstance(reader.failure, UpstreamError)


@every_dialect
def test_an_event_without_an_end_is_given_up_at_its_bound(name: str) -> None:
    """T-53."""
    reader = reader_of(name)
    start = b"[{" if name == "gemini_array" else b"data: {"
    piece = b'"' + b"x" * 1_000_000

    reader.feed(start)
    for _ in range(40):
        reader.feed(piece)

    assert isinstance(reader.failure, UpstreamBroken)


@every_dialect
def test_usage_before_the_end_is_a_lower_bound_and_says_so(name: str) -> None:
    body = STREAMS[name][1]
    reader = reader_of(name)
    reader.feed(body[: body.index("🐙".encode()) + 40])

    usage = reader.usage

    assert usage is None or not usage.exact


def test_what_anthropic_reports_at_the_start_is_raised_by_what_was_seen_since() -> None:
    reader = reader_of("anthropic")
    reader.feed(ANTHROPIC[: ANTHROPIC.index(b"event: content_block_stop")])
    reader.close()

    assert isinstance(reader.failure, Interrupted)
    assert reader.usage == Usage(
        input_tokens=9, output_tokens=3, cached_tokens=3, cache_write_tokens=1, cache_write_1h_tokens=1, exact=False
    )


@every_dialect
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_random_cuts_never_change_a_byte(name: str, data: st.DataObject) -> None:
    """T-51."""
    body = STREAMS[name][1]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=12)))
    reader = reader_of(name)

    assert read(reader, [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]) == body


@every_dialect
@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(st.binary(max_size=60), max_size=8), prefix=st.integers(0, 900))
def test_no_bytes_make_a_reader_raise(name: str, pieces: list[bytes], prefix: int) -> None:
    reader = reader_of(name)

    read(reader, [STREAMS[name][1][:prefix], *pieces])

    assert reader.failure is not None or reader.complete
    assert reader.usage is None or reader.usage.output_tokens >= 0
