"""Writes docs/reference/sdk-matrix.md from the last whole run of the matrix: `python -m tests.matrix.page`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .results import Results, read
from .sealing import SEALING
from .subjects import CELLS, SUBJECTS, UPSTREAMS, Home, Subject

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "sdk-matrix.md"

HOMES: Final[dict[Home, str]] = {"official": "Python", "frameworks": "Python", "node": "Node"}
HEADS: Final = {
    "plain": "plain", "stream": "stream", "tools": "tools", "tools_streamed": "tools, streamed",
    "parallel": "parallel calls", "tool_error": "tool error", "structured": "structured",
    "structured_streamed": "structured, streamed", "image": "image", "thinking": "thinking",
    "thinking_streamed": "thinking, streamed", "length": "length", "refusal": "refusal", "error_400": "400",
    "error_429": "429", "error_500": "500", "cut": "cut stream",
}  # fmt: skip

INTRODUCTION: Final = """\
# SDK matrix

Every client below runs against a real gateway whose provider speaks the dialect of the column, so most of the calls are
[translated](../explanation/translation.md). The provider is the [mock](mock.md), which refuses in its reports whatever the
real one would refuse. The page is written by the test run that it reports: ✓ is a passed test, ✗ a failed one, – what
the client has no way to do or to show.

## Overview

"""
MEANINGS: Final = """
## What a ✓ means

| cell | what the client did and saw |
|---|---|
| plain, stream | the words, the reason of the end, and as many tokens as the provider counted; a stream in pieces |
| tools | two questions in one conversation, a call and its result for each, the whole history sent every time |
| parallel calls | two calls in one answer, each with its id, both results sent back together |
| tool error | a tool that fails: the model hears of it |
| structured | an object of a given schema, read by the client's own parser |
| image | a PNG, its bytes unchanged at the provider |
| thinking | the tools' conversation with thoughts, shown where the client can; their signatures return to the provider unharmed, but for ✓¹ |
| length, refusal | an answer cut at its cap, and one that is none, told as the client's own provider would |
| 400, 429, 500 | the client's own class of error; a provider's rate limit is a 503, for it is not the caller's |
| cut stream | the provider's stream breaks: the client raises, and what it got is the beginning of the answer |

In all of them the provider must have had nothing to object to.

¹ The client throws thoughts away, as the chat dialect has no place for them: the conversation goes on without them, and
Anthropic is asked without thinking where it would insist on them.

"""


def rendered(results: Results) -> str:
    """The whole page."""
    overview = "\n".join(_overview(results))
    details = "\n".join(line for upstream in UPSTREAMS for line in _details(results, upstream))
    return f"{INTRODUCTION}{overview}\n{MEANINGS}{details}"


def _overview(results: Results) -> Iterator[str]:
    yield f"| client | versions | {' | '.join(UPSTREAMS.values())} |"
    yield f"|---|---|{'---|' * len(UPSTREAMS)}"
    for subject in SUBJECTS:
        sums = (_sum(results.cells[subject.id][upstream]) for upstream in UPSTREAMS)
        yield f"| {subject.title} | {_versions(results, subject)} | {' | '.join(sums)} |"


def _sum(cells: dict[str, bool]) -> str:
    return "✓" if all(cells.values()) else f"{sum(cells.values())} of {len(cells)}"


def _versions(results: Results, subject: Subject) -> str:
    told = (f"{name} {results.versions[f'{subject.home}/{name}']}" for name in subject.packages)
    return f"{HOMES[subject.home]}: {', '.join(told)}"


def _details(results: Results, upstream: str) -> Iterator[str]:
    yield f"## Before {UPSTREAMS[upstream]}\n"
    yield f"| client | {' | '.join(HEADS[cell] for cell in CELLS)} |"
    yield f"|---|{'---|' * len(CELLS)}"
    for subject in SUBJECTS:
        cells = results.cells[subject.id][upstream]
        marks = (_mark(subject, upstream, cell, cells.get(cell)) for cell in CELLS)
        yield f"| {subject.title} ({HOMES[subject.home]}) | {' | '.join(marks)} |"
    yield ""


def _mark(subject: Subject, upstream: str, cell: str, passed: bool | None) -> str:
    if passed is None:
        return "–"
    seals = upstream in SEALING and HEADS[cell].startswith("thinking")
    note = "¹" if seals and not subject.returns_seals(upstream, cell) else ""
    return f"✓{note}" if passed else "✗"


if __name__ == "__main__":
    PAGE.write_text(rendered(read()), encoding="utf-8")
