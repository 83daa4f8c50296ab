"""One rule at work: the states of its subjects, and no more of them than have been busy of late."""

from typing import Any

from octogate.limits.algorithms import ALGORITHMS
from octogate.limits.rule import Rule


class Meter:
    """Keeps the states of one rule, in two generations: what nobody has asked for in a whole lifetime is forgotten.

    A state that old is as good as new, whatever it once was. A meter outlives its rule's configuration: `adopt` gives
    it another quota, and everything that was used stays used.
    """

    __slots__ = (
        "_debtors",
        "_lifetime",
        "_old",
        "_turned",
        "_young",
        "algorithm",
        "quota",
        "rule",
        "take",
        "wait",
        "would_refuse",
    )

    def __init__(self, rule: Rule, now: int) -> None:
        self.algorithm = ALGORITHMS[rule.algorithm]
        self.wait, self.take = self.algorithm.wait, self.algorithm.take
        self._turned = now
        self._young: dict[str, Any] = {}
        self._old: dict[str, Any] = {}
        self._debtors: dict[str, Any] = {}
        self.would_refuse = 0
        """Calls that the rule would have refused, had it teeth."""
        self.adopt(rule)

    def adopt(self, rule: Rule) -> None:
        """Go on with `rule`, which counts in the same way."""
        self.rule = rule
        self.quota = rule.quota
        self._lifetime = self.algorithm.lifetime(rule.quota)

    def state(self, subject: str, now: int) -> Any:
        """The state of a subject, a new one if need be."""
        if now - self._turned >= self._lifetime:
            self._turn(now)
        state = self._young.get(subject)
        if state is None:
            state = self._old.pop(subject, None)
            if state is None:
                state = self.algorithm.new(self.quota, now)
            self._young[subject] = state
        return state

    def give(self, subject: str, state: Any, mark: int, amount: int, now: int) -> None:
        """Correct what was taken from a state; a debt is remembered for as long as it lasts."""
        if not self.algorithm.owes:
            self.algorithm.give(state, self.quota, now, mark, amount)
            return
        state = self.state(subject, now)  # the debt is the subject's, whatever has become of its state
        self.algorithm.give(state, self.quota, now, mark, amount)
        if amount > 0 and self._owes(state, now):
            self._debtors[subject] = state

    def __len__(self) -> int:
        """How many subjects are known."""
        return len(self._young) + len(self._old)

    def _turn(self, now: int) -> None:
        self._old = self._young if now - self._turned < 2 * self._lifetime else {}
        self._young = dict(self._debtors)
        self._debtors = {subject: state for subject, state in self._debtors.items() if self._owes(state, now)}
        self._turned = now

    def _owes(self, state: Any, now: int) -> bool:
        return self.algorithm.level(state, self.quota, now).used > self.quota.capacity
