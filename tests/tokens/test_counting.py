"""Counting whole calls, as the gateway does for providers that cannot."""

import asyncio
import base64
import json
import os
import threading
import time
from pathlib import Path

import msgspec
import pytest

from octogate.core.call import Call, Endpoint
from octogate.core.errors import BadRequest, Overloaded
from octogate.core.media_tokens import Media
from octogate.core.tokens import ChatMessage, count_messages, count_tokens, input_bound
from octogate.proxy import counting
from octogate.proxy.counting import count_call, count_input, count_off_loop, read_input

from .texts import ENGLISH

PNG = base64.b64encode(bytes(30_000)).decode()


def a_call(dialect, body, *, model="gpt-4o", operation="count_tokens"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    return Call(Endpoint(dialect, operation), model=model, stream=False, fields=fields, input_bytes=len(raw))


def claude(text, **more):
    return a_call(
        "anthropic_messages", {"messages": [{"role": "user", "content": text}], **more}, model="claude-opus-4-5"
    )


async def test_an_anthropic_call_is_its_texts_and_the_frame_of_its_messages():
    text = count_tokens(ENGLISH, model="claude-opus-4-5")

    assert await count_call(claude(ENGLISH)) == text + 4 + 3


async def test_system_texts_tools_and_their_results_count_as_much_as_messages_do():
    plain = await count_call(claude(ENGLISH))
    system = await count_call(claude(ENGLISH, system=[{"type": "text", "text": ENGLISH}]))
    tool = {"name": "ferry", "description": ENGLISH, "input_schema": {"type": "object"}}
    blocks = [
        {"type": "tool_use", "id": "t1", "name": "ferry", "input": {"harbour": ENGLISH}},
        {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": ENGLISH}]},
    ]

    assert system >= plain + 26
    assert await count_call(claude(ENGLISH, tools=[tool])) >= plain + 26 + 500
    assert await count_call(claude(blocks)) >= plain + 26


async def test_gemini_calls_count_with_and_without_the_wrapper_of_their_counting_endpoint():
    contents = [{"role": "user", "parts": [{"text": ENGLISH}, {"functionCall": {"name": "ferry", "args": {"a": 1}}}]}]
    system = {"parts": [{"text": "Be brief."}]}
    bare = a_call("gemini_generate", {"contents": contents, "systemInstruction": system}, model="gemini-2.5-pro")
    whole = {"model": "models/gemini-2.5-pro", "contents": contents, "systemInstruction": system}
    wrapped = a_call("gemini_generate", {"generateContentRequest": whole}, model="gemini-2.5-pro")

    assert await count_call(bare) == await count_call(wrapped) > count_tokens(ENGLISH, model="gemini-2.5-pro")


async def test_the_model_of_the_target_decides_when_it_is_given():
    call = claude(ENGLISH)

    assert await count_call(call, model="gpt-4o") == 26 + 4 + 3 < await count_call(call)


def test_a_text_chat_counts_as_openai_bills_it():
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ENGLISH}]
    as_billed = count_messages([ChatMessage(m["role"], m["content"]) for m in messages], model="gpt-4o")

    assert count_input(a_call("openai_chat", {"messages": messages}), model="gpt-4o") == as_billed


def test_openai_chats_responses_and_embeddings_are_read_too():
    chat = {
        "messages": [{"role": "user", "content": ENGLISH}, {"role": "user", "content": [{"type": "text", "text": "x"}]}]
    }
    responses = {
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": ENGLISH}]}],
    }

    assert count_input(a_call("openai_chat", chat), model="gpt-4o") >= 26 + 1 + 2 * 4 + 3
    assert count_input(a_call("openai_responses", responses), model="gpt-4o") >= 26 + 3
    for given, tokens in ((ENGLISH, 26), ([ENGLISH, "x"], 27), ([1, 2, 3], 3), ([[1, 2], [3]], 3)):
        assert count_input(a_call("openai_embeddings", {"input": given}), model="gpt-4o") == tokens


@pytest.mark.parametrize(
    ("dialect", "field", "block", "media"),
    [
        (
            "openai_chat",
            "messages",
            {"content": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}]},
            "image",
        ),
        ("openai_responses", "input", {"content": [{"type": "input_image", "image_url": f"data:,{PNG}"}]}, "image"),
        (
            "anthropic_messages",
            "messages",
            {"content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}]},
            "image",
        ),
        (
            "anthropic_messages",
            "messages",
            {
                "content": [
                    {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PNG}}
                ]
            },
            "document",
        ),
        ("gemini_generate", "contents", {"parts": [{"inlineData": {"mimeType": "audio/mp3", "data": PNG}}]}, "audio"),
        ("gemini_generate", "contents", {"parts": [{"inline_data": {"mime_type": "image/png", "data": PNG}}]}, "image"),
        (
            "openai_chat",
            "messages",
            {"content": [{"type": "input_audio", "input_audio": {"data": PNG, "format": "mp3"}}]},
            "audio",
        ),
        (
            "openai_chat",
            "messages",
            {
                "content": [
                    {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PNG}"}}
                ]
            },
            "document",
        ),
    ],
)
def test_a_file_is_known_by_its_kind_and_size_and_never_counted_as_text(dialect, field, block, media):
    call = a_call(dialect, {field: [{"role": "user", **block}]})

    found = read_input(call)

    assert [item.kind for item in found.media] == [media]
    assert found.media[0].size == pytest.approx(30_000, abs=100)
    assert found.facts().text_bytes < 20
    assert count_input(call, model="gpt-4o") < 15_000 < len(PNG)


