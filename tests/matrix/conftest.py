"""Plays the whole matrix once per run, and judges each cell as it comes."""

from collections.abc import Callable, Iterator

import pytest

from .judgement import Case, complaints
from .players import Players, versions
from .results import Results, write
from .rig import Rig
from .subjects import BY_ID, EVERY_CELL, SUBJECTS, UPSTREAMS, Cell
from .wire import Wire

Judge = Callable[[Cell], list[str]]


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("matrix")).started() as started:
        yield started


@pytest.fixture(scope="session")
def wire(rig: Rig) -> Wire:
    return Wire(rig)


@pytest.fixture(scope="session")
def judge(rig: Rig, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Gives the complaints of a cell; only the cells that this run's tests ask for are played."""
    with Players().playing(rig.url, wanted(request.session), tmp_path_factory.mktemp("players")) as players:
        known: dict[Cell, list[str]] = {}

        def judged(cell: Cell) -> list[str]:
            if cell not in known:
                known[cell] = complaints(case_of(rig, cell, players))
            return known[cell]

        yield judged


@pytest.fixture(scope="session")
def results(judge: Judge) -> Results:
    """The whole matrix, as it was written to the results' file."""
    cells = {
        subject.id: {up: {cell: not judge((subject.id, up, cell)) for cell in subject.cells} for up in UPSTREAMS}
        for subject in SUBJECTS
    }
    found = Results(versions=versions(), cells=cells)
    write(found)
    return found


def wanted(session: pytest.Session) -> list[Cell]:
    """All cells when the page is tested, else those of the tests that were chosen."""
    chosen = [item for item in session.items if isinstance(item, pytest.Function)]
    if any("results" in item.fixturenames for item in chosen):
        return list(EVERY_CELL)
    asked = {item.callspec.params.get("cell") for item in chosen if hasattr(item, "callspec")}
    return [cell for cell in EVERY_CELL if cell in asked]


def case_of(rig: Rig, cell: Cell, players: Players) -> Case:
    """Everything known of one cell."""
    client, upstream, name = cell
    saw = players.saw(cell)
    receipts = rig.receipts_of(*cell)
    return Case(BY_ID[client], upstream, name, saw, receipts, rig.asked(receipts))
