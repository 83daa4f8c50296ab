"""Mistakes of one line each, of the kind that reads well; the model named beside each one must find it."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Mutant:
    """In the file, `was` (which stands there once) `becomes` something else."""

    name: str
    model: str
    file: str
    was: str
    becomes: str


PLANTED: Final = [
    Mutant(
        "one too many is admitted", "sliding_window", "sliding_window.py",
        was="excess = state.total + cost - quota.limit",
        becomes="excess = state.total + cost - quota.limit - 1",
    ),
    Mutant(
        "the window is one bucket short", "sliding_window", "sliding_window.py",
        was="if index - state.at >= size:",
        becomes="if index - state.at >= size - 1:",
    ),
    Mutant(
        "what is newest is forgotten, not what is oldest", "sliding_window", "sliding_window.py",
        was="for passed in range(state.at + 1, index + 1):",
        becomes="for passed in range(state.at, index):",
    ),
    Mutant(
        "whoever looks takes a clock that goes back at its word", "sliding_window, clock set back", "sliding_window.py",
        was="if index <= state.at:",
        becomes="if index == state.at:",
    ),
    Mutant(
        "whoever is refused is told to wait a microsecond too long", "sliding_log", "sliding_log.py",
        was="return moment + quota.window - now",
        becomes="return moment + quota.window - now + 1",
    ),
    Mutant(
        "a bucket that is never full", "token_bucket", "token_bucket.py",
        was="return min(level, full)",
        becomes="return level",
    ),
    Mutant(
        "the same time refills a bucket twice", "token_bucket, clock set back", "token_bucket.py",
        was="- cost * quota.window\n        state.last = max(state.last, now)",
        becomes="- cost * quota.window\n        state.last = now",
    ),
    Mutant(
        "silence is saved up", "gcra", "gcra.py",
        was="state.paid = max(now, state.paid) + cost * quota.interval",
        becomes="state.paid = state.paid + cost * quota.interval",
    ),
    Mutant(
        "an old window counts as a new one", "fixed_window, clock set back", "fixed_window.py",
        was="return state.used if now // quota.window <= state.at else 0",
        becomes="return state.used if now // quota.window == state.at else 0",
    ),
    Mutant(
        "a lease lives on in its last moment", "concurrency", "concurrency.py",
        was="if expiry > state.last:",
        becomes="if expiry >= state.last:",
    ),
    Mutant(
        "a zombie is not told", "concurrency", "concurrency.py",
        was="            return False",
        becomes="            return True",
    ),
    Mutant(
        "a renewed lease stays in front of those that run out before it", "concurrency", "concurrency.py",
        was="        del state.leases[mark]\n        state.leases[mark] = (found[0]",
        becomes="        state.leases[mark] = (found[0]",
    ),
    Mutant(
        "only the first rule decides", "calls and places", "memory.py",
        was="            if meter.wait(state, meter.quota, now, cost):",
        becomes="            if meter.wait(state, meter.quota, now, cost) and meter is claims[0][0]:",
    ),
    Mutant(
        "a refused call uses what would have fitted", "calls and places", "memory.py",
        was="meter.wait(state, meter.quota, now, cost) for (meter,",
        becomes="meter.wait(state, meter.quota, now, cost) or -meter.take(state, meter.quota, now, cost) for (meter,",
    ),
    Mutant(
        "a call that is void twice is given back twice", "calls and places", "memory.py",
        was='given back. The second time nothing happens."""\n        holds, reservation.holds = reservation.holds, []',
        becomes='given back. The second time nothing happens."""\n        holds = reservation.holds',
    ),
    Mutant(
        "a heartbeat does not keep what it beats for", "calls and places", "memory.py",
        was="same = meter.state(subject, now) is state",
        becomes="same = True",
    ),
    Mutant(
        "whom nobody asked about for a while is forgotten at once", "calls and places", "meter.py",
        was="self._old = self._young if now - self._turned < 2 * self._lifetime else {}",
        becomes="self._old = {}",
    ),
]  # fmt: skip
