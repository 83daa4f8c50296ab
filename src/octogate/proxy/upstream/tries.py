"""Which target is tried next, and when: one budget of retries and one deadline for a whole call. No I/O.

Every target of the plan gets one try; repeats of the same target come from `max_attempts - 1` retries for the call.
What may be repeated follows from the error's `replay`; the table is in docs/explanation/retries.md.
"""

from collections.abc import Callable, Sequence

import msgspec

from octogate.core.errors import NoTargetLeft, UpstreamError
from octogate.core.snapshot import Retries, Target


class Step(msgspec.Struct, frozen=True):
    """Try `target` after `wait` seconds."""

    target: Target
    wait: float


class Tries:
    """The tries of one call behind its first, which is at `targets[0]`.

    `jitter` is uniform in [0, 1): the back-off has full jitter.
    """

    def __init__(
        self, targets: Sequence[Target], rules: Retries, *, deadline: float, jitter: Callable[[], float]
    ) -> None:
        self._untried = list(targets[1:])
        self._again: dict[str, tuple[Target, float, bool]] = {}  # id → target, not before, the provider named the time
        self._rules, self._deadline, self._jitter = rules, deadline, jitter
        self._retries_left = max(rules.max_attempts - 1, 0)
        self._repeated: set[str] = set()
        self._replayed = not rules.replay_ambiguous
        self._failures: list[UpstreamError] = []

    def after(self, target: Target, error: UpstreamError, now: float, blocked: Callable[[Target], bool]) -> Step:
        """The next step after `target` failed with `error`; raises the error that ends the call if there is none.

        `blocked` says whose breaker is open now.
        """
        self._failures.append(error)
        if error.replay == "never":
            raise self._final(error)
        if error.replay == "once":
            return self._same_once(target, error, now)
        self._plan_again(target, error, now)
        if self._is_definite(error) and not blocked(target) and (step := self._repeat(target, now)) is not None:
            return step
        while self._untried and now < self._deadline:
            following = self._untried.pop(0)
            if not blocked(following) and _may_help(target, error, following):
                return Step(following, 0.0)
        for again, _, _ in sorted(self._again.values(), key=lambda entry: entry[1]):
            if not blocked(again) and (step := self._repeat(again, now)) is not None:
                return step
        raise self._final(error)

    @staticmethod
    def _is_definite(error: UpstreamError) -> bool:
        """The provider itself said that it failed (a 5xx): trying it again comes before leaving it."""
        return error.replay == "ambiguous" and error.upstream_status is not None

    def _same_once(self, target: Target, error: UpstreamError, now: float) -> Step:
        if target.id in self._repeated or self._retries_left == 0:
            raise self._final(error)
        self._repeated.add(target.id)
        self._retries_left -= 1
        wait = self._backoff()
        if now + wait >= self._deadline:
            raise self._final(error)
        return Step(target, wait)

    def _plan_again(self, target: Target, error: UpstreamError, now: float) -> None:
        self._again.pop(target.id, None)
        if error.replay == "next":
            return
        if error.replay == "ambiguous" and error.upstream_status is None:
            if self._replayed:
                return  # silence after the request was sent may be billed: repeated at most once per call
            self._replayed = True
        named = error.retry_after is not None
        wait = error.retry_after if error.retry_after is not None else self._backoff()
        self._again[target.id] = (target, now + wait, named)

    def _repeat(self, target: Target, now: float) -> Step | None:
        """The same target again, if retries, deadline and the longest acceptable wait allow it."""
        entry = self._again.get(target.id)
        if entry is None or self._retries_left == 0:
            return None
        wait = max(entry[1] - now, 0.0)
        if now + wait >= self._deadline or wait > self._rules.max_delay:
            return None
        del self._again[target.id]
        self._retries_left -= 1
        return Step(target, wait)

    def _backoff(self) -> float:
        """Full jitter: uniform between 0 and the exponential step."""
        step = self._rules.initial_delay * self._rules.multiplier ** (len(self._failures) - 1)
        return self._jitter() * min(step, self._rules.max_delay)

    def _final(self, last: UpstreamError) -> UpstreamError:
        """The error for the caller: the last class that says something about the providers rather than about us."""
        told = [error for error in self._failures if error.replay != "next"]
        error = last if last.replay == "never" or not told else told[-1]
        waits = [failure.retry_after for failure in self._failures if failure.retry_after is not None]
        if error.retry_after is None and error.status == 503 and waits:
            error.retry_after = min(waits)
        error.attempts = tuple(failure.code for failure in self._failures)
        return error


def _may_help(failed: Target, error: UpstreamError, following: Target) -> bool:
    """Whether `following` can do better; a call that was too long fits only where a larger window is known to be."""
    if error.code != "context_length_exceeded":
        return True
    return (following.context_tokens or 0) > (failed.context_tokens or 0) > 0


def nothing_to_try(wait: float) -> NoTargetLeft:
    """Every target is out for now."""
    return NoTargetLeft("no available providers, cannot process requests", replay="never", retry_after=wait)
