"""`make bench`: start all gateways, measure them in interleaved rounds, write the page and the figures."""

import argparse
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.load import CHUNK_INTERVAL_MICROS, CHUNKS, Cell, compile_programs
from bench.peers import LITELLM, NGINX, OCTOGATE, ROOT, Peer, clean_environment, install_litellm, litellm_is_installed
from bench.process import Failed, Process, free_port, wait_listening
from bench.report import as_json, as_markdown, gather_facts
from bench.rounds import DIRECT, LOAD_CORE, Plan, Row, Standing, measure, start_peer

WORK = ROOT / ".cache" / "bench"
PLAIN = tuple(
    Cell(f"plain-{kilobytes}k-{callers}", f"{kilobytes} KB, {callers} connection{'s'[: callers > 1]}",
         kilobytes * 1024, callers)
    for kilobytes in (2, 40) for callers in (1, 8, 64)
)  # fmt: skip
SATURATED = Cell("stream-128", "Streams, 128 at once: saturated", 2048, 128, stream=True)
PACED_STREAM = Cell("stream-16", "Streams, 16 at once: every chunk comes alone", 2048, 16, stream=True)
PACED = Cell("paced-200", "Paced: 200 connections, an upstream that takes 200 ms", 2048, 200, model="bench-slow")
# nginx cannot translate. Without a gateway, the callers hear the same story in their own format.
TRANSLATORS = (DIRECT, OCTOGATE.name, LITELLM.name)
TRANSLATED = Cell(
    "translated-2k-64", "2 KB, 64 connections, translated",
    2048, 64, model="bench-translated", among=TRANSLATORS, beside="plain-2k-64",
)  # fmt: skip
TRANSLATED_STREAM = Cell(
    "translated-stream-128", "Streams, 128 at once: saturated, translated",
    2048, 128, stream=True, model="bench-translated", among=TRANSLATORS, beside=SATURATED.name,
)  # fmt: skip
# What is translated stands next to what is not, so that both meet the same noise.
ALL = (*PLAIN[:3], TRANSLATED, *PLAIN[3:], SATURATED, TRANSLATED_STREAM, PACED_STREAM, PACED)
PLANS = {
    "smoke": Plan(
        cells=(PLAIN[0], PLAIN[2], TRANSLATED, SATURATED, TRANSLATED_STREAM, PACED_STREAM), rounds=1, seconds=1.0
    ),
    "short": Plan(cells=ALL, rounds=3, seconds=3.0),
    "full": Plan(cells=ALL, rounds=7, seconds=8.0),
}


def main() -> int:
    """Measure; 1 when Octogate has no figures or gave a wrong answer."""
    arguments = argparse.ArgumentParser(prog="make bench", description=__doc__)
    arguments.add_argument("--depth", choices=PLANS, default="short")
    arguments.add_argument("--only", nargs="*", default=None, metavar="NAME", help="measure these gateways only")
    chosen = arguments.parse_args()
    console = Console(stderr=True)
    plan: Plan = PLANS[chosen.depth]
    facts = gather_facts(chosen.depth)
    try:
        rows = run(chosen.depth, plan, chosen.only, console)
    except Failed as reason:
        console.print(f"bench: {reason}", markup=False)
        return 1
    page = as_markdown(facts, plan, rows)
    folder = WORK if chosen.depth == "smoke" or chosen.only else ROOT / "docs"
    (folder / "benchmarks.md").write_text(page, encoding="utf-8")
    (folder / "benchmarks.json").write_bytes(as_json(facts, plan, rows))
    print(page)
    console.print(f"bench: {folder / 'benchmarks.md'}", markup=False)
    return 1 if any(is_wrong(row) for row in rows if row.name == OCTOGATE.name) else 0


def is_wrong(row: Row) -> bool:
    """No figures, or an answer that was not right."""
    errors = sum(sample.load.errors + sample.load.unfinished for samples in row.samples.values() for sample in samples)
    return row.failure is not None or errors > 0


def run(depth: str, plan: Plan, only: list[str] | None, console: Console) -> list[Row]:
    """Start everything, measure, stop everything."""
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    upstream_program, load_program = compile_programs(WORK)
    upstream_port = free_port()
    with ExitStack() as stack:
        upstream = Process(
            (str(upstream_program), str(upstream_port), str(CHUNKS), str(CHUNK_INTERVAL_MICROS)),
            core=LOAD_CORE, log=WORK / "upstream.log", env=clean_environment(),
        )  # fmt: skip
        stack.enter_context(upstream)
        wait_listening(upstream, upstream_port, seconds=5)
        standings = [Standing(row=Row(name=DIRECT), port=upstream_port, process=None)]
        for peer in choose(depth, only):
            console.print(f"bench: starting {peer.name}", markup=False)
            standings.append(prepare(peer, stack, upstream_port, after=standings[-1].port))
        for standing in standings:
            if standing.row.failure:
                console.print(f"bench: {standing.row.name}: {standing.row.failure}", markup=False)
        watched_measure(standings, plan, load_program, console)
        return [standing.row for standing in standings]


def choose(depth: str, only: list[str] | None) -> list[Peer]:
    """The gateways of this run; the smoke run installs nothing, so it takes LiteLLM only if it is there."""
    peers = [NGINX, OCTOGATE]
    if depth != "smoke" or litellm_is_installed():
        peers.append(LITELLM)
    return [peer for peer in peers if only is None or peer.name.lower() in {name.lower() for name in only}]


def prepare(peer: Peer, stack: ExitStack, upstream_port: int, after: int) -> Standing:
    """Install what is missing, and start it."""
    folder = WORK / peer.name.lower()
    shutil.rmtree(folder, ignore_errors=True)
    try:
        if peer is LITELLM:
            install_litellm()
    except Failed as reason:
        return Standing(row=Row(name=peer.name, does=peer.does, failure=str(reason)), port=after, process=None)
    return start_peer(peer, stack, folder, upstream_port, after)


def watched_measure(standings: list[Standing], plan: Plan, program: Path, console: Console) -> None:
    """Measure behind a progress bar; without a terminal, with one line per round."""
    answering = [standing.row.name for standing in standings if standing.row.failure is None]
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("measuring", total=plan.steps(answering))
        rounds_told: set[str] = set()

        def tick(what: str) -> None:
            progress.update(task, advance=1, description=what)
            number = what.partition(":")[0]
            if not console.is_terminal and number not in rounds_told:
                rounds_told.add(number)
                console.print(f"bench: {number} of {plan.rounds}", markup=False)

        measure(standings, plan, program, WORK, tick)


if __name__ == "__main__":
    sys.exit(main())
