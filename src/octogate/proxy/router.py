"""Hands the pure routing decision its state: the breakers, and whose turn it is."""

from octogate.core.call import Call
from octogate.core.plan import Plan
from octogate.core.snapshot import ModelGroup
from octogate.proxy.routing import Features, RoutingState, decide
from octogate.proxy.upstream.breaker import Breakers


class Router:
    """Owns the turn counters of round-robin groups (by group name, bounded by the configuration)."""

    def __init__(self, breakers: Breakers) -> None:
        self._breakers = breakers
        self._turns: dict[str, int] = {}

    def plan(self, group: ModelGroup, call: Call, now: float, *, seed: float) -> Plan:
        """The plan for one call, and one turn taken."""
        turn = 0
        if group.strategy == "round_robin":
            turn = self._turns.get(group.name, 0)
            self._turns[group.name] = turn + 1
        blocked = self._breakers.blocked((target.id for target in group.targets), now)
        features = Features(call.endpoint.dialect, call.endpoint.operation)
        return decide(group, features, RoutingState(blocked, turn), seed=seed)
