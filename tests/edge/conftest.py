"""Edges to call, under both event loops that can run in production."""

import asyncio

import pytest
import uvloop

from octogate.proxy.edge.limits import EdgeLimits

from .fronts import Front
from .wire import Edge


def pytest_asyncio_loop_factories(config, item):
    return {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture
async def edge_with():
    """A factory: `await edge_with(handler, header_deadline=0.2, …)`. Every edge must end with nothing left over."""
    edges = []

    async def start(handler=None, *, tls=None, unix_path=None, **limits):
        edge = Edge(EdgeLimits(**limits), handler)
        await edge.server.listen("127.0.0.1", 0, tls=tls, unix_path=unix_path)
        edges.append(edge)
        return edge

    yield start
    for edge in edges:
        await edge.close()


@pytest.fixture
async def edge(edge_with):
    return await edge_with()


@pytest.fixture
def front_with(tmp_path):
    """A factory: a real nginx or HAProxy in front of a port, on a Unix socket. They must be installed."""
    running = []

    def start(kind, port):
        front = Front(kind, port, tmp_path)
        running.append(front)
        return front

    yield start
    for front in running:
        front.stop()
