"""Admission by many rules at once: all or nothing, whoever asks, and what is held comes back."""

import random
from collections import defaultdict
from typing import Any

import msgspec
import pytest

from octogate.limits.memory import Claim, MemoryStore, Refusal, Reservation
from octogate.limits.quota import NEVER, SECOND, Quota
from octogate.limits.rule import Rule

from .reference import Admission, most_in_any_window

WINDOW = 60 * SECOND
START = 10**15


def rule(name: str = "r", unit: Any = "requests", limit: int = 3, **facts: Any) -> Rule:
    quota = {name: facts.pop(name) for name in ("window", "burst", "buckets") if name in facts}
    algorithm = facts.pop("algorithm", "concurrency" if unit == "concurrency" else "sliding_window")
    return Rule(
        name=name, scope="key", unit=unit, quota=Quota(limit=limit, **quota), algorithm=algorithm, **facts
    )  # fmt: skip


class Gate:
    """A store with some rules, asked for one subject."""

    def __init__(self, *rules: Rule) -> None:
        self.store = MemoryStore()
        self.meters = self.store.meters(rules, START)
        self.now = START

    def claims(self, *costs: int, subject: str = "ann") -> list[Claim]:
        return [(meter, subject, cost) for meter, cost in zip(self.meters, costs, strict=True)]

    def ask(self, *costs: int, subject: str = "ann") -> Reservation | Refusal:
        return self.store.admit(self.claims(*costs, subject=subject), self.now)

    def used(self, subject: str = "ann") -> list[int]:
        return [
            meter.algorithm.level(meter.state(subject, self.now), meter.quota, self.now).used for meter in self.meters
        ]


def admitted(answer: Reservation | Refusal) -> Reservation:
    assert isinstance(answer, Reservation)
    return answer


def refused(answer: Reservation | Refusal) -> Refusal:
    assert isinstance(answer, Refusal)
    return answer


@pytest.mark.parametrize("tight", [0, 1, 2, 3])
def test_who_is_refused_by_one_rule_uses_nothing_of_the_others(tight: int) -> None:
    """T-25, S1-18: whichever of them it is."""
    units = ["requests", "tokens", "requests", "concurrency"]
    rules = [rule(f"r{at}", unit, limit=1 if at == tight else 100) for at, unit in enumerate(units)]
    gate = Gate(*rules)
    admitted(gate.ask(1, 1, 1, 1))
    before = gate.used()

    for _ in range(50):
        refusal = refused(gate.ask(1, 1, 1, 1))

        assert refusal.rule.name == f"r{tight}"
        assert (refusal.level.used, refusal.level.limit) == (1, 1)
    assert gate.used() == before == [1, 1, 1, 1]


def test_the_rule_that_takes_longest_is_the_one_that_is_told() -> None:
    """T-34: who waits for it is not refused by another one."""
    gate = Gate(rule("minute", limit=1), rule("hour", limit=1, window=3_600 * SECOND))
    admitted(gate.ask(1, 1))

    refusal = refused(gate.ask(1, 1))

    assert refusal.rule.name == "hour"
    gate.now += refusal.wait - 1
    refused(gate.ask(1, 1))
    gate.now += 1
    admitted(gate.ask(1, 1))


def test_a_call_that_could_never_fit_is_told_so() -> None:
    """S1-32, S1-49: before it has used anything."""
    gate = Gate(rule("calls"), rule("tokens", "tokens", limit=1_000))

    refusal = refused(gate.ask(1, 1_001))

    assert (refusal.rule.name, refusal.wait, refusal.cost) == ("tokens", NEVER, 1_001)
    assert gate.used() == [0, 0]


def test_subjects_do_not_know_each_other() -> None:
    gate = Gate(rule(limit=1))
    admitted(gate.ask(1, subject="ann"))

    admitted(gate.ask(1, subject="bob"))
    refused(gate.ask(1, subject="ann"))


