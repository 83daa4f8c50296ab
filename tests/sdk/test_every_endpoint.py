"""Every endpoint under every path that a client may put together, and which vendor headers go where."""

import pytest

from .running import Running

ASKED = [{"role": "user", "content": "one two three"}]
CHAT = {"model": "chat", "messages": ASKED}
MESSAGE = {"model": "chat", "max_tokens": 50, "messages": ASKED}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "one two three"}]}]}
GENERATES = [
    ("/v1/chat/completions", CHAT, "choices"),
    ("/chat/completions", CHAT, "choices"),
    ("/v1/responses", {"model": "chat", "input": "one two three"}, "output"),
    ("/v1/messages", MESSAGE, "content"),
    ("/anthropic/v1/messages", MESSAGE, "content"),
    ("/v1beta/models/chat:generateContent", CONTENTS, "candidates"),
    ("/v1/embeddings", {"model": "embed", "input": "one two three"}, "data"),
]


@pytest.mark.parametrize(("path", "body", "member"), GENERATES, ids=[path for path, _, _ in GENERATES])
def test_every_endpoint_answers_in_its_own_dialect(running: Running, path: str, body: object, member: str):
    """S3-25"""
    answer = running.post(path, body)

    assert answer.status == 200
    assert answer.json[member]


@pytest.mark.parametrize("path", ["/v1/messages/count_tokens", "/anthropic/v1/messages/count_tokens"])
def test_tokens_are_counted_under_both_paths(running: Running, path: str):
    """S3-25"""
    answer = running.post(path, {"model": "chat", "messages": ASKED})

    assert answer.status == 200
    assert list(answer.json) == ["input_tokens"]
    assert answer.json["input_tokens"] >= 3


VENDORS = {"anthropic-version": "2023-06-01", "anthropic-beta": "one-2026-01-01", "openai-beta": "assistants=v2"}


@pytest.mark.parametrize(
    ("path", "body", "wanted"),
    [
        ("/v1/messages", MESSAGE, {"anthropic-version", "anthropic-beta"}),
        ("/v1/chat/completions", CHAT, {"openai-beta"}),
        ("/v1/responses", {"model": "chat", "input": "hi"}, {"openai-beta"}),
        ("/v1beta/models/chat:generateContent", CONTENTS, set()),
    ],
)
def test_a_vendors_headers_go_to_targets_of_its_own_dialect_only(running: Running, path: str, body: object, wanted):
    """S3-33"""
    answer = running.post(path, body, headers=VENDORS)

    assert answer.status == 200
    seen = running.last().headers
    assert {name for name in VENDORS if name in seen} == wanted
    assert all(seen[name] == VENDORS[name] for name in wanted)


def test_only_what_is_on_the_list_is_passed_on_to_anthropic(running: Running):
    """S3-33: no other header with the vendor's prefix, and no value that could end a line."""
    headers = {"anthropic-organization-id": "org-1", "anthropic-dangerous-direct-browser-access": "true"}

    running.post("/v1/messages", MESSAGE, headers=headers | {"anthropic-beta": "x" * 3000})

    seen = running.last().headers
    assert {name for name in seen if name.startswith("anthropic-")} == {"anthropic-version"}
    assert seen["anthropic-version"] == "2023-06-01", "a version is always said, as the vendor asks for"
