"""Copies of a world, quickly: what never changes (rules, quotas, the algorithms themselves) is shared between them."""

import io
import pickle
from typing import Any, Final, TypeVar

from octogate.limits.algorithms import ALGORITHMS
from octogate.limits.quota import Quota
from octogate.limits.rule import Rule

Thing = TypeVar("Thing")
_SHARED: Final[dict[int, Any]] = {}


def freeze(thing: Any) -> bytes:
    """The thing as it is now."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, 5)
    pickler.dispatch_table = _TABLE
    pickler.dump(thing)
    return buffer.getvalue()


def thaw(frozen: bytes) -> Any:
    """The thing as it was then; every time another one."""
    return pickle.loads(frozen)


def copied(thing: Thing) -> Thing:
    """The same once more, so that a question about it changes nothing."""
    again: Thing = thaw(freeze(thing))
    return again


def _shared(number: int) -> Any:
    return _SHARED[number]


def _share(thing: Any) -> tuple[Any, tuple[int]]:
    _SHARED[id(thing)] = thing
    return _shared, (id(thing),)


_TABLE: Final[dict[type, Any]] = dict.fromkeys((Rule, Quota, *map(type, ALGORITHMS.values())), _share)
