"""Gateways to attack."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from .rig import Rig


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Any]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def rig_with(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Rig]]]:
    """Makes a gateway: the arguments are members of the configuration's sections that it has besides the usual."""
    made: list[Rig] = []

    async def start(**config: Any) -> Rig:
        rig = Rig(tmp_path, config)
        await rig.start()
        made.append(rig)
        return rig

    yield start
    for rig in made:
        await rig.stop()
        assert not rig.gateway._edge.in_flight
        assert rig.gateway._edge.buffered_bytes == 0
    assert len(asyncio.all_tasks()) <= 2


@pytest.fixture
async def rig(rig_with: Callable[..., Awaitable[Rig]]) -> Rig:
    return await rig_with()
