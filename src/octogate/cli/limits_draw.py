"""`octogate limits draw`: a picture of what a rule admits."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from octogate.cli.limits_picture import Scene
    from octogate.cli.limits_rule import DrawnRule
    from octogate.cli.limits_trial import Trial

LONGEST_SECONDS = 31 * 86_400
FILLING_REQUESTS = 10_000
FILLING_CALLS = 100
"""How many calls at most use up a limit of requests, or of tokens, where nobody says how large a call is."""


def draw(
    rule: Annotated[
        str, typer.Argument(help="`AMOUNT UNIT / WINDOW [burst N] [buckets N]`, such as `10000 tokens / 1h`.")
    ] = "100 requests / 1m",
    algorithm: Annotated[
        list[str] | None,
        typer.Option("--algorithm", "-a", help="How to count, default sliding_window; more than once: to compare."),
    ] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Draw every algorithm on the same traffic.")] = False,
    traffic: Annotated[
        str | None,
        typer.Option(help="Calls that come, such as `steady:150/m,burst:50@30s`; default: two bursts at a boundary."),
    ] = None,
    seconds: Annotated[
        int | None,
        typer.Option(min=1, max=LONGEST_SECONDS, help="How long the picture is; default: three windows."),
    ] = None,
    cost: Annotated[
        int | None,
        typer.Option(
            min=1, max=10**9, help="Units of each call; default 1, or what makes few enough calls of a large limit."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the series as one JSON object.")] = False,
) -> None:
    """Draw what a rule admits and refuses, as the gateway would; nothing is sent anywhere.

    Traffic is a list of `steady:CALLS/TIME`, with `@FROM-TO` if it is not always there, and `burst:CALLS@TIME`. Times
    are numbers with s, m, h, d or w. The same words are always the same picture.
    """
    import json
    import sys

    from rich.console import Console

    from octogate.cli.limits_picture import draw as drawn
    from octogate.cli.limits_picture import in_ascii, is_drawable
    from octogate.cli.limits_rule import read_rule
    from octogate.cli.limits_trial import run_trial

    asked = read_rule(rule)
    names = chosen(algorithm or [], asked, every=compare)
    scene = scene_of(asked, traffic, seconds, cost)
    trials = [run_trial(name, asked.quota, scene.moments, scene.cost, scene.until) for name in names]
    if as_json:
        print(json.dumps(series(scene, trials)))
        return
    picture = drawn(scene, trials)
    if is_drawable(sys.stdout.encoding):
        Console(highlight=False, soft_wrap=True).print(picture)
    else:
        print(in_ascii(picture))


def chosen(named: "Sequence[str]", rule: "DrawnRule", *, every: bool) -> list[str]:
    """The algorithms to draw. Raises Failed for one that is not known, or that cannot count by such a window."""
    from octogate.cli.failure import usage
    from octogate.cli.limits_rule import PAGES
    from octogate.cli.limits_trial import DRAWABLE
    from octogate.cli.loading import announce

    for name in named:
        if name not in DRAWABLE:
            raise usage(f"{name!r} is not an algorithm that can be drawn; allowed is one of {', '.join(DRAWABLE)}")
    if every and named:
        raise usage("--compare draws every algorithm; leave --algorithm out, or name more than one without --compare")
    names = list(DRAWABLE) if every else list(dict.fromkeys(named)) or ["sliding_window"]
    if "calendar_window" in names and rule.quota.window not in PAGES:
        fault = f"calendar_window counts by hours, days or weeks of a calendar, not by those of {rule.text!r}"
        if not every:
            raise usage(f"{fault}; allowed as window is 1h, 1d or 1w")
        announce(f"{fault}: left out")
        names.remove("calendar_window")
    return names


def scene_of(rule: "DrawnRule", traffic: str | None, seconds: int | None, cost: int | None) -> "Scene":
    """The rule with its traffic; what is not given is chosen so that the picture tells something."""
    from octogate.cli.limits_picture import Scene
    from octogate.cli.limits_traffic import arrivals, read_traffic, telling_traffic
    from octogate.limits.quota import SECOND

    quota = rule.quota
    until = 3 * quota.window if seconds is None else seconds * SECOND
    cost = cost or max(1, quota.limit // (FILLING_REQUESTS if rule.unit == "requests" else FILLING_CALLS))
    if traffic is None:
        parts = tuple(part for part in telling_traffic(quota.limit // cost, quota.window) if part.start < until)
    else:
        parts = read_traffic(traffic)
    moments = tuple(arrivals(parts, until))
    return Scene(rule, ",".join(map(str, parts)), moments, cost, until)


def series(scene: "Scene", trials: "Sequence[Trial]") -> dict[str, Any]:
    """Everything that the picture shows, for a program."""
    from octogate.cli.limits_picture import most_in_any_window
    from octogate.cli.limits_trial import in_window, per_column
    from octogate.limits.quota import SECOND

    quota, until, columns = scene.rule.quota, scene.until, scene.columns
    return {
        "rule": scene.rule.text,
        "traffic": scene.traffic,
        "cost": scene.cost,
        "limit": quota.limit,
        "window_seconds": quota.window / SECOND,
        "column_seconds": until / columns / SECOND,
        "offered": scene.offered,
        "algorithms": [
            {
                "algorithm": trial.algorithm,
                "admitted": per_column(trial.admitted, until, columns),
                "refused": per_column(trial.refused, until, columns),
                "in_window": in_window(trial.admitted, quota.window, until, columns),
                "most_in_any_window": most_in_any_window(scene, trial),
                "at_most": trial.at_most,
                "bound": trial.bound,
            }
            for trial in trials
        ],
    }
