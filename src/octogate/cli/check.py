"""`octogate check`: whether a configuration is right, and what it lets a key do."""

from pathlib import Path
from typing import Annotated

import typer


def check(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="The configuration; else the search path of serve.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Also show the effective rules of the key with this id.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a configuration: every fault with its file and line; exit code 1 if there is one."""
    import os

    from octogate.cli.check_report import examine, print_json, print_text
    from octogate.cli.search_path import find_config

    report = examine(find_config(config, os.environ), os.environ, key)
    (print_json if as_json else print_text)(report)
    if not report.valid:
        raise typer.Exit(1)
