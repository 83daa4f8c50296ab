"""The official Python SDKs, pointed at a running gateway the way its documentation says."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from google import genai

from octogate.cli.demo_state import DemoState, client_variables
from octogate.core.secret import Secret

from .running import KEY, Running


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One gateway and one mock for all tests: a test that makes things fail names a model of its own for it."""
    with Running(tmp_path_factory.mktemp("gateway")).started() as pair:
        yield pair


@pytest.fixture
def openai_client(running: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture
async def async_openai(running: Running) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture
def anthropic_client(running: Running) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=running.url, api_key=KEY, max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture
async def async_anthropic(running: Running) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=running.url, api_key=KEY, max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture
def gemini_with(running: Running) -> Iterator[Callable[..., genai.Client]]:
    """Makes Gemini clients: `gemini_with(api_version="v1beta")`."""
    made: list[genai.Client] = []

    def make(key: str = KEY, **options: Any) -> genai.Client:
        made.append(genai.Client(api_key=key, http_options={"base_url": running.url, "timeout": 20_000, **options}))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def gemini_client(gemini_with: Callable[..., genai.Client]) -> genai.Client:
    return gemini_with()


@pytest.fixture
def documented_environment(running: Running, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Sets the variables that `octogate env` prints."""

    def apply() -> None:
        state = DemoState(key_id="demo", key=Secret(KEY), base_url=running.url)
        for name in ("ANTHROPIC_AUTH_TOKEN", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI"):
            monkeypatch.delenv(name, raising=False)
        for name, value in client_variables(state).items():
            monkeypatch.setenv(name, value)

    return apply
