"""A gateway with providers that fail."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from .rig import Rig


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    """One for all stories: starting it takes longer than any of them."""
    rig = Rig(tmp_path_factory.mktemp("errors"))
    await rig.start()
    yield rig
    await rig.stop()


@pytest.fixture
def rig(running: Rig) -> Rig:
    """The same with a clean slate."""
    running.scripts = {}
    running.asked.clear()
    running.receipts.clear()
    return running
