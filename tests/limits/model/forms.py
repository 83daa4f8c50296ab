"""What matters of a state of the limits, with moments relative to the clock, so that the same situation is one state."""

from collections.abc import Callable, Hashable
from typing import Any, Final

from octogate.limits.quota import Quota


def _sliding_window(state: Any, quota: Quota, clock: int) -> Hashable:
    size = quota.buckets + 1
    ring = tuple(state.counts[(state.at - age) % size] for age in range(size))
    return max(state.at - clock // quota.width, -size), clock % quota.width, ring, state.total


def _sliding_log(state: Any, quota: Quota, clock: int) -> Hashable:
    # Entries of which nothing is left stay for a while, and change no answer.
    entries = tuple((entry[1] - clock, entry[2]) for entry in _filled(state) if entry[1] > clock - quota.window)
    return max(state.last - clock, -quota.window), entries, state.total


def _token_bucket(state: Any, quota: Quota, clock: int) -> Hashable:
    return state.level, max(state.last - clock, -4 * quota.window)


def _gcra(state: Any, quota: Quota, clock: int) -> Hashable:
    ahead: int = max(state.paid - clock, -4 * quota.window)
    return ahead


def _fixed_window(state: Any, quota: Quota, clock: int) -> Hashable:
    return max(state.at - clock // quota.window, -2), clock % quota.window, state.used


def _concurrency(state: Any, quota: Quota, clock: int) -> Hashable:
    leases = tuple((units, max(expiry - clock, -quota.window)) for units, expiry in state.leases.values())
    return max(state.last - clock, -quota.window), leases, state.held


FORMS: Final[dict[str, Callable[[Any, Quota, int], Hashable]]] = {
    "sliding_window": _sliding_window,
    "sliding_log": _sliding_log,
    "token_bucket": _token_bucket,
    "gcra": _gcra,
    "fixed_window": _fixed_window,
    "concurrency": _concurrency,
}


def mark_form(algorithm: str, state: Any, quota: Quota, mark: int) -> int:
    """What a mark says about `state`: how old it is, or which of the things in it; too old is all the same."""
    if algorithm == "sliding_window":
        return min(int(state.at) - mark, quota.buckets + 1)
    if algorithm == "sliding_log":
        return next((at for at, entry in enumerate(_filled(state)) if entry[0] == mark), -1)
    if algorithm == "fixed_window":
        return min(int(state.at) - mark, 2)
    if algorithm == "concurrency":
        return list(state.leases).index(mark) if mark in state.leases else -1
    return 0


def _filled(log: Any) -> list[Any]:
    return [entry for entry in log.entries if entry[2]]
