"""`octogate tokens`: count the tokens of a text, offline."""

from typing import Annotated

import typer

MAX_TEXT_BYTES = 4 * 2**20


def tokens(
    model: Annotated[str, typer.Option("--model", "-m", help="The model whose tokenizer counts.")],
    text: Annotated[str, typer.Argument(help="The text; - or nothing reads standard input.")] = "-",
) -> None:
    """Count the tokens of a text for a model: the number on standard output, whether it is an estimate beside it."""
    import sys

    from octogate.cli.failure import usage
    from octogate.cli.loading import announce
    from octogate.core.tokens import count_tokens, vocabulary_for

    if text == "-":
        data = sys.stdin.buffer.read(MAX_TEXT_BYTES + 1)
        if len(data) > MAX_TEXT_BYTES:
            raise usage(f"the text is above {MAX_TEXT_BYTES // 2**20} MiB; count it in parts")
        text = data.decode("utf-8", errors="replace")
    print(count_tokens(text, model=model))
    if not vocabulary_for(model).exact:
        announce(f"an estimate: the tokenizer of {model!r} is not public or not known")
