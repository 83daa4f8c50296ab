"""Holders of leases: they come, beat, stand still for as long as they like, come back late, leave twice, and die."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

from octogate.limits.concurrency import Concurrency
from octogate.limits.quota import Quota

from .copies import copied
from .explorer import Broken, Move
from .forms import FORMS, mark_form

LEASES: Final = Concurrency()


@dataclass(slots=True)
class Holder:
    """Who got a lease under `mark`, and was told at the moment `told` that it is theirs; `left`: gave it back."""

    mark: Any
    units: int
    told: int
    until: int
    left: bool = False


@dataclass(slots=True)
class World:
    """`real` is the time on the wall, `clock` what the rule is told, `seen` the latest that it was told.

    No clock can be set right by more than to `seen`, and not be too fast.
    """

    state: Any
    clock: int
    high: int
    seen: int
    real: int
    clients: list[Holder | None]
    dead: list[Holder]


@dataclass(frozen=True)
class Leases:
    """One rule. The clock is set back by `back` at a time, and is never more than `lag` behind; 0: it never is."""

    quota: Quota
    clients: int
    costs: tuple[int, ...] = (1, 2)
    back: int = 0
    lag: int = 0

    def start(self) -> World:
        return World(LEASES.new(self.quota, 0), 0, 0, 0, 0, [None] * self.clients, [])

    def moves(self, world: World) -> list[Move]:
        found: list[Move] = [("tick",)]
        if self.back and world.high - world.clock + self.back <= self.lag:
            found.append(("clock set back",))
        if self.back and world.seen - world.clock >= self.back:
            found.append(("clock set right",))
        for who, holder in enumerate(world.clients):
            if holder is None:
                found += [("ask", who, cost) for cost in self.costs]
            elif holder.left:
                found += [("leave again", who), ("forget", who)]
            else:
                found += [("beat", who), ("leave", who), ("crash", who)]
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
            case ("ask", who, cost):
                self._ask(world, who, cost)
            case ("beat", who):
                self._beat(world, who)
            case ("leave" | "leave again", who):
                self._leave(world, who, again=move[0] == "leave again")
            case ("crash", who):
                world.dead.append(_holder(world, who))
                world.clients[who] = None
            case ("forget", who):
                world.clients[who] = None
        world.dead = [holder for holder in world.dead if holder.until > world.seen]
        self._judge(world)

    def form(self, world: World) -> Hashable:
        clients = sorted(self._holder_form(world, holder) for holder in world.clients)
        dead = sorted(self._holder_form(world, holder) for holder in world.dead)
        state = FORMS["concurrency"](world.state, self.quota, world.clock)
        seen = max(world.seen - world.clock, -self.quota.window)
        return state, world.high - world.clock, seen, tuple(clients), tuple(dead)

    def _holder_form(self, world: World, holder: Holder | None) -> tuple[Any, ...]:
        if holder is None:
            return ()
        window = self.quota.window
        ages = min(world.real - holder.told, window), max(holder.until - world.clock, -window)
        return mark_form("concurrency", world.state, self.quota, holder.mark), holder.units, *ages, holder.left

    def _ask(self, world: World, who: int, cost: int) -> None:
        now = self._told(world)
        before = copied(world.state)
        wait = LEASES.wait(world.state, self.quota, now, cost)
        taken = sum(holder.units for holder in self._counted(world))
        if (wait == 0) != (taken + cost <= self.quota.limit):
            raise Broken(f"a wait of {wait} for {cost} units while {taken} are held")
        if wait:
            LEASES.level(before, self.quota, now)
            if self._state_form(before, now) != self._state_form(world.state, now):
                raise Broken("a refusal left something behind")
            return
        mark = LEASES.take(world.state, self.quota, now, cost)
        world.clients[who] = Holder(mark, cost, world.real, world.seen + self.quota.window)

    def _beat(self, world: World, who: int) -> None:
        holder, now = _holder(world, who), self._told(world)
        counts = holder.until > world.seen
        alive = LEASES.renew(world.state, self.quota, now, holder.mark)
        if alive != counts:
            raise Broken("a holder whose lease ran out was told that it holds" if alive else "a live lease was lost")
        if alive:
            holder.told, holder.until = world.real, world.seen + self.quota.window
        else:
            world.clients[who] = None

    def _leave(self, world: World, who: int, *, again: bool) -> None:
        holder = _holder(world, who)
        held = world.state.held
        LEASES.give(world.state, self.quota, world.clock, holder.mark, -holder.units)
        if again and world.state.held != held:
            raise Broken("units were given back twice")
        holder.left = True

    def _judge(self, world: World) -> None:
        """Never more than the limit are sure to hold, and what is counted is what is held, no more and no less."""
        window, holders = self.quota.window, _all(world)
        sure = sum(holder.units for holder in holders if not holder.left and world.real - holder.told < window)
        if sure > self.quota.limit:
            raise Broken(f"{sure} units are held at once")
        level = LEASES.level(copied(world.state), self.quota, world.clock)
        counted = sum(holder.units for holder in self._counted(world))
        if level.used != counted:
            raise Broken(f"{level.used} units are counted, {counted} are held")

    def _told(self, world: World) -> int:
        world.seen = max(world.seen, world.clock)
        return world.clock

    def _counted(self, world: World) -> list[Holder]:
        return [holder for holder in _all(world) if self._counts(world, holder)]

    def _counts(self, world: World, holder: Holder) -> bool:
        return not holder.left and holder.until > max(world.seen, world.clock)

    def _state_form(self, state: Any, now: int) -> Hashable:
        return FORMS["concurrency"](state, self.quota, now)


def _holder(world: World, who: int) -> Holder:
    holder = world.clients[who]
    assert holder is not None
    return holder


def _all(world: World) -> list[Holder]:
    return [holder for holder in [*world.clients, *world.dead] if holder is not None]