def test_an_estimate_becomes_what_was_used_and_only_once() -> None:
    """S3-18, S1-25: too much comes back, too little is owed."""
    gate = Gate(rule("calls", limit=10), rule("tokens", "tokens", limit=1_000), rule("busy", "concurrency", limit=2))
    frugal, greedy = admitted(gate.ask(1, 400, 1)), admitted(gate.ask(1, 400, 1))
    refused(gate.ask(1, 100, 1))

    for _ in range(3):
        gate.store.settle(frugal, {"tokens": 50}, gate.now)
        gate.store.settle(greedy, {"tokens": 900}, gate.now)

    assert gate.used() == [2, 950, 0]
    assert gate.ask(1, 51, 1).__class__ is Refusal
    admitted(gate.ask(1, 50, 1))


def test_a_call_that_never_happened_used_nothing() -> None:
    gate = Gate(rule("calls", limit=10), rule("tokens", "tokens", limit=1_000), rule("busy", "concurrency", limit=1))
    reservation = admitted(gate.ask(1, 400, 1))

    for _ in range(2):
        gate.store.void(reservation, gate.now)

    assert gate.used() == [0, 0, 0]


def test_a_rule_without_teeth_tells_whom_it_would_have_refused() -> None:
    """S1-64: five calls pass a limit of one, four of them would not have."""
    gate = Gate(rule("watching", limit=1, enforce=False))

    exceeded = [admitted(gate.ask(1)).exceeded for _ in range(5)]

    assert [len(rules) for rules in exceeded] == [0, 1, 1, 1, 1]
    assert gate.meters[0].would_refuse == 4
    assert gate.used() == [1], "what it would have refused, it does not count"


def test_a_rule_that_only_warns_counts_on() -> None:
    """S1-57."""
    gate = Gate(rule("warning", limit=1, on_exceed="warn"))

    assert [len(admitted(gate.ask(1)).exceeded) for _ in range(3)] == [0, 1, 1]
    assert gate.used() == [3]


def test_who_is_refused_is_not_counted_by_rules_that_watch() -> None:
    gate = Gate(rule("teeth", limit=1), rule("watching", limit=1, enforce=False))
    admitted(gate.ask(1, 1))

    refused(gate.ask(1, 1))

    assert gate.meters[1].would_refuse == 0


def test_a_new_limit_finds_what_was_used_before() -> None:
    """S1-48: also while calls are under way."""
    gate = Gate(rule(limit=10), rule("tokens", "tokens", limit=1_000))
    held = [admitted(gate.ask(1, 100)) for _ in range(5)]

    gate.meters = gate.store.meters([rule(limit=3), rule("tokens", "tokens", limit=600)], gate.now)
    refused(gate.ask(1, 1))
    gate.meters = gate.store.meters([rule(limit=6), rule("tokens", "tokens", limit=600)], gate.now)
    admitted(gate.ask(1, 100))
    gate.store.settle(held[0], {"tokens": 7}, gate.now)

    assert gate.used() == [6, 507]


def test_another_way_of_counting_begins_anew() -> None:
    gate = Gate(rule(limit=1))
    admitted(gate.ask(1))

    gate.meters = gate.store.meters([rule(limit=1, algorithm="token_bucket")], gate.now)

    admitted(gate.ask(1))


def test_a_rule_forgets_whom_it_has_not_seen_for_long_and_nobody_else() -> None:
    """S1-50: a million strangers leave nothing behind, a regular is never forgotten."""
    gate = Gate(rule(limit=1_000_000))
    for minute in range(30):
        gate.now = START + minute * WINDOW
        for number in range(500):
            admitted(gate.ask(1, subject=f"{minute}-{number}"))
        admitted(gate.ask(1, subject="ann"))
        assert len(gate.meters[0]) <= 4 * 501

    assert gate.used() == [2], "the last one and, up to a bucket late, the one a window ago"
    gate.now += 1
    assert gate.used("29-0") == [1]


