"""The pure routing decision."""

from collections import Counter

import pytest

from octogate.core.snapshot import Target
from octogate.proxy.routing import Features, RoutingState, decide

from .builders import group, provider, target

CHAT = Features("openai_chat", "generate")
A, B, C = target("a"), target("b"), target("c")


def order(*targets: Target, strategy="failover", turn=0, seed=0.0, open_targets=frozenset()) -> list[str]:
    plan = decide(group(*targets, strategy=strategy), CHAT, RoutingState(open_targets, turn), seed=seed)
    return [t.id[0] for t in plan.targets]


@pytest.mark.parametrize("strategy", ["static", "failover"])
def test_failover_keeps_the_written_order(strategy):
    """S2-69, S3-52."""
    assert {tuple(order(A, B, C, strategy=strategy, turn=n, seed=n / 100)) for n in range(100)} == {("a", "b", "c")}


def test_round_robin_takes_turns_and_keeps_the_rest_as_fallbacks():
    """S2-51: six calls on three targets are two each, in order."""
    orders = [order(A, B, C, strategy="round_robin", turn=turn) for turn in range(6)]

    assert [o[0] for o in orders] == ["a", "b", "c", "a", "b", "c"]
    assert orders[1] == ["b", "a", "c"]


def test_round_robin_goes_on_over_what_is_left_when_a_breaker_is_open():
    firsts = [order(A, B, C, strategy="round_robin", turn=n, open_targets=frozenset({"b/gpt"}))[0] for n in range(4)]

    assert firsts == ["a", "c", "a", "c"]


def test_weights_are_shares_of_the_seed_and_zero_is_never():
    """S2-58, S3-53: exact over an even grid of seeds; the weight is re-normalised over who is left."""
    heavy, light, never = target("a", weight=9), target("b", weight=1), target("c", weight=0)
    seeds = [n / 1000 for n in range(1000)]

    firsts = Counter(order(heavy, light, never, strategy="weighted", seed=seed)[0] for seed in seeds)
    left = Counter(
        order(heavy, light, never, strategy="weighted", seed=s, open_targets=frozenset({"a/gpt"}))[0] for s in seeds
    )

    assert firsts == {"a": 900, "b": 100}
    assert left == {"b": 1000}
    assert "c" not in order(heavy, light, never, strategy="weighted")


def test_two_targets_with_the_same_model_both_stay():
    """S3-53: nothing is de-duplicated away."""
    twin = target("a")

    assert order(A, twin) == ["a", "a"]


def test_disabled_targets_and_providers_are_skipped_with_the_reason():
    """S2-2."""
    off, gone = target("b", enabled=False), target("c", of=provider("c", enabled=False))

    plan = decide(group(A, off, gone), CHAT, RoutingState(), seed=0.0)

    assert [t.id for t in plan.targets] == ["a/gpt"]
    assert [(s.target_id, s.reason) for s in plan.skipped] == [("b/gpt", "disabled"), ("c/gpt", "provider_disabled")]


def test_nobody_who_speaks_the_dialect_is_a_never():
    plan = decide(group(A, B), Features("anthropic_messages", "count_tokens"), RoutingState(), seed=0.0)

    assert plan.targets == ()
    assert plan.never


def test_a_target_of_another_dialect_is_a_target_for_generation():
    plan = decide(group(A, B), Features("anthropic_messages", "generate"), RoutingState(), seed=0.0)

    assert plan.targets == (A, B)


def test_open_breakers_are_a_not_now():
    plan = decide(group(A), CHAT, RoutingState(frozenset({"a/gpt"})), seed=0.0)

    assert plan.targets == ()
    assert not plan.never
