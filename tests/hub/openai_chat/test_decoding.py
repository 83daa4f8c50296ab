"""Chunks of all providers, as pieces."""

from typing import Any

import msgspec
import pytest

from octogate.core.conversation import (
    ArgumentsPiece,
    Begun,
    Citation,
    CitationPiece,
    Finished,
    HiddenReasoning,
    Media,
    MediaPiece,
    PartEnd,
    ReasoningPiece,
    RefusalPiece,
    Signature,
    SignaturePiece,
    TextPiece,
    ToolBegun,
    UsageReport,
)
from octogate.core.usage import Usage

from .chat import DIALECT, a_chunk, a_delta, decode

BEGUN = Begun("c1", "m1")
OWN = Signature("openai_chat", "sig")
SPENT = {"prompt_tokens": 3, "completion_tokens": 2}
USAGE = Usage(input_tokens=3, output_tokens=2)


def a_call(index: int | None = 0, /, **members: Any) -> dict[str, Any]:
    function = {name: members.pop(name) for name in ("name", "arguments") if name in members}
    return ({} if index is None else {"index": index}) | members | {"function": function}


def tool_calls(*deltas: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """The calls in a stream of these deltas, each opened and closed once: id, name and arguments."""
    calls: list[tuple[str, str, str]] = []
    is_open = False
    for piece in decode(*(a_delta(tool_calls=delta) for delta in deltas), a_delta(finish="tool_calls")):
        if isinstance(piece, ToolBegun):
            assert not is_open
            is_open = True
            calls.append((piece.id, piece.name, ""))
        elif isinstance(piece, ArgumentsPiece):
            assert is_open
            calls[-1] = (*calls[-1][:2], calls[-1][2] + piece.text)
        elif isinstance(piece, PartEnd):
            assert is_open
            is_open = False
    assert not is_open
    return calls


def test_text_opens_a_part_that_the_end_closes() -> None:
    pieces = decode(
        a_delta(role="assistant", content=""),
        a_delta(content="a"),
        a_delta(content="b"),
        a_delta(finish="stop"),
        "[DONE]",
    )

    assert pieces == [BEGUN, TextPiece("a"), TextPiece("b"), PartEnd(), Finished("stop")]


def test_azures_first_chunk_begins_nothing() -> None:
    first = {"choices": [], "id": "", "model": "", "prompt_filter_results": []}

    assert decode(first, a_delta(content="a"))[0] == BEGUN


@pytest.mark.parametrize(
    "chunks",
    [
        [a_delta(content="a"), a_chunk(usage=SPENT)],
        [a_chunk({"index": 0, "delta": {"content": "a"}}, usage=SPENT)],
        [a_delta(content="a"), a_chunk(x_groq={"id": "r", "usage": SPENT})],
        [a_chunk({"delta": {"content": "a"}}, usage=SPENT), a_chunk(usage=SPENT), a_chunk(usage=None)],
    ],
)
def test_usage_is_reported_once_wherever_it_stands(chunks: list[dict[str, Any]]) -> None:
    assert [piece for piece in decode(*chunks) if isinstance(piece, UsageReport)] == [UsageReport(USAGE)]


def test_new_totals_replace_the_old() -> None:
    more = {"prompt_tokens": 3, "completion_tokens": 9}
    reports = [piece for piece in decode(a_chunk(usage=SPENT), a_chunk(usage=more)) if isinstance(piece, UsageReport)]

    assert [report.usage.output_tokens for report in reports] == [2, 9]


@pytest.mark.parametrize("member", ["reasoning", "reasoning_content"])
def test_thoughts_come_before_words_and_are_closed_by_them(member: str) -> None:
    pieces = decode(a_delta(**{member: "hm"}, content=""), a_delta(**{member: " so"}, content="yes"))

    assert pieces == [
        BEGUN, ReasoningPiece("hm"), ReasoningPiece(" so"), PartEnd(), TextPiece("yes"), PartEnd(), Finished("stop"),
    ]  # fmt: skip


def test_the_same_thoughts_under_several_names_count_once() -> None:
    details = [{"type": "reasoning.text", "text": "hm", "index": 0}]
    pieces = decode(a_delta(reasoning="hm", reasoning_content="hm", reasoning_details=details))

    assert pieces == [BEGUN, ReasoningPiece("hm"), PartEnd(), Finished("stop")]


def test_signed_and_hidden_thoughts_keep_their_seals() -> None:
    def detail(**members: Any) -> dict[str, Any]:
        return a_delta(reasoning_details=[members])

    assert decode(
        detail(type="reasoning.text", text="a", index=0),
        detail(type="reasoning.text", signature="sig", index=0),
        detail(type="reasoning.text", text="b", index=1),
        detail(type="reasoning.encrypted", data="sig", index=2),
        detail(type="reasoning.text", text="", signature="sig", index=3),
        detail(type="reasoning.new"),
    ) == [
        BEGUN, ReasoningPiece("a"), SignaturePiece(OWN), PartEnd(), ReasoningPiece("b"), PartEnd(),
        HiddenReasoning(OWN), ReasoningPiece(""), SignaturePiece(OWN), PartEnd(), Finished("stop"),
    ]  # fmt: skip


def test_plain_thoughts_beside_hidden_ones_are_both_kept() -> None:
    encrypted = [{"type": "reasoning.encrypted", "data": "sig"}]

    assert decode(a_delta(reasoning="hm", reasoning_details=encrypted)) == [
        BEGUN, ReasoningPiece("hm"), PartEnd(), HiddenReasoning(OWN), Finished("stop"),
    ]  # fmt: skip


def test_mistrals_lists_are_thoughts_and_words() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}

    assert decode(a_delta(content=[thinking]), a_delta(content=[{"type": "text", "text": "yes"}, {"type": "reference"}])) == [
        BEGUN, ReasoningPiece("hm"), PartEnd(), TextPiece("yes"), PartEnd(), Finished("stop"),
    ]  # fmt: skip


