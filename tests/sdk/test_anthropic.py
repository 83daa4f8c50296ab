"""Messages through the official Anthropic SDK."""

import json
from collections.abc import Callable
from typing import Any

import anthropic
import pytest
from pydantic import BaseModel

from .running import KEY, NARROW_KEY, Running

ASK: Any = {"max_tokens": 100, "messages": [{"role": "user", "content": "How are you?"}]}
ANSWER = "Hello from the mock. You said: How are you?"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: Any = [{"name": "weather", "input_schema": CITY}, {"name": "clock", "input_schema": CITY}]


class Person(BaseModel):
    name: str
    age: int


def test_a_plain_message_comes_as_the_provider_gave_it(anthropic_client: anthropic.Anthropic, running: Running) -> None:
    """S2-107."""
    raw = anthropic_client.messages.with_raw_response.create(model="chat", **ASK)
    message = raw.parse()

    assert message.content[0].text == ANSWER
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("end_turn", 3, 9)
    # 3 input tokens at 3 and 9 output tokens at 15 USD per million
    assert raw.headers["x-octogate-cost-usd"] == "0.000144"
    assert raw.headers["request-id"] == raw.headers["x-request-id"] == message._request_id
    assert running.receipt(raw.headers["request-id"]).dialect == "anthropic_messages"


async def test_the_async_client_gets_the_same_message(async_anthropic: anthropic.AsyncAnthropic) -> None:
    message = await async_anthropic.messages.create(model="chat", **ASK)

    assert message.content[0].text == ANSWER


def test_a_stream_adds_up_and_its_usage_is_in_the_receipt(
    anthropic_client: anthropic.Anthropic, running: Running
) -> None:
    """S2-40, S2-42."""
    with anthropic_client.messages.stream(model="chat", **ASK) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
        request_id = stream.response.headers["request-id"]

    assert text == ANSWER == final.content[0].text
    assert (final.usage.input_tokens, final.usage.output_tokens) == (3, 9)
    usage = running.receipt(request_id).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.exact) == (3, 9, True)


@pytest.mark.parametrize("model", ["mock-tools", "mock-parallel", "mock-think", "mock-refuse", "mock-think-tools"])
async def test_every_kind_of_block_is_the_same_plain_and_streamed(
    async_anthropic: anthropic.AsyncAnthropic, model: str
) -> None:
    ask = {"model": f"anthropic/{model}", "tools": TOOLS, **ASK}
    plain = await async_anthropic.messages.create(**ask)
    async with async_anthropic.messages.stream(**ask) as stream:
        final = await stream.get_final_message()

    def essence(message: Any) -> Any:
        blocks = [block.model_dump(exclude={"id", "signature", "parsed_output", "caller"}) for block in message.content]
        return message.stop_reason, message.usage.output_tokens, blocks

    assert essence(final) == essence(plain)


def test_a_signed_thought_goes_back_byte_for_byte(anthropic_client: anthropic.Anthropic, running: Running) -> None:
    first = anthropic_client.messages.create(model="anthropic/mock-think", **ASK)
    model = running.fresh("mock")
    history = [*ASK["messages"], {"role": "assistant", "content": first.content}, {"role": "user", "content": "And?"}]

    anthropic_client.messages.create(model=f"anthropic/{model}", max_tokens=100, messages=history)

    sent = json.loads(running.seen(model)[0].body)["messages"][1]["content"][0]
    assert (sent["type"], sent["signature"]) == ("thinking", first.content[0].signature)
    assert sent["thinking"] == first.content[0].thinking


def test_structured_output_is_parsed(anthropic_client: anthropic.Anthropic) -> None:
    message = anthropic_client.messages.parse(model="chat", output_format=Person, **ASK)

    assert isinstance(message.parsed_output, Person)


def test_the_client_side_tool_loop_works(anthropic_client: anthropic.Anthropic) -> None:
    @anthropic.beta_tool
    def weather(city: str) -> str:
        """The weather of a city."""
        return f"sunny in {city}"

    runner = anthropic_client.beta.messages.tool_runner(model="anthropic/mock-tools", tools=[weather], **ASK)
    messages = list(runner)

    assert [message.stop_reason for message in messages] == ["tool_use", "end_turn"]


