"""What one run of the whole matrix found, as a file."""

from pathlib import Path
from typing import Final

import msgspec

RESULTS: Final = Path(__file__).parents[2] / ".cache" / "sdk-matrix.json"


class Results(msgspec.Struct, frozen=True):
    """`cells` is client → upstream → cell → whether it is as at home; `versions` is of every "environment/package"."""

    versions: dict[str, str]
    cells: dict[str, dict[str, dict[str, bool]]]


def write(results: Results) -> None:
    """Keep them for whoever writes the page."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def read() -> Results:
    """Those of the last whole run."""
    return msgspec.json.decode(RESULTS.read_bytes(), type=Results)
