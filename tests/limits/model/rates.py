"""Clients that share one count: they ask, correct what they asked for, die and are slow, while time does what it likes."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from octogate.limits.algorithms import ALGORITHMS
from octogate.limits.quota import NEVER, Quota

from .copies import copied
from .explorer import Broken, Move
from .forms import FORMS, mark_form
from .judges import JUDGES, Entry

Holding = tuple[Any, Entry]
"""What a client knows of its call: the mark, and here what it has asked for."""


@dataclass(slots=True)
class World:
    """`real` is the time on the wall; `clock` what the rule is told, `high` the latest that it could have been told.

    `told` is the latest moment at which it admitted a call: no clock can be set right by more, and not be too fast.
    """

    state: Any
    clock: int
    high: int
    told: int
    real: int
    clients: list[Holding | None]
    log: list[Entry]


@dataclass(frozen=True)
class Rates:
    """One rule of `algorithm`. Calls use up to `debt` more than they asked for.

    The clock is set back by `back` at a time, and is never more than `lag` behind; 0: it never is.
    """

    algorithm: str
    quota: Quota
    clients: int
    costs: tuple[int, ...] = (1, 2)
    debt: int = 1
    back: int = 0
    lag: int = 0

    def start(self) -> World:
        return World(ALGORITHMS[self.algorithm].new(self.quota, 0), 0, 0, 0, 0, [None] * self.clients, [])

    def moves(self, world: World) -> list[Move]:
        found: list[Move] = [("tick",), ("look",)]
        if self.back and world.high - world.clock + self.back <= self.lag:
            found.append(("clock set back",))
        if self.back and world.told - world.clock >= self.back:
            found.append(("clock set right",))
        for who, holding in enumerate(world.clients):
            if holding is None:
                found += [("ask", who, cost) for cost in self.costs]
            else:
                cost = holding[1].units
                found += [("crash", who)] + [("used", who, used) for used in {0, cost, cost + self.debt}]
        return found

    def play(self, world: World, move: Move) -> None:
        match move:
            case ("tick",):
                world.real += 1
                world.clock += 1
                world.high = max(world.high, world.clock)
            case ("clock set back",):
                world.clock -= self.back
            case ("clock set right",):
                world.clock += self.back
            case ("look",):
                ALGORITHMS[self.algorithm].level(world.state, self.quota, world.clock)
            case ("ask", who, cost):
                self._ask(world, who, cost)
            case ("crash", who):
                world.clients[who] = None
            case ("used", who, used):
                self._correct(world, who, used)
        world.log = self._judge().forget(world.log, self.quota, world.real)

    def form(self, world: World) -> Hashable:
        clients = sorted(self._client_form(world, holding) for holding in world.clients)
        state = FORMS[self.algorithm](world.state, self.quota, world.clock)
        ahead = world.high - world.clock, max(0, world.told - world.clock)
        return state, ahead, self._judge().form(world.log, self.quota, world.real), tuple(clients)

    def _judge(self) -> Any:
        return JUDGES[self.algorithm][bool(self.back)]

    def _client_form(self, world: World, holding: Holding | None) -> tuple[Any, ...]:
        if holding is None:
            return ()
        mark, entry = holding
        age = self._judge().age(entry, self.quota, world.real)
        return mark_form(self.algorithm, world.state, self.quota, mark), age, entry.units

    def _ask(self, world: World, who: int, cost: int) -> None:
        algorithm, quota, now = ALGORITHMS[self.algorithm], self.quota, world.clock
        before = copied(world.state)
        wait = algorithm.wait(world.state, quota, now, cost)
        if wait:
            if self._form_at(before, now) != self._form_at(copied(world.state), now):
                raise Broken("a refusal left something behind")
            self._refused(world, cost, wait)
            return
        mark = algorithm.take(world.state, quota, now, cost)
        world.told = max(world.told, now)
        entry = Entry(world.real, cost)
        world.log.append(entry)
        # The log may be put together anew; what a client knows of its call stays as it is.
        world.clients[who] = mark, entry
        if not self._judge().is_kept(world.log, quota, world.real):
            raise Broken("more was admitted than the bound allows")

    def _form_at(self, state: Any, now: int) -> Hashable:
        """The form of a state that has been told what time it is."""
        ALGORITHMS[self.algorithm].level(state, self.quota, now)
        return FORMS[self.algorithm](state, self.quota, now)

    def _refused(self, world: World, cost: int, wait: int) -> None:
        algorithm, quota = ALGORITHMS[self.algorithm], self.quota
        if (wait == NEVER) != (cost > quota.capacity):
            raise Broken("only what is more than all can never fit")
        if not self.back and not self._judge().is_due(world.log, quota, world.real, cost):
            raise Broken("less was admitted than promised")
        if wait != NEVER:
            early, late = copied(world.state), copied(world.state)
            if algorithm.wait(late, quota, world.clock + wait, cost):
                raise Broken("who waited as told was refused again")
            if not algorithm.wait(early, quota, world.clock + wait - 1, cost):
                raise Broken("who came a moment earlier than told was admitted")

    def _correct(self, world: World, who: int, used: int) -> None:
        holding = world.clients[who]
        assert holding is not None
        mark, entry = holding
        world.clients[who] = None
        amount = used - entry.units
        if amount:
            ALGORITHMS[self.algorithm].give(world.state, self.quota, world.clock, mark, amount)
            self._judge().correct(world.log, entry, amount, world.real)
