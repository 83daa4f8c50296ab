"""Makes the benchmark, which is no part of the package, importable from the root of the repository."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
