"""`octogate health`: the probe for containers and service managers."""

from typing import Annotated

import typer


def health(
    url: Annotated[
        str, typer.Option(envvar="OCTOGATE_HEALTH_URL", help="Where the gateway listens.")
    ] = "http://127.0.0.1:4000",
    ready: Annotated[
        bool, typer.Option("--ready", help="Ask whether it takes calls, not just whether it runs.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=0.1, max=60, help="Seconds to wait.")] = 3.0,
) -> None:
    """Ask a running gateway how it is: exit code 0 when it is well, 1 when it is not or does not answer."""
    from octogate.cli.failure import Failed
    from octogate.cli.wire import Wire

    path = "/readyz" if ready else "/health"
    with Wire(url, timeout=timeout) as wire:
        answer = wire.get(path)
    text = answer.body.decode("utf-8", errors="replace").strip()
    if answer.status != 200:
        raise Failed(f"{url}{path} answered {answer.status}: {text[:300]}")
    print(text)
