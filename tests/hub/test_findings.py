"""What is wrong in a body and what is lost of it, whichever dialect reads it."""

import msgspec
import pytest

from octogate.core.errors import BadRequest
from octogate.dialects.findings import ONLY_HERE, Findings


def test_a_value_of_the_right_kind_is_given_and_nothing_is_found() -> None:
    findings = Findings()
    raw = msgspec.Raw(b'{"type":"object"}')

    assert findings.text("a", "at") == "a"
    assert findings.needed("a", "at") == "a"
    assert findings.flag(False, "at") is False
    assert findings.table({"a": 1}, "at", needed=True) == {"a": 1}
    assert findings.raw_table(raw, "at", needed=True) is raw
    assert findings.array([1], "at", needed=True) == [1]
    assert list(findings.tables([{}, {"a": 1}], "at")) == [("at[0]", {}), ("at[1]", {"a": 1})]
    findings.faults.raise_if_any()


def test_what_is_absent_or_null_is_a_fault_only_where_it_is_needed() -> None:
    findings = Findings()

    assert findings.text(None, "at") is None
    assert findings.flag(None, "at") is None
    assert findings.table(None, "at") is None
    assert findings.raw_table(None, "at") is None
    assert findings.raw_table(msgspec.Raw(b"null"), "at") is None
    assert findings.array(None, "at") == []
    findings.faults.raise_if_any()

    assert findings.needed(None, "a.text") == ""
    assert findings.table(None, "a.table", needed=True) is None
    assert findings.raw_table(msgspec.Raw(b"null"), "a.raw", needed=True) is None
    assert findings.array(None, "a.array", needed=True) == []
    with pytest.raises(BadRequest) as refused:
        findings.faults.raise_if_any()
    assert [(fault.field, fault.message) for fault in refused.value.faults] == [
        ("a.text", "Text is required"),
        ("a.table", "Table is required"),
        ("a.raw", "Raw is required"),
        ("a.array", "Array is required"),
    ]


def test_a_value_of_another_kind_is_a_fault_that_says_which_kind_is_right() -> None:
    findings = Findings()

    assert findings.text(1, "a.text") is None
    assert findings.needed(1, "a.word") == ""
    assert findings.flag("yes", "a.flag") is None
    assert findings.table([], "a.table") is None
    assert findings.raw_table(msgspec.Raw(b"[]"), "a.raw") is None
    assert findings.array({}, "a.array") == []
    assert list(findings.tables([1, {}], "a.list")) == [("a.list[1]", {})]
    with pytest.raises(BadRequest) as refused:
        findings.faults.raise_if_any()
    assert [(fault.field, fault.message) for fault in refused.value.faults] == [
        ("a.text", "Text must be a string"),
        ("a.word", "Word must be a string"),
        ("a.flag", "Flag must be a boolean"),
        ("a.table", "Table must be an object"),
        ("a.raw", "Raw must be an object"),
        ("a.array", "Array must be an array"),
        ("a.list[0]", "List[0] must be an object"),
    ]


def test_members_beside_the_known_ones_are_lost_in_their_order_unless_they_say_nothing() -> None:
    said = {"name": "f", "zebra": 1, "off": False, "none": None, "empty": [], "apple": "a"}
    findings = Findings()

    findings.lose_others(said, {"name"}, "tools[0]")
    decoded = findings.losses[:]
    findings.losses.clear()
    findings.lose_other_raws(
        {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in said.items()}, {"name"}, "tools[0]"
    )

    assert [(loss.field, loss.reason) for loss in decoded] == [
        ("tools[0].zebra", ONLY_HERE),
        ("tools[0].apple", ONLY_HERE),
    ]
    assert findings.losses == decoded
