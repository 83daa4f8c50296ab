"""The retry safety table, row by row, against the pure decision (T-47)."""

import msgspec
import pytest

from octogate.core.errors import (
    CredentialRefused,
    Replay,
    UpstreamBroken,
    UpstreamError,
    UpstreamLimited,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from octogate.core.snapshot import Retries, Target
from octogate.proxy.upstream.tries import Step, Tries

from .builders import target

A, B, C = target("a"), target("b"), target("c")
DEADLINE = 600.0


def nobody(_: Target) -> bool:
    return False


def tries(*targets: Target, max_attempts: int = 3, replay_ambiguous: bool = True, deadline: float = DEADLINE) -> Tries:
    rules = Retries(max_attempts=max_attempts, initial_delay=1.0, max_delay=10.0, replay_ambiguous=replay_ambiguous)
    return Tries(targets, rules, deadline=deadline, jitter=lambda: 0.5)


def walk(plan: Tries, errors: list[UpstreamError]) -> list[tuple[str, float]]:
    """The steps that follow from these errors, ended by the code of the error that ends the call."""
    step, now, told = Step(A, 0.0), 0.0, []
    for error in errors:
        told.append((step.target.id[0], step.wait))
        try:
            step = plan.after(step.target, error, now, nobody)
        except UpstreamError as final:
            told.append((final.code, 0.0))
            return told
        now += step.wait
    told.append((step.target.id[0], step.wait))
    return told


def unavailable(retry_after: float | None = None) -> UpstreamError:
    return UpstreamUnavailable("busy", replay="safe", upstream_status=503, retry_after=retry_after)


def limited(retry_after: float | None = None) -> UpstreamError:
    return UpstreamLimited("limited", replay="safe", upstream_status=429, retry_after=retry_after)


def broken(status: int | None = 500) -> UpstreamError:
    return UpstreamBroken("broken", upstream_status=status)


@pytest.mark.parametrize("error", [unavailable(), limited(), UpstreamUnavailable("no connection", replay="safe")])
def test_what_was_not_processed_goes_to_another_target_at_once(error):
    """T-47: connect refused, 429, 503 and 529 are safe to send elsewhere."""
    assert walk(tries(A, B), [error]) == [("a", 0.0), ("b", 0.0)]


def test_the_named_wait_is_honoured_when_nothing_else_can_serve():
    """T-47, wall S01: one 429 with Retry-After 2 and no other target."""
    assert walk(tries(A), [limited(2.0)]) == [("a", 0.0), ("a", 2.0)]


def test_a_wait_above_the_longest_delay_ends_the_call_and_tells_the_caller():
    plan = tries(A)

    with pytest.raises(UpstreamLimited) as ended:
        plan.after(A, limited(60.0), 0.0, nobody)

    assert ended.value.retry_after == 60.0
    assert ended.value.attempts == ("upstream_rate_limited",)


def test_a_wait_beyond_the_deadline_fails_over_or_ends():
    assert walk(tries(A, deadline=1.0), [limited(2.0)])[-1][0] == "upstream_rate_limited"


def test_a_limited_target_is_asked_again_after_all_others_were_tried():
    """S02: the primary is not hammered: at most the call's retries, each after its wait."""
    told = walk(tries(A, B), [limited(2.0), unavailable(1.0), unavailable(1.0), limited(2.0)])

    assert told == [("a", 0.0), ("b", 0.0), ("b", 1.0), ("a", 1.0), ("upstream_rate_limited", 0.0)]


def test_a_failing_answer_is_repeated_before_the_next_target():
    """S2-74: two 500s and then an answer are three tries of one target and no fallback."""
    assert walk(tries(A, B), [broken(), broken()]) == [("a", 0.0), ("a", 0.5), ("a", 1.0)]


def test_the_next_target_follows_when_the_retries_are_used_up():
    assert [step[0] for step in walk(tries(A, B), [broken(), broken(), broken()])] == ["a", "a", "a", "b"]


def test_a_silence_after_sending_goes_elsewhere_first_and_is_repeated_at_most_once():
    silence = UpstreamTimeout("silence")

    assert walk(tries(A, B), [silence]) == [("a", 0.0), ("b", 0.0)]
    assert [step[0] for step in walk(tries(A), [silence, silence, silence])] == ["a", "a", "upstream_timeout"]


def test_nothing_ambiguous_is_repeated_on_the_same_target_where_the_operator_says_so():
    assert [s[0] for s in walk(tries(A, replay_ambiguous=False), [UpstreamTimeout("silence")])] == [
        "a",
        "upstream_timeout",
    ]


@pytest.mark.parametrize("status", [408, 409, 425])
def test_conflicts_are_repeated_once_on_the_same_target_and_never_elsewhere(status):
    error = UpstreamBroken("conflict", replay="once", upstream_status=status)

    assert [step[0] for step in walk(tries(A, B), [error, error])] == ["a", "a", "upstream_broken"]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_the_callers_own_fault_is_final(status):
    """S2-81: one call upstream, the refusal goes to the caller."""
    refusal = UpstreamRefused("no", replay="never", status=status, upstream_status=status)

    assert walk(tries(A, B), [refusal]) == [("a", 0.0), ("upstream_refused", 0.0)]


def test_a_refused_credential_goes_to_the_next_target_and_never_back():
    refused = CredentialRefused("no", replay="next", upstream_status=401)

    assert [step[0] for step in walk(tries(A, B), [refused, refused])] == ["a", "b", "upstream_credentials_exhausted"]


def test_the_error_that_ends_the_call_speaks_of_the_providers_before_our_credentials():
    told = walk(
        tries(A, B, max_attempts=1), [unavailable(), CredentialRefused("no", replay="next", upstream_status=401)]
    )

    assert told[-1][0] == "upstream_unavailable"


def test_a_target_whose_breaker_opened_meanwhile_is_not_tried():
    """S2-73: an open fallback is not called."""
    plan = tries(A, B, C)

    assert plan.after(A, unavailable(), 0.0, lambda t: t is B).target is C


def test_max_attempts_one_means_one_try_per_target():
    """S2-22: the configured number really applies."""
    assert [step[0] for step in walk(tries(A, B, max_attempts=1), [broken(), broken()])] == [
        "a",
        "b",
        "upstream_broken",
    ]


def test_every_target_is_tried_once_before_the_error_of_all():
    """S2-72: an error only when all fail."""
    assert [s[0] for s in walk(tries(A, B, C, max_attempts=1), [unavailable()] * 3)] == [
        "a",
        "b",
        "c",
        "upstream_unavailable",
    ]


@pytest.mark.parametrize("replay", ["safe", "ambiguous", "once", "next", "never"])
def test_no_sequence_of_failures_tries_for_ever(replay: Replay):
    plan, tried = tries(A, B, C), [A]
    step = Step(A, 0.0)

    def until_the_end() -> None:
        nonlocal step
        for _ in range(100):
            step = plan.after(step.target, UpstreamBroken("x", replay=replay, upstream_status=500), 0.0, nobody)
            tried.append(step.target)

    with pytest.raises(UpstreamError):
        until_the_end()
    assert len(tried) <= 3 + 2  # every target once, and two retries


def test_the_back_off_doubles_has_full_jitter_and_a_ceiling():
    """S2-78."""
    waits = [step[1] for step in walk(tries(A, max_attempts=8), [broken()] * 7)]

    assert waits == [0.0, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0]


def test_a_call_that_was_too_long_goes_only_to_a_window_known_to_be_larger():
    """Wall S12: the same model is not asked again, a larger one is; where nothing is known nobody else is bothered."""
    small, smaller, large = (
        msgspec.structs.replace(target(name), context_tokens=size) for name, size in (("a", 8), ("b", 4), ("c", 32))
    )
    too_long = UpstreamRefused("too long", replay="next", code="context_length_exceeded", upstream_status=400)

    assert tries(small, smaller, large).after(small, too_long, 0.0, nobody).target is large
    for others in ((smaller,), (B,)):
        with pytest.raises(UpstreamRefused) as final:
            tries(small, *others).after(small, too_long, 0.0, nobody)
        assert final.value.code == "context_length_exceeded"
