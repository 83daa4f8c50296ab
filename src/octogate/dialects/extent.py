"""How much there is to translate in a body: not its bytes count, but the pieces that each become a value of ours."""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Final

import msgspec

MAX_ITEMS: Final = 200_000
"""Objects, and strings in a row, in one body. Each takes microseconds of the loop that all calls share.

No model reads a conversation of so many: it has several times as many tokens at the least.
"""

# A quote inside of text is escaped, so what stands between two strings cannot be meant by it.
_ITEM: Final = re.compile(rb'\{|"\s*+,\s*+"')


def is_translatable(fields: Mapping[str, msgspec.Raw]) -> bool:
    """Whether a body holds no more than MAX_ITEMS; next to free for bodies of usual size, and for long texts."""
    left = MAX_ITEMS
    for raw in fields.values():
        text = bytes(raw)
        at_most = text.count(b"{") + text.count(b'"')
        if at_most > left:
            at_most = sum(1 for _ in islice(_ITEM.finditer(text), left + 1))
        left -= at_most
        if left < 0:
            return False
    return True
