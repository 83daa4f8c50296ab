"""docs/reference/mock.md names every model, scenario, fault, parameter and endpoint, and nothing else."""

from pathlib import Path

import pytest

from octogate.mock import admin, behaviour, catalogue, faults, journal, refusals, routes, scenarios

PAGE = (Path(__file__).parents[2] / "docs/reference/mock.md").read_text()


def rows(heading: str) -> dict[str, list[str]]:
    """The table under a heading: first cell → the other cells."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {cells[0].strip().strip("`"): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_every_model_is_documented() -> None:
    assert set(rows("Models")) == set(catalogue.MODELS)


def test_every_scenario_is_documented_in_its_own_words() -> None:
    assert {name: cells[0] for name, cells in rows("Scenarios").items()} == {
        name: scenario.summary for name, scenario in scenarios.SCENARIOS.items()
    }
    assert [name[:3] for name in scenarios.SCENARIOS] == [f"s{row:02d}" for row in range(1, 17)]


@pytest.mark.parametrize("name", faults.KINDS)
def test_every_fault_is_documented_with_its_default(name: str) -> None:
    number, text = rows("Faults")[f"fault-{name}"]
    kind = faults.KINDS[name]

    assert number == (str(kind.number) if kind.number else "")
    assert text.replace("`fault-cut`", "`cut`").startswith(kind.summary.split(":")[0])


def test_no_other_fault_is_documented() -> None:
    assert set(rows("Faults")) == {f"fault-{name}" for name in faults.KINDS}
    assert ", ".join(map(str, refusals.STATUSES)) in PAGE


def test_every_parameter_is_documented_with_its_header() -> None:
    documented = {name: cells[0].strip("`") for name, cells in rows("Parameters").items()}

    assert documented == {name: behaviour.header_of(name) for name in behaviour.PARAMETERS}


def test_every_endpoint_is_documented() -> None:
    assert set(rows("Endpoints")) == set(routes.ENDPOINTS)
    assert set(rows("Inspection")) == set(admin.ENDPOINTS)
    assert all(f"`{header}`" in PAGE for header in journal.REQUEST_ID_HEADERS)
