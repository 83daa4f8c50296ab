"""What goes wrong at a target of another dialect: the caller hears of it in its own, and of nothing that is not its."""

import json
from typing import Any

import pytest

from .playbook import Caller, Says, Story, says
from .voices import DIALECTS, stage

SECRET, PLACE = "provider-secret-of-{}", "https://{}.test/v1/internal?key={}"
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"model": "chat", "messages": [{"role": "user", "content": "hi"}]}),
    "responses": ("/v1/responses", {"model": "chat", "input": "hi"}),
    "claude": ("/v1/messages", {"model": "chat", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}),
    "gemini": ("/v1beta/models/chat:generateContent", {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}),
}
PAIRS = [(caller, target) for caller in DIALECTS for target in DIALECTS if caller != target]
each_pair = pytest.mark.parametrize(("caller", "target"), PAIRS)


def fault(target: str, status: int, message: str) -> Says:
    """An error as the vendor of the dialect writes it."""
    bodies: dict[str, Any] = {
        "claude": {"type": "error", "error": {"type": "invalid_request_error", "message": message}},
        "gemini": {"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT"}},
    }
    openai = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
    return says(bodies.get(target, openai), status)


async def ask(story: Story, caller: str, **members: Any) -> Caller:
    path, body = ASKED[caller]
    return await story.call({**body, **members}, path=path)


def error_of(caller: str, answer: Any) -> tuple[str, str]:
    """The kind and the message of an error, found where the official SDK of the dialect looks."""
    error = answer["error"]
    if caller == "claude":
        assert answer["type"] == "error"
    if caller == "gemini":
        assert isinstance(error["code"], int)
        return error["status"], error["message"]
    return error["type"], error["message"]


REFUSED = {
    "chat": "invalid_request_error",
    "responses": "invalid_request_error",
    "claude": "invalid_request_error",
    "gemini": "INVALID_ARGUMENT",
}


@each_pair
async def test_a_providers_refusal_reaches_the_caller_in_the_callers_words(caller, target):
    story = Story(stage(target), **{target: [fault(target, 400, "The pony is too small.")]})

    answer = await ask(story, caller)

    assert answer.status == 400
    assert error_of(caller, answer.json) == (REFUSED[caller], "The pony is too small.")
    assert story.receipts[0].attempts[0].upstream_status == 400
    assert story.providers.calls == [target]


@each_pair
async def test_a_refusal_says_nothing_of_where_it_came_from_or_with_which_key(caller, target):
    """S3-32"""
    secret = SECRET.format(target)
    place = PLACE.format(target, secret)
    story = Story(stage(target), **{target: [fault(target, 400, f"The pony refused {secret} at {place}")]})

    answer = await ask(story, caller)

    kind, message = error_of(caller, answer.json)
    assert (answer.status, kind) == (400, REFUSED[caller])
    assert message.startswith("The pony refused ")
    for private in (secret, f"{target}.test", "internal"):
        assert private not in answer.content.decode() + answer.headers
    assert secret not in json.dumps([str(receipt) for receipt in story.receipts])


@each_pair
async def test_an_overloaded_provider_is_tried_again_and_then_told_as_such(caller, target):
    story = Story(stage(target), **{target: [fault(target, 503, "busy")]})

    answer = await ask(story, caller)

    assert answer.status == 503
    assert answer.header("retry-after") is not None
    assert error_of(caller, answer.json)[1]
    assert len(story.providers.calls) == 3


@each_pair
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"<html>", b'{"a":1}', b"null"], ids=repr)
async def test_an_answer_that_is_none_is_the_providers_failure_and_not_ours(caller, target, body):
    story = Story(stage(target), **{target: [Says(reads=[body])]})

    answer = await ask(story, caller)

    assert answer.status == 502
    assert error_of(caller, answer.json)[1]
    assert story.defects == []
    assert story.receipts[0].code.startswith("upstream_")
