"""The page of the benchmark: who has figures in a translated situation, and against what they are set."""

from bench.load import Cell, Load
from bench.report import Facts, as_markdown
from bench.rounds import DIRECT, Plan, Row, Sample

PASSED_ON = Cell("plain", "Plain", 2048, 64)
TRANSLATED = Cell("translated", "Plain, translated", 2048, 64, among=(DIRECT, "Octogate"), beside="plain")
STREAM = Cell("stream", "Stream", 2048, 128, stream=True)
TRANSLATED_STREAM = Cell("words", "Stream, translated", 2048, 128, stream=True, among=("Octogate",), beside="stream")
PLAN = Plan(cells=(PASSED_ON, TRANSLATED, STREAM, TRANSLATED_STREAM), rounds=3, seconds=1.0)
FACTS = Facts(taken_at="now", depth="smoke", machine="box", kernel="6", python="3.11", load_average="0 0 0")
LOAD = Load(
    answered=100, in_window=100, errors=0, unfinished=0, bad_status=0, events=0, reads=100, seconds=1.0,
    p50_us=1000, p90_us=1000, p99_us=1000, max_us=1000, first_p50_us=500, first_p99_us=500,
)  # fmt: skip


def samples(*, call: float = 0.0, chunk: float = 0.0) -> list[Sample]:
    return [Sample(load=LOAD, cpu_per_call=call, cpu_per_chunk=chunk)] * 3


def page() -> str:
    nginx = Row(name="nginx", samples={"plain": samples(call=20), "stream": samples(chunk=8)})
    octogate = Row(
        name="Octogate",
        samples={
            "plain": samples(call=100),
            "translated": samples(call=170),
            "stream": samples(chunk=10),
            "words": samples(chunk=15),
        },
    )
    return as_markdown(FACTS, PLAN, [Row(name=DIRECT, samples={"plain": samples()}), nginx, octogate])


def table(title: str) -> dict[str, list[str]]:
    """The lines of one situation: gateway → cells."""
    part = page().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return {line[0]: line[1:] for line in lines}


def test_a_translated_call_is_set_against_the_same_gateways_pass_through():
    assert table("Plain, translated")["Octogate"][1:4] == ["170.0", "1.7", "–"]
    assert table("Stream, translated")["Octogate"][1:4] == ["15.0", "1.5", "–"]


def test_who_cannot_translate_has_no_figures_there():
    assert set(table("Plain, translated")["nginx"]) == {"–"}
    assert set(table("Stream, translated")["nginx"]) == {"–"}


def test_the_aims_stand_below_the_translated_tables_only():
    parts = page().split("\n## ")
    aims = {part.partition("\n")[0]: part.partition("aim is at most × ")[2][:3] for part in parts}

    assert aims["Plain, translated"] == "1.8"
    assert aims["Stream, translated"] == "2. "
    assert aims["Plain"] == aims["Stream"] == ""


def test_what_is_passed_on_is_set_against_nginx():
    assert table("Plain")["Octogate"][1:3] == ["100.0", "5.0"]


def test_who_stays_out_takes_no_steps():
    assert PLAN.steps(["nginx"]) == 3 * 2
    assert PLAN.steps([DIRECT, "nginx", "Octogate"]) == 3 * (3 + 2 + 3 + 1)
