"""The rule that a picture is asked for, read from a line such as `100 requests / 1m burst 20`."""

import re
from decimal import Decimal
from typing import Final, get_args

import msgspec

from octogate.cli.failure import usage
from octogate.limits.quota import SECOND, Quota
from octogate.limits.rule import Unit

SHAPE: Final = '"100 requests / 1m", with "burst 20" or "buckets 60" behind it if need be'
LARGEST: Final = 10**12
MOST_BUCKETS: Final = 1_000
LONGEST_DAYS: Final = 31
UNITS: Final = tuple(unit for unit in get_args(Unit) if unit != "concurrency")
LENGTHS: Final = {"s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND, "d": 86_400 * SECOND, "w": 604_800 * SECOND}
PAGES: Final = {LENGTHS["h"]: "hour", LENGTHS["d"]: "day", LENGTHS["w"]: "week"}
"""The pages of a calendar that have a length of their own; months and years have several."""

_PLAIN: Final = Quota(limit=0)


class DrawnRule(msgspec.Struct, frozen=True):
    """What is counted, and how much of it is allowed. `text` is the line that says the same."""

    text: str
    unit: Unit
    quota: Quota


def read_rule(text: str) -> DrawnRule:
    """The rule of a line. Raises Failed, naming the part that is wrong and what it may be."""
    amount, slash, rest = text.partition("/")
    if not slash:
        raise usage(f'the rule {text!r} has no "/" between the amount and the window; write it like {SHAPE}')
    limit, unit = _amount(amount, text)
    words = rest.split()
    if not words:
        raise usage(f"the rule {text!r} has no window behind the slash; write it like {SHAPE}")
    window = read_span(words[0], f"the window of the rule {text!r}")
    if not SECOND // 1_000 <= window <= LONGEST_DAYS * LENGTHS["d"]:
        raise usage(f"the window {words[0]!r} is not between 0.001s and {LONGEST_DAYS}d")
    options = _options(words[1:])
    said = "".join(f" {name} {number}" for name, number in options.items())
    burst, buckets = options.get("burst", _PLAIN.burst), options.get("buckets", _PLAIN.buckets)
    return DrawnRule(
        text=f"{limit} {unit} / {span_text(window)}{said}",
        unit=unit,
        quota=Quota(limit=limit, window=window, burst=burst, buckets=buckets, unit=PAGES.get(window, _PLAIN.unit)),
    )


def read_span(text: str, where: str) -> int:
    """Microseconds of `90s`, `1.5h` or just `m`; `where` names the part in the error."""
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)?([smhdw])", text)
    if not found:
        raise usage(f"{where} has the time {text!r}; write a number and one of s, m, h, d, w, such as 30s or 1m")
    return int(Decimal(found[1] or 1) * LENGTHS[found[2]])


def span_text(span: int) -> str:
    """A span in its largest unit that divides it, as `read_span` reads it: 60 s are 1m, 90 s are 90s."""
    for letter in "dhms":
        if span % LENGTHS[letter] == 0 and (span or letter == "s"):
            return f"{span // LENGTHS[letter]}{letter}"
    return f"{Decimal(span) / SECOND:f}s"


def _amount(text: str, whole: str) -> tuple[int, Unit]:
    words = text.split()
    if len(words) != 2:
        raise usage(f"the amount {text.strip()!r} of the rule {whole!r} is not a number and a unit; such as {SHAPE}")
    limit = _number(words[0], "limit", least=0, most=LARGEST)
    for unit in UNITS:
        if words[1] in (unit, unit.removesuffix("s")):
            return limit, unit
    if words[1] == "concurrency":
        raise usage("concurrency counts calls that are under way, not arrivals: there is no window to draw")
    raise usage(f"the unit {words[1]!r} of the rule is not one of {', '.join(UNITS)}")


def _options(words: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, number in zip(words[::2], [*words[1::2], ""], strict=False):
        if name not in ("burst", "buckets"):
            raise usage(f"{name!r} behind the window of the rule is neither burst nor buckets; write it like {SHAPE}")
        found[name] = _number(number, name, least=1, most=LARGEST if name == "burst" else MOST_BUCKETS)
    return found


def _number(text: str, name: str, *, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text) or not least <= int(text) <= most:
        raise usage(f"the {name} {text!r} of the rule is not a whole number from {least} to {most}")
    return int(text)
