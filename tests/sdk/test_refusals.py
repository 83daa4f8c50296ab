"""What the SDKs raise when a call is refused, by the gateway or by the provider."""

from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors

from .running import BLOCKED_KEY, KEY, NARROW_KEY, Running

SAY: Any = [{"role": "user", "content": "How are you?"}]
NOT_A_KEY = "sk-og-aaaaaaaaaa-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-cccccc"
Call = Callable[..., Any]


class Client:
    """One SDK, asked in its own way; `failure` is what it raised."""

    def __init__(self, name: str, provider: str, ask: Call, kinds: dict[int, type[Exception]]) -> None:
        self.name, self.provider, self._ask, self._kinds = name, provider, ask, kinds

    def failure(self, model: str, status: int, *, key: str = KEY, stream: bool = False) -> Any:
        with pytest.raises(self._kinds.get(status, self._kinds[0])) as raised:
            self._ask(model, key, stream)
        error: Any = raised.value
        assert (error.code if self.name == "gemini" else error.status_code) == status
        return error

    def message(self, error: Any) -> str:
        if self.name == "anthropic":
            return str(error.body["error"]["message"])
        return str(error.message if self.name == "gemini" else error.body["message"])

    def headers(self, error: Any) -> dict[str, str]:
        return {name.lower(): value for name, value in error.response.headers.items()}


@pytest.fixture(params=["openai", "responses", "anthropic", "gemini"])
def client(
    request: Any, openai_client: openai.OpenAI, anthropic_client: anthropic.Anthropic, gemini_with: Call
) -> Client:
    def chat(model: str, key: str, stream: bool) -> None:
        made = openai_client.with_options(api_key=key).chat.completions.create(
            model=model, messages=SAY, stream=stream, temperature=0.5
        )
        _ = list(made) if stream else made

    def responses(model: str, key: str, stream: bool) -> None:
        made = openai_client.with_options(api_key=key).responses.create(model=model, input="hi", stream=stream)
        _ = list(made) if stream else made

    def messages(model: str, key: str, stream: bool) -> None:
        made = anthropic_client.with_options(api_key=key).messages.create(
            model=model, max_tokens=100, messages=SAY, stream=stream
        )
        _ = list(made) if stream else made

    def contents(model: str, key: str, stream: bool) -> None:
        models = gemini_with(key).models
        _ = list(models.generate_content_stream(model=model, contents="hi")) if stream else models.generate_content(
            model=model, contents="hi"
        )  # fmt: skip

    def kinds(sdk: Any) -> dict[int, type[Exception]]:
        named = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError", 429: "RateLimitError"}
        return {0: sdk.APIStatusError, **{status: getattr(sdk, name) for status, name in named.items()}}

    return {
        "openai": Client("openai", "openai", chat, kinds(openai)),
        "responses": Client("responses", "openai", responses, kinds(openai)),
        "anthropic": Client("anthropic", "anthropic", messages, kinds(anthropic)),
        "gemini": Client("gemini", "gemini", contents, {0: errors.ServerError} | dict.fromkeys(
            (400, 401, 404, 413, 422, 429), errors.ClientError)),
    }[request.param]  # fmt: skip


@pytest.mark.parametrize("key", [NOT_A_KEY, "short"])
def test_an_unknown_key_is_an_authentication_error(client: Client, running: Running, key: str) -> None:
    error = client.failure("chat", 401, key=key)

    assert key not in client.message(error)
    assert client.headers(error)["www-authenticate"] == "Bearer"
    assert running.receipt(client.headers(error)["x-request-id"]).code == "invalid_api_key"


def test_a_blocked_key_says_so_to_who_holds_it(client: Client) -> None:
    assert "blocked" in client.message(client.failure("chat", 401, key=BLOCKED_KEY)).lower()


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_is_absent_and_one_that_is_not_yours_are_one_answer(client: Client, stream: bool) -> None:
    absent = client.failure("no-such-model", 404, stream=stream)
    forbidden = client.failure(f"{client.provider}/mock", 404, key=NARROW_KEY, stream=stream)

    assert client.message(absent).replace("no-such-model", "M") == client.message(forbidden).replace(
        f"{client.provider}/mock", "M"
    )


