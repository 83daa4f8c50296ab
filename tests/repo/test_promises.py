"""What the README promises to a reader: how to test, how to contribute, under which licence; and what a push runs."""

import re
import tomllib

from .conftest import ROOT


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """What stands below a heading of a page."""
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text(name), re.MULTILINE | re.DOTALL)
    assert found, f"{name} has no section {heading!r}"
    return found[1]


def test_the_readme_says_how_to_test_and_the_command_exists():
    """S2-100"""
    commands = set(re.findall(r"\bmake ([a-z]+)", section("README.md", "Test")))
    targets = set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), re.MULTILINE))

    assert "test" in commands
    assert commands <= targets


def test_a_contributor_is_told_how_to_start_where_things_are_and_what_to_run():
    """S2-100"""
    assert "CONTRIBUTING.md" in text("README.md")
    assert "make" in section("CONTRIBUTING.md", "Start")
    assert "make check" in section("CONTRIBUTING.md", "Before you push")
    assert section("CONTRIBUTING.md", "Tests").strip()


def test_the_licence_is_named_in_the_readme_and_in_the_package_and_is_there_in_full():
    """S2-100"""
    project = tomllib.loads(text("pyproject.toml"))["project"]

    assert re.search(rf"Licen[cs]e:? \[{re.escape(project['license'])}\]\(LICENSE\)", text("README.md"))
    assert project["license-files"] == ["LICENSE"]
    assert "Apache License" in text("LICENSE")
    assert "END OF TERMS AND CONDITIONS" in text("LICENSE")


def test_what_runs_on_a_push_is_what_the_readme_says():
    """S2-100"""
    jobs = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / ".ci").rglob("*")) if path.is_file())

    assert re.search(r"\bmake\b.*\btest\b", jobs)
    assert re.search(r"\bmake\b.*\bcheck\b", jobs)
