"""Walks through every state that a model can reach, and tells the shortest story that leads to a broken promise."""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Protocol

from .copies import freeze, thaw

Move = tuple[Any, ...]
"""What happens next: a verb, and whatever it needs."""


class Broken(Exception):
    """A promise that a move broke."""


class Model(Protocol):
    """A world, what can happen in it, and what may not. Two worlds with the same form have the same future."""

    def start(self) -> Any:
        """The world in which nothing has happened."""

    def moves(self, world: Any) -> list[Move]:
        """What can happen now."""

    def play(self, world: Any, move: Move) -> None:
        """Let it happen; Broken if it may not."""

    def form(self, world: Any) -> Hashable:
        """All that matters of a world, with moments told relative to its own."""


@dataclass(frozen=True)
class Explored:
    """How much there was to see."""

    states: int
    transitions: int

    def __str__(self) -> str:
        return f"{self.states:,} states, {self.transitions:,} transitions"


def explore(model: Model, *, at_most: int) -> Explored:
    """All that can happen, however long it takes to happen; Broken, with the story, when it is not as promised.

    A model of more than `at_most` states is broken as well: its states are meant to be finitely many.
    """
    world = model.start()
    first = model.form(world)
    came: dict[Hashable, tuple[Hashable, Move]] = {first: (None, ("start",))}
    waiting = deque([(first, freeze(world))])
    transitions = 0
    while waiting:
        form, kept = waiting.popleft()
        for move in model.moves(thaw(kept)):
            world = thaw(kept)
            transitions += 1
            try:
                model.play(world, move)
            except Broken as broken:
                raise Broken(f"{broken}\n  after {_story(came, form, move)}") from broken
            reached = model.form(world)
            if reached not in came:
                came[reached] = form, move
                waiting.append((reached, freeze(world)))
        if len(came) > at_most:
            raise Broken(f"there is no end of it: more than {at_most:,} states")
    return Explored(len(came), transitions)


def _story(came: dict[Hashable, tuple[Hashable, Move]], form: Hashable, last: Move) -> str:
    moves = [last]
    while form is not None:
        form, move = came[form]
        moves.append(move)
    return ", ".join(" ".join(map(str, move)) for move in reversed(moves))
