"""What the operator says of a model decides where calls go and what is asked there."""

import json
from typing import Any

import msgspec
import pytest

from octogate.core.call import DialectName
from octogate.core.snapshot import Provider, Snapshot, Target
from octogate.core.traits import ReasoningTraits, Traits

from .builders import group, provider, snapshot, target
from .playbook import ANSWER, HELLO, Says, Story, says

MESSAGES = [{"role": "user", "content": "hi"}]
CHAT = {"model": "chat", "messages": MESSAGES}
CAPLESS = Traits(honors_max_tokens=False)
RESPONSE = {
    "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt", "status": "completed",
    "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}],
    "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
}  # fmt: skip


def having(name: str, traits: Traits, of: Provider | None = None) -> Target:
    return msgspec.structs.replace(target(name, of=of), traits=traits)


def openai_itself(*dialects: DialectName) -> Provider:
    return msgspec.structs.replace(provider("a", frozenset(dialects)), plain_chat=False)


def story_of(*targets: Target, **scripts: list[Any]) -> Story:
    config: Snapshot = snapshot(group(*targets))
    return Story(config, **(scripts or {one.provider.name: [HELLO] for one in targets}))


def asked(story: Story, at: int = 0) -> Any:
    return json.loads(story.providers.requests[at].partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {**CHAT, "max_tokens": 9}),
        ("/v1/chat/completions", {**CHAT, "max_completion_tokens": 9}),
        ("/v1/responses", {"model": "chat", "input": "hi", "max_output_tokens": 9}),
        ("/v1/messages", {"model": "chat", "messages": MESSAGES, "max_tokens": 9}),
        ("/v1beta/models/chat:generateContent",
         {"contents": [{"parts": [{"text": "hi"}]}], "generationConfig": {"maxOutputTokens": 9}}),
    ],
)  # fmt: skip
async def test_a_call_with_a_cap_goes_past_a_target_that_keeps_to_none(path: str, body: dict[str, Any]) -> None:
    """S3-43: and the target that keeps to it is told it in its own word."""
    chat_only = provider("b", frozenset({"openai_chat"}))
    story = story_of(having("a", CAPLESS), having("b", Traits(output_token_field="max_completion_tokens"), chat_only))

    caller = await story.call(body, path=path)

    assert (caller.status, story.providers.calls) == (200, ["b"])
    assert asked(story)["max_completion_tokens"] == 9
    assert "max_tokens" not in asked(story)


async def test_a_call_without_a_cap_may_go_anywhere() -> None:
    """S3-43."""
    story = story_of(having("a", CAPLESS), target("b"))

    await story.call(CHAT)
    await story.call({**CHAT, "max_tokens": 5})
    await story.call(CHAT)

    assert story.providers.calls == ["a", "b", "a"]


async def test_a_cap_that_nobody_keeps_to_is_said_before_anybody_is_asked() -> None:
    story = story_of(having("a", CAPLESS))

    caller = await story.call({**CHAT, "max_tokens": 5})

    assert (caller.status, caller.json["error"]["code"], story.providers.calls) == (400, "unsupported", [])
    assert "keeps to an output cap" in caller.json["error"]["message"]


async def test_of_two_caps_the_older_name_counts() -> None:
    """S3-43: for a target that has only one of the names."""
    story = story_of(having("a", Traits(output_token_field="max_completion_tokens")))

    await story.call({**CHAT, "max_tokens": 5, "max_completion_tokens": 8})

    assert asked(story) == {**CHAT, "model": "gpt", "max_completion_tokens": 5}


@pytest.mark.parametrize(
    ("path", "answer", "body"),
    [
        ("/v1/chat/completions", ANSWER, {**CHAT, "store": True, "metadata": {"ticket": "7"}}),
        ("/v1/responses", RESPONSE, {"model": "chat", "input": "hi", "store": True, "metadata": {"ticket": "7"}}),
    ],
)
async def test_a_model_that_must_keep_nothing_is_told_so_whatever_the_caller_says(
    path: str, answer: dict[str, Any], body: dict[str, Any]
) -> None:
    """S3-44: what is left out of the call is named."""
    story = story_of(having("a", Traits(force_store_false=True)), a=[says(answer)])

    caller = await story.call(body, path=path)

    assert caller.status == 200
    assert asked(story)["store"] is False
    assert "metadata" not in asked(story)
    assert caller.header("x-octogate-dropped") == "metadata"
    assert story.receipts[-1].dropped == ("metadata",)


