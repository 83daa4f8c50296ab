"""The sixteen rows of the failover wall by name, and the state that makes "once" mean once."""

from collections import OrderedDict

import msgspec

from octogate.mock.faults import Fault, parse_fault
from octogate.mock.refusals import Refused

MAX_RUNS = 10_000


class Scenario(msgspec.Struct, frozen=True):
    """Faults, for how many calls of a run (None: for ever), and what else the row fixes."""

    faults: tuple[str, ...]
    summary: str
    times: int | None = None
    retry_after: float | None = None
    tokens: int | None = None


SCENARIOS: dict[str, Scenario] = {
    "s01-429-once": Scenario(("fault-http-429",), "one 429 with `Retry-After: 2`, then fine", times=1, retry_after=2),
    "s02-429-forever": Scenario(("fault-http-429",), "429 for ever", retry_after=2),
    "s03-500-once": Scenario(("fault-http-500",), "one 500, then fine", times=1),
    "s04-503-forever": Scenario(("fault-http-503",), "503 for ever"),
    "s05-reset": Scenario(("fault-reset",), "TCP reset before headers"),
    "s06-silence": Scenario(("fault-hang-120",), "accepts, then silence for 120 s"),
    "s07-slow-first-token": Scenario(("fault-slow-20000",), "first token after 20 s"),
    "s08-cut": Scenario(("fault-cut-40",), "stream cut after 40 of 60 tokens", tokens=60),
    "s09-stall": Scenario(("fault-stall-20",), "stream stalls 30 s after 20 tokens, then closed", tokens=60),
    "s10-malformed": Scenario(("fault-malformed-3",), "one malformed event after 3 tokens, then the rest"),
    "s11-no-done": Scenario(("fault-nodone",), "no terminal event at the end"),
    "s12-context-length": Scenario(("fault-context",), "400, the prompt is too long"),
    "s13-content-policy": Scenario(("fault-policy",), "400, against the content policy"),
    "s14-cut-no-prefill": Scenario(
        ("fault-cut-40", "fault-noprefill"), "stream cut after 40 of 60 tokens; refuses assistant prefill", tokens=60
    ),
    "s15-flap": Scenario(("fault-flap-60",), "flaps for 60 s, then fine"),
    "s16-fails": Scenario(("fault-http-500",), "500 for ever, so that another target serves"),
}
_BY_ID = {name.split("-", 1)[0]: name for name in SCENARIOS}


def scenario_of(name: str) -> Scenario:
    """Find "s04", "s04-503-forever" or "fault-…"; "" is no fault at all. Raises Refused for any other name."""
    if not name:
        return Scenario((), "a good answer")
    if name.startswith("fault-"):
        return Scenario((name,), "one fault")
    full = _BY_ID.get(name, name)
    if full not in SCENARIOS:
        raise Refused(400, f"The mock knows no scenario {name!r}; the known ones are: {', '.join(SCENARIOS)}.")
    return SCENARIOS[full]


def faults_of(scenario: Scenario) -> tuple[Fault, ...]:
    """The faults of a scenario, ready to apply."""
    return tuple(parse_fault(name) for name in scenario.faults)


class Run(msgspec.Struct):
    """How often a scenario was met in one run, and when first (monotonic seconds)."""

    calls: int
    first_at: float


class Runs:
    """The runs of all instances, the oldest forgotten beyond ten thousand."""

    def __init__(self) -> None:
        self._runs: OrderedDict[tuple[str, str, str], Run] = OrderedDict()

    def count(self, instance: str, scenario: str, run: str, *, now: float) -> Run:
        """Note one more call of this run."""
        key = (instance, scenario, run)
        known = self._runs.setdefault(key, Run(0, now))
        known.calls += 1
        self._runs.move_to_end(key)
        if len(self._runs) > MAX_RUNS:
            self._runs.popitem(last=False)
        return known

    def reset(self, instance: str = "") -> None:
        """Forget the runs of one instance, or all."""
        for key in [key for key in self._runs if instance in ("", key[0])]:
            del self._runs[key]
