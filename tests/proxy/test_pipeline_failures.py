"""What a call becomes when providers fail: the failover wall's rows as short stories."""

from octogate.core.errors import Interrupted, UpstreamBroken, UpstreamTimeout, UpstreamUnavailable

from .builders import group, provider, snapshot, target
from .playbook import DONE, HEL, HELLO, LO, ROLE, STOP, STREAM, Says, Story, refusal

DOWN = UpstreamUnavailable("The provider could not be reached.", replay="safe")
RESET = UpstreamBroken("The provider failed to answer.", replay="ambiguous")
SILENT = UpstreamTimeout("The provider did not answer in time.", replay="ambiguous")


async def test_a_stream_moves_to_the_next_target_before_its_first_event():
    story = Story(a=[DOWN], b=[STREAM])

    caller = await story.chat(stream=True)

    assert caller.content == b"".join([ROLE, HEL, LO, STOP, DONE])
    assert story.outcomes == ["a: upstream_unavailable", "b: ok"]


async def test_a_stream_that_breaks_before_its_first_content_moves_on_unseen():
    """S2-75: role and silence are not content yet."""
    story = Story(a=[Says(reads=[ROLE], ends=Interrupted("cut"))], b=[STREAM])

    caller = await story.chat(stream=True)

    assert (caller.status, caller.content.count(ROLE)) == (200, 1)
    assert story.outcomes == ["a: upstream_interrupted", "b: ok"]


async def test_a_stream_that_ends_before_its_first_event_moves_on():
    story = Story(a=[Says(reads=[ROLE])], b=[STREAM])

    caller = await story.chat(stream=True)

    assert caller.content.endswith(DONE)
    assert story.outcomes[-1] == "b: ok"


async def test_a_stream_that_breaks_after_content_never_ends_cleanly():
    """Wall S08: an error in band, no [DONE], no terminating chunk, no second target."""
    story = Story(a=[Says(reads=[ROLE, HEL], ends=Interrupted("The provider's stream broke."))], b=[STREAM])

    caller = await story.chat(stream=True)

    assert caller.status == 200
    assert caller.aborted
    assert caller.content.startswith(ROLE + HEL)
    assert b'"error"' in caller.content
    assert DONE not in caller.content
    assert story.providers.calls == ["a"]
    assert (story.receipts[0].code, story.receipts[0].usage.exact) == ("upstream_interrupted", False)


async def test_a_clean_looking_end_without_a_finish_reason_is_an_error():
    """Wall S11."""
    story = Story(a=[Says(reads=[ROLE, HEL, LO])])

    caller = await story.chat(stream=True)

    assert caller.aborted
    assert DONE not in caller.content
    assert b'"error"' in caller.content


async def test_a_missing_end_marker_behind_the_finish_reason_is_added():
    """Wall S11."""
    story = Story(a=[Says(reads=[ROLE, HEL, STOP])])

    caller = await story.chat(stream=True)

    assert caller.content == b"".join([ROLE, HEL, STOP, DONE])
    assert not caller.aborted
    assert story.receipts[0].code == "ok"
    assert not story.receipts[0].usage.exact


async def test_a_malformed_event_is_not_passed_on_and_ends_the_stream():
    """Wall S10."""
    story = Story(a=[Says(reads=[ROLE, HEL, b'data: {"choices": [{"delta\n\n', LO, STOP, DONE])])

    caller = await story.chat(stream=True)

    assert caller.content.startswith(ROLE + HEL)
    assert b"[{" not in caller.content.removeprefix(ROLE + HEL)
    assert caller.aborted
    assert story.receipts[0].code == "upstream_malformed_event"


async def test_a_rate_limit_waits_as_told_when_nobody_else_can_serve():
    """Wall S01."""
    story = Story(a=[refusal(429, retry_after="2"), HELLO])

    caller = await story.chat()

    assert caller.status == 200
    assert story.clock.slept == [2.0]


async def test_a_rate_limit_for_ever_is_answered_by_the_other_target_at_once():
    """Wall S02."""
    story = Story(a=[refusal(429, retry_after="2")], b=[HELLO])

    caller = await story.chat()

    assert caller.status == 200
    assert story.clock.slept == []
    assert story.providers.calls == ["a", "b"]


async def test_all_limited_tells_the_caller_when_to_come_back():
    story = Story(a=[refusal(429, retry_after="30")])

    caller = await story.chat()

    assert (caller.status, caller.json["error"]["code"]) == (503, "upstream_rate_limited")
    assert caller.header("retry-after") == "30"
    assert caller.header("retry-after-ms") == "30000"


