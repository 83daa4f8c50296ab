"""generateContent through the official Google SDK."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

from .running import KEY, NARROW_KEY, Running

ANSWER = "Hello from the mock. You said: How are you?"
CITY = types.Schema(
    type=types.Type.OBJECT, properties={"city": types.Schema(type=types.Type.STRING)}, required=["city"]
)
TOOL = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(name="weather", parameters=CITY),
        types.FunctionDeclaration(name="clock", parameters=CITY),
    ]
)
Gemini = Callable[..., genai.Client]


class Person(BaseModel):
    name: str
    age: int


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_a_plain_answer_comes_as_the_provider_gave_it(gemini_with: Gemini, running: Running, version: str) -> None:
    """S2-107."""
    model = running.fresh("mock")
    client = gemini_with(api_version=version)

    answer = client.models.generate_content(model=f"gemini/{model}", contents="How are you?")

    assert answer.text == ANSWER
    usage = answer.usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.candidates_token_count) == (3, 9)
    assert unquote(running.seen(model)[0].path) == f"/p/sdk/gemini/{version}/models/{model}:generateContent"
    assert answer.sdk_http_response is not None
    headers = {name.lower(): value for name, value in (answer.sdk_http_response.headers or {}).items()}
    assert running.receipt(headers["x-request-id"]).dialect == "gemini_generate"


async def test_the_async_client_gets_the_same_answer(gemini_client: genai.Client) -> None:
    answer = await gemini_client.aio.models.generate_content(model="chat", contents="How are you?")

    assert answer.text == ANSWER


def test_a_model_with_slashes_keeps_them(gemini_client: genai.Client) -> None:
    answer = gemini_client.models.generate_content(model="org/team/model", contents="How are you?")

    assert answer.text == ANSWER


def test_a_stream_adds_up_and_its_usage_is_in_the_receipt(gemini_client: genai.Client, running: Running) -> None:
    """S2-40, S2-42."""
    model = f"gemini/{running.fresh('mock')}"
    chunks = list(gemini_client.models.generate_content_stream(model=model, contents="How are you?"))

    assert "".join(chunk.text or "" for chunk in chunks) == ANSWER
    assert chunks[-1].candidates
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    usage = running.receipt_for(model).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.exact) == (3, 9, True)


async def test_an_async_stream_arrives_word_by_word(gemini_client: genai.Client) -> None:
    stream = await gemini_client.aio.models.generate_content_stream(model="chat", contents="How are you?")
    words = [chunk.text async for chunk in stream if chunk.text]

    assert "".join(words) == ANSWER
    assert len(words) > 3


@pytest.mark.parametrize(("model", "names"), [("mock-tools", ["weather"]), ("mock-parallel", ["weather", "clock"])])
def test_function_calls_are_the_same_plain_and_streamed(
    gemini_client: genai.Client, model: str, names: list[str]
) -> None:
    config = types.GenerateContentConfig(
        tools=[TOOL], automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True)
    )
    ask: Any = {"model": f"gemini/{model}", "contents": "How are you?", "config": config}

    plain = gemini_client.models.generate_content(**ask).function_calls or []
    streamed = [
        call for chunk in gemini_client.models.generate_content_stream(**ask) for call in chunk.function_calls or []
    ]

    assert [call.name for call in plain] == names
    assert [(call.name, call.args) for call in streamed] == [(call.name, call.args) for call in plain]


def test_structured_output_is_parsed(gemini_client: genai.Client) -> None:
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Person)

    answer = gemini_client.models.generate_content(model="chat", contents="How are you?", config=config)

    assert isinstance(answer.parsed, Person)


def test_a_thought_keeps_its_signature_both_ways(gemini_client: genai.Client, running: Running) -> None:
    first = gemini_client.models.generate_content(model="gemini/mock-think", contents="How are you?")
    assert first.candidates
    said = first.candidates[0].content
    assert said is not None
    model = running.fresh("mock")

    gemini_client.models.generate_content(
        model=f"gemini/{model}",
        contents=[types.Content(role="user", parts=[types.Part(text="How are you?")]), said,
                  types.Content(role="user", parts=[types.Part(text="And?")])],
    )  # fmt: skip

    signatures = [part.thought_signature for part in said.parts or [] if part.thought_signature]
    assert signatures
    sent = json.loads(running.seen(model)[0].body)["contents"][1]["parts"]
    assert [part["thoughtSignature"] for part in sent if "thoughtSignature" in part]


def test_tokens_are_counted_by_the_provider(gemini_client: genai.Client, running: Running) -> None:
    model = running.fresh("mock")

    count = gemini_client.models.count_tokens(model=f"gemini/{model}", contents="How are you?")

    assert count.total_tokens == 3
    assert running.seen(model)[0].path.endswith(":countTokens")


def test_tokens_are_counted_here_when_the_provider_cannot(gemini_client: genai.Client, running: Running) -> None:
    model = running.fresh("gemini-2.5-flash")

    count = gemini_client.models.count_tokens(model=f"gemini-countless/{model}", contents="How are you?")

    assert 3 <= (count.total_tokens or 0) <= 20
    assert running.seen(model) == []


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_the_models_of_a_key_are_listed_and_found(gemini_with: Gemini, version: str) -> None:
    client = gemini_with(api_version=version)

    assert {"models/chat", "models/org/team/model"} <= {model.name for model in client.models.list()}
    assert client.models.get(model="chat").name == "models/chat"
    narrow = gemini_with(NARROW_KEY, api_version=version)
    assert [model.name for model in narrow.models.list()] == ["models/chat"]
    with pytest.raises(errors.ClientError) as refused:
        narrow.models.get(model="embed")
    assert refused.value.code == 404


@pytest.mark.parametrize("base", ["", "/"])
def test_every_usual_base_url_works(gemini_with: Gemini, running: Running, base: str) -> None:
    client = gemini_with(base_url=running.url + base)

    assert client.models.generate_content(model="chat", contents="How are you?").text == ANSWER


def test_the_environment_that_the_documentation_sets_is_enough(documented_environment: Callable[[], None]) -> None:
    documented_environment()

    with genai.Client() as client:
        assert client.models.generate_content(model="chat", contents="How are you?").text == ANSWER


def test_the_key_in_the_query_opens_the_door_and_goes_no_further(running: Running) -> None:
    model = running.fresh("mock")
    asked = running.post(
        f"/v1beta/models/gemini/{model}:generateContent?key={KEY}",
        {"contents": [{"role": "user", "parts": [{"text": "How are you?"}]}]},
        key=None,
    )

    assert asked.status == 200
    seen = running.seen(model)[0]
    assert "key=" not in seen.path
    assert seen.headers["x-goog-api-key"].endswith("0123")


def test_a_second_target_serves_when_the_first_fails(gemini_client: genai.Client) -> None:
    """S2-75."""
    chunks = gemini_client.models.generate_content_stream(model="failover-gemini", contents="How are you?")

    assert "".join(chunk.text or "" for chunk in chunks) == ANSWER
