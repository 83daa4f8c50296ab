"""Streams that break, callers that leave, providers that recover: what the SDKs make of it."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types

from .running import KEY, Running

SAY: Any = [{"role": "user", "content": "How are you?"}]
ANSWER = "Hello from the mock. You said: How are you?"
Streamed = Callable[[str], Iterator[str]]

# What ends a stream early after some content, in every way that the mock knows.
BREAKS = ["s08-cut", "fault-cut", "fault-cut-reset", "fault-error-event", "fault-malformed", "fault-nofinish"]


class Sdk:
    """One SDK's way to stream texts, and what it raises when a stream breaks."""

    def __init__(self, provider: str, texts: Streamed, raised: type[Exception]) -> None:
        self.provider, self.texts, self.raised = provider, texts, raised


@pytest.fixture(params=["chat", "responses", "anthropic", "gemini"])
def sdk(
    request: Any, openai_client: openai.OpenAI, anthropic_client: anthropic.Anthropic, gemini_client: genai.Client
) -> Sdk:
    def chat(model: str) -> Iterator[str]:
        with openai_client.chat.completions.create(model=f"openai/{model}", messages=SAY, stream=True) as stream:
            for chunk in stream:
                yield chunk.choices[0].delta.content or ""

    def responses(model: str) -> Iterator[str]:
        with openai_client.responses.create(model=f"openai/{model}", input="How are you?", stream=True) as stream:
            for event in stream:
                if event.type == "response.output_text.delta":
                    yield event.delta

    def messages(model: str) -> Iterator[str]:
        with anthropic_client.messages.stream(model=f"anthropic/{model}", max_tokens=100, messages=SAY) as stream:
            yield from stream.text_stream

    def contents(model: str) -> Iterator[str]:
        for chunk in gemini_client.models.generate_content_stream(model=f"gemini/{model}", contents="How are you?"):
            yield chunk.text or ""

    return {
        "chat": Sdk("openai", chat, openai.APIError),
        "responses": Sdk("openai", responses, openai.APIError),
        "anthropic": Sdk("anthropic", messages, anthropic.APIError),
        "gemini": Sdk("gemini", contents, errors.APIError),
    }[request.param]


@pytest.mark.parametrize("fault", BREAKS)
def test_a_stream_that_breaks_is_raised_and_never_ends_cleanly(sdk: Sdk, running: Running, fault: str) -> None:
    """T-50."""
    model = running.fresh(f"mock--{fault}", delay_ms=5)
    texts: list[str] = []

    with pytest.raises(sdk.raised):
        for text in sdk.texts(model):
            texts.append(text)  # noqa: PERF402 - what came before the break is kept

    assert any(texts)
    assert len(running.seen(model)) == 1
    receipt = running.receipt_for(f"{sdk.provider}/{model}")
    assert receipt.code in ("upstream_interrupted", "upstream_malformed_event", "upstream_unavailable",
                            "upstream_broken")  # fmt: skip
    assert receipt.usage is not None
    assert not receipt.usage.exact
    assert receipt.usage.output_tokens > 0


def test_an_answer_that_only_lacks_its_last_event_is_given_one(sdk: Sdk, running: Running) -> None:
    """The finish reason and the usage have come: the answer is whole; dialects whose last event says so still fail."""
    model = running.fresh("mock--fault-nodone")

    if sdk.provider == "gemini" or "responses" in sdk.texts.__name__:
        with pytest.raises(sdk.raised):
            list(sdk.texts(model))
    else:
        assert "".join(sdk.texts(model)) == ANSWER
        assert running.receipt_for(f"{sdk.provider}/{model}").code == "ok"


@pytest.mark.parametrize(
    "fault", ["fault-reset", "fault-close", "fault-cut-0", "fault-http-500", "fault-error-event-0"]
)
def test_what_fails_before_its_first_word_is_tried_again_unseen(sdk: Sdk, running: Running, fault: str) -> None:
    """A reset before the first streamed byte was not retried by a well-known gateway. S2-75."""
    model = running.fresh(f"mock--{fault}", times=1)

    assert "".join(sdk.texts(model)) == ANSWER
    assert len(running.seen(model)) == 2
    assert running.receipt_for(f"{sdk.provider}/{model}").code == "ok"


def test_pings_and_comments_of_the_provider_disturb_nobody(sdk: Sdk, running: Running) -> None:
    assert "".join(sdk.texts(running.fresh("mock--fault-ping-2"))) == ANSWER


@pytest.mark.parametrize("chunking", ["1", "7", "all"])
def test_a_stream_is_the_same_however_it_was_cut_into_packets(sdk: Sdk, running: Running, chunking: str) -> None:
    """T-51."""
    assert "".join(sdk.texts(running.fresh("mock", chunking=chunking))) == ANSWER


def test_closing_a_stream_frees_the_provider_at_once(sdk: Sdk, running: Running) -> None:
    """S2-41."""
    model = running.fresh("mock", delay_ms=20, tokens=2000)
    texts = sdk.texts(model)
    while not next(texts):
        pass
    record = running.seen(model)[0]
    assert record.outcome == "running"

    texts.close()  # type: ignore[attr-defined]  # what the SDK really gives
    started = time.monotonic()
    running.until(lambda: record.outcome == "disconnected", 5)

    assert time.monotonic() - started < 0.5
    receipt = running.receipt_for(f"{sdk.provider}/{model}")
    assert (receipt.status, receipt.code) == (499, "cancelled")
    assert receipt.usage is not None
    assert 0 < receipt.usage.output_tokens < 2000