def test_a_call_comes_piece_by_piece() -> None:
    pieces = decode(
        a_delta(tool_calls=[a_call(0, id="c1", type="function", name="f", arguments="")]),
        a_delta(tool_calls=[a_call(0, arguments='{"a"')]),
        a_delta(tool_calls=[a_call(0, arguments=":1}")]),
        a_delta(finish="tool_calls"),
    )

    assert pieces == [
        BEGUN, ToolBegun("c1", "f"), ArgumentsPiece('{"a"'), ArgumentsPiece(":1}"), PartEnd(), Finished("tool_calls"),
    ]  # fmt: skip


A, B = ("a", "f", '{"x":1}'), ("b", "g", '{"y":2}')


@pytest.mark.parametrize(
    ("deltas", "calls"),
    [
        ([[a_call(0, id="a", name="f", arguments='{"x":1}'), a_call(1, id="b", name="g", arguments='{"y":2}')]], [A, B]),
        ([[a_call(None, id="a", name="f", arguments='{"x":1}')], [a_call(None, id="b", name="g", arguments={"y": 2})]], [A, B]),
        ([[a_call(0, id="a", name="f", arguments='{"x":1}')], [a_call(0, id="b", name="g", arguments='{"y":2}')]], [A, B]),
        (
            [
                [a_call(0, id="a", name="f", arguments="")], [a_call(1, id="b", name="g", arguments="")],
                [a_call(1, arguments='{"y":')], [a_call(0, arguments='{"x":')],
                [a_call(1, arguments="2}")], [a_call(0, arguments="1}")],
            ],
            [A, B],
        ),
        ([[a_call(0, id="a", name="f", arguments='{"x"')], [a_call(0, id="a", name="f", arguments=":1}")]], [A]),
        ([[a_call(None, id="a", name="f", arguments='{"x"')], [a_call(None, arguments=":1}")]], [A]),
        ([[a_call(0, id="a", name="f", arguments='{"x"')], [a_call(None, id="a", arguments=":1}")]], [A]),
        ([[a_call(None, name="f", arguments='{"x":1}')], [a_call(None, id="zz", arguments="")]], None),
        ([[a_call(0, id="a", name="f")], [a_call(1, id="b", name="g", arguments='{"y":2}')]], [("a", "f", ""), B]),
        ([[a_call(0, id="a", name="f")], [a_call(0, id="b", name="g", arguments='{"y":2}')]], [("a", "f", ""), B]),
        ([[a_call(0, id="a", name="f", arguments=" ")], [a_call(1, id="b", name="g", arguments='{"y":2}')], [a_call(0, arguments='{"x":1}')]], [("a", "f", ' {"x":1}'), B]),
        ([[a_call(0, id="a", name="ro")], [a_call(0, name="ll")], [a_call(0, arguments="{}")]], [("a", "roll", "{}")]),
        ([[a_call(0, id="a", name="f", arguments='{"x":1}')], [a_call(1, id="b", name="g", arguments='{"y":2}')], [a_call(0, id="a", name="f")]], [A, B]),
    ],
)  # fmt: skip
def test_calls_of_every_provider_are_put_in_order(deltas: list[Any], calls: list[tuple[str, str, str]] | None) -> None:
    found = tool_calls(*deltas)

    assert (
        [(name, arguments) for _, name, arguments in found] == [("f", '{"x":1}')] if calls is None else found == calls
    )


