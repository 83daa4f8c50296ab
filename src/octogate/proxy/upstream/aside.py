"""Work that would hold up all other calls, in a thread of its own: translating what is large."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

LARGE_BYTES: Final = 256 * 1024
"""From here on translating may take longer than other calls should wait: some ten milliseconds."""

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

# One thread: of several, each would take its share of the interpreter from the event loop.
_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="octogate-translate")


async def aside(work: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
    """What `work` gives. No more wait here than calls are under way."""
    return await asyncio.wrap_future(_worker.submit(work, *args, **kwargs))
