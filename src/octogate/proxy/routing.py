"""Stage 6: where, in which order, and why? A pure function of the group, the call's features, the state and a seed."""

from collections.abc import Sequence

import msgspec

from octogate.core.call import DialectName, Operation
from octogate.core.plan import Plan, Skipped, spoken
from octogate.core.snapshot import ModelGroup, Target


class Features(msgspec.Struct, frozen=True):
    """What routing may know of a call; `capped`: the caller said how long the answer may be."""

    dialect: DialectName
    operation: Operation
    capped: bool = False


class RoutingState(msgspec.Struct, frozen=True):
    """What routing may know of the world: whose breakers are open, and how many calls this group has had."""

    open_targets: frozenset[str] = frozenset()
    turn: int = 0


def decide(group: ModelGroup, features: Features, state: RoutingState, *, seed: float) -> Plan:
    """The targets to try for one call, best first. `seed` is uniform in [0, 1).

    A target is left out when it is disabled, speaks no dialect that the call can be put into, would not keep to what
    was asked, or has an open breaker; the reason is in `skipped`. `never` is for the whole group when no target
    could ever serve such a call: no waiting will help.
    """
    candidates: list[Target] = []
    skipped: list[Skipped] = []
    for target in group.targets:
        reason = _why_not(target, features, state)
        if reason is None:
            candidates.append(target)
        else:
            skipped.append(Skipped(target.id, reason))
    ordered, why = _order(group, candidates, state.turn, seed)
    return Plan(group, tuple(ordered), tuple(skipped), why, never=None if candidates else _never(group, features))


def _never(group: ModelGroup, features: Features) -> str | None:
    """Why nobody could; of several reasons the one that the caller can do something about."""
    unfit = [_unfit(target, features) for target in group.targets]
    if None in unfit:
        return None
    return "ignores_max_tokens" if "ignores_max_tokens" in unfit else "dialect"


def _why_not(target: Target, features: Features, state: RoutingState) -> str | None:
    if not target.provider.enabled:
        return "provider_disabled"
    if not target.enabled:
        return "disabled"
    if reason := _unfit(target, features):
        return reason
    return "breaker_open" if target.id in state.open_targets else None


def _unfit(target: Target, features: Features) -> str | None:
    """Why a target could not serve such a call on its best day."""
    served = target.traits.supported_inbound_dialects
    if served is not None and features.dialect not in served:
        return "dialect"
    if spoken(features.dialect, features.operation, target.provider.dialects) is None:
        return "dialect"
    if features.capped and not target.traits.honors_max_tokens:
        return "ignores_max_tokens"
    return None


def _order(group: ModelGroup, candidates: list[Target], turn: int, seed: float) -> tuple[Sequence[Target], str]:
    """The strategy's order and its reason. Fallbacks keep the configured order behind the first choice."""
    if group.strategy == "weighted":
        candidates = [target for target in candidates if target.weight > 0]
    if len(candidates) < 2 or group.strategy in ("static", "failover"):
        return candidates, group.strategy
    if group.strategy == "round_robin":
        first = candidates[turn % len(candidates)]
        return _first(first, candidates), f"round_robin turn {turn}"
    return _first(_weighted(candidates, seed), candidates), "weighted"


def _weighted(candidates: Sequence[Target], seed: float) -> Target:
    """The candidate into whose share of the total weight `seed` falls."""
    point = seed * sum(target.weight for target in candidates)
    for target in candidates:
        point -= target.weight
        if point < 0:
            return target
    return candidates[-1]


def _first(first: Target, candidates: Sequence[Target]) -> list[Target]:
    return [first, *(target for target in candidates if target is not first)]
