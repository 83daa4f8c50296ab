"""Whatever clients, clocks and crashes do to the limits, in whatever order: every promise is kept."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import octogate
from octogate.limits.algorithms import ALGORITHMS
from octogate.limits.memory import MemoryStore

from ...prove.record import proving
from .explorer import Broken, Model, Move, explore
from .leases import LEASES
from .scopes import LARGE, MOST_STATES, SMALL

HERE = Path(__file__).parent
VERBS = {"new", "wait", "take", "give", "renew", "level", "join", "due", "depart", "admit", "settle", "void", "state"}
"""What the limits themselves do: here it is only called."""


@pytest.mark.parametrize("name", SMALL)
def test_every_order_of_events_keeps_every_promise(name: str) -> None:
    """T-22, T-23, T-25, T-26, T-27: to the end of all that two clients can do."""
    explored = explore(SMALL[name], at_most=MOST_STATES)

    print(f"{name}: {explored}")
    assert explored.transitions > explored.states > 100


@pytest.mark.prove
@pytest.mark.parametrize("name", LARGE)
def test_every_order_of_more_events_keeps_every_promise(name: str) -> None:
    """T-22, T-23, T-25, T-26, T-27: the same in larger worlds."""
    claim = f"Limits, every order of events, {name}"
    with proving(f"{claim}: states") as states, proving(f"{claim}: transitions") as transitions:
        explored = explore(LARGE[name], at_most=MOST_STATES)
        states.n, transitions.n = explored.states, explored.transitions
    print(f"{name}: {explored}")


def modules() -> Iterator[tuple[str, ast.Module]]:
    """The model checker, read."""
    for path in sorted(HERE.glob("*.py")):
        if not path.name.startswith("test_"):
            yield path.name, ast.parse(path.read_text(encoding="utf-8"))


def test_the_checker_has_no_transitions_of_its_own() -> None:
    """It would prove something about itself."""
    read = list(modules())

    assert len(read) > 5
    for name, module in read:
        functions = {node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert functions & VERBS == set(), name


def test_the_checker_never_writes_into_a_state() -> None:
    for name, module in modules():
        for node in ast.walk(module):
            targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else []
            targets = [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else targets
            for target in targets:
                written = ast.unparse(target)
                assert not any(part in written for part in ("state.", "meter.", "meters[", "store.", "holds")), (
                    f"{name} writes {written}"
                )


def test_what_the_checker_calls_are_the_limits_of_the_product() -> None:
    """Each verb comes from the package, and nothing but the package and the standard library is imported."""
    limits = Path(octogate.__file__).parent / "limits"
    for thing in (*ALGORITHMS.values(), LEASES, MemoryStore()):
        assert Path(inspect.getfile(type(thing))).parent == limits

    for name, module in modules():
        imported = {
            node.module or ""
            for node in ast.walk(module)
            if isinstance(node, ast.ImportFrom) and node.level == 0
        }  # fmt: skip
        assert all(each.startswith("octogate.limits.") for each in imported if "octogate" in each), name
        assert not any(each.startswith(("tests", "unittest")) for each in imported), name


class Counting(Model):
    """A world of one number that grows, and must not become three."""

    def __init__(self, most: int) -> None:
        self.most = most

    def start(self) -> list[int]:
        return [0]

    def moves(self, world: list[int]) -> list[Move]:
        return [("grow", 1), ("grow", 2)] if world[0] < self.most else []

    def play(self, world: list[int], move: Move) -> None:
        world[0] += move[1]
        if world[0] == 3:
            raise Broken("three")

    def form(self, world: list[int]) -> int:
        return world[0]


def test_a_broken_promise_is_told_with_the_shortest_way_to_it() -> None:
    with pytest.raises(Broken, match="three\n  after start, grow 1, grow 2"):
        explore(Counting(most=10), at_most=100)


def test_every_state_is_seen_once_and_every_move_from_it_is_played() -> None:
    explored = explore(Counting(most=1), at_most=100)

    assert (explored.states, explored.transitions) == (3, 2)


class Endless(Counting):
    """The same without a promise."""

    def play(self, world: list[int], move: Move) -> None:
        world[0] += move[1]


def test_a_model_without_an_end_is_broken() -> None:
    with pytest.raises(Broken, match="no end of it"):
        explore(Endless(most=10**9), at_most=50)
