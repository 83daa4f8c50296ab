"""One breaker per target: closed, open, half-open. State changes here and nowhere else, without awaiting."""

import random
from collections.abc import Callable, Iterable

from octogate.core.snapshot import BreakerRules

MAX_BREAKERS = 10_000
"""Callers can name models that no configuration lists; beyond this the oldest breaker is forgotten."""


class Breaker:
    """Opens after so many failures in a row; then lets one probe through at a time until one succeeds.

    An outcome belongs to the generation in which its attempt began: a late failure of an old generation says nothing
    about now, so it does not re-open a breaker that has closed in the meantime.
    """

    __slots__ = ("failures", "generation", "opened", "probing", "retry_at")

    def __init__(self) -> None:
        self.failures = 0
        self.opened = 0
        self.retry_at = 0.0
        self.probing = False
        self.generation = 0

    def __repr__(self) -> str:
        return f"<Breaker opened={self.opened} failures={self.failures} probing={self.probing}>"


class Breakers:
    """The breakers of all targets of this process, by target id; one exists from the first failure to the recovery."""

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._by_id: dict[str, Breaker] = {}
        self._jitter = jitter

    @property
    def any_open(self) -> bool:
        """Whether any target has failed lately; if not, nothing needs to be asked target by target."""
        return bool(self._by_id)

    def blocked(self, target_ids: Iterable[str], now: float) -> frozenset[str]:
        """Those of `target_ids` that must not be tried now: open, or half-open with a probe under way."""
        if not self._by_id:
            return frozenset()
        return frozenset(target_id for target_id in target_ids if not self._may_try(target_id, now))

    def open_ids(self) -> list[str]:
        """Every target whose breaker is not closed."""
        return [target_id for target_id, breaker in self._by_id.items() if breaker.opened]

    def wait_seconds(self, target_ids: Iterable[str], now: float) -> float:
        """Seconds until the first of `target_ids` may be tried again; at least 1."""
        waits = [breaker.retry_at - now for target_id in target_ids if (breaker := self._by_id.get(target_id))]
        return max(1.0, min(waits, default=1.0))

    def begin(self, target_id: str, now: float) -> int:
        """An attempt starts: returns its generation. Under a due open breaker it is the probe."""
        breaker = self._by_id.get(target_id)
        if breaker is None:
            return 0
        if breaker.opened and now >= breaker.retry_at:
            breaker.probing = True
        return breaker.generation

    def recover(self, target_id: str, generation: int) -> None:
        """A stream has begun to answer: a probe has told what it was sent for, however long the stream will last."""
        breaker = self._by_id.get(target_id)
        if breaker is not None and breaker.opened:
            self.succeed(target_id, generation)

    def succeed(self, target_id: str, generation: int) -> None:
        """The target answered: its breaker closes."""
        breaker = self._by_id.get(target_id)
        if breaker is not None and generation == breaker.generation:
            del self._by_id[target_id]

    def neither(self, target_id: str, generation: int) -> None:
        """The attempt says nothing about the target's health (cancelled, rate limited): another may probe."""
        breaker = self._by_id.get(target_id)
        if breaker is not None and generation == breaker.generation:
            breaker.probing = False

    def fail(self, target_id: str, generation: int, rules: BreakerRules, now: float, *, at_once: bool = False) -> bool:
        """The target failed; True when this opened its breaker. `at_once` opens without counting (our credential)."""
        breaker = self._by_id.get(target_id)
        if generation != (breaker.generation if breaker else 0):
            return False
        breaker = breaker or self._add(target_id)
        breaker.failures += 1
        breaker.probing = False
        if not breaker.opened and breaker.failures < rules.failure_threshold and not at_once:
            return False
        wait = min(rules.reset_timeout * 2**breaker.opened, rules.max_timeout)
        breaker.retry_at = now + wait * (0.8 + 0.4 * self._jitter())
        breaker.opened = min(breaker.opened + 1, 32)
        breaker.generation += 1
        return True

    def _add(self, target_id: str) -> Breaker:
        if len(self._by_id) >= MAX_BREAKERS:
            del self._by_id[next(iter(self._by_id))]
        breaker = self._by_id[target_id] = Breaker()
        return breaker

    def _may_try(self, target_id: str, now: float) -> bool:
        breaker = self._by_id.get(target_id)
        if breaker is None or not breaker.opened:
            return True
        return now >= breaker.retry_at and not breaker.probing
