"""Files in calls of every dialect: counted by what they are, never as the text of their base64."""

import json

import msgspec
import pytest

from octogate.core.call import Call, Endpoint
from octogate.core.media_tokens import Media
from octogate.core.tokens import count_tokens, input_bound
from octogate.proxy.counting import count_call, count_input, read_input

from .files import b64, jpeg, pdf, png, wav
from .texts import ENGLISH

# Much longer than it is worth: 200 KB of base64 for a picture of 1024 × 1024.
PICTURE = b64(png(1_024, 1_024) + bytes(150_000))
PNG_URL = f"data:image/png;base64,{PICTURE}"
PDF = b64(pdf(3))
SOUND = b64(wav(60))


def a_call(dialect, body, *, model):
    raw = json.dumps(body).encode()
    fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    return Call(Endpoint(dialect, "count_tokens"), model=model, stream=False, fields=fields, input_bytes=len(raw))


def chat(*parts):
    return a_call("openai_chat", {"messages": [{"role": "user", "content": list(parts)}]}, model="gpt-4o")


def responses(*parts):
    return a_call("openai_responses", {"input": [{"role": "user", "content": list(parts)}]}, model="gpt-4o")


def claude(*parts):
    return a_call(
        "anthropic_messages", {"messages": [{"role": "user", "content": list(parts)}]}, model="claude-sonnet-4-5"
    )


def gemini(*parts, model="gemini-2.5-flash", **config):
    body = {"contents": [{"role": "user", "parts": list(parts)}], "generationConfig": config}
    return a_call("gemini_generate", body, model=model)


def base64_source(data, media_type):
    return {"type": "base64", "media_type": media_type, "data": data}


CALLS = {
    "chat picture": (chat({"type": "image_url", "image_url": {"url": PNG_URL}}), 765),
    "chat picture in low detail": (chat({"type": "image_url", "image_url": {"url": PNG_URL, "detail": "low"}}), 85),
    "chat document": (
        chat({"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}}),
        3 * (1_500 + 765),
    ),
    "chat sound": (chat({"type": "input_audio", "input_audio": {"data": SOUND, "format": "wav"}}), 600),
    "responses picture": (responses({"type": "input_image", "image_url": PNG_URL, "detail": "high"}), 765),
    "responses picture in low detail": (responses({"type": "input_image", "image_url": PNG_URL, "detail": "low"}), 85),
    "responses document": (
        responses({"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}),
        3 * (1_500 + 765),
    ),
    "messages picture": (claude({"type": "image", "source": base64_source(PICTURE, "image/png")}), 1_399),
    "messages document": (claude({"type": "document", "source": base64_source(PDF, "application/pdf")}), 3 * 4_600),
    "messages picture in a tool result": (
        claude(
            {
                "type": "tool_result",
                "tool_use_id": "t1",
                "content": [{"type": "image", "source": base64_source(PICTURE, "image/png")}],
            }
        ),
        1_399,
    ),
    "gemini picture": (gemini({"inlineData": {"mimeType": "image/png", "data": PICTURE}}), 4 * 258),
    "gemini document": (gemini({"inline_data": {"mime_type": "application/pdf", "data": PDF}}), 3 * 1_290),
    "gemini sound": (gemini({"inlineData": {"mimeType": "audio/wav", "data": SOUND}}), 1_920),
    "gemini 3 with a resolution for all": (
        gemini(
            {"inlineData": {"mimeType": "image/png", "data": PICTURE}},
            model="gemini-3-pro",
            mediaResolution="MEDIA_RESOLUTION_LOW",
        ),
        280,
    ),
    "gemini 3 with a resolution for one": (
        gemini(
            {
                "inlineData": {"mimeType": "image/png", "data": PICTURE},
                "mediaResolution": {"level": "MEDIA_RESOLUTION_ULTRA_HIGH"},
            },
            model="gemini-3-pro",
            mediaResolution="MEDIA_RESOLUTION_LOW",
        ),
        2_240,
    ),
    "gemini picture from a function": (
        gemini(
            {
                "functionResponse": {
                    "name": "look",
                    "response": {},
                    "parts": [{"inlineData": {"mimeType": "image/png", "data": PICTURE}}],
                }
            }
        ),
        4 * 258,
    ),
}


@pytest.mark.parametrize(("call", "tokens"), CALLS.values(), ids=CALLS)
async def test_a_file_costs_what_its_vendor_says_and_its_base64_nothing(call, tokens):
    """S2-86"""
    counted = await count_call(call)

    assert tokens <= counted <= tokens + 30  # the frame of one message, a name of a function
    assert read_input(call).facts().text_bytes < 60
    assert tokens <= input_bound(read_input(call).facts(), model=call.model) <= tokens + 80


def test_a_picture_at_an_address_costs_the_most_that_the_vendor_charges():
    at = "https://example.com/cat.png"
    for call, tokens in (
        (chat({"type": "image_url", "image_url": {"url": at}}), 1_445),
        (responses({"type": "input_image", "image_url": at}), 1_445),
        (responses({"type": "input_image", "file_id": "file-1"}), 1_445),
        (claude({"type": "image", "source": {"type": "url", "url": at}}), 1_600),
        (claude({"type": "image", "source": {"type": "file", "file_id": "f1"}}), 1_600),
        (gemini({"fileData": {"mimeType": "image/png", "fileUri": at}}), 24 * 258),
    ):
        assert [media.size for media in read_input(call).media] == [None]
        assert tokens <= count_input(call, model=call.model) <= tokens + 20


def test_a_text_file_is_counted_as_its_text():
    text = b64(ENGLISH.encode())
    for call in (
        gemini({"inlineData": {"mimeType": "text/plain", "data": text}}),
        claude({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": ENGLISH}}),
        chat({"type": "file", "file": {"file_data": f"data:text/markdown;base64,{text}"}}),
        responses({"type": "input_file", "file_data": f"data:application/json;base64,{text}"}),
    ):
        found = read_input(call)
        assert found.texts == [ENGLISH] or ENGLISH in found.texts
        assert not found.media
        assert count_input(call, model=call.model) >= count_tokens(ENGLISH, model=call.model)


def test_a_file_is_of_the_kind_that_its_media_type_says():
    call = chat({"type": "file", "file": {"file_data": f"data:image/jpeg;base64,{b64(jpeg(300, 200))}"}})

    assert [(media.kind, media.width, media.height) for media in read_input(call).media] == [("image", 300, 200)]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "source": None},
        {"type": "image", "source": 7},
        {"type": "image", "source": {"data": ["no"]}},
        {"type": "image_url", "image_url": {"url": {"url": {"url": "deep"}}}},
        {"type": "image_url", "image_url": {"url": None, "detail": 3}},
        {"inlineData": {"mimeType": 5, "data": 6}, "mediaResolution": {"level": None}},
        {"type": "input_audio", "input_audio": "not base64 at all %%%"},
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_still_one_file(block):
    for call in (claude(block), gemini(block), chat(block)):
        assert len(read_input(call).media) == 1
        assert count_input(call, model=call.model) > 0


def test_three_pictures_are_three():
    part = {"type": "image_url", "image_url": {"url": PNG_URL}}

    assert (
        read_input(chat(part, part, part)).media
        == [Media(kind="image", size=len(png(1, 1)) + 150_000, width=1_024, height=1_024)] * 3
    )
