"""Notice that a configuration file has changed, in whatever way it was replaced."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

from watchfiles import awatch

Fingerprint = tuple[tuple[str, int, int, int, int], ...]


async def watch(
    path: Path,
    on_change: Callable[[], Awaitable[object] | None],
    *,
    quiet_milliseconds: int = 200,
    started: asyncio.Event | None = None,
) -> None:
    """Call (and await) `on_change` after each change of the file at `path` or of the `.env` beside it, until cancelled.

    A burst of events counts once, after `quiet_milliseconds` without another. `started` is set once the watch stands.
    """
    seen = fingerprint(path)
    async with aclosing(_ticks(path.parent, quiet_milliseconds)) as ticks:
        async for _ in ticks:
            if started is not None:
                started.set()
            now = fingerprint(path)
            if now != seen:
                seen = now
                answer = on_change()
                if answer is not None:
                    await answer


def fingerprint(path: Path) -> Fingerprint:
    """What tells one state of the file (and of the `.env` beside it) from another; the file may be absent."""
    found = []
    for file in (path, path.parent / ".env"):
        try:
            stat = file.stat()
        except OSError:
            continue
        found.append((file.name, stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size))
    return tuple(found)


async def _ticks(folder: Path, quiet_milliseconds: int) -> AsyncGenerator[None, None]:
    """A tick when something happens in `folder`, and one every few quiet periods for what makes no event there.

    The folder is watched, not the file: editors replace a file by renaming, and Kubernetes swaps the `..data` link
    that a mounted ConfigMap leads through. Links to other folders and network mounts need the regular look.
    """
    pause = 5 * quiet_milliseconds
    try:
        async for _ in awatch(
            folder,
            watch_filter=None,
            debounce=10 * quiet_milliseconds,
            step=quiet_milliseconds,
            recursive=False,
            yield_on_timeout=True,
            rust_timeout=pause,
        ):
            yield
    except OSError:
        # The system has no watches left, or the folder is away: looking regularly is enough.
        while True:
            await asyncio.sleep(pause / 1000)
            yield