async def test_one_failure_and_then_an_answer_is_an_answer():
    """Wall S03."""
    story = Story(a=[refusal(500), HELLO])

    assert (await story.chat()).status == 200
    assert story.outcomes == ["a: upstream_broken", "a: ok"]


async def test_a_target_that_is_down_is_left_alone_after_a_while():
    """Wall S04: the breaker opens; S2-73: an open target is not called."""
    story = Story(a=[refusal(503)], b=[HELLO])

    for _ in range(8):
        assert (await story.chat()).status == 200

    assert story.providers.calls.count("a") == 5
    assert ("breaker_opened", "a/gpt") in story.alarms


async def test_a_reset_before_the_headers_is_answered():
    """Wall S05."""
    story = Story(a=[RESET], b=[HELLO])

    assert (await story.chat()).status == 200


async def test_silence_is_answered_by_the_fallback_without_asking_again():
    """Wall S06."""
    story = Story(a=[SILENT], b=[HELLO])

    assert (await story.chat()).status == 200
    assert story.providers.calls == ["a", "b"]


async def test_the_callers_own_mistake_comes_back_as_the_provider_said_it():
    """Wall S12, S2-81: one call, the provider's status and words."""
    story = Story(a=[refusal(400, "This model's maximum context length is 8 tokens")], b=[HELLO])

    caller = await story.chat()

    assert (caller.status, caller.json["error"]["code"]) == (400, "context_length_exceeded")
    assert "maximum context length" in caller.json["error"]["message"]
    assert story.providers.calls == ["a"]


async def test_our_refused_credential_is_not_blamed_on_the_caller():
    story = Story(a=[refusal(401, "Incorrect API key provided: sk-abc")])

    caller = await story.chat()

    assert (caller.status, caller.json["error"]["code"]) == (502, "upstream_credentials_exhausted")
    assert b"sk-abc" not in caller.content
    assert ("credential_refused", "a/gpt") in story.alarms


async def test_the_one_who_served_is_the_one_who_is_paid():
    """Wall S16."""
    story = Story(a=[refusal(503)], b=[HELLO])

    await story.chat()

    assert story.receipts[0].target == "b/gpt"
    assert story.receipts[0].usage.output_tokens == 5


async def test_all_breakers_open_is_a_503_without_a_call():
    """S2-43, S2-44."""
    story = Story(a=[DOWN])
    for _ in range(5):
        await story.chat()
    calls = len(story.providers.calls)

    caller = await story.chat()

    assert (caller.status, caller.json["error"]["code"]) == (503, "no_target_left")
    assert caller.json["error"]["message"] == "no available providers, cannot process requests"
    assert len(story.providers.calls) == calls
    assert int(caller.header("retry-after") or 0) >= 1


async def test_an_error_names_neither_provider_nor_address():
    """S3-29, S3-2: the attempts are told without names."""
    story = Story(a=[refusal(503, "upstream at 10.0.0.7 failed")], b=[refusal(502)])

    caller = await story.chat()

    assert caller.status in (502, 503)
    for private in (b"a.test", b"a/gpt", b"10.0.0.7", b"gpt-2026"):
        assert private not in caller.content


async def test_a_group_without_any_way_to_serve_a_call_says_so():
    chat_only = provider("a", frozenset({"openai_chat"}))
    story = Story(snapshot(group(target("a", of=chat_only))), a=[HELLO])

    caller = await story.call({"model": "chat", "input": "x"}, path="/v1/embeddings")

    assert (caller.status, caller.json["error"]["code"]) == (400, "unsupported")
    assert story.providers.calls == []


async def test_a_200_with_an_error_inside_is_not_an_answer():
    story = Story(a=[Says(reads=[b'{"error":{"message":"overloaded"}}'])], b=[HELLO])

    assert (await story.chat()).status == 200
    assert story.outcomes[-1] == "b: ok"


async def test_a_truncated_plain_answer_is_not_an_answer():
    story = Story(a=[Says(reads=[HELLO.reads[0][:40]])], b=[HELLO])

    assert (await story.chat()).content == HELLO.reads[0]


async def test_an_error_in_band_before_content_is_another_targets_turn():
    error = b'data: {"error":{"message":"overloaded","type":"server_error","code":null}}\n\n'
    story = Story(a=[Says(reads=[ROLE, error])], b=[STREAM])

    caller = await story.chat(stream=True)

    assert caller.content.endswith(DONE)
    assert story.outcomes[-1] == "b: ok"
