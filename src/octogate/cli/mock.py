"""`octogate mock`: the built-in upstream, for demos and for tests of your own."""

from typing import Annotated

import typer


def mock(
    host: Annotated[str, typer.Option(help="Listen on this address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Listen on this port; 0 takes a free one.")] = 4010,
    time_scale: Annotated[
        float, typer.Option(min=0.0, help="Multiplies every duration of the fault scenarios; 0.01 for fast tests.")
    ] = 1.0,
) -> None:
    """Answer like OpenAI, Anthropic and Gemini, with every fault on request; no key, no network, no cost.

    Prints a base URL for each SDK family when it listens. Which answer or fault comes is chosen by the model name: see
    docs/reference/mock.md.
    """
    from octogate.cli.loading import address_said_plainly
    from octogate.mock import MockConfig, MockServer, run

    def announce(server: MockServer) -> None:
        for name, url in server.base_urls().items():
            print(f"{name:<10} {url}", flush=True)

    with address_said_plainly(host, port):
        run(host, port, config=MockConfig(time_scale=time_scale), ready=announce)
