"""Pictures in calls: counted in every dialect, and priced."""

import json
from typing import Any

import msgspec
import pytest

from octogate.core.call import Endpoint
from octogate.core.money import cost_nano_usd
from octogate.core.usage import Usage
from octogate.dialects import DIALECTS
from octogate.proxy.endpoints import match
from octogate.proxy.pictures import MAX_BLOCKS, count_pictures

from .builders import PRICE, group, snapshot, target
from .playbook import HELLO, Story

DATA = "data:image/png;base64,iVBORw0KGgo="
CHAT_PICTURE = {"type": "image_url", "image_url": {"url": DATA}}
INPUT_PICTURE = {"type": "input_image", "image_url": "https://x/a.png"}
CLAUDE_PICTURE = {"type": "image", "source": {"type": "url", "url": "https://x/a.png"}}
INLINE = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
TEXT = {"type": "text", "text": 'an "image": {"type":"image_url"} of "mimeType":"image/png"'}


def chat(*contents: Any) -> tuple[str, Any]:
    return "/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": each} for each in contents]}


def responses(*items: Any) -> tuple[str, Any]:
    return "/v1/responses", {"model": "m", "input": list(items)}


def claude(*contents: Any) -> tuple[str, Any]:
    return "/v1/messages", {
        "model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": each} for each in contents],
    }  # fmt: skip


def gemini(*parts: Any) -> tuple[str, Any]:
    return "/v1beta/models/m:generateContent", {"contents": [{"role": "user", "parts": list(parts)}]}


@pytest.mark.parametrize(
    ("said", "count"),
    [
        (chat("an image"), 0),
        (chat([TEXT]), 0),
        (chat([TEXT, CHAT_PICTURE], "hi", [CHAT_PICTURE, CHAT_PICTURE]), 3),
        (responses({"role": "user", "content": [{"type": "input_text", "text": "image"}, INPUT_PICTURE]}), 1),
        (responses({"type": "function_call_output", "call_id": "c", "output": [INPUT_PICTURE, INPUT_PICTURE]}), 2),
        (responses({"type": "computer_call_output", "call_id": "c",
                    "output": {"type": "computer_screenshot", "image_url": DATA}}), 1),
        (claude([TEXT]), 0),
        (claude([CLAUDE_PICTURE, TEXT]), 1),
        (claude([{"type": "tool_result", "tool_use_id": "t", "content": [TEXT, CLAUDE_PICTURE]}]), 1),
        (claude([{"type": "tool_use", "id": "t", "name": "f", "input": {"type": "image"}}]), 0),
        (gemini({"text": TEXT["text"]}), 0),
        (gemini(INLINE, {"fileData": {"mimeType": "image/jpeg", "fileUri": "gs://b/a"}}, {"text": "hi"}), 2),
        (gemini({"inline_data": {"mime_type": "image/webp", "data": ""}}), 1),
        (gemini({"inlineData": {"mimeType": "audio/wav", "data": ""}, "text": "image"}), 0),
        (gemini({"functionResponse": {"name": "f", "response": {}, "parts": [INLINE]}}), 1),
    ],
)  # fmt: skip
def test_every_dialect_tells_how_many_pictures_it_brings(said: tuple[str, Any], count: int) -> None:
    """S3-88."""
    path, body = said
    endpoint = match("POST", path, "", {})
    assert isinstance(endpoint, Endpoint)

    call = DIALECTS[endpoint.dialect].read_call(
        json.dumps(body).encode(), endpoint, max_output_tokens=9, max_messages=9
    )

    assert count_pictures(call) == count


def test_a_conversation_that_is_no_list_has_none() -> None:
    endpoint = match("POST", "/v1/responses", "", {})
    assert isinstance(endpoint, Endpoint)
    call = DIALECTS["openai_responses"].read_call(
        b'{"model":"m","input":"image"}', endpoint, max_output_tokens=9, max_messages=9
    )

    assert count_pictures(call) == 0


def test_what_no_conversation_has_is_not_looked_at_to_its_end() -> None:
    """T-53: a body of millions of parts holds nobody up."""
    crowd = [{"type": "text", "text": ""}] * (MAX_BLOCKS - 2)
    for tail, count in (([CHAT_PICTURE], 1), ([*crowd, CHAT_PICTURE], 0)):
        path, body = chat([*crowd, *tail])
        endpoint = match("POST", path, "", {})
        assert isinstance(endpoint, Endpoint)
        call = DIALECTS["openai_chat"].read_call(
            json.dumps(body).encode(), endpoint, max_output_tokens=9, max_messages=9
        )

        assert count_pictures(call) == count


def test_a_picture_has_a_price_beside_its_tokens() -> None:
    """S3-88: per picture, per token, or both."""
    price = msgspec.structs.replace(PRICE, per_image=3_000_000, image_input=5_000_000_000)
    usage = Usage(input_tokens=100, output_tokens=10, image_input_tokens=60, input_images=2)

    assert cost_nano_usd(usage, price) == 2 * 3_000_000 + 60 * 5_000 + 40 * 1_000 + 10 * 2_000


async def test_the_receipt_says_how_many_pictures_were_paid_for() -> None:
    """S3-88."""
    priced = msgspec.structs.replace(target("a"), price=msgspec.structs.replace(PRICE, per_image=1_000_000))
    story = Story(snapshot(group(priced)), a=[HELLO])
    _, body = chat([TEXT, CHAT_PICTURE], [CHAT_PICTURE])

    await story.call({**body, "model": "chat"})

    [receipt] = story.receipts
    assert receipt.usage == Usage(input_tokens=10, output_tokens=5, input_images=2)
    assert receipt.cost_nano_usd == 2 * 1_000_000 + 10 * 1_000 + 5 * 2_000
