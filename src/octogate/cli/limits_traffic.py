"""The traffic of a picture, read from a line such as `steady:150/m,burst:50@30s`; the same line is the same calls."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from octogate.cli.failure import usage
from octogate.cli.limits_rule import read_span, span_text

SHAPE: Final = "steady:CALLS/TIME[@FROM[-TO]] or burst:CALLS@TIME, such as steady:150/m,burst:50@30s"
MOST_CALLS: Final = 100_000


class Steady(msgspec.Struct, frozen=True):
    """`calls` per `span`, evenly, from `start` until before `end`; None is the end of the picture."""

    calls: int
    span: int
    start: int = 0
    end: int | None = None

    def moments(self, until: int) -> Iterator[int]:
        """When they come, before `until`."""
        end = until if self.end is None else min(self.end, until)
        number = 0
        while (moment := self.start + number * self.span // self.calls) < end:
            yield moment
            number += 1

    def __str__(self) -> str:
        when = "" if not self.start and self.end is None else f"@{span_text(self.start)}"
        till = "" if self.end is None else f"-{span_text(self.end)}"
        per = span_text(self.span)
        return f"steady:{self.calls}/{per[1:] if per in ('1s', '1m', '1h', '1d') else per}{when}{till}"


class Burst(msgspec.Struct, frozen=True):
    """`calls` at once."""

    calls: int
    start: int

    def moments(self, until: int) -> Iterator[int]:
        """When they come, before `until`."""
        return iter([self.start] * self.calls if self.start < until else [])

    def __str__(self) -> str:
        return f"burst:{self.calls}@{span_text(self.start)}"


Part = Steady | Burst


def read_traffic(text: str) -> tuple[Part, ...]:
    """The parts of a line. Raises Failed, naming the part that is wrong and what it may be."""
    return tuple(_part(part.strip()) for part in text.split(","))


def telling_traffic(calls: int, window: int) -> tuple[Part, ...]:
    """What shows how a rule of `calls` per window works: as many twice, close to each other, around its first end."""
    calls = max(1, calls)
    return (
        Steady(max(1, calls * 3 // 10), window),
        Burst(calls, window * 11 // 12),
        Burst(calls, window * 13 // 12),
    )


def arrivals(parts: tuple[Part, ...], until: int) -> list[int]:
    """The moment of every call before `until`, in order. Raises Failed for too many, and for parts without any."""
    found: list[int] = []
    for part in parts:
        if part.start >= until:
            raise usage(f"{part} begins behind the end of the picture, {span_text(until)}; see --seconds")
        for moment in part.moments(until):
            if len(found) == MOST_CALLS:
                raise usage(f"the traffic is more than {MOST_CALLS} calls; draw less, or calls of more units (--cost)")
            found.append(moment)
    return sorted(found)


def _part(text: str) -> Part:
    kind, _, rest = text.partition(":")
    amount, _, when = rest.partition("@")
    where = f"{text!r} of the traffic"
    if kind == "steady":
        calls, slash, span = amount.partition("/")
        if not slash:
            raise usage(f"{where} is no rate; allowed is {SHAPE}")
        return _steady(_calls(calls, where), read_span(span, where), when, where)
    if kind == "burst":
        if not when:
            raise usage(f"{where} has no moment; allowed is {SHAPE}")
        return Burst(_calls(amount, where), read_span(when, where))
    raise usage(f"{where} is neither steady nor burst; allowed is {SHAPE}")


def _steady(calls: int, span: int, when: str, where: str) -> Steady:
    if not span:
        raise usage(f"{where} has a time of nothing; allowed is {SHAPE}")
    first, dash, last = when.partition("-")
    start = read_span(first, where) if when else 0
    end = read_span(last, where) if dash else None
    if end is not None and end <= start:
        raise usage(f"{where} ends before it begins; allowed is {SHAPE}")
    return Steady(calls, span, start, end)


def _calls(text: str, where: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MOST_CALLS:
        raise usage(f"{where} has {text!r} calls; allowed is a whole number from 1 to {MOST_CALLS}")
    return int(text)
