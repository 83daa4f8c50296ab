"""Members of a Gemini body in both of their spellings: `inlineData` as documented, `inline_data` as clients send it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

Object = dict[str, object]

_BEFORE_LETTER: Final = re.compile(r"_([a-z0-9])")
_MAX_NAMES: Final = 1_024
_MAX_CHARS: Final = 64
"""Of a name that is any API's. Longer ones are the caller's own, and nothing of them is kept."""


def camel(name: str) -> str:
    """`inline_data` → `inlineData`; a name in camel case stays as it is, and so does one that mixes both.

    The API takes no mixed ones, and what is checked under two spellings must not come in under a third.
    """
    return _camel(name) if len(name) <= _MAX_CHARS else name


@lru_cache(maxsize=_MAX_NAMES)
def _camel(name: str) -> str:
    return _BEFORE_LETTER.sub(lambda found: found.group(1).upper(), name) if name.islower() else name


def members(value: Object) -> Iterator[tuple[str, str, object]]:
    """The members that are not null, each as (camel-case name, name as it was sent, value)."""
    for name, member in value.items():
        if member is not None:
            yield (camel(name) if "_" in name else name), name, member


def spelled(value: Object) -> Object:
    """The object with camel-case names and without nulls; of two spellings of one name the last counts."""
    return {name: member for name, _, member in members(value)}


def listed(value: object) -> list[object]:
    """A repeated member: the API takes a single value for a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