def test_a_call_that_is_complete_makes_room_for_the_next_at_once() -> None:
    decoder = DIALECT.decoder()

    def pieces(*calls: dict[str, Any]) -> list[Any]:
        return list(decoder.decode(b"", msgspec.json.encode(a_delta(tool_calls=list(calls)))))

    assert pieces(a_call(0, id="a", name="f", arguments='{"x":'))[1:] == [ToolBegun("a", "f"), ArgumentsPiece('{"x":')]
    assert pieces(a_call(1, id="b", name="g", arguments='{"y":')) == []
    assert pieces(a_call(0, arguments="1}")) == [
        ArgumentsPiece("1}"), PartEnd(), ToolBegun("b", "g"), ArgumentsPiece('{"y":'),
    ]  # fmt: skip
    assert pieces(a_call(1, arguments="2}")) == [ArgumentsPiece("2}")]


def test_calls_without_an_id_get_one_each_and_the_old_form_is_a_call() -> None:
    (first, second) = tool_calls([a_call(0, name="f", arguments="{}"), a_call(1, name="g", arguments="{}")])
    assert first[0] != second[0]
    assert first[0].startswith("call_")

    pieces = decode(
        a_delta(function_call={"name": "f", "arguments": ""}), a_delta(function_call={"arguments": "{}"}),
        a_delta(finish="function_call"),
    )  # fmt: skip
    assert [type(piece) for piece in pieces] == [Begun, ToolBegun, ArgumentsPiece, PartEnd, Finished]
    assert pieces[-1] == Finished("tool_calls")


def test_answers_that_come_mixed_are_kept_apart() -> None:
    pieces = decode(
        a_delta(0, content="a"), a_delta(1, content="x"), a_delta(0, finish="length"), a_delta(1, content="y"),
        a_delta(1, finish="stop"),
    )  # fmt: skip

    assert [piece for piece in pieces if getattr(piece, "choice", None) == 1] == [
        TextPiece("x", 1), TextPiece("y", 1), PartEnd(1), Finished("stop", 1),
    ]  # fmt: skip
    assert [piece for piece in pieces if getattr(piece, "choice", None) == 0] == [
        TextPiece("a"), PartEnd(), Finished("length"),
    ]  # fmt: skip


def test_refusals_pictures_and_spoken_words_are_pieces() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    pieces = decode(
        a_delta(audio={"id": "x", "transcript": "hello"}), a_delta(audio={"data": "aGk="}), a_delta(images=[image]),
        a_delta(refusal="no"), a_delta(finish="stop"),
    )  # fmt: skip

    assert pieces == [
        BEGUN, TextPiece("hello"), PartEnd(), MediaPiece(Media("image", "image/png", data="aGk=")), RefusalPiece("no"),
        PartEnd(), Finished("refusal"),
    ]  # fmt: skip


