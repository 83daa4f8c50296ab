"""Every client before every upstream: nobody can tell that somebody else answers."""

import pytest

from .conftest import Judge
from .page import PAGE, rendered
from .results import Results
from .rig import UPSTREAM_KEY, Rig
from .subjects import EVERY_CELL, SUBJECTS, Cell, key_of


@pytest.mark.parametrize("cell", EVERY_CELL, ids="-".join)
def test_the_client_sees_what_it_would_see_at_home(cell: Cell, judge: Judge) -> None:
    """S2-107, M21: the client is told a base URL and a key, and nothing else, whatever the provider speaks. S2-68: tools,
    pictures and structured output are the same everywhere."""
    assert judge(cell) == []


def test_the_page_shows_what_this_run_has_found(results: Results) -> None:
    """When this is all that fails: `python -m tests.matrix.page`, and read the diff."""
    assert PAGE.read_text(encoding="utf-8") == rendered(results)


def test_no_stage_had_a_defect_and_the_log_has_neither_secrets_nor_content(results: Results, rig: Rig) -> None:
    log = rig.log.read_text(encoding="utf-8")

    assert '"started"' in log
    assert '"defect"' not in log
    for private in (UPSTREAM_KEY, key_of(SUBJECTS[0].id), "Hi there", "mock place", "weather"):
        assert private not in log
