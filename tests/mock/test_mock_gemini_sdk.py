"""The official Google client against the mock."""

from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

WEATHER = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="weather",
            parameters=types.Schema(
                type=types.Type.OBJECT, properties={"city": types.Schema(type=types.Type.STRING)}, required=["city"]
            ),
        )
    ]
)


class Person(BaseModel):
    name: str
    age: int


@pytest.fixture
def models(mock: Any) -> Any:
    client = genai.Client(api_key="sk-test-0123456789", http_options={"base_url": mock.base_urls("sdk")["gemini"]})
    return client.aio.models


async def test_a_plain_answer_echoes_and_counts_its_words(models: Any) -> None:
    answer = await models.generate_content(model="mock", contents="How are you?")

    assert answer.text == "Hello from the mock. You said: How are you?"
    usage = answer.usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.total_token_count) == (3, 9, 12)
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP


@pytest.mark.parametrize("model", ["mock", "mock-think", "mock-cached"])
async def test_a_stream_adds_up_to_the_plain_answer(models: Any, model: str) -> None:
    stream = await models.generate_content_stream(model=model, contents="How are you?")
    chunks = [chunk async for chunk in stream]
    plain = await models.generate_content(model=model, contents="How are you?")

    said = [part for chunk in chunks for part in chunk.candidates[0].content.parts]
    assert "".join(part.text for part in said if not part.thought) == plain.text
    assert chunks[-1].usage_metadata == plain.usage_metadata
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert all(chunk.candidates[0].finish_reason is None for chunk in chunks[:-1])


async def test_thoughts_are_counted_apart_and_signed(models: Any) -> None:
    answer = await models.generate_content(model="mock-think", contents="How are you?")

    assert answer.usage_metadata.thoughts_token_count == 12
    assert answer.usage_metadata.candidates_token_count == 9
    parts = answer.candidates[0].content.parts
    assert [bool(part.thought) for part in parts] == [True, False]
    assert parts[1].thought_signature


async def test_tools_are_called_one_or_two_at_once(models: Any) -> None:
    config = types.GenerateContentConfig(tools=[WEATHER])
    one = await models.generate_content(model="mock-tools", contents="How are you?", config=config)
    two = await models.generate_content(model="mock-parallel", contents="How are you?", config=config)

    assert [(call.name, call.args) for call in one.function_calls] == [("weather", {"city": "mock city"})]
    assert len(two.function_calls) == 2
    signed = [bool(part.thought_signature) for part in two.candidates[0].content.parts]
    assert signed == [True, False]


async def test_any_mode_forces_a_call_and_a_result_ends_it(models: Any) -> None:
    forced = types.ToolConfig(function_calling_config=types.FunctionCallingConfig(mode="ANY"))
    config = types.GenerateContentConfig(tools=[WEATHER], tool_config=forced)
    first = await models.generate_content(model="mock", contents="How are you?", config=config)
    result = types.Part.from_function_response(name="weather", response={"sky": "clear"})
    history = [
        types.Content(role="user", parts=[types.Part(text="How are you?")]),
        first.candidates[0].content,
        types.Content(role="user", parts=[result]),
    ]
    second = await models.generate_content(model="mock", contents=history, config=config)

    assert first.function_calls
    assert not second.function_calls


async def test_structured_output_parses_into_the_callers_model(models: Any) -> None:
    config = {"response_mime_type": "application/json", "response_schema": Person}
    answer = await models.generate_content(model="mock", contents="Who?", config=config)

    assert answer.parsed == Person(name="mock name", age=1)


async def test_the_cap_and_the_number_of_candidates_are_kept(models: Any) -> None:
    config = {"max_output_tokens": 4, "candidate_count": 2}
    answer = await models.generate_content(model="mock", contents="How are you?", config=config)

    assert [one.finish_reason for one in answer.candidates] == [types.FinishReason.MAX_TOKENS] * 2
    assert answer.usage_metadata.candidates_token_count == 8


async def test_a_refusal_is_a_blocked_prompt(models: Any) -> None:
    answer = await models.generate_content(model="mock-refuse", contents="How are you?")

    assert answer.prompt_feedback.block_reason == types.BlockedReason.SAFETY
    assert not answer.candidates


async def test_tokens_are_counted(models: Any) -> None:
    assert (await models.count_tokens(model="mock", contents="How are you?")).total_tokens == 3


async def test_models_are_listed_and_found(models: Any) -> None:
    names = [model.name async for model in await models.list()]

    assert "models/mock" in names
    assert (await models.get(model="mock")).display_name == "mock"


@pytest.mark.parametrize(("status", "error"), [(400, errors.ClientError), (429, errors.ClientError)])
async def test_client_errors_have_their_status(models: Any, status: int, error: Any) -> None:
    with pytest.raises(error) as raised:
        await models.generate_content(model=f"fault-http-{status}", contents="How are you?")

    assert raised.value.code == status


async def test_server_errors_have_their_status(models: Any) -> None:
    with pytest.raises(errors.ServerError) as raised:
        await models.generate_content(model="fault-http-503", contents="How are you?")

    assert (raised.value.code, raised.value.status) == (503, "UNAVAILABLE")


async def test_a_key_in_the_query_is_a_credential_and_is_not_kept(wire: Any) -> None:
    path = "/v1beta/models/mock:generateContent?key=sk-secret-in-query"
    answer = await wire.ask("POST", path, {"contents": [{"parts": [{"text": "hi"}]}]}, {"authorization": ""})

    assert answer.status == 200
    assert wire.server.requests()[-1].path.endswith("?key=***")
