"""The writing side of a connection as the sweeper sees it: is the caller still taking bytes, is it still there."""

from __future__ import annotations

import fcntl
import select
import socket
import struct
import sys
import termios
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

_POLL_HANGUP = getattr(select, "POLLRDHUP", 0)


class Outflow:
    """Watches what waits for one caller shrink. `stall` is how many seconds without progress are forgiven.

    The kernel's send queue counts too: it takes new bytes only when a third of it is free, which on a slow line is
    many seconds in which the caller does read.
    """

    __slots__ = ("_stall", "_stalls_at", "_transport", "_unsent")

    def __init__(self, transport: asyncio.Transport, stall: float) -> None:
        self._transport = transport
        self._stall = stall
        self._stalls_at = inf
        self._unsent = 0

    def is_moving(self, now: float) -> bool:
        """Whether bytes wait for the caller and it took some within the forgiven time."""
        size = self._transport.get_write_buffer_size()
        if not size:
            self._unsent = 0
            return False
        size += _queued_in_kernel(self._transport)
        if not self._unsent or size < self._unsent:
            self._stalls_at = now + self._stall
        self._unsent = size
        return now < self._stalls_at


def _queued_in_kernel(transport: asyncio.Transport) -> int:
    """Bytes that the peer has not acknowledged."""
    stream = transport.get_extra_info("socket")
    if stream is None or stream.fileno() < 0:
        return 0
    try:
        return int.from_bytes(fcntl.ioctl(stream.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:
        return 0


def has_hung_up(transport: asyncio.Transport) -> bool:
    """Ask the kernel: a socket that is not read reports no end of file. Needs Linux's POLLRDHUP."""
    stream = transport.get_extra_info("socket")
    if stream is None or stream.fileno() < 0:
        return False
    poll = select.poll()
    poll.register(stream.fileno(), _POLL_HANGUP)
    return bool(poll.poll(0))


def reset_on_close(transport: asyncio.Transport) -> None:
    """Make the coming close a reset, so that a peer which reads to the end learns that this is not the end."""
    stream = transport.get_extra_info("socket")
    if stream is not None and stream.family in {socket.AF_INET, socket.AF_INET6}:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
