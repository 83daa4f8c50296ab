"""Ids, arguments and failures of tool calls, as all writers tell them."""

import re

import pytest

from octogate.dialects.tool_calls import accepted_id, error_words, made_id, object_in, object_text

SHORT = re.compile(r"[a-z_0-9]{1,29}")


def test_a_made_id_is_the_same_for_the_same_place_and_another_for_another() -> None:
    assert made_id("answer", 0, 1) == made_id("answer", 0, 1) == made_id("answer/0/1")
    assert made_id("answer", 0, 1) != made_id("answer", 0, 2)
    assert SHORT.fullmatch(made_id("\ud800"))


def test_an_id_stays_where_it_is_accepted_and_its_substitute_is_accepted_too() -> None:
    assert accepted_id("call_1", SHORT) == "call_1"
    assert SHORT.fullmatch(accepted_id("call 1 é", SHORT))
    assert accepted_id("call 1 é", SHORT) != accepted_id("call 2 é", SHORT)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"a": 1.50}', '{"a": 1.50}'),
        ("", "{}"),
        ("  ", "{}"),
        (None, "{}"),
        ({"a": 1}, '{"a":1}'),
        ('{"a":', '{"arguments":"{\\"a\\":"}'),
        ("[1]", '{"arguments":"[1]"}'),
    ],
)
def test_arguments_are_always_the_text_of_an_object(arguments: object, text: str) -> None:
    assert object_text(arguments) == text


def test_only_a_whole_object_is_one_and_it_stays_as_it_was_written() -> None:
    assert bytes(object_in('{"a": 1.50}') or b"") == b'{"a": 1.50}'
    assert bytes(object_in(" ") or b"") == b"{}"
    for text in ("null", "[1]", '"a"', '{"a":', "{" * 100_000):
        assert object_in(text) is None


def test_words_of_a_failure_say_so_once() -> None:
    assert error_words("no such file") == "Error: no such file"
    assert error_words("Error: no such file") == "Error: no such file"
    assert error_words("") == "Error:"
