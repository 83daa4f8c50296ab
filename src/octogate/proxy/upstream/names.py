"""Host names to addresses, with a short memory: 30 s for an answer, 1 s for a failure."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

import msgspec

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Takes host and port, returns literal addresses in the order to try; raises OSError."""

_MAX_NAMES = 1024


class _Known(msgspec.Struct, frozen=True):
    addresses: tuple[str, ...]
    failure: str | None
    until: float


class Names:
    """The resolver's memory. Callers that ask for the same name at the same time share one look-up.

    A look-up belongs to this object, not to a caller: one who leaves does not end it for the others, and a resolver
    that hangs is held at most once per name (`getaddrinfo` cannot be cancelled).
    """

    def __init__(self, resolver: Resolver | None = None, *, keep: float = 30.0, keep_failure: float = 1.0) -> None:
        self._resolver = resolver or _system_resolver
        self._keep = keep
        self._keep_failure = keep_failure
        self._known: dict[tuple[str, int], _Known] = {}
        self._running: dict[tuple[str, int], asyncio.Task[_Known]] = {}

    async def find(self, host: str, port: int) -> tuple[str, ...]:
        """Addresses in the order to try, at least one. Raises OSError with the reason."""
        key = (host, port)
        known = self._known.get(key)
        if known is None or known.until <= monotonic():
            task = self._running.get(key)
            if task is None:
                task = self._running[key] = asyncio.create_task(self._look_up(key))
            known = await asyncio.shield(task)
        if known.failure is not None:
            raise OSError(known.failure)
        return known.addresses

    async def close(self) -> None:
        """End what is under way."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        for task in running:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _look_up(self, key: tuple[str, int]) -> _Known:
        try:
            known = await self._ask(*key)
            while len(self._known) >= _MAX_NAMES:
                self._known.pop(next(iter(self._known)))
            self._known[key] = known
            return known
        finally:
            del self._running[key]

    async def _ask(self, host: str, port: int) -> _Known:
        try:
            addresses = tuple(dict.fromkeys(await self._resolver(host, port)))
        except (OSError, ValueError) as error:  # ValueError: a label that IDNA cannot encode, a NUL
            return _Known((), f"name not resolved: {error}", monotonic() + self._keep_failure)
        if not addresses:
            return _Known((), "name without addresses", monotonic() + self._keep_failure)
        return _Known(addresses, None, monotonic() + self._keep)


async def _system_resolver(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
