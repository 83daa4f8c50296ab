"""Run a server, turning what can go wrong at its start into sentences."""

import errno
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from octogate.cli.failure import Failed

if TYPE_CHECKING:
    from octogate.config import ConfigFault


@contextmanager
def config_said_plainly() -> Iterator[None]:
    """Turns an invalid configuration into Failed."""
    from octogate.config import ConfigInvalid

    try:
        yield
    except ConfigInvalid as invalid:
        raise Failed(faults_text(invalid.faults)) from invalid


@contextmanager
def address_said_plainly(host: str | None, port: int | None) -> Iterator[None]:
    """Turns an address that cannot be had into Failed; None is what the configuration says."""
    try:
        yield
    except BrokenPipeError:  # not the network: the reader of our output has left
        raise
    except OSError as error:
        raise Failed(_address_text(error, host, port)) from error


def faults_text(faults: "Sequence[ConfigFault]") -> str:
    """All faults of a configuration, one a line, behind a first line that counts them."""
    count = len(faults)
    lines = "\n".join(f"  {fault}" for fault in faults)
    return f"the configuration has {count} fault{'' if count == 1 else 's'}:\n{lines}"


def announce(text: str) -> None:
    """A line for the person at the terminal; standard output stays free for what scripts read."""
    print(f"octogate: {text}", file=sys.stderr, flush=True)


def _address_text(error: OSError, host: str | None, port: int | None) -> str:
    where = "the configured port" if port is None else f"port {port}"
    where += f" on {host}" if host else ""
    if error.errno == errno.EADDRINUSE:
        return f"{where} is in use; choose another with --port"
    if error.errno == errno.EACCES:
        return f"{where} may not be opened by this user; choose a port above 1023 with --port"
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) or isinstance(error, socket.gaierror):
        return f"{where} cannot be had: this machine has no such address; choose another with --host"
    return f"stopped by the operating system: {error.strerror or type(error).__name__}"
