"""The life of a call as short stories: what providers do, what the caller gets, what the receipt says."""

import asyncio

import pytest

from octogate.core.errors import UpstreamBroken, UpstreamTimeout, UpstreamUnavailable

from .builders import group, key, snapshot, target
from .playbook import DONE, HEL, HELLO, LO, ROLE, STOP, STREAM, USAGE, Says, Story, event

DOWN = UpstreamUnavailable("The provider could not be reached.", replay="safe")
RESET = UpstreamBroken("The provider failed to answer.", replay="ambiguous")
SILENT = UpstreamTimeout("The provider did not answer in time.", replay="ambiguous")


async def test_an_answer_goes_back_byte_for_byte_with_its_exact_cost():
    """S2-87, S2-34: 10 tokens at 1 USD and 5 at 2 USD per million are 20 µUSD."""
    story = Story(a=[HELLO])

    caller = await story.chat()

    assert (caller.status, caller.content) == (200, HELLO.reads[0])
    assert caller.header("x-octogate-cost-usd") == "0.00002"
    assert caller.header("x-octogate-attempts") == "1"
    assert story.receipts[0].cost_nano_usd == 20_000
    assert story.receipts[0].price_id == "test@1"


async def test_the_provider_sees_its_own_credential_and_nothing_of_the_callers():
    """S3-2, S3-34, T-12."""
    story = Story(a=[HELLO])

    await story.call(
        {"model": "chat", "messages": [{"role": "user", "content": "hi"}]},
        cookie="session=1",
        openai_organization="org-caller",
        x_forwarded_for="203.0.113.1",
        openai_beta="realtime=v1",
    )

    request = story.providers.requests[0]
    assert request.startswith(b"POST /v1/chat/completions HTTP/1.1\r\nhost: a.test\r\n")
    assert b"authorization: Bearer provider-secret-of-a\r\n" in request
    assert b"openai-beta: realtime=v1\r\n" in request
    assert b'"model":"gpt"' in request
    for private in (b"sk-test", b"cookie", b"org-caller", b"203.0.113"):
        assert private not in request


async def test_without_a_key_nothing_is_sent_anywhere():
    """S0-2: zero upstream calls on 401."""
    story = Story(a=[HELLO])

    caller = await story.call({"model": "chat", "messages": []}, key=None)

    assert caller.status == 401
    assert caller.json["error"]["code"] == "invalid_api_key"
    assert caller.header("www-authenticate") == "Bearer"
    assert story.providers.calls == []
    assert story.receipts[0].code == "invalid_api_key"


async def test_a_model_that_is_not_yours_is_not_found_and_nothing_is_sent():
    """S3-12."""
    story = Story(config=snapshot(group(target("a")), keys=(key(groups=frozenset({"other"})),)), a=[HELLO])

    caller = await story.chat()

    assert (caller.status, caller.json["error"]["code"]) == (404, "model_not_found")
    assert story.providers.calls == []


async def test_every_fault_of_a_body_is_listed():
    """S2-36, S2-37."""
    story = Story(a=[HELLO])

    caller = await story.call({"model": "chat", "messages": [{"role": "bot", "content": "x"}], "temperature": 9})

    assert caller.status == 400
    assert {fault["field"] for fault in caller.json["details"]} == {"messages[0].role", "temperature"}
    assert story.providers.calls == []


async def test_the_usage_chunk_that_only_we_asked_for_is_taken_out_again():
    """S2-42."""
    story = Story(a=[STREAM])

    unasked = await story.chat(stream=True)
    asked = await story.chat(stream=True, stream_options={"include_usage": True})

    assert USAGE not in unasked.content
    assert USAGE in asked.content
    assert all(b'"include_usage"' in request for request in story.providers.requests)
    assert [receipt.cost_nano_usd for receipt in story.receipts] == [14_000, 14_000]


async def test_the_receipt_is_written_before_the_terminal_event():
    """A kill between the two can lose the end of an answer, never the receipt of one that the caller saw whole."""
    story = Story(a=[STREAM])
    caller = story.caller({"model": "chat", "stream": True, "messages": [{"role": "user", "content": "x"}]})
    seen_at_receipt = []
    story.pipeline._record = lambda receipt: seen_at_receipt.append(caller.content)

    await story.pipeline.handle(caller)

    assert seen_at_receipt == [ROLE + HEL + LO + STOP]
    assert caller.content.endswith(DONE)