@pytest.mark.parametrize("stream", [False, True])
def test_the_providers_own_refusal_is_passed_on_with_its_words(client: Client, running: Running, stream: bool) -> None:
    model = running.fresh("mock--fault-context")
    error = client.failure(f"{client.provider}/{model}", 400, stream=stream)

    assert "token" in client.message(error)
    assert len(running.seen(model)) == 1
    assert running.receipt(client.headers(error)["x-request-id"]).code == "context_length_exceeded"


@pytest.mark.parametrize("status", [413, 422])
def test_a_refused_request_keeps_its_status(client: Client, running: Running, status: int) -> None:
    """A 413 was turned into a 400 by a well-known gateway."""
    client.failure(f"{client.provider}/{running.fresh(f'mock--fault-http-{status}')}", status)


@pytest.mark.parametrize("stream", [False, True])
def test_a_limit_of_the_provider_tells_when_to_come_back(client: Client, running: Running, stream: bool) -> None:
    """A 429 arrived without `retry-after` at a well-known gateway, only under a name that no SDK reads."""
    model = running.fresh("mock--fault-http-429", retry_after=7)
    error = client.failure(f"{client.provider}/{model}", 503, stream=stream)

    headers = client.headers(error)
    assert (headers["retry-after"], headers["retry-after-ms"]) == ("7", "7000")
    assert running.receipt(headers["x-request-id"]).code == "upstream_rate_limited"
    assert len(running.seen(model)) == 1


@pytest.mark.parametrize("status", [503, 529])
def test_an_overloaded_provider_is_a_503(client: Client, running: Running, status: int) -> None:
    """A 529 became a 500 at a well-known gateway."""
    model = running.fresh(f"mock--fault-http-{status}")
    error = client.failure(f"{client.provider}/{model}", 503)

    assert running.receipt(client.headers(error)["x-request-id"]).code == "upstream_unavailable"
    assert int(client.headers(error)["retry-after"]) >= 1
    assert len(running.seen(model)) == 3


@pytest.mark.parametrize("status", [401, 403])
def test_our_own_credential_being_refused_is_not_the_callers_fault(
    client: Client, running: Running, status: int
) -> None:
    error = client.failure(f"{client.provider}/{running.fresh(f'mock--fault-http-{status}')}", 502)

    assert running.receipt(client.headers(error)["x-request-id"]).code == "upstream_credentials_exhausted"


@pytest.mark.parametrize("fault", ["html", "badjson", "empty", "status200error"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_broken_answer_is_the_providers_fault_and_none_of_it_is_echoed(
    client: Client, running: Running, fault: str, stream: bool
) -> None:
    """Upstream HTML was echoed inside error messages, and a broken Gemini body was a 422 that blamed the caller."""
    model = running.fresh(f"mock--fault-{fault}")

    with pytest.raises(Exception) as raised:  # the status depends on what the broken answer says
        client._ask(f"{client.provider}/{model}", KEY, stream)

    error: Any = raised.value
    assert (error.code if client.name == "gemini" else error.status_code) in (502, 503)
    assert "<" not in client.message(error)
    assert str(running.mock.port) not in repr(error.response.headers) + str(error)


def test_every_fault_of_a_body_is_named_with_its_path(openai_client: openai.OpenAI) -> None:
    """S2-36, S2-37."""
    messages: Any = [{"role": "bot", "content": "hi"}, {"role": "user"}]

    with pytest.raises(openai.BadRequestError) as refused:
        openai_client.chat.completions.create(model="chat", messages=messages, temperature=3, n=0)

    body: Any = refused.value.body
    assert body["type"] == "invalid_request_error"
    assert {fault["field"]: fault["message"] for fault in body["details"]} == {
        "temperature": "Temperature must be less than or equal to 2",
        "n": "N must be greater than or equal to 1",
        "messages[0].role": "Role must be one of: system developer user assistant tool function",
        "messages[1].content": "Content is required",
    }


def test_an_anthropic_body_without_max_tokens_is_refused_in_its_dialect(
    anthropic_client: anthropic.Anthropic,
) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        anthropic_client.messages.create(model="chat", max_tokens=-1, messages=[])

    body: Any = refused.value.body
    assert (body["type"], body["error"]["type"]) == ("error", "invalid_request_error")


def test_a_gemini_body_is_refused_in_its_dialect(gemini_client: genai.Client) -> None:
    with pytest.raises(errors.ClientError) as refused:
        gemini_client.models.generate_content(model="chat", contents="hi", config={"temperature": 9})

    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")