def test_annotations_count_from_the_beginning_of_their_own_part() -> None:
    def source(start: int) -> list[dict[str, Any]]:
        place = {"url": "https://example.org", "title": "T", "start_index": start, "end_index": start + 1}
        return [{"type": "url_citation", "url_citation": place}]

    pieces = decode(a_delta(content="abc"), a_delta(reasoning="hm"), a_delta(content="def", annotations=source(4)))

    assert pieces[-3:] == [
        CitationPiece(Citation("https://example.org", "T", start=1, end=2)), PartEnd(), Finished("stop"),
    ]  # fmt: skip


def test_sources_beside_the_choices_are_cited_at_the_end() -> None:
    chunk = a_chunk({"delta": {"content": "a [1]"}}, citations=["https://example.org"])

    assert decode(chunk, chunk)[-3:] == [CitationPiece(Citation("https://example.org")), PartEnd(), Finished("stop")]


def test_log_probabilities_stay_with_their_text() -> None:
    piece = decode('{"id":"c","choices":[{"delta":{"content":"a"},"logprobs":{"content":[]}}]}')[1]
    assert isinstance(piece, TextPiece)
    assert piece.logprobs is not None
    assert bytes(piece.logprobs) == b'{"content":[]}'


def test_what_comes_behind_the_finish_is_not_lost() -> None:
    pieces = decode(a_delta(content="a", finish="stop"), a_delta(content="b"), a_delta(role="assistant", content=""))

    assert pieces == [BEGUN, TextPiece("a"), TextPiece("b"), PartEnd(), Finished("stop")]


def test_together_repeats_its_text_under_an_old_name() -> None:
    chunk = a_chunk({"delta": {"content": "a"}, "text": "a"})

    assert decode(chunk) == [BEGUN, TextPiece("a"), PartEnd(), Finished("stop")]
    assert decode(a_chunk({"text": "a"})) == [BEGUN, TextPiece("a"), PartEnd(), Finished("stop")]


def test_a_stream_without_anything_still_begins_and_finishes() -> None:
    assert decode() == [Begun("", ""), Finished("stop")]


@pytest.mark.parametrize(
    "odd",
    [
        {}, {"type": "ping"}, a_chunk(), a_chunk({"index": None, "delta": None}), a_chunk({"delta": {"content": 5}}),
        a_delta(tool_calls=[{"index": 0}]), a_delta(images=[1, {}]), a_delta(annotations=[1, {"url_citation": 1}]),
        a_delta(reasoning_details=[1, {"type": "reasoning.encrypted"}]), a_delta(audio="x"), a_delta(content=[1]),
        a_chunk({"delta": {"refusal": 1}, "finish_reason": 1}), a_chunk(usage=5), a_chunk(citations=5),
    ],
)  # fmt: skip
def test_odd_chunks_do_no_harm(odd: dict[str, Any]) -> None:
    pieces = decode(odd, a_delta(content="a"))

    assert [piece.text for piece in pieces if isinstance(piece, TextPiece)] == ["a"]
    assert pieces[-1] == Finished("stop")


@pytest.mark.parametrize("tricky", ['{"x":"}"}', '{"x":"\\\\"}', '{"x":"\\"}"}', '{"x":[{}]}', '{"\\u007d":"{"}'])
def test_a_bracket_in_a_string_ends_nothing_however_the_pieces_are_cut(tricky: str) -> None:
    deltas = []
    for letter in tricky:
        deltas += [[a_call(0, id="a", name="f", arguments=letter)], [a_call(1, id="b", name="g", arguments=letter)]]

    assert tool_calls(*deltas) == [("a", "f", tricky), ("b", "g", tricky)]


def test_the_pieces_of_mixed_calls_are_looked_at_once() -> None:
    """Not once for each piece that follows: that would let a long stream take minutes."""
    decoder = DIALECT.decoder()
    for at in range(100_000):
        call = a_call(at % 2, id="ab"[at % 2], name="fg"[at % 2], arguments='"}"' if at > 1 else "{")
        decoder.decode(b"", msgspec.json.encode(a_delta(tool_calls=[call])))

    assert sum(isinstance(piece, ToolBegun) for piece in decoder.end()) == 1
