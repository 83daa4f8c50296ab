"""Reading YAML: places are kept, bounds hold, nothing is guessed."""

import time
from decimal import Decimal

import pytest

from config.conftest import BASE
from octogate.config import ConfigInvalid
from octogate.config.source import read_document


def read(text):
    return read_document(text, file="f.yaml", variables={})


def test_plain_words_stay_what_they_are():
    tree = read("a: [no, on, 1:30, 2027-01-31, 0x10, 010, ~, true, 7, 0.10, '7', 1e3, .5]").tree

    assert tree["a"] == [
        "no",
        "on",
        "1:30",
        "2027-01-31",
        "0x10",
        10,
        None,
        True,
        7,
        Decimal("0.10"),
        "7",
        "1e3",
        Decimal(".5"),
    ]


def test_every_node_knows_its_place():
    document = read("a:\n  b:\n    - x\n    - c: 1\n")

    assert [document.position(path).line for path in [("a",), ("a", "b", 0), ("a", "b", 1, "c")]] == [1, 3, 4]
    assert document.position(("a", "b", 1, "missing")) == document.position(("a", "b", 1))


def test_a_key_that_stands_twice_is_a_fault_at_its_second_place():
    (fault,) = read("a: {x: 1,\n  y: 2,\n  x: 3}").faults

    assert str(fault) == "f.yaml:3:3: a.x: is here twice; the first one is in line 1"


def test_aliases_repeat_values():
    assert read("a: &x {b: 1}\nc: *x").tree == {"a": {"b": 1}, "c": {"b": 1}}


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "repeated too much"),
        ("a: [" + ",".join(["*x"] * 101) + "]", "more than 100 aliases"),
        ("a: &a [*a]", "repeated too much"),
        ("a: &a {b: *a}", "repeated too much"),
        ("[" * 100_000, "more than 32 levels"),
        ("{a: " * 50, "more than 32 levels"),
        ("a: b: c", "not valid YAML"),
        ("a: *missing", "not valid YAML"),
        ("a: 'open", "not valid YAML"),
        ("a: \x00", "not valid YAML"),
        ("a: 1\n---\nb: 1", "not valid YAML"),
    ],
)
def test_hostile_and_broken_texts_are_refused_at_once(text, message):
    text = "x: &x 1\n" + text if "*x" in text else text
    started = time.perf_counter()

    with pytest.raises(ConfigInvalid, match=message):
        read(text)

    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "text", ["a: !!python/object/apply:os.system [x]", "a: !include x", "<<: {a: 1}", "? [a]\n: 1"]
)
def test_what_yaml_can_do_beyond_data_is_refused(text):
    assert len(read(text).faults) == 1


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"version: 1\n#" + b"x" * (1 << 20), "larger than 1 MiB"),
        (b"version: \xff\xfe\n", "not UTF-8 text at byte 9"),
        (None, "cannot be read: no such file or directory"),
    ],
)
def test_files_that_are_no_configuration_are_one_fault(configs, raw, message):
    if raw is not None:
        configs.path.write_bytes(raw)
    from octogate.config import load

    with pytest.raises(ConfigInvalid, match=message):
        load(configs.path, env={})


def test_a_byte_order_mark_is_no_part_of_the_text(configs):
    configs.load("\ufeff" + BASE)
