"""`octogate env`: point the SDKs of this shell at the demo."""

from typing import Annotated

import typer


def env(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Print the line that sets the base URLs and the key of the demo for all three SDK families."""
    import json
    import os

    from octogate.cli.demo_state import client_variables, data_folder, export_line, load_state
    from octogate.cli.failure import Failed

    state = load_state(data_folder(os.environ))
    if state is None or not state.base_url:
        raise Failed("there is no demo to point to; start one with `octogate demo`")
    variables = client_variables(state)
    print(json.dumps(variables) if as_json else export_line(variables))
