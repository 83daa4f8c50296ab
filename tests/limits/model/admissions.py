"""Calls that several rules admit at once: they settle, are void, beat late, stand still, do it all twice, and die."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from octogate.limits.memory import MemoryStore, Refusal, Reservation
from octogate.limits.meter import Meter
from octogate.limits.rule import Rule

from .copies import copied
from .explorer import Broken, Move
from .forms import FORMS, mark_form
from .judges import JUDGES, Entry, Judge

SUBJECT = "ann"


@dataclass(slots=True)
class Call:
    """An admitted call: what the store gave it, its entries by rule, and the moment at which it surely held a place."""

    reservation: Reservation
    entries: list[Entry]
    told: int
    over: bool = False


@dataclass(slots=True)
class World:
    """The store, its meters, the time, who is calling, who died while calling, and who was admitted by each rule."""

    store: MemoryStore
    meters: list[Meter]
    now: int
    clients: list[Call | None]
    dead: list[Call]
    logs: list[list[Entry]]


@dataclass(frozen=True)
class Admissions:
    """Every call asks all `rules`: one of each, `tokens` of those that count tokens, and uses one of `used`.

    `served`: nobody is refused without need. A bucket that was forgotten meanwhile gets nothing back: it is full again.
    """

    rules: tuple[Rule, ...]
    clients: int
    tokens: tuple[int, ...] = (1, 2)
    used: tuple[int, ...] = (0, 2)
    served: bool = True

    def start(self) -> World:
        store = MemoryStore()
        return World(store, store.meters(self.rules, 0), 0, [None] * self.clients, [], [[] for _ in self.rules])

    def moves(self, world: World) -> list[Move]:
        # Who does everything twice does it at once: later it is the same, since there is nothing left to do it with.
        found: list[Move] = [] if any(call and call.over for call in world.clients) else [("tick",)]
        for who, call in enumerate(world.clients):
            if call is None:
                found += [("ask", who, tokens) for tokens in self.tokens]
            elif call.over:
                found += [("settle again", who), ("void again", who), ("beat again", who), ("forget", who)]
            else:
                found += [("beat", who), ("void", who), ("crash", who)]
                found += [("settle", who, used) for used in self.used]
        return found

    def play(self, world: World, move: Move) -> None:
        match move:
            case ("tick",):
                world.now += 1
            case ("ask", who, tokens):
                self._ask(world, who, tokens)
            case ("settle", who, used):
                self._end(world, _call(world, who), used)
            case ("void", who):
                self._end(world, _call(world, who), None)
            case ("beat", who):
                self._beat(world, who)
            case ("crash", who):
                world.dead.append(_call(world, who))
                world.clients[who] = None
            case ("forget", who):
                world.clients[who] = None
            case (_, who):
                self._again(world, _call(world, who), move[0])
        self._judge(world)

    def form(self, world: World) -> Hashable:
        clients = tuple(sorted(self._call_form(world, call) for call in world.clients))
        dead = tuple(sorted(world.now - call.told for call in world.dead))
        logs = tuple(
            () if rule.unit == "concurrency" else _judge(rule).form(log, rule.quota, world.now)
            for rule, log in zip(self.rules, world.logs, strict=True)
        )
        return self._meters_form(world.meters, world.now), logs, clients, dead

    def _meters_form(self, meters: list[Meter], now: int) -> tuple[Any, ...]:
        return tuple(
            (
                min(now - meter._turned, 2 * meter._lifetime),
                *(
                    FORMS[meter.rule.algorithm](kept[SUBJECT], meter.quota, now) if SUBJECT in kept else ()
                    for kept in (meter._young, meter._old)
                ),
            )
            for meter in meters
        )

    def _call_form(self, world: World, call: Call | None) -> tuple[Any, ...]:
        if call is None:
            return ()
        marks = tuple(
            mark_form(meter.rule.algorithm, state, meter.quota, mark) if state is _state(meter) else "forgotten"
            for meter, _, state, mark, _ in call.reservation.holds
        )
        if call.over:
            return True, str(marks)
        entries = tuple(
            (0, 0) if rule.unit == "concurrency" else (_judge(rule).age(entry, rule.quota, world.now), entry.units)
            for rule, entry in zip(self.rules, call.entries, strict=True)
        )
        return False, str(marks), entries, min(world.now - call.told, self._patience())

    def _patience(self) -> int:
        """For how long a call may have a place that says nothing."""
        return max((rule.quota.window for rule in self.rules if rule.unit == "concurrency"), default=0)

    def _ask(self, world: World, who: int, tokens: int) -> None:
        costs = [tokens if rule.unit == "tokens" else 1 for rule in self.rules]
        before = copied(world.meters)
        claims = [(meter, SUBJECT, cost) for meter, cost in zip(world.meters, costs, strict=True)]
        answer = world.store.admit(claims, world.now)
        after = copied(world.meters)
        levels, levels_after = self._levels(before, world.now), self._levels(after, world.now)
        if isinstance(answer, Refusal):
            if levels != levels_after or self._meters_form(before, world.now) != self._meters_form(after, world.now):
                raise Broken("a refusal left something behind")
            if self.served and not any(self._is_due(world, at, cost) for at, cost in enumerate(costs)):
                raise Broken("less was admitted than promised")
            return
        if levels_after != [used + cost for used, cost in zip(levels, costs, strict=True)]:
            raise Broken("an admission took not all that it asked for")
        entries = [Entry(world.now, cost) for cost in costs]
        for log, entry in zip(world.logs, entries, strict=True):
            log.append(entry)
        world.clients[who] = Call(answer, entries, world.now)
        for rule, log in zip(self.rules, world.logs, strict=True):
            if rule.unit != "concurrency" and not _judge(rule).is_kept(log, rule.quota, world.now):
                raise Broken(f"{rule.algorithm} admitted more than its bound allows")

    def _levels(self, meters: list[Meter], now: int) -> list[int]:
        """How full each rule is; asking tells it what time it is."""
        return [meter.algorithm.level(meter.state(SUBJECT, now), meter.quota, now).used for meter in meters]

    def _is_due(self, world: World, at: int, cost: int) -> bool:
        rule = self.rules[at]
        if rule.unit == "concurrency":
            return sum(1 for call in _alive(world) if world.now - call.told < rule.quota.window) + 1 > rule.quota.limit
        due: bool = _judge(rule).is_due(world.logs[at], rule.quota, world.now, cost)
        return due

    def _end(self, world: World, call: Call, used: int | None) -> None:
        """The call settles with what it used, or never happened."""
        if used is None:
            world.store.void(call.reservation, world.now)
        else:
            world.store.settle(call.reservation, {"tokens": used}, world.now)
        for rule, log, entry in zip(self.rules, world.logs, call.entries, strict=True):
            if used is None and rule.unit != "concurrency":
                _judge(rule).correct(log, entry, -entry.units, world.now)
            elif used is not None and rule.unit == "tokens":
                _judge(rule).correct(log, entry, used - entry.units, world.now)
        call.over = True

    def _again(self, world: World, call: Call, what: str) -> None:
        before = self._meters_form(world.meters, world.now)
        if what == "settle again":
            world.store.settle(call.reservation, {"tokens": 0}, world.now)
        elif what == "void again":
            world.store.void(call.reservation, world.now)
        else:
            world.store.renew(call.reservation, world.now)
        if self._meters_form(world.meters, world.now) != before:
            raise Broken("a call that was over changed something")

    def _beat(self, world: World, who: int) -> None:
        call = _call(world, who)
        places = [rule.quota.window for rule in self.rules if rule.unit == "concurrency"]
        alive = world.store.renew(call.reservation, world.now)
        if alive != all(world.now - call.told < window for window in places):
            raise Broken("a fenced call was told that it holds" if alive else "a live call was told that it lost")
        if alive:
            call.told = world.now
        else:
            # It stops, and settles what it has used so far.
            self._end(world, call, self.used[-1])

    def _judge(self, world: World) -> None:
        for at, rule in enumerate(self.rules):
            if rule.unit == "concurrency":
                held = sum(1 for call in _alive(world) if world.now - call.told < rule.quota.window)
                if held > rule.quota.limit:
                    raise Broken(f"{held} calls hold a place at once")
            else:
                world.logs[at] = _judge(rule).forget(world.logs[at], rule.quota, world.now)
        world.dead = [call for call in world.dead if world.now - call.told < self._patience()]


def _call(world: World, who: int) -> Call:
    call = world.clients[who]
    assert call is not None
    return call


def _alive(world: World) -> list[Call]:
    return [call for call in [*world.clients, *world.dead] if call is not None and not call.over]


def _judge(rule: Rule) -> Judge:
    return JUDGES[rule.algorithm][0]


def _state(meter: Meter) -> Any:
    return meter._young.get(SUBJECT, meter._old.get(SUBJECT))
