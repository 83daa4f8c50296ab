"""Admission by all rules at once, in the memory of one process: between question and answer nothing else can happen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from octogate.limits.concurrency import Concurrency
from octogate.limits.meter import Meter
from octogate.limits.quota import NEVER, Level
from octogate.limits.rule import ESTIMATED, Rule, Unit

Claim = tuple[Meter, str, int]
"""What a call asks of one rule: the rule's meter, the subject ("" where all share one count), and the units."""


Hold = tuple[Meter, str, Any, int, int]


class Refusal(msgspec.Struct, frozen=True):
    """Why a call is not admitted: the rule that makes it wait longest, how full it is, and the wait in µs, or NEVER."""

    rule: Rule
    level: Level
    wait: int
    cost: int


class Reservation:
    """What an admitted call holds: (meter, subject, state, mark, units) of every rule, until it is settled or void.

    `exceeded` are the rules that let the call pass although it was one too many.
    """

    __slots__ = ("exceeded", "holds")

    def __init__(self, holds: list[Hold], exceeded: tuple[Rule, ...] = ()) -> None:
        self.holds = holds
        self.exceeded = exceeded


class MemoryStore:
    """The meters of one process. Moments are microseconds of one clock that never goes back."""

    def __init__(self) -> None:
        self._meters: dict[str, Meter] = {}

    def meters(self, rules: Iterable[Rule], now: int) -> list[Meter]:
        """The meter of each rule: the one that it had before, if it still counts in the same way."""
        return [self._meter(rule, now) for rule in rules]

    def admit(self, claims: Sequence[Claim], now: int) -> Reservation | Refusal:
        """Take the units of every claim, or, if one of them does not fit, nothing at all."""
        states: list[Any] = []
        fits = True
        for meter, subject, cost in claims:
            state = meter.state(subject, now)
            states.append(state)
            if meter.wait(state, meter.quota, now, cost):
                fits = False
        if not fits:
            return self._admit_beyond(claims, states, now)
        return Reservation(
            [
                (meter, subject, state, meter.take(state, meter.quota, now, cost), cost)
                for (meter, subject, cost), state in zip(claims, states, strict=True)
            ]
        )

    def settle(self, reservation: Reservation, used: Mapping[Unit, int], now: int) -> None:
        """The call is over: estimates become what was `used`, places are free. The second time nothing happens."""
        holds, reservation.holds = reservation.holds, []
        for meter, subject, state, mark, cost in holds:
            unit = meter.rule.unit
            if unit in ESTIMATED:
                meter.give(subject, state, mark, used[unit] - cost, now)
            elif unit == "concurrency":
                meter.give(subject, state, mark, -cost, now)

    def void(self, reservation: Reservation, now: int) -> None:
        """The call never happened: everything is given back. The second time nothing happens."""
        holds, reservation.holds = reservation.holds, []
        for meter, subject, state, mark, cost in holds:
            meter.give(subject, state, mark, -cost, now)

    def renew(self, reservation: Reservation, now: int) -> bool:
        """A heartbeat for the places of a long call; False when one of them ran out and may be somebody else's."""
        alive = True
        for meter, subject, state, mark, _ in reservation.holds:
            if isinstance(meter.algorithm, Concurrency):
                # Asked for again, so that the state is not forgotten while its only user says nothing.
                same = meter.state(subject, now) is state
                alive = meter.algorithm.renew(state, meter.quota, now, mark) and same and alive
        return alive

    def _meter(self, rule: Rule, now: int) -> Meter:
        meter = self._meters.get(rule.name)
        if meter is not None and _counts_alike(meter.rule, rule):
            meter.adopt(rule)
            return meter
        meter = self._meters[rule.name] = Meter(rule, now)
        return meter

    def _admit_beyond(self, claims: Sequence[Claim], states: Sequence[Any], now: int) -> Reservation | Refusal:
        """The same where at least one claim does not fit: it may be one that only warns, or only watches."""
        waits = [
            meter.wait(state, meter.quota, now, cost) for (meter, _, cost), state in zip(claims, states, strict=True)
        ]
        refusal = _worst(claims, states, waits, now)
        if refusal is not None:
            return refusal
        holds: list[Hold] = []
        exceeded: list[Rule] = []
        for (meter, subject, cost), state, wait in zip(claims, states, waits, strict=True):
            if wait:
                meter.would_refuse += 1
                exceeded.append(meter.rule)
            if not wait or meter.rule.enforce:  # a rule that only watches counts as if it had refused
                holds.append((meter, subject, state, meter.take(state, meter.quota, now, cost), cost))
        return Reservation(holds, tuple(exceeded))


def _counts_alike(before: Rule, now: Rule) -> bool:
    """Whether the states of one mean the same to the other: a limit may change, the way of counting may not."""
    return (before.algorithm, before.unit, before.scope, before.each, *_shape(before)) == (
        now.algorithm, now.unit, now.scope, now.each, *_shape(now),
    )  # fmt: skip


def _shape(rule: Rule) -> tuple[int, int, str, str]:
    return rule.quota.window, rule.quota.buckets, rule.quota.zone, rule.quota.unit


def _worst(claims: Sequence[Claim], states: Sequence[Any], waits: Sequence[int], now: int) -> Refusal | None:
    """The rule with teeth that makes the call wait longest; NEVER is longer than everything."""
    worst: int | None = None
    for at, ((meter, _, _), wait) in enumerate(zip(claims, waits, strict=True)):
        if wait and meter.rule.refuses and (worst is None or _is_longer(wait, waits[worst])):
            worst = at
    if worst is None:
        return None
    meter, _, cost = claims[worst]
    return Refusal(meter.rule, meter.algorithm.level(states[worst], meter.quota, now), waits[worst], cost)


def _is_longer(wait: int, other: int) -> bool:
    return other != NEVER and (wait == NEVER or wait > other)
