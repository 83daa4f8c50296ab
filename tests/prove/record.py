"""Keeps docs/proof.md: one line for each long proof, with the day, the machine, the seeds, the count and the verdict."""

import contextlib
import datetime
import os
import platform
import re
import time
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"
HEAD = """# Long proofs

`make prove` runs what is too long for every push, and writes one line for each proof here. The seeds are in the tests:
the same run can be had again.

| proof | date | machine | seeds | n | seconds | verdict |
|---|---|---|---|---|---|---|
"""
_ROW = re.compile(r"^\| (?!proof |---)([^|]+?) \|.*$", re.MULTILINE)


class Proof:
    """One proof while it runs: `n` counts what has been tried."""

    def __init__(self) -> None:
        self.n = 0


@contextlib.contextmanager
def proving(claim: str, *, seeds: str = "none", page: Path = PAGE) -> Iterator[Proof]:
    """Run a proof and write its line, whichever way it ends. A `|` cannot stand in `claim`."""
    proof, began, verdict = Proof(), time.monotonic(), "FAILED"
    try:
        yield proof
        assert proof.n, "nothing was tried"
        verdict = "holds"
    finally:
        day = datetime.datetime.now(datetime.UTC).date().isoformat()
        seconds = round(time.monotonic() - began)
        _write(page, claim, f"| {claim} | {day} | {machine()} | {seeds} | {proof.n:,} | {seconds} | {verdict} |")


def machine() -> str:
    """What ran it, without a name."""
    cores = len(os.sched_getaffinity(0))
    return f"{platform.machine()}, {cores} cores, Linux {platform.release().partition('-')[0]}, Python {platform.python_version()}"


def _write(page: Path, claim: str, row: str) -> None:
    """The page with one row new, and all rows in the order of their claims."""
    rows = {found[1]: found[0] for found in _ROW.finditer(page.read_text(encoding="utf-8"))} if page.exists() else {}
    rows[claim] = row
    page.write_text(HEAD + "".join(f"{rows[name]}\n" for name in sorted(rows)), encoding="utf-8")
