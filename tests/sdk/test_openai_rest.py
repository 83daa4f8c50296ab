"""Responses, embeddings and models through the official OpenAI SDK."""

import json
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from .running import NARROW_KEY, Running

ANSWER = "Hello from the mock. You said: How are you?"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS: Any = [
    {"type": "function", "name": "weather", "parameters": CITY, "strict": True},
    {"type": "function", "name": "clock", "parameters": CITY, "strict": True},
]


class Person(BaseModel):
    name: str
    age: int


def test_a_plain_response_comes_as_the_provider_gave_it(openai_client: openai.OpenAI, running: Running) -> None:
    """S2-107."""
    raw = openai_client.responses.with_raw_response.create(model="chat", input="How are you?")
    response = raw.parse()

    assert response.output_text == ANSWER
    assert response.status == "completed"
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 9)
    receipt = running.receipt(raw.headers["x-request-id"])
    assert receipt.dialect == "openai_responses"
    assert receipt.cost_nano_usd == 58_500


def test_a_stream_of_a_response_keeps_its_events_and_their_numbers(
    openai_client: openai.OpenAI, running: Running
) -> None:
    """S2-40."""
    raw = openai_client.responses.with_raw_response.create(model="chat", input="How are you?", stream=True)
    events = list(raw.parse())

    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].type == "response.created"
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == ANSWER
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == ANSWER
    usage = running.receipt(raw.headers["x-request-id"]).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (3, 9)


async def test_the_async_stream_helper_ends_with_the_same_response(async_openai: openai.AsyncOpenAI) -> None:
    async with async_openai.responses.stream(model="chat", input="How are you?") as stream:
        final = await stream.get_final_response()

    assert final.output_text == ANSWER


@pytest.mark.parametrize(("model", "names"), [("mock-tools", ["weather"]), ("mock-parallel", ["weather", "clock"])])
def test_function_calls_are_the_same_plain_and_streamed(
    openai_client: openai.OpenAI, model: str, names: list[str]
) -> None:
    options: Any = {"model": f"openai/{model}", "input": "How are you?", "tools": TOOLS}
    plain = openai_client.responses.create(**options)
    with openai_client.responses.stream(**options) as stream:
        streamed = stream.get_final_response()

    for response in (plain, streamed):
        calls = [item for item in response.output if item.type == "function_call"]
        assert [call.name for call in calls] == names
        assert all(json.loads(call.arguments)["city"] for call in calls)


def test_structured_output_is_parsed(openai_client: openai.OpenAI) -> None:
    response = openai_client.responses.parse(model="chat", input="How are you?", text_format=Person)

    assert isinstance(response.output_parsed, Person)


def test_reasoning_items_come_through(openai_client: openai.OpenAI) -> None:
    response = openai_client.responses.create(
        model="openai/mock-think", input="How are you?", include=["reasoning.encrypted_content"], store=False
    )

    assert [item.type for item in response.output] == ["reasoning", "message"]


def test_a_conversation_is_compacted(openai_client: openai.OpenAI, running: Running) -> None:
    raw = openai_client.responses.with_raw_response.compact(model="chat", input="How are you?")

    assert raw.parse().object == "response.compaction"
    receipt = running.receipt(raw.headers["x-request-id"])
    assert (receipt.operation, receipt.code) == ("compact", "ok")


@pytest.mark.parametrize("options", [{}, {"encoding_format": "float"}, {"dimensions": 8}])
def test_embeddings_come_as_vectors_however_they_were_sent(
    openai_client: openai.OpenAI, running: Running, options: Any
) -> None:
    """The SDK asks for base64 when nothing is said, and decodes it itself."""
    model = running.fresh("mock-embed")
    texts = ["first text", "second"]

    raw = openai_client.embeddings.with_raw_response.create(model=f"openai/{model}", input=texts, **options)
    answer = raw.parse()

    assert len(answer.data) == 2
    for embedding in answer.data:
        assert len(embedding.embedding) == options.get("dimensions", 64)
        assert sum(number * number for number in embedding.embedding) == pytest.approx(1, abs=0.01)
    sent = json.loads(running.seen(model)[0].body)
    assert sent["encoding_format"] == options.get("encoding_format", "base64")
    usage = running.receipt(raw.headers["x-request-id"]).usage
    assert usage is not None
    assert usage.input_tokens == answer.usage.prompt_tokens


def test_the_token_arrays_of_some_frameworks_reach_the_provider(openai_client: openai.OpenAI, running: Running) -> None:
    model = running.fresh("mock-embed")

    openai_client.embeddings.create(model=f"openai/{model}", input=[[1, 2, 3], [4]])

    assert json.loads(running.seen(model)[0].body)["input"] == [[1, 2, 3], [4]]


def test_the_models_of_a_key_are_listed_and_found(openai_client: openai.OpenAI) -> None:
    listed = [model.id for model in openai_client.models.list()]

    assert {"chat", "embed", "org/team/model"} <= set(listed)
    assert openai_client.models.retrieve("chat").id == "chat"
    assert openai_client.models.retrieve("org/team/model").id == "org/team/model"


def test_a_model_that_is_not_yours_looks_like_one_that_does_not_exist(
    openai_client: openai.OpenAI, running: Running
) -> None:
    narrow = openai_client.with_options(api_key=NARROW_KEY)

    assert [model.id for model in narrow.models.list()] == ["chat"]
    for model in ("embed", "no-such-model"):
        with pytest.raises(openai.NotFoundError) as found:
            narrow.models.retrieve(model)
        assert found.value.body["message"] == f"The model {model!r} does not exist or you do not have access to it."
        with pytest.raises(openai.NotFoundError) as found:
            narrow.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}])
        assert found.value.code == "model_not_found"
