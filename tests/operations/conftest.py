"""Real gateway processes with a provider that the test holds by the hand."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from octogate.core.keys import mint_key

from .process import GatewayProcess
from .upstream import Provider

Serve = Callable[..., Awaitable[GatewayProcess]]


@pytest.fixture(scope="session")
def key() -> str:
    return mint_key()[1]


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    provider = await Provider().start()
    yield provider
    await provider.stop()


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Serve]:
    """`await serve(text_of_the_configuration)`; whatever still runs at the end of the test is ended."""
    started: list[GatewayProcess] = []

    async def begin(text: str | None = None, *arguments: str, config: Path | None = None, **how: object):
        path = config or tmp_path / "octogate.yaml"
        if text is not None:
            path.write_text(text)
        process = GatewayProcess(path, **how)
        started.append(process)
        return await process.start(*arguments)

    yield begin
    for process in started:
        if process.is_running:
            await process.kill()


@pytest.fixture
def configured(key: str, provider: Provider) -> Callable[..., str]:
    """The text of a configuration: one provider, one group; `up` goes to the provider, `more` to the end."""

    def text(
        *, server: str = "drain_delay: 0s", caller: str = key, keys: str = "", marker: str = "m0", model: str = "m0", up: str = "",
        more: str = "",
    ) -> str:  # fmt: skip
        return (
            f"version: 1\nserver: {{{server}}}\n"
            f"auth: {{static_keys: [{{id: caller, key: '{caller}'}}, {keys}]}}\n"
            f"providers:\n  up:\n    type: openai_compatible\n    base_url: http://127.0.0.1:{provider.port}/v1\n"
            f"    api_key: not-a-real-credential\n    headers: {{x-marker: {marker}}}\n{up}"
            f"models: {{chat: {{targets: [up/{model}]}}}}\n{more}"
        )

    return text
