"""What the mock says when asked for thoughts, a stop, a refusal, or about pictures: every dialect, on the wire."""

from typing import Any

import pytest

PNG = "iVBORw0KGgo="


def chat(text: Any, **more: Any) -> tuple[str, Any]:
    return "/v1/chat/completions", {"model": "mock", "messages": [{"role": "user", "content": text}], **more}


def responses(text: Any, **more: Any) -> tuple[str, Any]:
    return "/v1/responses", {"model": "mock", "input": [{"role": "user", "content": text}], **more}


def messages(text: Any, **more: Any) -> tuple[str, Any]:
    body = {"model": "mock", "max_tokens": 3_000, "messages": [{"role": "user", "content": text}]}
    return "/v1/messages", body | more


def gemini(*parts: Any, **config: Any) -> tuple[str, Any]:
    given = [{"text": part} if isinstance(part, str) else part for part in parts]
    body = {"contents": [{"role": "user", "parts": given}], "generationConfig": config}
    return "/v1beta/models/mock:generateContent", body


async def answer(wire: Any, path: str, body: Any) -> Any:
    exchange = await wire.ask("POST", path, body, {"x-mock-lint": "refuse"})
    assert exchange.status == 200, exchange.body
    return exchange.json


async def test_a_stop_sequence_ends_the_text_and_says_so(wire: Any) -> None:
    text = "one two three"
    from_chat = await answer(wire, *chat(text, stop="two"))
    from_messages = await answer(wire, *messages(text, stop_sequences=["three", "two"]))
    from_gemini = await answer(wire, *gemini(text, stopSequences=["two"]))

    said = "Hello from the mock. You said: one"
    assert from_chat["choices"][0]["message"]["content"] == said
    assert from_chat["choices"][0]["finish_reason"] == "stop"
    assert from_messages["content"] == [{"type": "text", "text": said}]
    assert (from_messages["stop_reason"], from_messages["stop_sequence"]) == ("stop_sequence", "two")
    assert from_gemini["candidates"][0]["content"]["parts"] == [{"text": said}]
    assert from_gemini["candidates"][0]["finishReason"] == "STOP"


async def test_a_streamed_stop_sequence_is_named_too(wire: Any) -> None:
    exchange = await wire.messages("mock", stream=True, stop_sequences=["mock"])

    [delta] = [event["delta"] for event in exchange.data if event["type"] == "message_delta"]
    assert (delta["stop_reason"], delta["stop_sequence"]) == ("stop_sequence", "mock")


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        (*chat("Please refuse this."), lambda said: said["choices"][0]["message"]["refusal"]),
        (*responses("Please refuse this."), lambda said: said["output"][0]["content"][0]["refusal"]),
        (*messages("Please refuse this."), lambda said: said["stop_reason"] == "refusal"),
        (*gemini("Please refuse this."), lambda said: said["promptFeedback"]["blockReason"]),
    ],
)
async def test_a_prompt_can_ask_for_a_refusal(wire: Any, path: str, body: Any, where: Any) -> None:
    assert where(await answer(wire, path, body))


async def test_thoughts_come_when_the_request_asks_for_them(wire: Any) -> None:
    from_chat = await answer(wire, *chat("x", reasoning_effort="low"))
    from_responses = await answer(wire, *responses("x", reasoning={"effort": "low"}))
    from_messages = await answer(wire, *messages("x", thinking={"type": "adaptive"}))
    from_gemini = await answer(wire, *gemini("x", thinkingConfig={"includeThoughts": True}))

    assert from_chat["choices"][0]["message"]["reasoning_content"]
    assert from_responses["output"][0]["encrypted_content"]
    assert [block["type"] for block in from_messages["content"]] == ["thinking", "text"]
    parts = from_gemini["candidates"][0]["content"]["parts"]
    assert parts[0]["thought"] is True
    assert parts[1]["thoughtSignature"]


async def test_thoughts_stay_away_when_the_request_forbids_them(wire: Any) -> None:
    from_chat = await answer(wire, *chat("x", model="mock-think", reasoning_effort="none"))
    from_messages = await answer(wire, *messages("x", model="mock-think", thinking={"type": "disabled"}))

    assert "reasoning_content" not in from_chat["choices"][0]["message"]
    assert [block["type"] for block in from_messages["content"]] == ["text"]


async def test_files_are_counted_by_kind(wire: Any) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    inline = {"inlineData": {"mimeType": "image/png", "data": PNG}}
    sound = {"inlineData": {"mimeType": "audio/wav", "data": PNG}}
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    paper = {"type": "document", "source": {**source, "media_type": "application/pdf"}}

    from_chat = await answer(wire, *chat([{"type": "text", "text": "Look."}, picture, picture]))
    from_responses = await answer(wire, *responses([{"type": "input_image", "image_url": "https://example.com/a.png"}]))
    from_messages = await answer(wire, *messages([{"type": "image", "source": source}, paper]))
    from_gemini = await answer(wire, *gemini("Look.", inline, sound, sound))

    assert from_chat["choices"][0]["message"]["content"] == "Hello from the mock. You said: Look. I see 2 images."
    assert from_responses["output"][0]["content"][0]["text"].endswith("I see 1 image.")
    assert from_messages["content"][0]["text"].endswith("I see 1 document and 1 image.")
    assert from_gemini["candidates"][0]["content"]["parts"][0]["text"].endswith("I see 1 image and 2 recordings.")


async def test_only_allowed_tools_are_called(wire: Any) -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in ("weather", "clock")]
    clock = {"type": "function", "function": {"name": "clock"}}
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [clock]}}
    flat = [{"type": "function", "name": name, "parameters": {}} for name in ("weather", "clock")]
    from_chat = await answer(wire, *chat("x", tools=tools, tool_choice=allowed))
    from_responses = await answer(
        wire, *responses("x", tools=flat, tool_choice={"type": "allowed_tools", "mode": "required", "tools": [flat[1]]})
    )

    assert [call["function"]["name"] for call in from_chat["choices"][0]["message"]["tool_calls"]] == ["clock"]
    assert [item["name"] for item in from_responses["output"]] == ["clock"]
