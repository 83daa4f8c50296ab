"""`octogate version`: which Octogate this is."""

from typing import Annotated

import typer


def version(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Print the version, and with --json the commit, the build date and the Python it runs on."""
    import json
    import platform

    from octogate.cli import VERSION_LINE
    from octogate.control.build import build_facts

    print(json.dumps({**build_facts(), "python": platform.python_version()}) if as_json else VERSION_LINE)
