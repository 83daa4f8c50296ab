"""The command line as a whole: help, usage errors, failures, speed."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import octogate
from octogate.cli import application, run
from octogate.cli.failure import Failed

SOURCE = Path(octogate.__file__).parents[1]
EVERY_COMMAND = [((command.name,), command) for command in application.COMMANDS] + [
    (("keys", command.name), command) for command in application.KEY_COMMANDS
]
REFERENCE = SOURCE.parent / "docs" / "reference" / "commands.md"


@pytest.mark.parametrize(("words", "command"), EVERY_COMMAND, ids=lambda value: getattr(value, "name", None))
def test_the_help_of_every_command_ends_with_an_example(octogate_command, words, command):
    ran = octogate_command(*words, "--help")

    assert ran.code == 0
    assert "Example:" in ran.out
    assert f"octogate {' '.join(words)}" in command.example


@pytest.mark.parametrize(("words", "command"), EVERY_COMMAND, ids=lambda value: getattr(value, "name", None))
def test_the_reference_shows_every_command_with_every_option_and_the_example(octogate_command, words, command):
    title = f"^## octogate {' '.join(words)}$"
    section = re.search(title + r"(.*?)(?=^## |\Z)", REFERENCE.read_text(), re.MULTILINE | re.DOTALL)
    assert section, f"no section for {' '.join(words)}"

    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", octogate_command(*words, "--help").out)) - {"--help"}
    documented = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", section[1]))

    assert options <= documented
    assert command.example in section[1]


def test_the_application_offers_completion_and_lists_every_command(octogate_command):
    ran = octogate_command("--help")

    assert "--install-completion" in ran.out
    for words, _ in EVERY_COMMAND:
        assert f" {words[0]} " in ran.out


@pytest.mark.parametrize(
    "arguments", [("demo", "--prot", "1"), ("nothing",), ("serve", "--port", "70000"), ("tokens",), ("try",)], ids=str
)
def test_a_wrong_usage_is_explained_and_leaves_with_2(octogate_command, arguments):
    ran = octogate_command(*arguments)

    assert ran.code == 2
    assert ran.err
    assert "Traceback" not in ran.err


def test_a_defect_is_one_sentence_that_does_not_quote_it(octogate_command, monkeypatch):
    def broken(_arguments: object) -> object:
        raise RuntimeError("sk-live-secret")

    monkeypatch.setattr(application, "build_application", broken)

    assert octogate_command("env").err == "octogate: unexpected RuntimeError; OCTOGATE_DEBUG=1 shows where\n"
    monkeypatch.setenv("OCTOGATE_DEBUG", "1")
    assert "in broken" in octogate_command("env").err


def test_a_failure_carries_its_exit_code(capsys, monkeypatch):
    def failing(_arguments: object) -> object:
        raise Failed("the sea is dry", exit_code=2)

    monkeypatch.setattr(application, "build_application", failing)

    assert run(["env"]) == 2
    assert capsys.readouterr().err == "octogate: the sea is dry\n"


def test_output_into_a_closed_pipe_is_no_accident(tmp_path):
    (tmp_path / "octogate.yaml").write_text("x")
    command = f"'{sys.executable}' -m octogate version --json | true"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, cwd=tmp_path, check=False,
        env={"PYTHONPATH": str(SOURCE)}, timeout=20,
    )  # fmt: skip

    assert done.stderr == ""


def test_version_is_told_in_a_moment(start):
    """Scripts ask for it: at most 150 ms, import of Python included."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        ran = start("version").finish()
        took.append(time.perf_counter() - began)
        assert re.fullmatch(r"octogate \d+\.\d+\.\d+\S*\n", ran.out)

    assert min(took) < 0.15


def test_version_as_json_names_the_build(octogate_command, monkeypatch):
    import json

    ran = octogate_command("version", "--json")

    facts = json.loads(ran.out)
    assert set(facts) == {"version", "commit", "build_date", "python"}


def test_serve_does_not_load_what_only_people_at_a_terminal_need(tmp_path):
    """A start must be quick and small: neither rich nor the mock is loaded for it."""
    (tmp_path / "octogate.yaml").write_text("version: 1\n")
    program = "import sys; from octogate.cli import run; run(['serve']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False,
        env={"PYTHONPATH": str(SOURCE)}, timeout=30,
    )  # fmt: skip

    assert "at least one provider" in done.stderr, "it came as far as reading the configuration"
    loaded = set(done.stdout.split())
    assert "octogate.app" in loaded
    assert not loaded & {"rich", "octogate.mock", "octogate.cli.demo", "httpx", "alembic"}


def test_no_module_of_the_command_line_is_imported_by_the_gateway():
    """The library must be usable without typer."""
    text = "".join(path.read_text() for path in Path(SOURCE / "octogate").rglob("*.py") if path.parent.name != "cli")

    assert "import typer" not in text
    assert "from rich" not in text
