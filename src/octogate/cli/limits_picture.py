"""Draws what limits admit: bars over time in the blocks that every terminal has, 80 columns wide."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from rich.text import Text

from octogate.cli.limits_rule import DrawnRule, span_text
from octogate.cli.limits_trial import Trial, in_window, per_column

COLUMNS: Final = 60
BLOCKS: Final = " ▁▂▃▄▅▆▇█"
LINES: Final = "▔│┤└┴─"
ASCII: Final = str.maketrans(BLOCKS + LINES, " ..::==##" + "-||++-")
MARGIN: Final = 16
MOST_LIMITS: Final = 8


class Scene(msgspec.Struct, frozen=True):
    """What all drawn algorithms share: the rule, the traffic and its calls, the time."""

    rule: DrawnRule
    traffic: str
    moments: tuple[int, ...]
    cost: int
    until: int
    columns: int = COLUMNS

    @property
    def offered(self) -> list[int]:
        """Units per column."""
        return per_column([(moment, self.cost) for moment in self.moments], self.until, self.columns)


class Chart(msgspec.Struct, frozen=True):
    """Bars: as many rows as asked for, `top` being the value of a full bar."""

    label: str
    values: Sequence[int]
    top: int
    rows: int
    style: str
    limit: int = 0
    limit_row: int = 0
    """Counted from the bottom, from one; its upper edge is the limit. 0 is no line."""


def draw(scene: Scene, trials: Sequence[Trial]) -> Text:
    """The picture: large for one algorithm, small ones below each other for several."""
    small = len(trials) > 1
    lines = [
        Text(f"{scene.rule.text}, each call {scene.cost}" if scene.cost != 1 else scene.rule.text, style="bold"),
        Text(f"traffic {scene.traffic}"),
        Text(),
        *_offered(scene, rows=2 if small else 3),
    ]
    for trial in trials:
        lines += [*([Text()] if small else []), *(_small if small else _large)(scene, trial)]
    for line in lines:
        line.rstrip()
    return Text("\n").join(lines)


def is_drawable(encoding: str) -> bool:
    """Whether an output has the characters of a picture."""
    try:
        (BLOCKS + LINES).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def in_ascii(picture: Text) -> str:
    """The picture for an output that has no blocks: four heights instead of eight."""
    return picture.plain.translate(ASCII)


def facts(scene: Scene, trial: Trial) -> str:
    """The run in numbers."""
    admitted, refused = (sum(units for _, units in events) for events in (trial.admitted, trial.refused))
    offered = len(scene.moments) * scene.cost
    waiting = offered - admitted - refused
    rest = f", {waiting} still wait" if waiting else ""
    return f"admitted {admitted} of {offered}, refused {refused}{rest}"


def most_in_any_window(scene: Scene, trial: Trial) -> int:
    """The largest sum of admitted units in any span as long as the rule's window."""
    return max(in_window(trial.admitted, scene.rule.quota.window, scene.until, scene.columns))


def _offered(scene: Scene, rows: int) -> Iterator[Text]:
    return _chart(Chart("offered", scene.offered, max(scene.offered), rows, "cyan"))


def _large(scene: Scene, trial: Trial) -> Iterator[Text]:
    yield from _flow(scene, "admitted", trial.admitted, rows=3)
    yield from _flow(scene, "refused", trial.refused, rows=3)
    yield Text()
    yield from _window(scene, trial, rows=6)
    yield from _axis(scene)
    yield Text()
    yield Text(f"{trial.algorithm}: {facts(scene, trial)}", style="bold")
    yield _most(scene, trial)
    yield from map(Text, textwrap.wrap(f"Bound: {trial.bound}", 79))


def _small(scene: Scene, trial: Trial) -> Iterator[Text]:
    yield Text(f"{trial.algorithm}: {facts(scene, trial)}", style="bold")
    yield from _flow(scene, "admitted", trial.admitted, rows=2)
    yield from _window(scene, trial, rows=4)
    yield from _axis(scene)
    yield _most(scene, trial)


def _flow(scene: Scene, label: str, events: Sequence[tuple[int, int]], rows: int) -> Iterator[Text]:
    """One of the three that are drawn to the same scale, so that they can be compared by eye."""
    values = per_column(events, scene.until, scene.columns)
    return _chart(Chart(label, values, max(scene.offered), rows, "green" if label == "admitted" else "yellow"))


def _window(scene: Scene, trial: Trial, rows: int) -> Iterator[Text]:
    """The sum in the sliding window against the limit: twice the limit fits, so that a doubling is seen as one."""
    quota = scene.rule.quota
    values = in_window(trial.admitted, quota.window, scene.until, scene.columns)
    label = f"last {span_text(quota.window)}"
    if not quota.limit:
        return _chart(Chart(label, values, 1, rows, "green"))
    limits = max(2, -(-max(values) // quota.limit))
    each = max(1, rows // limits)
    if limits > MOST_LIMITS:
        return _chart(Chart(label, values, max(values), rows, "green"))
    return _chart(Chart(label, values, limits * quota.limit, each * limits, "green", quota.limit, each))


def _most(scene: Scene, trial: Trial) -> Text:
    window, most, limit = span_text(scene.rule.quota.window), most_in_any_window(scene, trial), scene.rule.quota.limit
    style = "red" if most > limit else "green"
    return Text.assemble(
        f"most in any {window}: ", (str(most), style), f", limit {limit}, by its bound at most {trial.at_most}"
    )


def _chart(chart: Chart) -> Iterator[Text]:
    for row in range(chart.rows, 0, -1):
        name = chart.label if row == chart.rows else ""
        number = chart.top if row == chart.rows else chart.limit if row == chart.limit_row else None
        scale = f"{_short(number)} ┤" if number is not None else "│"
        line = Text(f"{name:<{MARGIN - len(scale)}}"[: MARGIN - len(scale)] + scale)
        above = chart.limit_row and row > chart.limit_row
        cells = "".join(_cell(value, chart, row) for value in chart.values)
        if row == chart.limit_row:
            cells = cells.replace(" ", "▔")
        for drawn in re.findall("▔+|[^▔]+", cells):
            line.append(drawn, style="dim" if drawn[0] == "▔" else "red" if above else chart.style)
        yield line


def _cell(value: int, chart: Chart, row: int) -> str:
    """The part of a bar that lies in a row: eighths, rounded down, but what is not nothing is seen."""
    eighths = value * chart.rows * 8 // chart.top if chart.top else 0
    if value and not eighths:
        eighths = 1
    return BLOCKS[min(8, max(0, eighths - (row - 1) * 8))]


def _short(number: int) -> str:
    """At most six characters: `1500`, `250k`, `12M`."""
    for unit in ("", "k", "M", "G", "T"):
        if number < 10_000 or unit == "T":
            return f"{number}{unit}"
        number //= 1_000
    return str(number)


def _axis(scene: Scene) -> Iterator[Text]:
    """The time, with a mark wherever a multiple of the window begins; every label has the room that it needs."""
    window, columns = scene.rule.quota.window, scene.columns
    marks = range(0, scene.until, window * max(1, -(-scene.until // (window * 6))))
    line, labels = ["─"] * columns, ""
    for mark in marks:
        at = mark * columns // scene.until
        line[at] = "┴"
        labels = labels.ljust(at) + span_text(mark)
    end = span_text(scene.until)
    if len(labels) < columns - len(end):
        labels = labels.ljust(columns - len(end)) + end
    yield Text(f"{'└':>{MARGIN}}{''.join(line)}")
    yield Text(" " * MARGIN + labels)
