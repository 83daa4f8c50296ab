"""The model checker is worth its time: whatever one-line mistake is planted in the limits, it finds."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .planted import PLANTED, Mutant

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "octogate"
PATIENCE_SECONDS = 60


@pytest.fixture
def private_package(tmp_path: Path) -> Path:
    """The package, with a copy of the limits that may be changed; the rest of it is where it always is."""
    package = tmp_path / "octogate"
    package.mkdir()
    for part in PACKAGE.iterdir():
        if part.name == "limits":
            shutil.copytree(part, package / "limits", ignore=shutil.ignore_patterns("__pycache__"))
        elif part.name != "__pycache__":
            (package / part.name).symlink_to(part)
    return package


def check(package: Path, model: str) -> subprocess.CompletedProcess[str]:
    """Explore a model of that package, in a process of its own."""
    paths = os.pathsep.join((str(package.parent), str(ROOT)))
    return subprocess.run(
        [sys.executable, "-B", "-m", "tests.limits.model", model],
        cwd=package.parent, env={**os.environ, "PYTHONPATH": paths}, timeout=PATIENCE_SECONDS,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def plant(package: Path, mutant: Mutant) -> None:
    path = package / "limits" / mutant.file
    source = path.read_text(encoding="utf-8")
    assert source.count(mutant.was) == 1, f"{mutant.name!r} does not apply any more"
    path.write_text(source.replace(mutant.was, mutant.becomes), encoding="utf-8")


@pytest.mark.parametrize("mutant", PLANTED, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_planted_mistake_does_not_survive(private_package: Path, mutant: Mutant) -> None:
    plant(private_package, mutant)

    found = check(private_package, mutant.model)

    print(found.stdout)
    assert f"{mutant.model}: BROKEN" in found.stdout, found.stderr
    assert found.returncode == 3


def test_the_copy_without_a_mistake_keeps_its_promises(private_package: Path) -> None:
    """So that it is the mistakes that are found; and the copy is what was explored."""
    marker = "raise SystemExit('this is the copy')\n"

    assert check(private_package, "concurrency").returncode == 0
    (private_package / "limits" / "quota.py").write_text(marker, encoding="utf-8")
    assert "this is the copy" in check(private_package, "concurrency").stderr


def test_mistakes_are_of_one_line_and_many() -> None:
    changed = [
        set(mutant.was.splitlines()) ^ set(mutant.becomes.splitlines()) for mutant in PLANTED
    ]  # fmt: skip

    assert all(len(lines) in {1, 2} for lines in changed)
    assert len({mutant.name for mutant in PLANTED}) == len(PLANTED) >= 8
