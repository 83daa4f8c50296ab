"""When every target has failed: in what order they were asked, what the caller is told, and what it is not told."""

import itertools

import pytest

from octogate.core.errors import UpstreamTimeout, UpstreamUnavailable

from .builders import group, provider, snapshot, target
from .playbook import HELLO, Story, refusal

TIMEOUT = UpstreamTimeout("The provider did not answer in time.", replay="ambiguous")
DOWN = UpstreamUnavailable("The provider could not be reached.", replay="safe")
CALLS = {
    "openai_chat": ("/v1/chat/completions", {"model": "chat", "messages": [{"role": "user", "content": "hi"}]}),
    "openai_responses": ("/v1/responses", {"model": "chat", "input": "hi"}),
    "openai_embeddings": ("/v1/embeddings", {"model": "chat", "input": "hi"}),
    "anthropic_messages": (
        "/v1/messages",
        {"model": "chat", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
    ),
    "gemini_generate": (
        "/v1beta/models/chat:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
    ),
}


def story_in(dialect, **scripts) -> Story:
    targets = [target(name, of=provider(name, frozenset({dialect}))) for name in scripts]
    return Story(snapshot(group(*targets)), **scripts)


def told_attempts(dialect, error) -> list[str]:
    if dialect == "gemini_generate":
        return error["details"][-1]["metadata"]["attempts"].split(",")
    return error["attempts"]


@pytest.mark.parametrize("dialect", CALLS)
async def test_the_error_tells_the_codes_of_all_attempts_in_order_and_no_names(dialect):
    """S2-45: three targets, three ways to fail, in every dialect."""
    story = story_in(
        dialect, alpha=[TIMEOUT], beta=[refusal(503, "beta.test is full")], gamma=[refusal(401, "bad key")]
    )
    path, body = CALLS[dialect]

    caller = await story.call(body, path=path)

    assert caller.status == 503
    tried = told_attempts(dialect, caller.json["error"])
    assert tried[:3] == ["upstream_timeout", "upstream_unavailable", "upstream_credentials_exhausted"]
    assert len(tried) == len(story.providers.calls)
    assert caller.header("x-octogate-attempts") == str(len(tried))
    for private in (b"alpha", b"beta", b"gamma", b".test", b"gpt", b"bad key"):
        assert private not in caller.content


@pytest.mark.parametrize("dialect", CALLS)
async def test_a_refusal_of_ours_has_no_attempts(dialect):
    """S2-45"""
    path, body = CALLS[dialect]

    caller = await story_in(dialect, alpha=[HELLO]).call(body, path=path, key="nobody")

    assert caller.status == 401
    assert b"attempts" not in caller.content


ANOTHER_AT_ONCE = {
    "limited": refusal(429),
    "out of quota": refusal(429, "You exceeded your current quota"),
    "no money": refusal(402),
    "timeout": TIMEOUT,
    "unreachable": DOWN,
    "full": refusal(503),
    "overloaded": refusal(529),
    "our key": refusal(401),
    "access denied": refusal(403),
    "no such model there": refusal(404),
}
SAME_FIRST = {
    "broken": refusal(500),
    "bad gateway": refusal(502),
    "gateway timeout": refusal(504),
    "not an answer": refusal(200),
}


@pytest.mark.parametrize("failure", ANOTHER_AT_ONCE.values(), ids=ANOTHER_AT_ONCE)
async def test_what_another_target_may_do_better_is_tried_there(failure):
    """S3-76: what the same target will not do better now is not asked of it again."""
    story = Story(a=[failure], b=[HELLO], c=[HELLO])

    caller = await story.chat()

    assert caller.status == 200
    assert story.providers.calls == ["a", "b"]
    assert story.clock.slept == []


@pytest.mark.parametrize("failure", SAME_FIRST.values(), ids=SAME_FIRST)
async def test_a_slip_is_asked_of_the_same_target_again_and_then_of_the_next(failure):
    """S3-76: retries come first where the target may simply have slipped; then the order of the list goes on."""
    story = Story(a=[failure], b=[HELLO], c=[HELLO])

    caller = await story.chat()

    assert caller.status == 200
    assert story.providers.calls == ["a", "a", "a", "b"]


@pytest.mark.parametrize("status", [400, 413, 415, 422])
async def test_what_the_caller_did_wrong_is_tried_nowhere_else(status):
    """S3-76, S3-78: the provider's own status and words come back, not a 502."""
    story = Story(a=[refusal(status, "this cannot be read")], b=[HELLO])

    caller = await story.chat()

    assert caller.status == status
    assert "this cannot be read" in caller.json["error"]["message"]
    assert story.providers.calls == ["a"]


async def test_waits_between_repeats_grow_and_have_an_end():
    """S3-76: the only target is asked again after a growing wait, and only as often as the budget says."""
    story = Story(a=[refusal(500)])

    caller = await story.chat()

    assert caller.status == 502
    assert story.providers.calls == ["a"] * 3
    assert len(story.clock.slept) == 2
    assert 0 < story.clock.slept[0] < story.clock.slept[1] <= 1.0


CLASSES = {"timeout": (TIMEOUT, 504), "limited": (refusal(429), 503), "broken": (refusal(500), 502)}


@pytest.mark.parametrize("mix", list(itertools.product(CLASSES, repeat=3)), ids="-".join)
async def test_the_status_is_of_the_class_that_failed_last(mix):
    """S3-78: every mix of three targets. All timeouts 504, all limits 503, all broken 502; else the last one's."""
    scripts = {name: [CLASSES[kind][0]] for name, kind in zip("abc", mix, strict=True)}
    story = Story(**scripts)

    caller = await story.chat()

    last = story.outcomes[-1].partition(": ")[2]
    by_code = {"upstream_timeout": 504, "upstream_rate_limited": 503, "upstream_broken": 502}
    assert caller.status == by_code[last]
    assert caller.json["error"]["code"] == last
    if len(set(mix)) == 1:
        assert caller.status == CLASSES[mix[0]][1]
    assert list(dict.fromkeys(story.providers.calls)) == ["a", "b", "c"]


async def test_our_refused_credentials_everywhere_are_a_502_and_never_a_401():
    """S3-78"""
    caller = await Story(a=[refusal(401)], b=[refusal(403)]).chat()

    assert (caller.status, caller.json["error"]["code"]) == (502, "upstream_credentials_exhausted")
