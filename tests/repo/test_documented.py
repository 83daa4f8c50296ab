"""Documentation is a test subject: what the code has, the reference has, and the other way round."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import ROOT, headings, page

SOURCES = ROOT / "src" / "octogate"


def literal_codes() -> Iterator[str]:
    """Every `code="…"` of a call in the sources that raise; the mock plays other people's errors."""
    for path in SOURCES.rglob("*.py"):
        if "mock" in path.parts or "cli" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
                yield str(node.value.value)


def class_codes() -> Iterator[str]:
    from octogate.core import errors

    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.GatewayError):
            yield value.code


def edge_codes() -> Iterator[str]:
    from octogate.proxy.edge import limits, refusals

    prepared = [*vars(refusals).values(), *vars(refusals.SizeRefusals(limits.EdgeLimits())).values()]
    yield from (each.code for each in prepared if isinstance(each, refusals.Refusal))


def test_every_error_code_has_its_place_in_the_reference():
    codes = {*literal_codes(), *class_codes(), *edge_codes()}

    assert len(codes) > 20
    assert codes - headings("reference/errors.md") == set()


def test_the_reference_names_no_error_code_that_the_code_does_not_have():
    documented = {heading for heading in headings("reference/errors.md") if re.fullmatch(r"[a-z_]+", heading)}
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))

    assert {code for code in documented if f'"{code}"' not in sources} == set()


def test_every_metric_is_documented_with_its_labels_and_no_other_is():
    from octogate.telemetry import names

    rows = dict(re.findall(r"^\| `(octogate_\w+)` \| \w+ \| ([^|]*) \|", page("reference/metrics.md"), re.MULTILINE))

    assert {name: re.findall(r"`(\w+)`", labels) for name, labels in rows.items()} == {
        metric.name: list(metric.labels) for metric in names.ALL
    }


def settings(model: Any) -> Iterator[str]:
    """The names of all settings that hold a value, sections left out."""
    for name, field in model.model_fields.items():
        sections = list(models_in(field.annotation))
        for section in sections:
            yield from settings(section)
        if not sections:
            yield name


def models_in(annotation: Any) -> Iterator[Any]:
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from models_in(part)


def test_every_setting_is_documented():
    from octogate.config.schema import Config

    named = re.findall(r"`([^`\n]+)`", page("reference/configuration.md"))
    documented = {name.rpartition(".")[2] for name in named}

    assert {*settings(Config)} - documented == set()


def command_paths() -> list[str]:
    from octogate.cli import application

    keys = [f"keys {command.name}" for command in application.KEY_COMMANDS]
    return [command.name for command in application.COMMANDS] + keys


def test_every_command_is_documented():
    documented = page("reference/commands.md")

    assert [name for name in command_paths() if f"octogate {name}" not in documented] == []


def test_every_command_option_is_documented():
    from typer.main import get_command

    from octogate.cli.application import build_application

    documented = page("reference/commands.md")
    group: Any = get_command(build_application())
    missing = [
        f"{name} {option}"
        for name, command in group.commands.items()
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and f"{option}" not in documented
    ]
    assert missing == []


@pytest.mark.parametrize("section", ["tutorial", "how-to", "reference", "explanation", "adr"])
def test_every_page_is_reachable_from_the_index(section: str):
    linked = set(re.findall(r"\]\(([^)#]+\.md)", page("index.md") + page("adr/index.md")))
    pages = sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs" / section).glob("*.md"))

    assert pages, f"docs/{section} has no page"
    assert [name for name in pages if name not in linked and name.removeprefix("adr/") not in linked] == []


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_between_files_lead_somewhere(name: str):
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", (ROOT / name).read_text(encoding="utf-8"))

    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_room_of_the_package_is_on_the_map():
    rooms = {path.name for path in SOURCES.iterdir() if path.is_dir() and (path / "__init__.py").exists()}

    assert {
        room for room in rooms if f"\n  {room}/" not in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    } == set()
