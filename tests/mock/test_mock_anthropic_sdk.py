"""The official Anthropic client, strict about every shape, against the mock."""

from collections.abc import AsyncIterator
from typing import Any

import anthropic
import pytest
from pydantic import BaseModel

TOOLS: Any = [
    {
        "name": "weather",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]
ASK: Any = {"max_tokens": 100, "messages": [{"role": "user", "content": "How are you?"}]}


class Person(BaseModel):
    name: str
    age: int


@pytest.fixture
async def client(mock: Any) -> AsyncIterator[anthropic.AsyncAnthropic]:
    options: Any = {"_strict_response_validation": True}
    made = anthropic.AsyncAnthropic(
        base_url=mock.base_urls("sdk")["anthropic"], api_key="sk-test-0123456789", max_retries=0, **options
    )
    async with made:
        yield made


async def test_a_plain_message_echoes_and_counts_its_words(client: Any) -> None:
    answer = await client.messages.create(model="mock", **ASK)

    assert answer.content[0].text == "Hello from the mock. You said: How are you?"
    assert (answer.stop_reason, answer.usage.input_tokens, answer.usage.output_tokens) == ("end_turn", 3, 9)


@pytest.mark.parametrize("model", ["mock", "mock-think", "mock-refuse", "mock-parallel", "mock-think-tools"])
async def test_a_stream_adds_up_to_the_plain_message(client: Any, model: str) -> None:
    async with client.messages.stream(model=model, tools=TOOLS, **ASK) as stream:
        async for _ in stream:
            pass
        final = await stream.get_final_message()
    plain = await client.messages.create(model=model, tools=TOOLS, **ASK)

    assert [block.type for block in final.content] == [block.type for block in plain.content]
    assert (final.stop_reason, final.usage.output_tokens) == (plain.stop_reason, plain.usage.output_tokens)


async def test_thinking_is_signed_and_comes_first(client: Any) -> None:
    answer = await client.messages.create(model="mock-think", **ASK)

    assert [block.type for block in answer.content] == ["thinking", "text"]
    assert answer.content[0].signature
    assert answer.usage.output_tokens == 12 + 9


async def test_a_tool_is_called_once_and_its_result_is_the_end(client: Any) -> None:
    first = await client.messages.create(model="mock-tools", tools=TOOLS, **ASK)
    call = first.content[0]
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}]}
    history = [*ASK["messages"], {"role": "assistant", "content": first.content}, result]
    second = await client.messages.create(model="mock-tools", tools=TOOLS, max_tokens=100, messages=history)

    assert (first.stop_reason, call.name, call.input) == ("tool_use", "weather", {"city": "mock city"})
    assert second.stop_reason == "end_turn"


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "weather"}])
async def test_a_forced_tool_is_called(client: Any, choice: Any) -> None:
    answer = await client.messages.create(model="mock", tools=TOOLS, tool_choice=choice, **ASK)

    assert answer.content[0].type == "tool_use"


async def test_structured_output_parses_into_the_callers_model(client: Any) -> None:
    answer = await client.messages.parse(model="mock", output_format=Person, **ASK)

    assert answer.parsed_output == Person(name="mock name", age=1)


async def test_the_cap_is_kept_and_said(client: Any) -> None:
    answer = await client.messages.create(model="mock", max_tokens=4, messages=ASK["messages"])

    assert (answer.stop_reason, answer.usage.output_tokens) == ("max_tokens", 4)


async def test_cached_tokens_are_beside_the_input_tokens(client: Any) -> None:
    messages: Any = [{"role": "user", "content": "a " * 8}]
    cached = await client.messages.create(model="mock-cached", max_tokens=50, messages=messages)
    written = await client.messages.create(model="mock-cachewrite", max_tokens=50, messages=messages)

    assert (cached.usage.input_tokens, cached.usage.cache_read_input_tokens) == (4, 4)
    assert (written.usage.input_tokens, written.usage.cache_creation_input_tokens) == (6, 2)
    assert written.usage.cache_creation.ephemeral_5m_input_tokens == 2


async def test_tokens_are_counted_as_they_would_be_billed(client: Any) -> None:
    ask: Any = {"messages": ASK["messages"], "system": "Be kind.", "tools": TOOLS}
    counted = await client.messages.count_tokens(model="mock", **ask)
    answer = await client.messages.create(model="mock", max_tokens=50, **ask)

    assert counted.input_tokens == answer.usage.input_tokens == 6  # 3 + 2 + "city" under `required`


async def test_models_are_listed_and_found(client: Any) -> None:
    assert "mock-think" in [model.id async for model in client.models.list()]
    assert (await client.models.retrieve("mock")).display_name == "mock"


ERRORS = [
    (400, anthropic.BadRequestError),
    (401, anthropic.AuthenticationError),
    (403, anthropic.PermissionDeniedError),
    (404, anthropic.NotFoundError),
    (413, anthropic.RequestTooLargeError),
    (429, anthropic.RateLimitError),
    (500, anthropic.InternalServerError),
    (529, anthropic.OverloadedError),
]


@pytest.mark.parametrize(("status", "error"), ERRORS)
async def test_errors_become_the_clients_own_exceptions(client: Any, status: int, error: Any) -> None:
    with pytest.raises(error) as raised:
        await client.messages.create(model=f"fault-http-{status}", **ASK)

    assert raised.value.request_id.startswith("req_mock")


async def test_an_in_band_error_is_a_status_error(client: Any) -> None:
    with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
        async with client.messages.stream(model="fault-error-event-2", **ASK) as stream:
            _ = [event async for event in stream]


async def test_a_message_without_a_cap_is_a_400(wire: Any) -> None:
    answer = await wire.messages("mock", max_tokens=None)

    assert (answer.status, answer.json["error"]["message"]) == (400, "max_tokens: Field required")