@pytest.mark.parametrize("stream", [False, True])
async def test_cancelling_before_any_answer_frees_the_provider_at_once(
    async_openai: openai.AsyncOpenAI, running: Running, stream: bool
) -> None:
    """The departure of a caller that waits for a plain answer was not propagated by a well-known gateway. S2-41."""
    model = running.fresh("mock", latency_ms=20_000)
    asked: Any = async_openai.chat.completions.create(model=f"openai/{model}", messages=SAY, stream=stream)
    call = asyncio.create_task(asked)
    record = (await asyncio.to_thread(running.until, lambda: running.seen(model)))[0]

    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    started = time.monotonic()
    await asyncio.to_thread(running.until, lambda: record.outcome == "disconnected")

    assert time.monotonic() - started < 0.5
    assert running.receipt_for(f"openai/{model}").code == "cancelled"


def test_a_caller_whose_machine_dies_frees_the_provider_too(running: Running) -> None:
    """S2-41: a reset instead of an orderly close."""
    model = running.fresh("mock", delay_ms=20, tokens=2000)
    body = json.dumps({"model": f"openai/{model}", "messages": SAY, "stream": True}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {KEY}\r\ncontent-length: {len(body)}"
    )
    with socket.create_connection(("127.0.0.1", running.gateway.port), timeout=10) as caller:
        caller.sendall(head.encode() + b"\r\n\r\n" + body)
        assert caller.recv(12) == b"HTTP/1.1 200"
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    running.until(lambda: running.seen(model)[0].outcome == "disconnected", 0.5)


def test_a_timeout_of_the_caller_ends_the_work_upstream(openai_client: openai.OpenAI, running: Running) -> None:
    model = running.fresh("mock", latency_ms=20_000)

    with pytest.raises(openai.APITimeoutError):
        openai_client.with_options(timeout=0.2).chat.completions.create(model=f"openai/{model}", messages=SAY)

    running.until(lambda: running.seen(model)[0].outcome == "disconnected", 0.5)


def test_a_plain_answer_that_stops_half_way_is_tried_again_and_then_raised(sdk: Sdk, running: Running) -> None:
    model = running.fresh("mock--fault-clmismatch")
    paths: dict[str, tuple[str, dict[str, Any]]] = {
        "chat": ("/v1/chat/completions", {"model": f"openai/{model}", "messages": SAY}),
        "responses": ("/v1/responses", {"model": f"openai/{model}", "input": "hi"}),
        "messages": ("/v1/messages", {"model": f"anthropic/{model}", "max_tokens": 9, "messages": SAY}),
        "contents": (f"/v1/models/gemini/{model}:generateContent", {"contents": [{"parts": [{"text": "hi"}]}]}),
    }
    answer = running.post(*paths[sdk.texts.__name__])

    assert answer.status == 502
    assert len(running.seen(model)) == 2
    assert running.receipt(answer.headers["x-request-id"]).code == "upstream_interrupted"
    assert running.receipt(answer.headers["x-request-id"]).usage is None


def test_the_sdks_own_retry_waits_as_long_as_the_gateway_says(running: Running) -> None:
    """A fraction of a second comes as `retry-after-ms`; the SDK honours it. Two calls of three tries each."""
    model = running.fresh("mock--fault-http-503", times=3, retry_after=0.4)

    with openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=2, timeout=20) as client:
        answer = client.chat.completions.create(model=f"openai/{model}", messages=SAY)

    assert answer.choices[0].message.content == ANSWER
    times = [record.at for record in running.seen(model)]
    assert len(times) == 4
    assert times[3] - times[2] >= 0.4


def test_the_anthropic_sdk_retries_what_the_gateway_calls_unavailable(running: Running) -> None:
    model = running.fresh("mock--fault-http-529", times=3, retry_after=0.05)

    with anthropic.Anthropic(base_url=running.url, api_key=KEY, max_retries=2, timeout=20) as client:
        message = client.messages.create(model=f"anthropic/{model}", max_tokens=100, messages=SAY)

    assert message.content[0].text == ANSWER  # type: ignore[union-attr]  # what the SDK really gives
    assert len(running.seen(model)) == 4


def test_no_sdk_repeats_what_the_provider_refused(running: Running) -> None:
    model = running.fresh("mock--fault-policy")

    with (
        openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=2) as client,
        pytest.raises(openai.BadRequestError),
    ):
        client.chat.completions.create(model=f"openai/{model}", messages=SAY)

    assert len(running.seen(model)) == 1


async def test_many_streams_at_once_do_not_mix(async_openai: openai.AsyncOpenAI) -> None:
    async def words(number: int) -> str:
        say: Any = [{"role": "user", "content": f"I am caller {number}."}]
        stream = await async_openai.chat.completions.create(model="chat", messages=say, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    answers = await asyncio.gather(*(words(number) for number in range(40)))

    assert answers == [f"Hello from the mock. You said: I am caller {number}." for number in range(40)]


async def test_an_async_stream_that_breaks_is_raised_in_every_sdk(
    async_openai: openai.AsyncOpenAI, async_anthropic: anthropic.AsyncAnthropic, gemini_client: genai.Client,
    running: Running,
) -> None:  # fmt: skip
    """T-50."""

    async def drain(stream: AsyncIterator[Any]) -> None:
        async for _ in stream:
            pass

    model = running.fresh("mock--fault-cut")
    with pytest.raises(openai.APIError):
        await drain(await async_openai.chat.completions.create(model=f"openai/{model}", messages=SAY, stream=True))
    with pytest.raises(anthropic.APIError):
        async with async_anthropic.messages.stream(model=f"anthropic/{model}", max_tokens=99, messages=SAY) as stream:
            await drain(stream)
    with pytest.raises(errors.APIError):
        await drain(
            await gemini_client.aio.models.generate_content_stream(
                model=f"gemini/{model}", contents=types.Part(text="a")
            )
        )
