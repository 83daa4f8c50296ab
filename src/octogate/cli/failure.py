"""How a command fails: one sentence for the user and an exit code for the script."""

FAILURE = 1
USAGE = 2


class Failed(Exception):
    """The command cannot do what was asked; the text says what happened, then what to do."""

    def __init__(self, message: str, *, exit_code: int = FAILURE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def usage(message: str) -> Failed:
    """A failure that the command line itself is the cause of."""
    return Failed(message, exit_code=USAGE)
