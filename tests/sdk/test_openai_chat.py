"""Chat completions through the official OpenAI SDK."""

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from .running import KEY, Running

SAY: Any = [{"role": "user", "content": "How are you?"}]
ANSWER = "Hello from the mock. You said: How are you?"
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS: Any = [
    {"type": "function", "function": {"name": "weather", "parameters": CITY}},
    {"type": "function", "function": {"name": "clock", "parameters": CITY}},
]


class Person(BaseModel):
    name: str
    age: int


def test_a_plain_answer_comes_as_the_provider_gave_it(openai_client: openai.OpenAI, running: Running) -> None:
    """S2-107."""
    answer = openai_client.chat.completions.create(model="chat", messages=SAY)

    assert answer.choices[0].message.content == ANSWER
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (3, 9)
    assert answer.model == "mock"


async def test_the_async_client_gets_the_same_answer(async_openai: openai.AsyncOpenAI) -> None:
    answer = await async_openai.chat.completions.create(model="openai/mock", messages=SAY)

    assert answer.choices[0].message.content == ANSWER


def test_a_call_may_leave_the_model_to_the_gateway(openai_client: openai.OpenAI) -> None:
    """S2-32."""
    answer = openai_client.chat.completions.create(model="auto", messages=SAY)

    assert answer.choices[0].message.content == ANSWER


def test_a_stream_adds_up_and_has_no_usage_chunk_that_nobody_asked_for(
    openai_client: openai.OpenAI, running: Running
) -> None:
    """S2-40, S2-42."""
    model = running.fresh("mock")
    raw = openai_client.chat.completions.with_raw_response.create(model=f"openai/{model}", messages=SAY, stream=True)
    chunks = list(raw.parse())

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ANSWER
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks)
    sent = json.loads(running.seen(model)[0].body)
    assert sent["stream_options"] == {"include_usage": True}
    usage = running.receipt(raw.headers["x-request-id"]).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.exact) == (3, 9, True)


def test_a_stream_ends_with_the_usage_chunk_that_was_asked_for(openai_client: openai.OpenAI) -> None:
    """S2-42."""
    stream = openai_client.chat.completions.create(
        model="chat", messages=SAY, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)

    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (3, 9)
    assert all(chunk.choices for chunk in chunks[:-1])


async def test_an_async_stream_arrives_word_by_word(async_openai: openai.AsyncOpenAI) -> None:
    stream = await async_openai.chat.completions.create(model="chat", messages=SAY, stream=True)
    words = [chunk.choices[0].delta.content async for chunk in stream if chunk.choices[0].delta.content]

    assert "".join(words) == ANSWER
    assert len(words) == len(ANSWER.split())


@pytest.mark.parametrize(("model", "names"), [("mock-tools", ["weather"]), ("mock-parallel", ["weather", "clock"])])
def test_tool_calls_are_the_same_plain_and_streamed(openai_client: openai.OpenAI, model: str, names: list[str]) -> None:
    plain = openai_client.chat.completions.create(model=f"openai/{model}", messages=SAY, tools=TOOLS)
    with openai_client.chat.completions.stream(model=f"openai/{model}", messages=SAY, tools=TOOLS) as stream:
        stream.until_done()
        streamed = stream.get_final_completion()

    expected = plain.choices[0].message.tool_calls or []
    found = streamed.choices[0].message.tool_calls or []
    assert [call.function.name for call in expected] == names
    assert [(call.function.name, call.function.arguments) for call in found] == [
        (call.function.name, call.function.arguments) for call in expected
    ]
    assert len({call.id for call in found}) == len(names)
    assert plain.choices[0].finish_reason == streamed.choices[0].finish_reason == "tool_calls"


def test_a_tool_result_goes_back_and_is_answered(openai_client: openai.OpenAI) -> None:
    first = openai_client.chat.completions.create(model="openai/mock-tools", messages=SAY, tools=TOOLS)
    call = (first.choices[0].message.tool_calls or [])[0]
    history = [*SAY, first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]

    second = openai_client.chat.completions.create(model="openai/mock-tools", messages=history, tools=TOOLS)

    assert second.choices[0].finish_reason == "stop"
    assert second.choices[0].message.content


def test_structured_output_is_parsed(openai_client: openai.OpenAI) -> None:
    answer = openai_client.chat.completions.parse(model="chat", messages=SAY, response_format=Person)

    assert isinstance(answer.choices[0].message.parsed, Person)


def test_a_refusal_stays_a_refusal(openai_client: openai.OpenAI) -> None:
    answer = openai_client.chat.completions.create(model="openai/mock-refuse", messages=SAY)

    assert answer.choices[0].message.refusal
    assert answer.choices[0].message.content is None


def test_reasoning_that_the_sdk_does_not_know_passes(openai_client: openai.OpenAI) -> None:
    answer = openai_client.chat.completions.create(model="openai/mock-think", messages=SAY)

    assert (answer.choices[0].message.model_extra or {})["reasoning_content"]
    assert answer.usage is not None
    assert answer.usage.completion_tokens_details is not None
    assert answer.usage.completion_tokens_details.reasoning_tokens == 12


