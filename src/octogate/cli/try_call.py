"""`octogate try`: send one message through a gateway and show what came back and what it cost."""

from typing import Annotated, Literal

import typer


def try_call(
    text: Annotated[str, typer.Argument(help="What to say.")],
    model: Annotated[str, typer.Option("--model", "-m", help="A model group, or provider/model.")] = "auto",
    stream: Annotated[bool, typer.Option("--stream", help="Show the text as it arrives.")] = False,
    dialect: Annotated[
        Literal["openai", "anthropic", "gemini"] | None,
        typer.Option(help="How to ask; default: what the model's name suggests, else openai."),
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, max=3600, help="Seconds of silence to bear.")] = 120.0,
) -> None:
    """Send one message; the text goes to standard output, the line about it to standard error.

    The gateway and the key are OPENAI_BASE_URL and OPENAI_API_KEY (for the other dialects ANTHROPIC_BASE_URL and
    ANTHROPIC_API_KEY, GOOGLE_GEMINI_BASE_URL and GEMINI_API_KEY); without a base URL, the demo's.
    """
    import os

    from octogate.cli.try_destination import destination
    from octogate.cli.try_dialects import suggested
    from octogate.cli.try_exchange import exchange

    asker = suggested(model, dialect)
    outcome = exchange(destination(asker, os.environ), asker, model, text, stream=stream, timeout=timeout)
    typer.secho(outcome.summary(), err=True, dim=True)