@pytest.mark.parametrize("algorithm", ["token_bucket", "gcra"])
@pytest.mark.parametrize("silence", [0, 3])
def test_a_debt_is_remembered_until_it_is_paid(algorithm: str, silence: int) -> None:
    """Ten tokens were reserved and ten thousand used, at a hundred a second; also when the call took long to end."""
    gate = Gate(rule("tokens", "tokens", limit=100, window=SECOND, algorithm=algorithm))
    reservation = admitted(gate.ask(10))
    gate.now += silence * SECOND
    gate.store.settle(reservation, {"tokens": 10_000}, gate.now)
    owed = gate.now + 98 * SECOND

    while gate.now + 7 * SECOND < owed:
        gate.now += 7 * SECOND
        admitted(gate.store.admit(gate.claims(50, subject="bob"), gate.now))
        refused(gate.ask(50))
    gate.now = owed + 2 * SECOND
    admitted(gate.ask(50))
    for _ in range(4):
        gate.now += 2 * SECOND
        admitted(gate.ask(1, subject="bob"))
    assert len(gate.meters[0]) <= 2, "a debt that was paid is forgotten like everything else"


def test_a_place_that_is_held_for_hours_is_not_forgotten() -> None:
    """T-27: while it beats; and its holder is told when it did not."""
    gate = Gate(rule("busy", "concurrency", limit=1, window=30 * SECOND))
    stream = admitted(gate.ask(1))
    for _ in range(1_000):
        gate.now += 10 * SECOND
        assert gate.store.renew(stream, gate.now)
        refused(gate.ask(1))

    gate.now += 31 * SECOND
    other = admitted(gate.ask(1))
    assert not gate.store.renew(stream, gate.now)
    gate.store.settle(stream, {}, gate.now)
    refused(gate.ask(1))
    gate.store.settle(other, {}, gate.now)
    admitted(gate.ask(1))


def test_nobody_is_ever_admitted_beyond_any_of_six_rules() -> None:
    """T-22, T-25: a hundred thousand questions of forty subjects, settled, voided, or never answered."""
    rules = [
        rule("calls", limit=20), rule("burst", limit=30, window=5 * SECOND, burst=4, algorithm="token_bucket"),
        rule("tokens", "tokens", limit=2_000), rule("hour", limit=300, window=3_600 * SECOND, buckets=60),
        rule("busy", "concurrency", limit=3, window=20 * SECOND), rule("log", limit=50, algorithm="sliding_log"),
    ]  # fmt: skip
    gate, dice = Gate(*rules), random.Random(11)
    admissions: dict[str, list[Admission]] = defaultdict(list)
    open_calls: dict[str, list[tuple[int, Reservation]]] = defaultdict(list)
    outcomes = {"admitted": 0, "refused": 0}
    for _ in range(100_000):
        gate.now += dice.randrange(SECOND // 8)
        subject = f"s{dice.randrange(40)}"
        alive = open_calls[subject] = [one for one in open_calls[subject] if one[0] + 20 * SECOND > gate.now]
        if alive and dice.random() < 0.7:
            gate.store.settle(alive.pop(dice.randrange(len(alive)))[1], {"tokens": dice.randrange(200)}, gate.now)
        answer = gate.ask(1, 1, dice.randrange(1, 150), 1, 1, 1, subject=subject)
        if isinstance(answer, Refusal):
            outcomes["refused"] += 1
            continue
        outcomes["admitted"] += 1
        admissions[subject].append((gate.now, 1))
        alive.append((gate.now, answer))
        assert len(alive) <= 3

    assert min(outcomes.values()) > 10_000
    for found in admissions.values():
        assert most_in_any_window(found, WINDOW) <= 20
        assert most_in_any_window(found, 3_600 * SECOND) <= 300
        assert most_in_any_window(found, SECOND) <= 4 + 6 + 1


def test_the_same_questions_have_the_same_answers() -> None:
    """Nothing but the arguments decides: no clock, no chance."""

    def run() -> list[Any]:
        gate, dice = Gate(rule(limit=5), rule("bucket", limit=7, algorithm="gcra")), random.Random(3)
        answers = []
        for _ in range(2_000):
            gate.now += dice.randrange(20 * SECOND)
            answer = gate.ask(1, dice.randrange(1, 3))
            answers.append(msgspec.to_builtins(answer) if isinstance(answer, Refusal) else "in")
        return answers

    assert run() == run()