async def test_a_translated_call_is_not_kept_either() -> None:
    """S3-44."""
    of = openai_itself("openai_chat")
    story = story_of(having("a", Traits(force_store_false=True), of))

    caller = await story.call({"model": "chat", "messages": MESSAGES, "max_tokens": 5}, path="/v1/messages")

    assert caller.status == 200
    assert asked(story)["store"] is False


async def test_without_such_words_a_call_goes_on_as_it_came() -> None:
    story = story_of(target("a"))

    await story.call({**CHAT, "store": True, "metadata": {"a": "b"}, "max_tokens": 4, "max_completion_tokens": 5})

    assert asked(story) == {
        **CHAT, "model": "gpt", "store": True, "metadata": {"a": "b"}, "max_tokens": 4, "max_completion_tokens": 5,
    }  # fmt: skip


@pytest.mark.parametrize(("served", "status", "calls"), [(None, 200, ["a"]), (("openai_chat",), 400, [])])
async def test_a_target_may_be_kept_for_callers_of_some_dialects(
    served: tuple[DialectName, ...] | None, status: int, calls: list[str]
) -> None:
    """S3-47: translated callers are served unless the operator says otherwise; then no provider is asked."""
    traits = Traits(supported_inbound_dialects=None if served is None else frozenset(served))
    story = story_of(having("a", traits))

    caller = await story.call({"model": "chat", "messages": MESSAGES, "max_tokens": 5}, path="/v1/messages")
    native = await story.call(CHAT)

    assert (caller.status, native.status) == (status, 200)
    assert story.providers.calls == [*calls, "a"]


THINKING = {
    "model": "chat",
    "messages": MESSAGES,
    "max_tokens": 5_000,
    "thinking": {"type": "enabled", "budget_tokens": 2_000},
}


@pytest.mark.parametrize(
    ("body", "dialects", "path"),
    [
        (THINKING, ("openai_chat", "openai_responses"), "/v1/responses"),
        (THINKING, ("openai_chat",), "/v1/chat/completions"),
        ({**THINKING, "stop_sequences": ["x"]}, ("openai_chat", "openai_responses"), "/v1/chat/completions"),
        ({**CHAT, "max_tokens": 5}, ("openai_chat", "openai_responses"), "/v1/chat/completions"),
    ],
)
async def test_openai_is_asked_to_think_where_it_tells_its_thoughts(
    body: dict[str, Any], dialects: tuple[DialectName, ...], path: str
) -> None:
    answer = says(RESPONSE if path == "/v1/responses" else ANSWER)
    story = story_of(target("a", of=openai_itself(*dialects)), a=[answer])

    caller = await story.call(body, path="/v1/messages")

    assert caller.status == 200
    assert caller.json["content"][0]["text"] == "Hello"
    assert story.providers.requests[0].split(b" ")[1].decode() == path
    thinks = asked(story).get("reasoning", {}).get("effort") or asked(story).get("reasoning_effort")
    assert thinks == ("low" if "thinking" in body else None)


async def test_what_a_model_refuses_while_it_thinks_is_named_to_the_caller() -> None:
    """S3-49."""
    reasoning = ReasoningTraits(default_on=True, rejects=frozenset({"temperature"}))
    story = story_of(having("a", Traits(reasoning=reasoning)))
    body = {"model": "chat", "messages": MESSAGES, "max_tokens": 5, "temperature": 0.3}

    caller = await story.call(body, path="/v1/messages")

    assert caller.status == 200
    assert "temperature" not in asked(story)
    assert caller.header("x-octogate-dropped") == "temperature"


async def test_a_stream_is_asked_for_with_the_same_words() -> None:
    story = story_of(
        having("a", Traits(output_token_field="max_completion_tokens", force_store_false=True)), a=[Says()]
    )

    await story.call({**CHAT, "stream": True, "max_tokens": 5})

    assert (asked(story)["max_completion_tokens"], asked(story)["store"]) == (5, False)
    assert asked(story)["stream_options"] == {"include_usage": True}
