"""`octogate demo`: a working gateway in one command, with or without provider keys."""

from typing import Annotated

import typer


def demo(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON when ready, and nothing else.")
    ] = False,
    host: Annotated[str, typer.Option(help="Listen on this address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Listen on this port; 0 takes a free one.")] = 4000,
    mock: Annotated[
        bool, typer.Option("--mock", help="Use the built-in mock even when provider keys are in the environment.")
    ] = False,
) -> None:
    """Start a gateway with a key of its own and print what to paste. Ctrl-C stops it.

    Provider keys in the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY or GOOGLE_API_KEY) are used:
    calls then cost what they cost there. Without any, a built-in mock answers. The key and the configuration are kept
    in ./octogate-data, or in the folder that OCTOGATE_DATA names.
    """
    import os

    from octogate.app import run_loop
    from octogate.cli.demo_banner import print_banner, print_json
    from octogate.cli.demo_run import run_demo
    from octogate.cli.loading import address_said_plainly, config_said_plainly

    with config_said_plainly(), address_said_plainly(host, port):
        code = run_loop(run_demo(os.environ, host, port, mock=mock, on_ready=print_json if as_json else print_banner))
    raise typer.Exit(code)
