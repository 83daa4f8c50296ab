"""What the vendors' own SDKs make of the bytes that we write."""

from collections.abc import Iterator
from typing import Any

import anthropic
import google.genai
import google.genai.errors
import httpx2
import openai
import pytest

from octogate.core.errors import UpstreamUnavailable
from octogate.dialects import DIALECTS

from .streams import ANTHROPIC, CHAT, GEMINI, RESPONSES, TEXT, a_call, reader_of


def client(body: bytes, status: int = 200, content_type: str = "text/event-stream") -> Any:
    """An HTTP client that answers every request with that body."""
    answer = lambda _: httpx2.Response(status, content=body, headers={"content-type": content_type})  # noqa: E731 - plain data
    return httpx2.Client(transport=httpx2.MockTransport(answer))


def openai_client(body: bytes, **options: Any) -> openai.OpenAI:
    return openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=client(body, **options), max_retries=0)


def anthropic_client(body: bytes, **options: Any) -> anthropic.Anthropic:
    return anthropic.Anthropic(
        api_key="k", base_url="http://gateway", http_client=client(body, **options), max_retries=0
    )


def cut(name: str, body: bytes, mark: bytes) -> bytes:
    """What a caller gets of a stream that breaks off behind `mark`."""
    reader = reader_of(name)
    out = reader.feed(body[: body.index(mark) + len(mark)])
    assert reader.close() == b""
    assert reader.failure is not None
    call = a_call({"chat": "openai_chat", "responses": "openai_responses", "anthropic": "anthropic_messages"}[name])  # type: ignore[arg-type]  # plain data
    dialect = DIALECTS[call.endpoint.dialect]
    return out + dialect.keep_alive + dialect.write_stream_error(
        reader.failure, "req_1", call=call, first=False, sequence=reader.next_sequence
    )  # fmt: skip


def chat(body: bytes) -> Iterator[Any]:
    yield from openai_client(body).chat.completions.create(model="m", messages=[], stream=True)


def test_openai_raises_on_a_broken_chat_stream() -> None:
    """T-50."""
    with pytest.raises(openai.APIError, match="ended before the answer"):
        list(chat(cut("chat", CHAT, b'"finish_reason":null}]}\n\n')))


def test_openai_reads_a_sound_chat_stream() -> None:
    """S2-40."""
    reader = reader_of("chat")

    chunks = list(chat(reader.feed(CHAT) + DIALECTS["openai_chat"].keep_alive + reader.close()))

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == TEXT


def test_openai_sees_the_end_of_a_broken_responses_stream() -> None:
    """T-50."""
    body = cut("responses", RESPONSES, '🐙"}\n\n'.encode())
    stream = openai_client(body).responses.create(model="m", input="x", stream=True)

    try:
        kinds = [event.type for event in stream]
    except openai.APIError as error:
        assert "ended before the answer" in str(error)
    else:
        assert kinds[-2:] == ["error", "response.failed"]


def test_anthropic_raises_on_a_broken_stream() -> None:
    """T-50."""
    body = cut("anthropic", ANTHROPIC, '🐙"}}\n\n'.encode())

    with pytest.raises(anthropic.APIError, match="ended before the answer"):
        list(anthropic_client(body).messages.create(model="m", max_tokens=9, messages=[], stream=True))


def test_anthropic_reads_a_sound_stream_with_pings() -> None:
    reader = reader_of("anthropic")
    body = reader.feed(ANTHROPIC) + DIALECTS["anthropic_messages"].keep_alive + reader.close()

    with anthropic_client(body).messages.stream(model="m", max_tokens=9, messages=[]) as stream:
        message = stream.get_final_message()

    assert message.content[0].text == TEXT
    assert message.stop_reason == "end_turn"


def test_openai_shows_the_code_of_a_refusal() -> None:
    body = DIALECTS["openai_chat"].write_error(UpstreamUnavailable("busy"), "req_1")

    with pytest.raises(openai.InternalServerError) as refusal:
        list(openai_client(body, status=503, content_type="application/json").models.list())

    assert (refusal.value.code, refusal.value.type) == ("upstream_unavailable", "overloaded_error")


def test_anthropic_shows_the_type_of_a_refusal() -> None:
    body = DIALECTS["anthropic_messages"].write_error(UpstreamUnavailable("busy"), "req_1")

    with pytest.raises(anthropic.APIStatusError) as refusal:
        anthropic_client(body, status=503, content_type="application/json").messages.create(
            model="m", max_tokens=9, messages=[]
        )

    assert refusal.value.body["error"]["type"] == "overloaded_error"  # type: ignore[index]  # plain data


def gemini_stream(body: bytes) -> Iterator[Any]:
    options = google.genai.types.HttpOptions(base_url="http://gateway", httpx_client=client(body))
    yield from google.genai.Client(api_key="k", http_options=options).models.generate_content_stream(
        model="m", contents="hi"
    )


def test_google_raises_on_a_broken_stream() -> None:
    """T-50."""
    reader = reader_of("gemini")
    out = reader.feed(GEMINI[: GEMINI.index(b"\r\n\r\n") + 9])
    reader.close()
    assert reader.failure is not None
    dialect, call = DIALECTS["gemini_generate"], a_call("gemini_generate")
    error = dialect.write_stream_error(reader.failure, "req_1", call=call, first=False)

    with pytest.raises(google.genai.errors.APIError, match="ended before the answer"):
        list(gemini_stream(out + dialect.keep_alive + error))


def test_google_reads_a_sound_stream_that_was_kept_alive() -> None:
    reader = reader_of("gemini")
    body = reader.feed(GEMINI) + DIALECTS["gemini_generate"].keep_alive + reader.close()

    chunks = list(gemini_stream(body))

    assert chunks[-1].candidates[0].finish_reason == "STOP"
    assert chunks[-1].text == ' "]}[{,\\ '