async def test_a_caller_who_leaves_frees_the_provider_and_is_billed_for_what_was_made():
    """S2-41."""

    class Stuck(Says):
        pass

    story = Story(a=[STREAM])
    caller = story.caller({"model": "chat", "stream": True, "messages": [{"role": "user", "content": "x"}]})
    task = asyncio.create_task(story.pipeline.handle(caller))
    while HEL not in caller.content:
        await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert story.providers.released == 1
    receipt = story.receipts[0]
    assert (receipt.status, receipt.code) == (499, "cancelled")
    assert receipt.usage.output_tokens >= 1
    assert not receipt.usage.exact
    assert story.outcomes == ["a: cancelled"]


async def test_an_unknown_price_is_unknown_and_not_free():
    import msgspec

    priceless = msgspec.structs.replace(target("a"), price=None)
    story = Story(config=snapshot(group(priceless)), a=[HELLO])

    caller = await story.chat()

    assert caller.header("x-octogate-cost-usd") == "unknown"
    assert story.receipts[0].cost_nano_usd is None


async def test_the_phases_sum_to_the_whole_and_the_overhead_is_ours_alone():
    """M22."""
    story = Story(a=[Says(reads=HELLO.reads, after=0.25)])

    caller = await story.chat()

    receipt = story.receipts[0]
    assert sum(receipt.phases_ms.values()) == pytest.approx(receipt.duration_ms)
    assert receipt.phases_ms["upstream"] == pytest.approx(250)
    assert receipt.overhead_ms < 1
    assert "upstream;dur=250.00" in (caller.header("server-timing") or "")


async def test_a_slow_caller_pauses_the_provider_and_never_loses_a_byte():
    story = Story(a=[STREAM])
    caller = story.caller({"model": "chat", "stream": True, "messages": [{"role": "user", "content": "x"}]})
    caller.congested = True

    await story.pipeline.handle(caller)

    assert caller.content == b"".join([ROLE, HEL, LO, STOP, DONE])
    assert story.providers.paused > 0


async def test_the_callers_own_id_is_only_a_correlation():
    """S3-27: ours is minted, his is echoed if it is harmless."""
    story = Story(a=[HELLO])
    body = {"model": "chat", "messages": [{"role": "user", "content": "x"}]}

    good = await story.call(body, x_request_id="order-7")
    bad = await story.call(body, x_request_id="bad id\x01")

    assert good.header("x-octogate-correlation-id") == "order-7"
    assert (good.header("x-request-id") or "").startswith("req_")
    assert len(good.header("x-request-id") or "") == 36
    assert bad.header("x-octogate-correlation-id") is None


async def test_a_defect_is_a_generic_500_and_is_reported_under_its_id():
    story = Story(a=[HELLO])
    story.pipeline._policy = None  # type: ignore[assignment]  # the defect

    caller = await story.chat("secret prompt")

    assert (caller.status, caller.json["error"]["code"]) == (500, "internal_error")
    assert b"secret prompt" not in caller.content
    assert isinstance(story.defects[0], AttributeError)
    assert story.receipts[0].status == 500


async def test_a_call_keeps_the_snapshot_it_started_with():
    """T-64: a reload in between changes the next call, not this one."""
    story = Story(a=[Says(reads=STREAM.reads)])
    caller = story.caller({"model": "chat", "stream": True, "messages": [{"role": "user", "content": "x"}]})
    task = asyncio.create_task(story.pipeline.handle(caller))
    while HEL not in caller.content:
        await asyncio.sleep(0)
    import msgspec

    story.snapshot = msgspec.structs.replace(story.snapshot, version=2, keys={})
    await task

    assert caller.content.endswith(DONE)
    assert caller.header("x-octogate-config-version") == "1"
    assert (await story.chat()).status == 401


async def test_reasoning_is_content_too():
    story = Story(a=[Says(reads=[event({"reasoning_content": "hm"}), STOP, DONE])])

    assert (await story.chat(stream=True)).content.endswith(DONE)