def test_fields_that_the_gateway_does_not_know_reach_the_provider(
    openai_client: openai.OpenAI, running: Running
) -> None:
    """S2-30."""
    model = running.fresh("mock")
    extra = {"a_field_of_tomorrow": {"deep": [1, 2.50, None, "é"]}, "verbosity": "low"}

    openai_client.chat.completions.create(
        model=f"openai/{model}", messages=SAY, temperature=0.5, top_p=0.9, max_completion_tokens=50, seed=7,
        presence_penalty=-1, extra_body=extra,
    )  # fmt: skip

    sent = json.loads(running.seen(model)[0].body)
    assert {name: sent[name] for name in extra} == extra
    assert (sent["temperature"], sent["top_p"], sent["max_completion_tokens"]) == (0.5, 0.9, 50)
    assert (sent["seed"], sent["presence_penalty"], sent["model"]) == (7, -1, model)


def test_system_and_developer_messages_stay_what_they_are(openai_client: openai.OpenAI, running: Running) -> None:
    """S2-31."""
    model = running.fresh("mock")
    messages: Any = [{"role": "system", "content": "Be short."}, {"role": "developer", "content": "Be kind."}, *SAY]

    openai_client.chat.completions.create(model=f"openai/{model}", messages=messages)

    assert json.loads(running.seen(model)[0].body)["messages"] == messages


def test_neither_the_callers_key_nor_its_own_headers_reach_the_provider(
    openai_client: openai.OpenAI, running: Running
) -> None:
    model = running.fresh("mock")

    openai_client.chat.completions.create(
        model=f"openai/{model}", messages=SAY, extra_headers={"x-private": "of the caller", "cookie": "a=b"}
    )

    seen = running.seen(model)[0]
    assert seen.headers["authorization"].endswith("0123")
    assert not {"x-private", "cookie", "x-stainless-lang"} & set(seen.headers)
    assert KEY[-12:] not in repr(seen.headers)


@pytest.mark.parametrize("base", ["/v1", "/v1/", "", "/", "//v1", "/v1/v1"])
def test_every_usual_way_to_write_the_base_url_works(running: Running, base: str) -> None:
    with openai.OpenAI(base_url=running.url + base, api_key=KEY, max_retries=0) as client:
        answer = client.chat.completions.create(model="chat", messages=SAY)
        assert answer.choices[0].message.content == ANSWER
        assert [model.id for model in client.models.list()]


def test_the_environment_that_the_documentation_sets_is_enough(
    running: Running, documented_environment: Callable[[], None]
) -> None:
    documented_environment()

    with openai.OpenAI() as client:
        answer = client.chat.completions.create(model="chat", messages=SAY)

    assert answer.choices[0].message.content == ANSWER


def test_the_headers_of_an_answer_say_what_it_cost_and_where_time_went(
    openai_client: openai.OpenAI, running: Running
) -> None:
    """S2-34."""
    raw = openai_client.chat.completions.with_raw_response.create(model="chat", messages=SAY)
    headers = raw.headers

    # 3 input tokens at 1.5 and 9 output tokens at 6 USD per million
    assert headers["x-octogate-cost-usd"] == "0.0000585"
    assert headers["x-octogate-attempts"] == "1"
    assert float(headers["x-octogate-overhead-ms"]) < 1000
    assert "upstream;dur=" in headers["server-timing"]
    assert raw.parse()._request_id == headers["x-request-id"]
    receipt = running.receipt(headers["x-request-id"])
    assert (receipt.code, receipt.key_id, receipt.group, receipt.cost_nano_usd) == ("ok", "everything", "chat", 58_500)


def test_a_price_that_nobody_knows_is_unknown_and_not_zero(openai_client: openai.OpenAI) -> None:
    raw = openai_client.chat.completions.with_raw_response.create(model="openai/mock", messages=SAY)

    assert raw.headers["x-octogate-cost-usd"] == "unknown"


@pytest.mark.parametrize("stream", [False, True])
def test_a_second_target_serves_when_the_first_fails(
    openai_client: openai.OpenAI, running: Running, stream: bool
) -> None:
    """S2-75."""
    raw = openai_client.chat.completions.with_raw_response.create(model="failover", messages=SAY, stream=stream)
    parsed: Any = raw.parse()
    if stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in parsed)
    else:
        text = parsed.choices[0].message.content

    assert text == ANSWER
    receipt = running.receipt(raw.headers["x-request-id"])
    assert receipt.attempts[-1].target == "openai/mock"
    assert {attempt.outcome for attempt in receipt.attempts[:-1]} <= {"upstream_unavailable"}


def test_every_chunk_is_what_the_strictest_client_takes(openai_client: openai.OpenAI) -> None:
    """Some clients refuse a chunk without `choices`, a role that is empty, or a tool call without an index."""
    for model, options in (("mock", {}), ("mock-parallel", {"tools": TOOLS}), ("mock-think", {})):
        body = {"model": f"openai/{model}", "messages": SAY, "stream": True, **options}
        with openai_client.chat.completions.with_streaming_response.create(**body) as response:
            lines = [line for line in response.iter_lines() if line]
        assert lines[-1] == "data: [DONE]"
        for line in lines[:-1]:
            chunk = json.loads(line.removeprefix("data: "))
            assert isinstance(chunk["choices"], list)
            for choice in chunk["choices"]:
                delta = choice["delta"]
                assert delta.get("role", "assistant") == "assistant"
                assert "finish_reason" in choice
                assert all(isinstance(call["index"], int) for call in delta.get("tool_calls") or [])
