"""One event loop for everything that a framework does asynchronously: its HTTP clients stay where they were made."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from queue import SimpleQueue
from typing import Any

_loop = asyncio.new_event_loop()
threading.Thread(target=_loop.run_forever, name="frameworks", daemon=True).start()
SECONDS = 30


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of `work`, from whichever thread."""
    return asyncio.run_coroutine_threadsafe(work, _loop).result(SECONDS)


def each(work: Callable[[Callable[[str], None]], Coroutine[Any, Any, Any]]) -> Iterator[str]:
    """What `work` hands over piece by piece, and what it raises behind them."""
    given: SimpleQueue[str | None] = SimpleQueue()

    async def worked() -> None:
        try:
            await work(given.put)
        finally:
            given.put(None)

    done = asyncio.run_coroutine_threadsafe(worked(), _loop)
    yield from iter(lambda: given.get(timeout=SECONDS), None)
    done.result(SECONDS)
