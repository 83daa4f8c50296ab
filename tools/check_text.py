"""Fails on what no linter sees: leftovers, registry addresses, exceptions without a reason, names that say nothing."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Spelt with brackets, so that this file does not contain what it looks for.
LEFTOVER = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b")
REGISTRY = re.compile(
    r"pypi[.]org|pythonhosted[.]org|npmjs[.](?:org|com)|yarnpkg[.]com|crates[.]io|proxy[.]golang[.]org"
    r"|maven[.]org|debian[.]org|--(?:extra-)?index-ur[l]|--find-link[s]",
    re.IGNORECASE,
)
LOCAL_PATH = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/")
EXCEPTION = re.compile(
    r"#\s*(?:noqa|type:\s*ignore)\b:?\s*(?:\[[\w\-, ]*\]|[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?(?P<reason>.*)"
)
RULES = re.compile(r'^\s*(?:"[\w*./]+"\s*=\s*\[\s*)?"[A-Z]+\d*"')
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base_class"}
GENERATED = ("package-lock.json", ".txt", ".svg")


def main(root: Path) -> int:
    """Print every fault as file:line: what is wrong; 1 if there is any."""
    faults = [fault for path in tracked(root) for fault in faults_of(path, path.relative_to(root))]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def tracked(root: Path) -> Iterator[Path]:
    """Every text file that is or would be committed."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in sorted(filter(None, listing.split("\0"))):
        path = root / name
        if path.is_file() and b"\0" not in path.read_bytes()[:1024]:
            yield path


def faults_of(path: Path, name: Path) -> Iterator[str]:
    """What is wrong with one file."""
    if {part.removesuffix(".py") for part in name.parts} & EMPTY_NAMES:
        yield f"{name}: the name does not say what is in it"
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        for fault in line_faults(line, name):
            yield f"{name}:{number}: {fault}"
    if path.suffix == ".py":
        yield from unreasoned(lines, name)
    if path.name == "pyproject.toml":
        yield from unreasoned_rules(lines, name)


def line_faults(line: str, name: Path) -> Iterator[str]:
    """What no line may contain."""
    if REGISTRY.search(line):
        yield "names a package registry"
    if name.name.endswith(GENERATED):
        return
    if LEFTOVER.search(line):
        yield "a leftover: finish it or delete it"
    if LOCAL_PATH.search(line):
        yield "a path of somebody's machine"


def unreasoned(lines: list[str], name: Path) -> Iterator[str]:
    """Exceptions to a rule that do not say why, on their line or on a comment line above."""
    for number, line in enumerate(lines, 1):
        match = EXCEPTION.search(line)
        above = lines[number - 2].strip() if number > 1 else ""
        if match and not re.search(r"[a-z]{3}", match["reason"]) and not above.startswith("#"):
            yield f"{name}:{number}: an exception to a rule without its reason"


def unreasoned_rules(lines: list[str], name: Path) -> Iterator[str]:
    """Rules that pyproject.toml switches off without saying why."""
    inside = ""
    for number, line in enumerate(lines, 1):
        if line.startswith("ignore = ["):
            inside = "ignore"
        elif line.startswith("["):
            inside = "per file" if line == "[tool.ruff.lint.per-file-ignores]" else ""
        elif line == "]" and inside == "ignore":
            inside = ""
        elif inside and RULES.match(line) and "#" not in line:
            yield f"{name}:{number}: a rule is switched off without its reason"


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
