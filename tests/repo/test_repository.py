"""What a clean checkout promises: locked wheels, a well-formed changelog, checks that really fail."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
CHANGE_KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_wheel_is_pinned_and_locked_by_hash(lock: Path):
    entries = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip().replace("\\\n", " "))
    entries = [entry for entry in entries if not entry.startswith("#")]

    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,_-]+\])?==[0-9]", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]
        assert "://" not in entry, entry[:80]


def test_the_core_lock_holds_what_the_project_declares():
    import tomllib

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {re.split(r"[^A-Za-z0-9_-]", text)[0].lower().replace("_", "-") for text in declared}
    locked = set(
        re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements/core.txt").read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert names <= locked
    assert len(names) <= 25


def test_every_direct_dependency_has_its_reason():
    import tomllib

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    reasons = (ROOT / "docs/adr/0002-dependencies.md").read_text(encoding="utf-8")

    for text in declared:
        name = re.split(r"[^A-Za-z0-9_-]", text)[0]
        assert f"| {name} |" in reasons, f"{name} has no line in docs/adr/0002-dependencies.md"


def test_the_changelog_is_in_order():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$", text, re.MULTILINE)

    assert releases[0][0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) and day for version, day in releases[1:])
    assert [day for _, day in releases[1:]] == sorted((day for _, day in releases[1:]), reverse=True)
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= CHANGE_KINDS


def test_decisions_are_numbered_without_a_gap_and_have_the_same_parts():
    pages = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))

    assert [int(path.name[:4]) for path in pages] == list(range(1, len(pages) + 1))
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        assert re.search(r"^Status: (accepted|replaced by \[\d+\])", text, re.MULTILINE), path.name
        assert {"## Context", "## Decision", "## Consequences"} <= set(re.findall(r"^## .+$", text, re.MULTILINE)), (
            path.name
        )


def test_make_alone_says_what_there_is():
    listing = run("make", "--no-print-directory").stdout

    for target in ("run", "test", "check", "fix", "bench", "prove", "docs", "lock", "clean"):
        assert re.search(rf"^  make {target} +\S", listing, re.MULTILINE), target


def test_an_old_python_is_refused_with_one_clear_sentence(tmp_path: Path):
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\ncase $1 in -V) echo Python 3.9.2;; *) exit 1;; esac\n", encoding="utf-8")
    old.chmod(0o755)

    made = run("make", "--no-print-directory", "run", f"PYTHON={old}", f"VENV={tmp_path}/venv")

    assert made.returncode != 0
    assert "Octogate needs Python 3.11 or later" in made.stdout
    assert "Python 3.9.2" in made.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small repository with the checks in it."""
    (tmp_path / "tools").mkdir()
    for tool in ("check_text.py", "check_sizes.py"):
        (tmp_path / "tools" / tool).write_bytes((ROOT / "tools" / tool).read_bytes())
    (tmp_path / "src").mkdir()
    run("git", "init", "--quiet", cwd=tmp_path)
    return tmp_path


def check(tree: Path, tool: str) -> tuple[int, str]:
    done = run(sys.executable, f"tools/{tool}", cwd=tree)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("# TO" + "DO: later", "a leftover"),
        ("x = 1  # noqa: S101", "without its reason"),
        ("x = f()  # type: ignore[arg-type]", "without its reason"),
        ("url = 'https://py" + "pi.org/simple'", "names a package registry"),
        ("path = '/wo" + "rk/main'", "somebody's machine"),
    ],
)
def test_the_text_check_finds(tree: Path, line: str, complaint: str):
    (tree / "src/thing.py").write_text(line + "\n", encoding="utf-8")

    code, said = check(tree, "check_text.py")

    assert code == 1
    assert complaint in said


@pytest.mark.parametrize("line", ["x = 1  # noqa: S101 - a constant", "x = 1  # type: ignore[misc]  # untyped base"])
def test_the_text_check_accepts_an_exception_that_says_why(tree: Path, line: str):
    (tree / "src/thing.py").write_text(line + "\n", encoding="utf-8")

    assert check(tree, "check_text.py") == (0, "")


def test_the_text_check_refuses_a_name_that_says_nothing(tree: Path):
    (tree / "src/utils.py").write_text("", encoding="utf-8")

    assert check(tree, "check_text.py") == (1, "src/utils.py: the name does not say what is in it\n")


def test_the_size_check_counts_exactly(tree: Path):
    body = "def long():\n" + "    x = 1\n" * 59
    (tree / "src/thing.py").write_text(body + "\n" * 340, encoding="utf-8")
    assert check(tree, "check_sizes.py") == (0, "")

    (tree / "src/thing.py").write_text(body + "    x = 2\n" + "\n" * 340, encoding="utf-8")
    code, said = check(tree, "check_sizes.py")
    assert code == 1
    assert "long: 61 lines, at most 60" in said
    assert "thing.py: 401 lines, at most 400" in said
