"""A Gemini caller whom other providers served before reaches Gemini itself."""

import json
from typing import Any

from octogate.core.conversation import Signature
from octogate.core.seals import pack_id, seal
from octogate.dialects.gemini_generate.signatures import write_signature

from .gemini import DIALECT, call

CLAUDE = Signature("anthropic_messages", "EqQ")
PLACEHOLDER = "skip_thought_signature_validator"


def sent(contents: list[dict[str, Any]], model: str = "gemini-3-pro") -> list[dict[str, Any]]:
    body = DIALECT.write_call(call({"contents": contents}), model=model, stream_usage=True, default_max_tokens=None)
    value: list[dict[str, Any]] = json.loads(body)["contents"]
    return value


def model(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def test_contents_that_nobody_marked_pass_byte_for_byte() -> None:
    raw = b'[ {"parts" :[{"text":"hi", "thoughtSignature":"c2ln"}]} ]'

    body = DIALECT.write_call(call(b'{"contents":' + raw + b"}"), model="m", stream_usage=True, default_max_tokens=None)

    assert body == b'{"contents":' + raw + b"}"


def test_thoughts_of_others_are_taken_out_with_all_their_pieces() -> None:
    contents = [
        {"role": "user", "parts": [{"text": "hi"}]},
        model({"text": "Own.", "thought": True}),
        model({"text": "Own seal.", "thought": True, "thought_signature": "c2ln"}),
        model({"text": "The", "thought": True}),
        model({"text": "irs.", "thought": True}),
        model({"text": "", "thought": True, "thoughtSignature": write_signature(CLAUDE)}, {"text": "Hello"}),
        model({"text": "", "thoughtSignature": write_signature(CLAUDE)}),
        model({"text": "", "thought": True, "thoughtSignature": seal(CLAUDE, "gemini_generate")}),
    ]

    assert sent(contents) == [*contents[:3], model({"text": "Hello"})]


def test_calls_of_others_get_the_placeholder_where_signatures_are_checked() -> None:
    marked = {"functionCall": {"name": "f", "id": "a"}, "thoughtSignature": write_signature(None)}

    (newer,) = sent([model(marked)])
    (older,) = sent([model(marked)], "gemini-2.5-flash")

    assert newer["parts"] == [{"functionCall": {"name": "f", "id": "a"}, "thoughtSignature": PLACEHOLDER}]
    assert older["parts"] == [{"functionCall": {"name": "f", "id": "a"}}]


def test_ids_are_unpacked_and_the_signature_of_our_own_put_back_in_its_place() -> None:
    packed = pack_id("c1", Signature("gemini_generate", "Zm9v"))
    contents = [
        model({"function_call": {"name": "f", "id": packed, "args": {"x": 1}}}),
        {"role": "user", "parts": [{"function_response": {"name": "f", "id": packed, "response": {}}}]},
    ]

    assert sent(contents) == [
        model({"function_call": {"name": "f", "id": "c1", "args": {"x": 1}}, "thoughtSignature": "Zm9v"}),
        {"role": "user", "parts": [{"function_response": {"name": "f", "id": "c1", "response": {}}}]},
    ]


def test_words_in_which_the_mark_is_quoted_stay_what_they_are() -> None:
    contents = [{"role": "user", "parts": [{"text": "what is __og1a_ and X19vZzF?"}]}, model({"text": "__og1"})]

    assert sent(contents) == contents


def test_strange_contents_pass_as_they_came() -> None:
    contents = [{"parts": "__og1a_"}, {"role": "user"}, {"parts": ["x", {"thought": 5, "thoughtSignature": 7}]}]

    assert sent(contents) == contents
