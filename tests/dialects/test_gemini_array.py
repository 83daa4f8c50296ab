"""Splitting a JSON array that arrives piece by piece."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.dialects.gemini_generate.array import ArraySplitter


def split(pieces: list[bytes]) -> tuple[list[object], bytes]:
    splitter = ArraySplitter(1_000_000)
    events = [event for piece in pieces for event in splitter.feed(piece)]
    return [json.loads(data) for _, _, data in events if data is not None], b"".join(raw for raw, _, _ in events)


objects = st.dictionaries(
    st.text(max_size=5), st.text(alphabet='[]{}",\\aé', max_size=8) | st.lists(st.integers()), max_size=4
)


@settings(max_examples=150, deadline=None)
@given(
    elements=st.lists(objects, max_size=4),
    indent=st.sampled_from([None, 1]),
    size=st.integers(1, 40),
    escaped=st.booleans(),
)
def test_any_array_in_pieces_of_any_size_gives_its_elements_and_all_its_bytes(
    elements: list[object], indent: int | None, size: int, escaped: bool
) -> None:
    """T-51."""
    body = json.dumps(elements, indent=indent, ensure_ascii=escaped).encode() + b"\n"

    found, out = split([body[at : at + size] for at in range(0, len(body), size)])

    assert found == elements
    assert out == body


def test_an_element_is_given_as_soon_as_it_ends() -> None:
    splitter = ArraySplitter(1_000)

    assert splitter.feed(b' [{"a":"}') == []
    assert splitter.feed(b'"}') == [(b' [{"a":"}"}', b"", b'{"a":"}"}')]
    assert not splitter.ended
    assert [data for _, _, data in splitter.feed(b",\n{}]\n")] == [b"{}", None, None]
    assert splitter.ended


def test_half_an_element_is_nothing() -> None:
    splitter = ArraySplitter(1_000)
    splitter.feed(b'[{"a":1},{"b"')

    assert splitter.flush() is None


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_no_bytes_make_it_raise(pieces: list[bytes]) -> None:
    splitter = ArraySplitter(100)
    for piece in [b"[", *pieces]:
        splitter.feed(piece)
    splitter.flush()
