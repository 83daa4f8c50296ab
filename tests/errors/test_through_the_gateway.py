"""Refusals through sockets: what callers of every dialect get, and who was asked."""

import json

import pytest

from .rig import CALLS, SECRET, TYPES, Rig, says, streams
from .shapes import KEPT, PRIVATE, TAIL, anthropic, google, openai

pytestmark = pytest.mark.asyncio(loop_scope="module")

OVERLONG = {
    "openai": openai("This model's maximum context length is 8 tokens."),
    "anthropic": anthropic("prompt is too long: 9 tokens > 8 maximum"),
    "gemini": google("The input token count (9) exceeds the maximum number of tokens allowed (8).", 400, "INVALID_ARGUMENT"),
}  # fmt: skip
POLICY = {
    "openai": openai("No.", code="content_policy_violation"),
    "anthropic": anthropic("Output blocked by content filtering policy"),
    "gemini": google("No.", 400, "INVALID_ARGUMENT", {"reason": "PROHIBITED_CONTENT"}),
}
HELLO = json.dumps(
    {"id": "c", "object": "chat.completion", "created": 1, "model": "m",
     "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
     "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
).encode()  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", CALLS)
async def test_an_overlong_prompt_that_fits_nowhere_is_a_400_in_every_dialect(
    rig: Rig, dialect: str, stream: bool
) -> None:
    """S12: each target of the plan is asked once, none of them twice."""
    kind = TYPES[dialect]
    rig.scripts = {f"{place}-{kind}": says(400, OVERLONG[kind]) for place in ("first", "second")}

    answer = await rig.ask(dialect, f"{kind}-{kind}", stream=stream)

    code, message = answer.error(dialect)
    assert (answer.status, code) == (400, "context_length_exceeded")
    assert "prompt is too long" in message
    assert KEPT in message
    assert rig.asked == [f"first-{kind}", f"second-{kind}"]
    assert "retry-after" not in answer.fields
    assert [
        private for private in PRIVATE if private.encode() in answer.body.replace(b"type.googleapis.com", b"")
    ] == []


async def test_another_target_with_a_larger_window_serves_what_was_too_long_for_the_first(rig: Rig) -> None:
    """S12: even behind a 429, and unseen by the caller."""
    tier = openai(
        "Request too large for m on tokens per min (TPM): Limit 8, Requested 9.", "tokens", "rate_limit_exceeded"
    )
    rig.scripts = {"first-openai": says(429, tier), "second-openai": says(200, HELLO)}

    answer = await rig.ask("openai_chat", "openai-openai")

    assert (answer.status, rig.asked) == (200, ["first-openai", "second-openai"])
    assert [attempt.outcome for attempt in rig.receipts[-1].attempts] == ["context_length_exceeded", "ok"]


@pytest.mark.parametrize("caller", CALLS)
@pytest.mark.parametrize("target", ["openai", "anthropic", "gemini"])
async def test_a_provider_of_another_dialect_is_understood_too(rig: Rig, caller: str, target: str) -> None:
    rig.scripts = {f"{place}-{target}": says(400, OVERLONG[target]) for place in ("first", "second")}

    answer = await rig.ask(caller, f"{target}-{target}")

    code, message = answer.error(caller)
    assert (answer.status, code) == (400, "context_length_exceeded")
    assert "prompt is too long" in message


@pytest.mark.parametrize("dialect", CALLS)
async def test_what_one_provider_forbids_is_not_offered_to_the_next(rig: Rig, dialect: str) -> None:
    """S13."""
    kind = TYPES[dialect]
    rig.scripts = {f"{place}-{kind}": says(400, POLICY[kind]) for place in ("first", "second")}

    answer = await rig.ask(dialect, f"{kind}-{kind}")

    code, message = answer.error(dialect)
    assert (answer.status, code, rig.asked) == (400, "content_policy", [f"first-{kind}"])
    assert KEPT in message


@pytest.mark.parametrize("dialect", CALLS)
async def test_a_limit_comes_back_with_the_wait_that_the_provider_named_in_words(rig: Rig, dialect: str) -> None:
    """S2-83: as Retry-After for every client, whatever way the provider chose to say it."""
    kind = TYPES[dialect]
    limited = {
        "openai": openai("Please try again in 21.5s.", "tokens", "rate_limit_exceeded"),
        "anthropic": anthropic("Please retry after 22 seconds.", "rate_limit_error"),
        "gemini": google("You exceeded your current quota.", 429, "RESOURCE_EXHAUSTED", {"retryDelay": "21.5s"}),
    }
    rig.scripts = {f"{place}-{kind}": says(429, limited[kind]) for place in ("first", "second")}

    answer = await rig.ask(dialect, f"{kind}-{kind}")

    assert (answer.status, answer.error(dialect)[0]) == (503, "upstream_rate_limited")
    assert answer.fields["retry-after"] == "22"


@pytest.mark.parametrize("dialect", CALLS)
async def test_nobody_is_told_to_come_back_soon_when_the_quota_at_the_provider_is_used_up(
    rig: Rig, dialect: str
) -> None:
    kind = TYPES[dialect]
    unpaid = {
        "openai": (429, openai("You exceeded your current quota.", "insufficient_quota", "insufficient_quota")),
        "anthropic": (400, anthropic("Your credit balance is too low to access the API.")),
        "gemini": (402, google("Pay first.", 402, "FAILED_PRECONDITION")),
    }
    rig.scripts = {f"{place}-{kind}": says(*unpaid[kind]) for place in ("first", "second")}

    answer = await rig.ask(dialect, f"{kind}-{kind}")

    assert (answer.status, answer.error(dialect)[0]) == (503, "upstream_quota_exhausted")
    assert answer.fields["x-should-retry"] == "false"
    assert "retry-after" not in answer.fields


async def test_a_stream_that_begins_with_a_refusal_is_refused_with_a_status(rig: Rig) -> None:
    """Nothing has been sent yet, so the caller need not read an error inside a 200."""
    rig.scripts = {
        "first-openai": streams(openai("Too much.", code="context_length_exceeded")),
        "second-openai": streams(openai("Too much.", code="context_length_exceeded")),
        "first-anthropic": streams(anthropic("Output blocked by content filtering policy"), name=b"error"),
    }

    overlong = await rig.ask("openai_chat", "openai-openai", stream=True)
    forbidden = await rig.ask("anthropic_messages", "anthropic-anthropic", stream=True)

    assert (overlong.status, overlong.error("openai_chat")[0]) == (400, "context_length_exceeded")
    assert (forbidden.status, forbidden.error("anthropic_messages")[0]) == (400, "content_policy")
    assert rig.asked == ["first-openai", "second-openai", "first-anthropic"]


async def test_a_credential_that_a_refusal_quotes_reaches_nobody(rig: Rig) -> None:
    """T-57: not the caller, not the log; in the message, the code and the parameter."""
    quoting = {"message": f"{KEPT} {SECRET}{TAIL}", "type": "invalid_request_error", "code": SECRET, "param": SECRET}
    body = json.dumps({"error": quoting}).encode()
    rig.scripts = {"first-openai": says(400, body)}
    plain = await rig.ask("openai_chat", "openai-openai")
    rig.scripts = {"first-openai": streams(body), "second-openai": streams(body)}
    streamed = await rig.ask("openai_chat", "openai-openai", stream=True)

    for answer in (plain, streamed):
        assert KEPT.encode() in answer.body
        assert SECRET.encode() not in answer.body + str(answer.fields).encode()
    assert SECRET.encode() not in (rig.folder / "log").read_bytes()
