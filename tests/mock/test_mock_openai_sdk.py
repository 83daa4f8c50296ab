"""The official OpenAI client, strict about every shape, against the mock."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import openai
import pytest
from pydantic import BaseModel

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
CHAT_TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
TOOLS: Any = [{"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}]
ASK: Any = [{"role": "user", "content": "How are you?"}]


class Step(BaseModel):
    title: str
    kind: Literal["cook", "eat"]


class Recipe(BaseModel):
    name: str
    minutes: int
    steps: list[Step]
    note: str | None


@pytest.fixture
async def client(mock: Any) -> AsyncIterator[openai.AsyncOpenAI]:
    url = mock.base_urls("sdk")["openai"]
    options: Any = {"_strict_response_validation": True}
    async with openai.AsyncOpenAI(base_url=url, api_key="sk-test-0123456789", max_retries=0, **options) as made:
        yield made


async def test_a_plain_chat_echoes_and_counts_its_words(client: Any) -> None:
    answer = await client.chat.completions.create(model="mock", messages=ASK)

    assert answer.choices[0].message.content == "Hello from the mock. You said: How are you?"
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (3, 9, 12)


async def test_a_streamed_chat_gives_the_same_words_and_usage_when_asked(client: Any) -> None:
    stream = await client.chat.completions.create(
        model="mock", messages=ASK, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]

    texts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(text or "" for text in texts) == "Hello from the mock. You said: How are you?"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == 9
    assert {chunk.usage for chunk in chunks[:-1]} == {None}


async def test_usage_comes_only_to_who_asks(client: Any) -> None:
    stream = await client.chat.completions.create(model="mock", messages=ASK, stream=True)

    assert all(chunk.choices for chunk in [chunk async for chunk in stream])


async def test_a_tool_is_called_once_and_its_result_is_the_end(client: Any) -> None:
    first = await client.chat.completions.create(model="mock-tools", messages=ASK, tools=CHAT_TOOLS)
    call = first.choices[0].message.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    history = [*ASK, first.choices[0].message.model_dump(exclude_none=True), result]
    second = await client.chat.completions.create(model="mock-tools", messages=history, tools=CHAT_TOOLS)

    assert first.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, call.function.arguments) == ("weather", '{"city":"mock city","days":2}')
    assert second.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
async def test_a_forced_tool_is_called_whatever_the_model(client: Any, choice: Any) -> None:
    answer = await client.chat.completions.create(model="mock", messages=ASK, tools=CHAT_TOOLS, tool_choice=choice)

    assert answer.choices[0].message.tool_calls[0].function.name == "weather"


async def test_the_prompt_can_ask_for_the_tool_and_none_forbids_it(client: Any) -> None:
    please: Any = [{"role": "user", "content": "Please call the tool."}]
    asked = await client.chat.completions.create(model="mock", messages=please, tools=CHAT_TOOLS)
    none = await client.chat.completions.create(model="mock", messages=please, tools=CHAT_TOOLS, tool_choice="none")
    unasked = await client.chat.completions.create(model="mock", messages=ASK, tools=CHAT_TOOLS)

    assert asked.choices[0].message.tool_calls
    assert not none.choices[0].message.tool_calls
    assert not unasked.choices[0].message.tool_calls


async def test_parallel_calls_stream_with_their_indices(client: Any) -> None:
    async with client.chat.completions.stream(model="mock-parallel", messages=ASK, tools=CHAT_TOOLS) as stream:
        async for _ in stream:
            pass
        final = await stream.get_final_completion()

    calls = final.choices[0].message.tool_calls
    assert [call.function.arguments for call in calls] == ['{"city":"mock city","days":2}'] * 2
    assert len({call.id for call in calls}) == 2


async def test_structured_output_parses_into_the_callers_model(client: Any) -> None:
    chat = await client.chat.completions.parse(model="mock", messages=ASK, response_format=Recipe)
    responses = await client.responses.parse(model="mock", input="A recipe", text_format=Recipe)

    assert chat.choices[0].message.parsed.steps[0].kind == "cook"
    assert responses.output_parsed == chat.choices[0].message.parsed


async def test_json_mode_answers_json(client: Any) -> None:
    mode: Any = {"type": "json_object"}
    answer = await client.chat.completions.create(model="mock", messages=ASK, response_format=mode)

    import json

    assert json.loads(answer.choices[0].message.content)["you_said"] == "How are you?"


async def test_n_choices_are_counted_and_indexed(client: Any) -> None:
    plain = await client.chat.completions.create(model="mock", messages=ASK, n=3)
    stream = await client.chat.completions.create(
        model="mock", messages=ASK, n=3, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]

    assert [choice.index for choice in plain.choices] == [0, 1, 2]
    assert plain.usage.completion_tokens == 27
    assert chunks[-1].usage.completion_tokens == 27
    finished = [chunk.choices[0].index for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason]
    assert finished == [0, 1, 2]


@pytest.mark.parametrize("model", ["mock", "mock-think", "mock-tools", "mock-parallel"])
@pytest.mark.parametrize("most", [1, 5, 13])
async def test_an_answer_is_never_longer_than_its_cap(client: Any, model: str, most: int) -> None:
    answer = await client.chat.completions.create(
        model=model, messages=ASK, tools=CHAT_TOOLS, max_completion_tokens=most
    )

    assert answer.usage.completion_tokens <= most
    if answer.choices[0].finish_reason != "length":
        full = await client.chat.completions.create(model=model, messages=ASK, tools=CHAT_TOOLS)
        assert full.usage == answer.usage


async def test_a_thinking_model_counts_its_reasoning(client: Any) -> None:
    answer = await client.chat.completions.create(model="mock-think", messages=ASK)

    assert answer.usage.completion_tokens_details.reasoning_tokens == 12
    assert answer.usage.completion_tokens == 12 + 9
    assert answer.choices[0].message.reasoning_content.startswith("The user wants")


async def test_refusals_and_cached_tokens_are_where_the_client_looks(client: Any) -> None:
    refused = await client.chat.completions.create(model="mock-refuse", messages=ASK)
    cached = await client.chat.completions.create(model="mock-cached", messages=[{"role": "user", "content": "a " * 9}])

    assert refused.choices[0].message.refusal
    assert refused.choices[0].message.content is None
    assert (cached.usage.prompt_tokens, cached.usage.prompt_tokens_details.cached_tokens) == (9, 4)


async def test_responses_answer_plain(client: Any) -> None:
    answer = await client.responses.create(model="mock", input="How are you?", instructions="Be kind.")

    assert (answer.status, answer.output_text) == ("completed", "Hello from the mock. You said: How are you?")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 9)


@pytest.mark.parametrize("model", ["mock", "mock-think", "mock-refuse", "mock-parallel", "mock-think-tools"])
async def test_responses_stream_in_order_and_end_as_the_plain_answer(client: Any, model: str) -> None:
    async with client.responses.stream(model=model, input="How are you?", tools=TOOLS) as stream:
        events = [event async for event in stream]
        final = await stream.get_final_response()
    plain = await client.responses.create(model=model, input="How are you?", tools=TOOLS)

    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events[:2]] == ["response.created", "response.in_progress"]
    assert events[-1].type == "response.completed"
    assert [item.type for item in final.output] == [item.type for item in plain.output]
    assert final.usage == plain.usage


async def test_a_capped_response_is_incomplete(client: Any) -> None:
    stream = await client.responses.create(model="mock", input="How are you?", max_output_tokens=4, stream=True)
    last = [event async for event in stream][-1]

    assert last.type == "response.incomplete"
    assert last.response.incomplete_details.reason == "max_output_tokens"
    assert last.response.usage.output_tokens == 4


async def test_a_conversation_can_be_compacted(client: Any) -> None:
    answer = await client.responses.compact(model="mock", input="How are you?")

    assert answer.object == "response.compaction"
    assert answer.output[-1].type == "compaction"


async def test_both_encodings_of_an_embedding_are_the_same_unit_vector(client: Any, mock: Any) -> None:
    floats = await client.embeddings.create(model="mock-embed", input=["one", "two"], encoding_format="float")
    # The client's own strict mode does not know the base64 that the client asks for.
    lenient = openai.AsyncOpenAI(base_url=mock.base_urls()["openai"], api_key="sk-test-0123456789")
    decoded = await lenient.embeddings.create(model="mock-embed", input=["one", "two"])
    await lenient.close()

    assert [row.embedding for row in decoded.data] == [row.embedding for row in floats.data]
    assert sum(value * value for value in floats.data[0].embedding) == pytest.approx(1, abs=1e-5)
    assert b'"encoding_format":"base64"' in mock.requests()[-1].body.replace(b" ", b"")


async def test_token_arrays_can_be_embedded(client: Any) -> None:
    one = await client.embeddings.create(model="m", input=[1, 2, 3], dimensions=8, encoding_format="float")
    two = await client.embeddings.create(model="m", input=[[1, 2], [3]], dimensions=8, encoding_format="float")

    assert (len(one.data), one.usage.prompt_tokens, len(one.data[0].embedding)) == (1, 3, 8)
    assert (len(two.data), two.usage.prompt_tokens) == (2, 3)


async def test_models_are_listed_and_found(client: Any) -> None:
    names = [model.id async for model in client.models.list()]

    assert "s04-503-forever" in names
    assert (await client.models.retrieve("mock")).owned_by == "mock"


ERRORS = [
    (400, openai.BadRequestError),
    (401, openai.AuthenticationError),
    (403, openai.PermissionDeniedError),
    (404, openai.NotFoundError),
    (409, openai.ConflictError),
    (422, openai.UnprocessableEntityError),
    (429, openai.RateLimitError),
    (500, openai.InternalServerError),
    (503, openai.InternalServerError),
]


@pytest.mark.parametrize(("status", "error"), ERRORS)
async def test_errors_become_the_clients_own_exceptions(client: Any, status: int, error: Any) -> None:
    with pytest.raises(error) as raised:
        await client.chat.completions.create(model=f"fault-http-{status}", messages=ASK)

    assert raised.value.status_code == status
    assert raised.value.request_id.startswith("req_mock")


async def test_an_in_band_error_is_an_api_error(client: Any) -> None:
    stream = await client.chat.completions.create(model="fault-error-event-2", messages=ASK, stream=True)

    with pytest.raises(openai.APIError, match="overloaded"):
        _ = [chunk async for chunk in stream]


async def test_the_clients_own_retry_outlives_a_single_500(client: Any) -> None:
    patient = client.with_options(max_retries=1)

    answer = await patient.chat.completions.create(model="s03", messages=ASK, extra_headers={"x-mock-run": "retry"})

    assert answer.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("credential", ["bad-key", ""])
async def test_a_bad_or_missing_credential_is_a_401(wire: Any, credential: str) -> None:
    answer = await wire.chat("mock", headers={"authorization": f"Bearer {credential}" if credential else ""})

    assert (answer.status, answer.json["error"]["code"]) == (401, "invalid_api_key")


async def test_a_body_that_is_not_a_request_is_a_400(wire: Any) -> None:
    bodies: Iterator[Any] = iter([b"{", b"[]", {"messages": ASK}, {"model": "mock"}, {"model": "mock", "messages": []}])
    for body in bodies:
        answer = await wire.ask("POST", "/v1/chat/completions", body)
        assert (answer.status, answer.json["error"]["type"]) == (400, "invalid_request_error")
