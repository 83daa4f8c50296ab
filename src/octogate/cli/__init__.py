"""The `octogate` command: one file per command, each importing what it needs only when it runs."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from octogate import __version__
from octogate.cli.failure import Failed

if TYPE_CHECKING:
    import typer

VERSION_LINE = f"octogate {__version__}"
INTERRUPTED = 130  # 128 + SIGINT, what a shell expects


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command: 0 is success, 1 a failure, 2 a wrong usage. Users get a sentence, never a traceback.

    With OCTOGATE_DEBUG=1 the traceback is shown too.
    """
    if list(arguments) in (["version"], ["--version"]):
        print(VERSION_LINE)  # asked by scripts at every step: answered before 100 ms of imports
        return 0
    from octogate.cli.application import build_application

    try:
        code = _call(build_application(arguments), arguments)
        sys.stdout.flush()  # here, where a closed pipe is understood, not when the interpreter leaves
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _closed_pipe()
    except Exception as error:  # noqa: BLE001 - the border to the user: a sentence, never a traceback
        return _report(error)
    return code


def _call(application: "typer.Typer", arguments: Sequence[str]) -> int:
    try:
        application(args=list(arguments), prog_name="octogate")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    return 0


def _closed_pipe() -> int:
    """The reader of our output has left (`octogate env | head -0`): be quiet, also when Python flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _report(error: Exception) -> int:
    if os.environ.get("OCTOGATE_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    if isinstance(error, Failed):
        print(f"octogate: {error}", file=sys.stderr)
        return error.exit_code
    # The text of an unexpected error may quote content or a secret: its class is enough to find it with the switch.
    print(f"octogate: unexpected {type(error).__name__}; OCTOGATE_DEBUG=1 shows where", file=sys.stderr)
    return 1
