"""Explores the models that are named, or all small ones: 0 if all promises are kept, 3 if one is broken."""

import sys
import time

from .explorer import Broken, explore
from .scopes import LARGE, MOST_STATES, SMALL


def main(names: list[str]) -> int:
    """Explore, tell how much there was to see, and stop at the first broken promise."""
    for name in names or SMALL:
        began = time.monotonic()
        try:
            explored = explore((SMALL | LARGE)[name], at_most=MOST_STATES)
        except Broken as broken:
            print(f"{name}: BROKEN: {broken}")
            return 3
        print(f"{name}: {explored}, {time.monotonic() - began:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
