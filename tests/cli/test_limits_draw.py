"""`octogate limits draw`: what is drawn is what the algorithms did, and says so to the unit."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import octogate
from octogate.cli import application
from octogate.cli.limits_picture import Scene, draw
from octogate.cli.limits_rule import read_rule, span_text
from octogate.cli.limits_traffic import arrivals, read_traffic
from octogate.cli.limits_trial import DRAWABLE, bound_of, in_window, per_column, run_trial
from octogate.limits.algorithms import ALGORITHMS

DOCS = Path(octogate.__file__).parents[2] / "docs"
SECOND = 1_000_000
INSTANT = [name for name in DRAWABLE if name != "leaky_queue"]
TWO_BURSTS = "burst:4@9s,burst:4@11s"


def picture(rule: str, traffic: str, *algorithms: str, seconds: int = 30, columns: int = 20) -> str:
    """A small picture, without the colours."""
    asked, parts, until = read_rule(rule), read_traffic(traffic), seconds * SECOND
    scene = Scene(asked, traffic, tuple(arrivals(parts, until)), 1, until, columns)
    return draw(scene, [run_trial(name, asked.quota, scene.moments, 1, until) for name in algorithms]).plain


def shown(text: str) -> str:
    """A picture as it stands in this file."""
    return "\n".join(line.removeprefix("        ") for line in text.strip("\n").splitlines()).rstrip()


def most_in_any_window(admitted: list[tuple[int, int]] | tuple[tuple[int, int], ...], window: int) -> int:
    """The same question in the plainest words: for every admission, the sum of what came in the window before it."""
    return max(
        (sum(units for moment, units in admitted if end - window < moment <= end) for end, _ in admitted), default=0
    )


def test_a_fixed_window_shows_its_doubling():
    assert picture("4 requests / 10s", TWO_BURSTS, "fixed_window") == shown("""
        4 requests / 10s
        traffic burst:4@9s,burst:4@11s

        offered      4 ┤      ██
                       │      ██
                       │      ██
        admitted     4 ┤      ██
                       │      ██
                       │      ██
        refused      4 ┤
                       │
                       │

        last 10s     8 ┤       ██████
                       │       ██████
                       │       ██████
                     4 ┤▔▔▔▔▔▔████████▔▔▔▔▔▔
                       │      ████████
                       │      ████████
                       └┴─────┴──────┴──────
                        0s    10s    20s 30s

        fixed_window: admitted 8 of 8, refused 0
        most in any 10s: 8, limit 4, by its bound at most 8
        Bound: `limit` in each of these windows, hence up to twice the limit in a
        window that lies across a boundary.
        """)


def test_a_sliding_window_and_a_log_stay_at_the_limit_where_the_fixed_one_doubles():
    assert picture("4 requests / 10s", TWO_BURSTS, "sliding_window", "sliding_log", seconds=20) == shown("""
        4 requests / 10s
        traffic burst:4@9s,burst:4@11s

        offered      4 ┤         █ █
                       │         █ █

        sliding_window: admitted 4 of 8, refused 4
        admitted     4 ┤         █
                       │         █
        last 10s     8 ┤
                       │
                     4 ┤▔▔▔▔▔▔▔▔▔██████████▔
                       │         ██████████
                       └┴─────────┴─────────
                        0s        10s    20s
        most in any 10s: 4, limit 4, by its bound at most 4

        sliding_log: admitted 4 of 8, refused 4
        admitted     4 ┤         █
                       │         █
        last 10s     8 ┤
                       │
                     4 ┤▔▔▔▔▔▔▔▔▔██████████▔
                       │         ██████████
                       └┴─────────┴─────────
                        0s        10s    20s
        most in any 10s: 4, limit 4, by its bound at most 4
        """)


def test_a_leaky_queue_spreads_a_burst_over_the_window():
    trial = run_trial("leaky_queue", read_rule("4 requests / 8s").quota, [0] * 7 + [3 * SECOND], 1, 30 * SECOND)

    assert [moment // SECOND for moment, _ in trial.admitted] == [0, 2, 4, 6, 8, 10]
    assert trial.refused == ((0, 1),) * 2, "one leaves at once, four wait, two are too many; one place is free at 3 s"


def test_what_still_waits_at_the_end_is_neither_admitted_nor_refused():
    said = picture("4 requests / 8s", "burst:4@0s", "leaky_queue", seconds=3)

    assert "leaky_queue: admitted 2 of 4, refused 0, 2 still wait" in said


def test_who_leaves_the_queue_as_the_picture_ends_is_not_in_it():
    quota = read_rule("4 requests / 8s").quota
    shorter, longer = (run_trial("leaky_queue", quota, [0, 0], 1, until) for until in (2 * SECOND, 2 * SECOND + 1))

    assert shorter.admitted == ((0, 1),)
    assert longer.admitted == ((0, 1), (2 * SECOND, 1))


def test_a_week_of_the_calendar_begins_with_the_picture():
    """So that a boundary is where the axis has its mark, for a week as for an hour."""
    quota, day = read_rule("4 requests / 1w").quota, 86_400 * SECOND
    within = run_trial("calendar_window", quota, [3 * day] * 4 + [5 * day] * 4, 1, 14 * day)
    across = run_trial("calendar_window", quota, [6 * day] * 4 + [8 * day] * 4, 1, 14 * day)

    assert [len(within.admitted), len(across.admitted)] == [4, 8]


quotas = st.builds(
    "{} requests / {}s burst {} buckets {}".format, st.integers(1, 12), st.sampled_from([1, 7, 3600]),
    st.integers(1, 20), st.integers(1, 15),
)  # fmt: skip
calls = st.lists(st.integers(0, 40), max_size=60).map(sorted)


@given(rule=quotas, steps=calls, cost=st.integers(1, 3), name=st.sampled_from(INSTANT))
@settings(max_examples=200, deadline=None)
def test_the_numbers_are_those_of_a_run_of_the_algorithm_and_within_its_bound(rule, steps, cost, name):
    quota = read_rule(rule).quota
    moments, until = [step * quota.window // 10 for step in steps], 5 * quota.window
    algorithm, zero = ALGORITHMS[name], 4 * 86_400 * SECOND if name == "calendar_window" else 0
    state, expected = algorithm.new(quota, zero), []
    for moment in moments:
        if algorithm.wait(state, quota, zero + moment, cost) == 0:
            algorithm.take(state, quota, zero + moment, cost)
            expected.append((moment, cost))

    trial = run_trial(name, quota, moments, cost, until)

    assert list(trial.admitted) == expected
    assert sorted(trial.admitted + trial.refused) == [(moment, cost) for moment in moments]
    # A page of a calendar is longer than a window that is no such page.
    if name != "calendar_window" or quota.window == 3600 * SECOND:
        assert most_in_any_window(trial.admitted, quota.window) <= trial.at_most


@given(rule=quotas, steps=calls, cost=st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_a_queue_loses_nobody_and_keeps_its_bound(rule, steps, cost):
    quota = read_rule(rule).quota
    moments = [step * quota.window // 10 for step in steps]

    trial = run_trial("leaky_queue", quota, moments, cost, 100 * quota.window)

    assert len(trial.admitted) + len(trial.refused) == len(moments)
    assert most_in_any_window(trial.admitted, quota.window) <= trial.at_most
    departures = [moment for moment, _ in trial.admitted]
    assert all(later - earlier >= cost * quota.interval for earlier, later in pairwise(departures))


@given(steps=calls, window=st.integers(1, 20), columns=st.integers(1, 41))
@settings(max_examples=200, deadline=None)
def test_the_sum_in_the_window_is_right_in_every_column_and_over_all(steps, window, columns):
    admitted, until = [(step, 1) for step in steps], 41

    drawn = in_window(admitted, window, until, columns)

    for column, most in enumerate(drawn):
        moments = [now for now in range(until) if now * columns // until == column]
        assert most == max(sum(1 for moment, _ in admitted if now - window < moment <= now) for now in moments)
    assert max(drawn) == most_in_any_window(admitted, window)
    assert sum(per_column(admitted, until, columns)) == len(admitted)


def test_every_algorithm_but_concurrency_is_drawn_with_the_bound_of_its_documentation(octogate_command):
    ran = octogate_command("limits", "draw", "100 requests / 1h", "--compare", "--json")

    drawn = {each["algorithm"]: each for each in json.loads(ran.out)["algorithms"]}
    assert set(drawn) == {*ALGORITHMS, "leaky_queue"} - {"concurrency"}
    assert all(each["bound"].endswith((".", "call")) and len(each["bound"]) > 40 for each in drawn.values())
    assert drawn["fixed_window"]["most_in_any_window"] > 190
    assert drawn["sliding_window"]["most_in_any_window"] == drawn["sliding_log"]["most_in_any_window"] == 100
    assert drawn["sliding_window"]["bound"] == bound_of(type(ALGORITHMS["sliding_window"]))


def test_plain_draw_tells_something_in_80_columns_and_is_the_same_every_time(octogate_command):
    ran, again = octogate_command("limits", "draw"), octogate_command("limits", "draw")

    assert ran.code == 0
    assert ran.out == again.out
    assert "traffic steady:30/m,burst:100@55s,burst:100@65s" in ran.out
    assert "most in any 1m: 100, limit 100, by its bound at most 100" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "\x1b" not in ran.out, "no colours where there is no terminal"


def test_a_terminal_gets_colours_and_what_is_above_the_limit_is_red(octogate_command, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    sliding = octogate_command("limits", "draw", "-a", "sliding_window").out
    fixed = octogate_command("limits", "draw", "-a", "fixed_window").out

    assert "\x1b[32m" in sliding
    assert not re.search(r"\x1b\[31m *[▁-█]", sliding)
    assert re.search(r"\x1b\[31m *[▁-█]", fixed)


def test_an_output_without_blocks_gets_a_picture_of_plain_characters(start):
    ran = start("limits", "draw", "-a", "fixed_window", environ={"PYTHONIOENCODING": "ascii"}).finish()

    assert ran.code == 0
    assert ran.out.isascii()
    assert "100 |------------------####" in ran.out


def test_a_large_limit_is_drawn_with_larger_calls(octogate_command):
    ran = octogate_command("limits", "draw", "5000000 requests / 1d")

    assert ran.code == 0
    assert "5000000 requests / 1d, each call 500" in ran.out
    assert "most in any 1d: 5000000, limit 5000000" in ran.out


def test_comparing_leaves_the_calendar_out_where_the_window_is_no_page_of_one_and_says_so(octogate_command):
    ran = octogate_command("limits", "draw", "--compare")

    assert ran.out.count("most in any 1m") == len(DRAWABLE) - 1
    assert ran.err.startswith("octogate: calendar_window counts by hours, days or weeks")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "calendar_window: " in octogate_command("limits", "draw", "5 requests / 1d", "--compare").out


def test_the_json_adds_up(octogate_command):
    ran = octogate_command(
        "limits", "draw", "10 requests / 1m", "--traffic", "steady:6/m@10s-70s,burst:20@30s", "--seconds", "90", "--json"
    )  # fmt: skip

    drawn = json.loads(ran.out)
    (only,) = drawn["algorithms"]
    assert drawn["column_seconds"] == 1.5
    assert len(drawn["offered"]) == 60
    assert sum(drawn["offered"]) == 26 == sum(only["admitted"]) + sum(only["refused"])
    assert [a + r for a, r in zip(only["admitted"], only["refused"], strict=True)] == drawn["offered"]
    assert only["most_in_any_window"] == max(only["in_window"]) == 10


def test_calls_may_cost_more_than_one_unit(octogate_command):
    drawn = json.loads(octogate_command("limits", "draw", "10000 tokens / 1m", "--json").out)
    given = json.loads(octogate_command("limits", "draw", "10000 tokens / 1m", "--cost", "3000", "--json").out)

    assert drawn["cost"] == 100, "a hundredth of the limit"
    assert max(given["algorithms"][0]["in_window"]) == 9000, "a fourth one would not fit"


def test_a_call_that_is_larger_than_the_limit_never_fits(octogate_command):
    ran = octogate_command("limits", "draw", "10 tokens / 1m", "--cost", "11", "--traffic", "steady:2/m")

    assert "admitted 0 of 66, refused 66" in ran.out


def test_a_limit_of_nothing_draws_nothing_admitted(octogate_command):
    ran = octogate_command("limits", "draw", "0 requests / 1m")

    assert ran.code == 0
    assert "admitted 0 of " in ran.out


@pytest.mark.parametrize("text", ["1m", "90s", "1h", "2d", "0.5s", "36h"])
def test_a_span_is_told_as_it_was_read(text):
    assert span_text(read_rule(f"1 request / {text}").quota.window) == text


@pytest.mark.parametrize("text", ["steady:150/m", "steady:5/10s@0s-30s", "steady:5/h@30s", "burst:50@30s"])
def test_traffic_is_told_as_it_was_read(text):
    assert ",".join(map(str, read_traffic(f"{text},{text}"))) == f"{text},{text}"


@pytest.mark.parametrize(
    ("arguments", "part", "allowed"),
    [
        (["100 requests per 1m"], '"/"', "100 requests / 1m"),
        (["100 / 1m"], "'100'", "100 requests / 1m"),
        (["many requests / 1m"], "limit 'many'", "whole number from 0"),
        (["٣ requests / 1m"], "limit '٣'", "whole number from 0"),
        (["9 usd / 1m"], "unit 'usd'", "requests, tokens"),
        (["9 concurrency / 1m"], "concurrency", "under way"),
        (["9 requests / "], "no window", "100 requests / 1m"),
        (["9 requests / 1y"], "'1y'", "s, m, h, d, w"),
        (["9 requests / 0s"], "'0s'", "0.001s and 31d"),
        (["9 requests / 1m bust 3"], "'bust'", "burst 20"),
        (["9 requests / 1m burst"], "burst ''", "from 1 to"),
        (["9 requests / 1m buckets 1001"], "buckets '1001'", "from 1 to 1000"),
        (["--algorithm", "magic"], "'magic'", "sliding_window, token_bucket"),
        (["--algorithm", "concurrency"], "'concurrency'", "sliding_window, token_bucket"),
        (["--algorithm", "calendar_window"], "calendar_window", "1h, 1d or 1w"),
        (["--algorithm", "gcra", "--compare"], "--compare", "more than one"),
        (["--traffic", "ramp:1"], "'ramp:1'", "burst:CALLS@TIME"),
        (["--traffic", ""], "''", "burst:CALLS@TIME"),
        (["--traffic", "steady:1/m,steady:2"], "'steady:2'", "steady:CALLS/TIME"),
        (["--traffic", "steady:0/m"], "'0' calls", "from 1 to 100000"),
        (["--traffic", "steady:1/0s"], "'steady:1/0s'", "steady:CALLS/TIME"),
        (["--traffic", "steady:1/m@9s-8s"], "ends before", "[@FROM[-TO]]"),
        (["--traffic", "burst:5"], "no moment", "burst:CALLS@TIME"),
        (["--traffic", "burst:5@3m"], "burst:5@3m begins behind the end", "--seconds"),
        (["--traffic", "steady:99999/s"], "100000 calls", "--cost"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_with_what_is_allowed(octogate_command, arguments, part, allowed):
    ran = octogate_command("limits", "draw", *arguments)

    assert ran.code == 2
    assert ran.out == ""
    assert part in ran.err
    assert allowed in ran.err
    assert ran.err.count("\n") == 1


def test_help_and_reference_know_every_option_and_the_example(octogate_command):
    (command,) = application.LIMITS_COMMANDS
    section = re.search(
        r"^## octogate limits draw$(.*?)(?=^## |\Z)",
        (DOCS / "reference" / "commands.md").read_text(), re.MULTILINE | re.DOTALL,
    )  # fmt: skip
    ran = octogate_command("limits", "draw", "--help")

    assert section
    assert "Example:" in ran.out
    assert command.example in section[1]
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", ran.out)) - {"--help"}
    assert options == {"--algorithm", "--compare", "--traffic", "--seconds", "--cost", "--json"}
    assert options <= set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", section[1]))


def test_the_page_about_limits_shows_what_the_command_draws(octogate_command):
    page = (DOCS / "explanation" / "limits.md").read_text()
    shown = re.findall(r"^```text\n\$ octogate (.*?)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert shown
    for line, drawn in shown:
        assert octogate_command(*line.split()).out == drawn
    for name in (*ALGORITHMS, "leaky_queue"):
        assert f"| `{name}` |" in page
