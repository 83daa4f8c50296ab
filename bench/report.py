"""The figures as a page for people and as JSON for programs."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench.load import CHUNK_INTERVAL_MICROS, CHUNKS, Cell, body_of
from bench.rounds import DIRECT, Plan, Row, Sample

FLOOR = "nginx"
AIM_PER_CALL = 1.8
AIM_PER_CHUNK = 2.0
"""What a translated call and a translated chunk may cost, as multiples of one that is passed on."""


class Facts(msgspec.Struct, frozen=True):
    """When and where the figures were taken."""

    taken_at: str
    depth: str
    machine: str
    kernel: str
    python: str
    load_average: str


def gather_facts(depth: str) -> Facts:
    """Facts of this machine, now."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    names = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    return Facts(
        taken_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        depth=depth,
        machine=f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores",
        kernel=platform.release(),
        python=platform.python_version(),
        load_average=" ".join(f"{value:.2f}" for value in os.getloadavg()),
    )


def as_json(facts: Facts, plan: Plan, rows: Sequence[Row]) -> bytes:
    """Everything that was measured, each round apart."""
    whole = {"facts": facts, "plan": plan, "rows": rows}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def as_markdown(facts: Facts, plan: Plan, rows: Sequence[Row]) -> str:
    """The page docs/benchmarks.md."""
    parts = [_head(facts, plan), _peers(rows)]
    parts += [_cell(cell, plan, rows) for cell in plan.cells]
    return "\n\n".join([*parts, _method(plan)]) + "\n"


def _head(facts: Facts, plan: Plan) -> str:
    return f"""# Benchmarks

Written by `make bench DEPTH={facts.depth}` on {facts.taken_at}.
{facts.machine}, Linux {facts.kernel}, Python {facts.python}.
Medians of {plan.rounds} interleaved rounds of {plan.seconds:g} s; load average at the start: {facts.load_average}.

Compare ratios, not figures from different machines. The main figure is **CPU per call**: what a gateway costs you,
whatever else the machine does. All rounds apart: [benchmarks.json](benchmarks.json)."""


def _peers(rows: Sequence[Row]) -> str:
    lines = [
        "## Who is compared",
        "",
        "| | version | start, s | memory idle, MiB | under load, MiB | what it does for a call |",
        "|---|---|---:|---:|---:|---|",
    ]
    for row in rows:
        if row.name == DIRECT:
            continue
        figures = (
            f"{row.start_seconds:.2f} | {row.idle_mib:.0f} | {row.loaded_mib:.0f}" if row.idle_mib else "– | – | –"
        )
        lines.append(f"| {row.name} | {row.version or '–'} | {figures} | {row.does} |")
    lines += [f"\n**{row.name} has no figures** where they are missing: {row.failure}" for row in rows if row.failure]
    return "\n".join(lines)


def _cell(cell: Cell, plan: Plan, rows: Sequence[Row]) -> str:
    unit = "chunk" if cell.stream else "call"
    columns = [f"{unit}s/s", f"CPU µs per {unit}", f"× {FLOOR}", "added p50, ms", "added p99, ms", "errors"]
    if cell.beside:
        columns.insert(2, "× its own pass-through")
    lines = [f"## {cell.title}", "", f"| | {' | '.join(columns)} |", "|---" + "|---:" * len(columns) + "|"]
    for row in rows:
        figures = _figures(row, cell, plan, rows) if row.samples.get(cell.name) else ["–"] * len(columns)
        lines.append(f"| {row.name} | {' | '.join(figures)} |")
    if cell.beside:
        lines += ["", _translated(cell, plan)]
    return "\n".join(lines)


def _figures(row: Row, cell: Cell, plan: Plan, rows: Sequence[Row]) -> list[str]:
    rate = row.median(cell, lambda sample: sample.load.in_window / sample.load.seconds)
    rate = (rate or 0.0) * (CHUNKS if cell.stream else 1)
    cpu = _cpu(row, cell)
    ratios = [_ratio(cpu, _cpu(_named(FLOOR, rows), cell))]
    if cell.beside:
        ratios.insert(0, _ratio(cpu, _cpu(row, _beside(cell, plan))))
    errors = sum(sample.load.errors + sample.load.unfinished for sample in row.samples[cell.name])
    direct = _named(DIRECT, rows)
    added = ["–", "–"] if row is direct else [_added(row, direct, cell, share) for share in ("p50_us", "p99_us")]
    return [f"{rate:,.0f}", _figure(cpu), *ratios, *added, str(errors)]


def _translated(cell: Cell, plan: Plan) -> str:
    aim = AIM_PER_CHUNK if cell.stream else AIM_PER_CALL
    beside = _beside(cell, plan)
    passed_on = beside.title if beside else "the same without translation"
    return (
        f"An OpenAI chat caller and an Anthropic-messages upstream. The pass-through is “{passed_on}”, in this run; "
        f"Octogate's aim is at most × {aim:g}. {FLOOR} cannot translate; without a gateway the callers hear the same "
        "answer in their own format."
    )


def _beside(cell: Cell, plan: Plan) -> Cell | None:
    return next((other for other in plan.cells if other.name == cell.beside), None)


def _ratio(of: float | None, to: float | None) -> str:
    return f"{of / to:.1f}" if of and to else "–"


def _cpu(row: Row | None, cell: Cell | None) -> float | None:
    if row is None or cell is None:
        return None
    return row.median(cell, lambda sample: sample.cpu_per_chunk if cell.stream else sample.cpu_per_call) or None


def _added(row: Row, direct: Row | None, cell: Cell, share: str) -> str:
    def millis(sample: Sample) -> float:
        return float(getattr(sample.load, share)) / 1000

    with_gateway = row.median(cell, millis)
    without = direct.median(cell, millis) if direct else None
    return f"{with_gateway - without:.2f}" if with_gateway is not None and without is not None else "–"


def _named(name: str, rows: Sequence[Row]) -> Row | None:
    return next((row for row in rows if row.name == name), None)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def _method(plan: Plan) -> str:
    smallest = min(plan.cells, key=lambda cell: cell.body_bytes)
    return f"""## How it is measured

- One upstream for all, written in C: a plain answer of 2 KB at once, a stream of {CHUNKS} chunks, one write each and
  {CHUNK_INTERVAL_MICROS / 1000:g} ms apart. One load generator, written in C: keep-alive connections in a closed loop.
- The gateway is pinned to one core; upstream and callers share the other. Where the gateway saturates its core,
  latency is mostly queueing: read “added” at 1 connection and in the paced situation.
- CPU is user plus system time of the gateway's whole process tree, divided by the calls that were answered. No call
  starts after the end of a round, and those under way are waited for, so none is paid for and not counted.
- Chunks per second and CPU per chunk are over the {CHUNKS} content chunks of each stream that was answered to its
  `[DONE]`.
- Every gateway gets the same bytes (a body of {len(body_of(smallest)):,} bytes, or 40 KB where said) with the same
  bearer token, and is first seen to refuse a wrong one and to pass on the upstream's text, finish and usage in every
  situation. Any answer but a whole 200 is an error.
- Where an answer is translated, the same upstream tells the same story as Anthropic messages, with the same timing.
- Start is the time from the command to the first answered call."""
