"""The life of a demo: mock, configuration, gateway, then wait for a signal and take all down again."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from octogate.app import Gateway
from octogate.cli.demo_config import CONFIG_FILE, config_text
from octogate.cli.demo_state import DemoState, data_folder, load_state, prepare_folder, save_state, write_private
from octogate.cli.demo_vendors import Route, mock_routes, own_urls, real_routes
from octogate.core.keys import mint_key
from octogate.core.secret import Secret
from octogate.mock import MockServer

STOP_GRACE_SECONDS = 2.0
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - translated into an address one can call


class Ready(msgspec.Struct, frozen=True):
    """A demo that takes calls."""

    state: DemoState
    routes: Sequence[Route]
    config: Path


async def run_demo(
    environ: Mapping[str, str], host: str, port: int, *, mock: bool, on_ready: Callable[[Ready], None]
) -> int:
    """Run until SIGINT, SIGTERM or SIGHUP; `on_ready` is told once when calls are taken. Returns the exit code."""
    stopped = _stop_signal()
    folder = data_folder(environ)
    prepare_folder(folder)
    state = load_state(folder) or _fresh_state()
    async with AsyncExitStack() as stack:
        routes = [] if mock else real_routes(environ, own_urls(state.base_url, host, port))
        mock_url = None
        if not routes:
            mock_url = await _start_mock(stack)
            routes = mock_routes(mock_url)
        config = folder / CONFIG_FILE
        write_private(config, config_text(state, routes, folder, host=host, port=port).encode())
        gateway = Gateway.from_file(config, env=environ, host=host, port=port)
        await gateway.start()
        stack.push_async_callback(gateway.stop, STOP_GRACE_SECONDS)
        state = msgspec.structs.replace(
            state, base_url=_callable_url(host, gateway.port), mock_url=mock_url, pid=os.getpid()
        )
        save_state(folder, state)
        on_ready(Ready(state, routes, config))
        await stopped.wait()
    return 0


def _stop_signal() -> asyncio.Event:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)
    return stopped


def _fresh_state() -> DemoState:
    key_id, key = mint_key()
    return DemoState(key_id=key_id, key=Secret(key))


async def _start_mock(stack: AsyncExitStack) -> str:
    server = MockServer(host="127.0.0.1", port=0)
    await server.start()
    stack.push_async_callback(server.stop)
    return f"http://127.0.0.1:{server.port}"


def _callable_url(host: str, port: int) -> str:
    name = _ANY_ADDRESS.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
