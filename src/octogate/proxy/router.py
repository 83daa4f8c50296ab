"""Hands the pure routing decision its state: the breakers, and whose turn it is."""

from typing import Final

from octogate.core.call import Call, DialectName, Operation
from octogate.core.plan import Plan
from octogate.core.snapshot import ModelGroup
from octogate.proxy.routing import Features, RoutingState, decide
from octogate.proxy.upstream.breaker import Breakers

_MAX_PLANS: Final = 10_000
_NONE: Final[frozenset[str]] = frozenset()


class Router:
    """Owns the turn counters of round-robin groups (by group name, bounded by the configuration)."""

    def __init__(self, breakers: Breakers) -> None:
        self._breakers = breakers
        self._turns: dict[str, int] = {}
        self._plans: dict[tuple[str, DialectName, Operation, bool], Plan] = {}

    def plan(self, group: ModelGroup, call: Call, now: float, *, seed: float) -> Plan:
        """The plan for one call, and one turn taken."""
        blocked = (
            self._breakers.blocked((target.id for target in group.targets), now) if self._breakers.any_open else _NONE
        )
        if not blocked and group.strategy in ("static", "failover"):
            return self._usual(group, call)
        turn = 0
        if group.strategy == "round_robin":
            turn = self._turns.get(group.name, 0)
            self._turns[group.name] = turn + 1
        return decide(group, _features(call), RoutingState(blocked, turn), seed=seed)

    def _usual(self, group: ModelGroup, call: Call) -> Plan:
        """The plan of a group whose order does not change while every breaker is closed: decided once."""
        where = (group.name, call.endpoint.dialect, call.endpoint.operation, call.max_output_tokens is not None)
        plan = self._plans.get(where)
        if plan is None or plan.group is not group:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            plan = self._plans[where] = decide(group, _features(call), RoutingState(), seed=0.0)
        return plan


def _features(call: Call) -> Features:
    return Features(call.endpoint.dialect, call.endpoint.operation, call.max_output_tokens is not None)