def test_tokens_are_counted_by_the_provider(anthropic_client: anthropic.Anthropic, running: Running) -> None:
    model = running.fresh("mock")

    count = anthropic_client.messages.count_tokens(model=f"anthropic/{model}", messages=ASK["messages"])

    assert count.input_tokens == 3
    assert running.seen(model)[0].path.endswith("/v1/messages/count_tokens")


def test_tokens_are_counted_here_when_the_provider_cannot(
    anthropic_client: anthropic.Anthropic, running: Running
) -> None:
    model = running.fresh("claude-haiku-4-5")

    count = anthropic_client.messages.count_tokens(model=f"countless/{model}", messages=ASK["messages"])

    assert 4 <= count.input_tokens <= 20
    assert running.seen(model) == []


def test_tokens_are_counted_here_when_the_provider_says_that_it_cannot(
    anthropic_client: anthropic.Anthropic, running: Running
) -> None:
    """A missing counting endpoint must not put the target out for real calls either."""
    model = running.fresh("mock--fault-http-404", times=1)

    count = anthropic_client.messages.count_tokens(model=f"anthropic/{model}", messages=ASK["messages"])
    message = anthropic_client.messages.create(model=f"anthropic/{model}", **ASK)

    assert 4 <= count.input_tokens <= 20
    assert message.content[0].text == ANSWER


def test_the_models_of_a_key_are_listed_and_found(anthropic_client: anthropic.Anthropic) -> None:
    listed = [model.id for model in anthropic_client.models.list()]

    assert {"chat", "failover-claude"} <= set(listed)
    assert anthropic_client.models.retrieve("chat").id == "chat"
    narrow = anthropic_client.with_options(api_key=NARROW_KEY)
    assert [model.id for model in narrow.models.list()] == ["chat"]
    with pytest.raises(anthropic.NotFoundError):
        narrow.models.retrieve("embed")


def test_versions_and_betas_are_forwarded_and_nothing_private_is(
    anthropic_client: anthropic.Anthropic, running: Running
) -> None:
    model = running.fresh("mock")

    anthropic_client.beta.messages.create(
        model=f"anthropic/{model}", betas=["one-2026-01-01", "two-2026-02-02"], extra_headers={"x-private": "p"}, **ASK
    )

    seen = running.seen(model)[0].headers
    assert seen["anthropic-beta"] == "one-2026-01-01,two-2026-02-02"
    assert seen["anthropic-version"]
    assert seen["x-api-key"].endswith("0123")
    assert "authorization" not in seen
    assert not {name for name in seen if name.startswith(("x-stainless", "x-private"))}


@pytest.mark.parametrize("style", ["api_key", "auth_token"])
@pytest.mark.parametrize("base", ["", "/", "/anthropic", "/v1", "//"])
def test_every_usual_base_url_and_both_ways_to_authenticate_work(running: Running, base: str, style: str) -> None:
    credential: Any = {style: KEY}
    with anthropic.Anthropic(base_url=running.url + base, max_retries=0, **credential) as client:
        assert client.messages.create(model="chat", **ASK).content[0].text == ANSWER


def test_an_old_client_with_its_own_header_and_version_works(running: Running) -> None:
    model = running.fresh("mock")
    headers: Any = {"x-api-key": KEY, "anthropic-version": "2023-06-01", "authorization": anthropic.omit}
    with anthropic.Anthropic(base_url=running.url, api_key=KEY, max_retries=0, default_headers=headers) as client:
        client.messages.create(model=f"anthropic/{model}", **ASK)

    assert running.seen(model)[0].headers["anthropic-version"] == "2023-06-01"


def test_the_environment_that_the_documentation_sets_is_enough(documented_environment: Callable[[], None]) -> None:
    documented_environment()

    with anthropic.Anthropic() as client:
        assert client.messages.create(model="chat", **ASK).content[0].text == ANSWER


def test_a_second_target_serves_when_the_first_is_overloaded(
    anthropic_client: anthropic.Anthropic, running: Running
) -> None:
    """S2-75."""
    with anthropic_client.messages.stream(model="failover-claude", **ASK) as stream:
        assert "".join(stream.text_stream) == ANSWER
        request_id = stream.response.headers["request-id"]

    assert running.receipt(request_id).attempts[-1].target == "anthropic/mock"
