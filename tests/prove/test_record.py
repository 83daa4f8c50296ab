"""The page of proofs says what was run, and says so too when it failed."""

import pytest

from .record import proving


def test_a_proof_leaves_one_line_and_a_later_one_replaces_it(tmp_path):
    page = tmp_path / "proof.md"
    for tried in (5, 1_000):
        with proving("T-2 second", seeds="7", page=page) as proof:
            proof.n = tried
    with proving("T-1 first", page=page) as proof:
        proof.n = 1

    first, second = page.read_text().splitlines()[-2:]

    assert first.startswith("| T-1 first | ")
    assert "| none | 1 |" in first
    assert second.startswith("| T-2 second | ")
    assert "| 7 | 1,000 |" in second
    assert second.endswith("| holds |")


def test_a_proof_that_fails_or_tries_nothing_is_written_down_as_failed(tmp_path):
    page = tmp_path / "proof.md"

    with pytest.raises(ZeroDivisionError), proving("broken", page=page) as proof:
        proof.n = 1 // 0
    with pytest.raises(AssertionError), proving("empty", page=page):
        pass

    assert [line.rpartition("| ")[2] for line in page.read_text().splitlines()[-2:]] == ["FAILED |", "FAILED |"]
