"""`octogate serve`: run the gateway with a configuration file."""

from pathlib import Path
from typing import Annotated

import typer


def serve(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="The configuration; else the search path.", dir_okay=False)
    ] = None,
    host: Annotated[str | None, typer.Option(help="Listen here instead of server.host.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Listen here instead of server.port; 0 takes a free one.")
    ] = None,
) -> None:
    """Serve calls until SIGTERM (drains first) or Ctrl-C; SIGHUP reloads the configuration.

    Without --config: $OCTOGATE_CONFIG, then octogate.yaml or config.yaml in this folder, the one above and the one
    above that, then /etc/octogate/config.yaml.
    """
    import os

    from octogate.app import Gateway, run_loop
    from octogate.cli.loading import address_said_plainly, announce, config_said_plainly
    from octogate.cli.search_path import find_config

    path = find_config(config, os.environ)
    announce(f"configuration {path}")
    with config_said_plainly(), address_said_plainly(host, port):
        gateway = Gateway.from_file(path, env=os.environ, host=host, port=port)
        code = run_loop(gateway.serve())
    raise typer.Exit(code)
