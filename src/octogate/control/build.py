"""Which build this is: the version from the package, commit and date from the environment that the image sets."""

import os
from collections.abc import Mapping

from octogate import __version__


def build_facts(environ: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """`version`, `commit` and `build_date`; the last two are None when it runs from a checkout."""
    return {
        "version": __version__,
        "commit": environ.get("OCTOGATE_COMMIT") or None,
        "build_date": environ.get("OCTOGATE_BUILD_DATE") or None,
    }
