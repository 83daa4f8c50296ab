"""Puts the model group's name where a provider wrote its own, for groups that hide what serves them."""

import re
from typing import Final

import orjson

# A string on one line, as JSON has it, or the border of an object: a comment of a stream can hold half a string.
_TOKEN: Final = re.compile(rb'"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"|[{}]')
_VALUE: Final = re.compile(rb'\s*:\s*("[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*")')
_MODEL: Final = frozenset({b'"model"', b'"modelVersion"'})
_AROUND: Final = frozenset({b'"message"', b'"response"'})
"""The members in which the first and last events of some dialects carry the whole answer."""


def renamed(data: bytes, group: str) -> bytes:
    """`data` (whole JSON documents or whole events) with the answer's own `model` naming `group`.

    Only the answer's own: a member of that name deeper inside belongs to what was said, such as a tool's arguments.
    """
    if b'"model' not in data:
        return data
    name = orjson.dumps(group)
    pieces: list[bytes] = []
    written = 0
    around: list[bytes] = []  # the member that each open object is the value of
    last = b""
    for token in _TOKEN.finditer(data):
        text = token[0]
        if text == b"{":
            around.append(last)
        elif text == b"}":
            del around[-1:]
        elif text in _MODEL and _is_answer(around) and (value := _VALUE.match(data, token.end())) is not None:
            pieces += (data[written : value.start(1)], name)
            written = value.end(1)
        last = text
    return b"".join((*pieces, data[written:]))


def _is_answer(around: list[bytes]) -> bool:
    return len(around) == 1 or (len(around) == 2 and around[1] in _AROUND)