def test_a_file_that_is_elsewhere_has_no_known_size():
    block = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}

    assert read_input(claude([block])).media == [Media(kind="image")]


def test_a_text_document_is_text_and_hidden_thoughts_are_nothing():
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": ENGLISH}}
    hidden = {"type": "redacted_thinking", "data": "A" * 500}

    found = read_input(claude([document, hidden]))

    assert ENGLISH in found.texts
    assert not found.media
    assert found.facts().text_bytes < 200


def test_the_bound_holds_for_what_is_counted():
    tools = [{"name": f"tool_{number}", "input_schema": {"type": "object"}} for number in range(3)]
    call = claude([{"type": "text", "text": ENGLISH}], system="Grüß dich 😀", tools=tools)
    facts = read_input(call).facts()

    assert facts.tools == 3
    assert facts.messages == 2
    assert count_input(call, model="claude-opus-4-5") <= input_bound(facts, model="claude-opus-4-5")


def test_lists_in_lists_are_read_however_deep_they_are():
    depth = 400
    body = b'{"messages":[{"role":"user","content":' + b"[" * depth + b'"deep"' + b"]" * depth + b"}]}"

    assert "deep" in read_input(a_call("anthropic_messages", body)).texts


def test_an_input_that_cannot_be_read_is_refused_without_showing_it():
    call = a_call("anthropic_messages", {"messages": []})
    call.fields["messages"] = msgspec.Raw(b'[{"content": "my secret"')

    with pytest.raises(BadRequest) as refusal:
        read_input(call)
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


async def test_the_loop_keeps_turning_while_a_megabyte_is_counted():
    """T-53: the tokenizer is off the event loop."""
    text = "a" * 2_000_000
    await count_off_loop("warm", model="gpt-4o")
    longest, last, done = 0.0, time.perf_counter(), False

    async def watch():
        nonlocal longest, last
        while not done:
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    watcher = asyncio.create_task(watch())
    began = time.perf_counter()
    tokens = await count_off_loop(text, model="gpt-4o")
    took = time.perf_counter() - began
    done = True
    await watcher

    assert tokens == 250_000
    print(f"{took * 1000:.0f} ms of counting, {longest * 1000:.1f} ms without a turn of the loop")
    assert longest < max(0.050, took / 4)


async def test_only_so_many_calls_may_wait_and_a_cancelled_one_makes_room():
    gate = threading.Event()
    lane = counting._OffLoop()
    waiting = [asyncio.create_task(lane.run(lambda: int(gate.wait(10)))) for _ in range(counting._MAX_WAITING)]
    await asyncio.sleep(0)

    with pytest.raises(Overloaded):
        await lane.run(lambda: 1)
    waiting[-1].cancel()
    await asyncio.wait([waiting[-1]])
    late = asyncio.create_task(lane.run(lambda: 7))
    gate.set()

    assert await late == 7
    assert sum(await asyncio.gather(*waiting[:-1])) == counting._MAX_WAITING - 1


async def test_a_short_call_is_counted_at_once_when_the_vocabulary_is_there(monkeypatch):
    await count_call(claude("warm"))

    async def refuse(*_, **__):
        raise AssertionError("a short call went to the thread")

    monkeypatch.setattr(counting._off_loop, "run", refuse)
    assert await count_call(claude("short")) > 0
    with pytest.raises(AssertionError, match="went to the thread"):
        await count_call(claude("long " * 2_000))


@pytest.mark.skipif("OCTOGATE_FIXTURES" not in os.environ, reason="recorded traffic is not at hand")
def test_estimates_are_near_what_anthropic_counted_in_recorded_calls():
    ratios = []
    for folder in sorted(Path(os.environ["OCTOGATE_FIXTURES"]).glob("dev/anthropic/count_tokens_json*")):
        body = (folder / "request.json").read_bytes()
        real = json.loads((folder / "response.json").read_bytes())["input_tokens"]
        ratios.append(count_input(a_call("anthropic_messages", body), model=json.loads(body)["model"]) / real)

    assert ratios
    assert all(0.8 < ratio < 1.5 for ratio in ratios), ratios
