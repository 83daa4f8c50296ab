"""What the person on call reads in a receipt: which targets were passed over and why, and what broke where."""

import json

import msgspec
import pytest

from octogate.core.errors import CredentialRefused
from octogate.core.receipt import SkipRecord
from octogate.core.traits import Traits
from octogate.telemetry import names
from octogate.telemetry.log import line

from .builders import group, snapshot, target
from .playbook import HEL, HELLO, ROLE, Says, Story
from .voices import CLAUDE, GEMINI, stage, targets


def value(counter: names.Counter, *labels: str) -> float:
    return counter.values.get(labels, 0)


HI = [{"role": "user", "content": "hi"}]
CLAUDE_CALL = {"model": "chat", "max_tokens": 9, "messages": HI, "stream": True}
BACKGROUND = {"model": "chat", "input": "hi", "background": True, "previous_response_id": "resp_1"}


async def test_a_receipt_names_the_target_that_could_not_be_told_and_the_fields_that_were_the_reason():
    story = Story(stage("claude", "chat", on_unsupported="reject"), claude=[CLAUDE], chat=[HELLO])

    await story.chat(seed=1, n=2)
    await story.chat()

    told, plain = (json.loads(line(receipt)) for receipt in story.receipts)
    assert told["skipped"] == [{"target": "claude/gpt", "reason": "unsupported", "detail": "seed, n"}]
    assert (told["target"], len(told["attempts"])) == ("chat/gpt", 1)
    assert "skipped" not in plain


async def test_a_call_that_nobody_could_be_told_has_all_its_targets_in_the_receipt():
    story = Story(stage("claude", "gemini"), claude=[CLAUDE], gemini=[GEMINI])

    caller = await story.call(BACKGROUND, path="/v1/responses")

    assert (caller.status, caller.json["error"]["attempts"]) == (400, ["unsupported", "unsupported"])
    fields = "background, previous_response_id"
    assert story.receipts[0].skipped == (
        SkipRecord("claude/gpt", "unsupported", fields),
        SkipRecord("gemini/gpt", "unsupported", fields),
    )
    assert story.receipts[0].attempts == ()


async def test_a_receipt_shows_nothing_of_a_caller_in_the_reason():
    story = Story(stage("claude", on_unsupported="reject"), claude=[CLAUDE])

    await story.chat(**{"Ms Smith, 42": 1, "seed": 1})

    assert "Smith" not in line(story.receipts[0]).decode()
    assert story.receipts[0].skipped[0].detail == "?, seed"


async def test_a_receipt_says_why_routing_passed_over_a_target():
    capless = msgspec.structs.replace(target("a"), traits=Traits(honors_max_tokens=False))
    off, on = target("b", enabled=False), target("c")
    story = Story(snapshot(group(capless, off, on)), c=[HELLO])

    await story.chat(max_tokens=5)

    assert story.receipts[0].skipped == (SkipRecord("a/gpt", "ignores_max_tokens"), SkipRecord("b/gpt", "disabled"))


async def test_a_receipt_says_whose_breaker_was_open():
    refused = CredentialRefused("The gateway's access to the provider was refused.", replay="next")
    story = Story(stage("claude", "chat"), claude=[refused], chat=[HELLO])

    await story.chat()
    await story.chat()

    assert [receipt.skipped for receipt in story.receipts] == [(), (SkipRecord("claude/gpt", "breaker_open"),)]
    assert [receipt.target for receipt in story.receipts] == ["chat/gpt", "chat/gpt"]


async def test_garbage_and_an_event_that_our_decoder_does_not_know_are_told_apart():
    """The first is the provider's; the second may be ours, and is worth a report."""
    odd = HEL.replace(b'"content": "Hel"', b'"tool_calls": 7')
    story = Story(stage("chat"), chat=[Says(reads=[ROLE, HEL, b"data: {no\n\n"]), Says(reads=[ROLE, HEL, odd])])

    for _ in range(2):
        await story.call(CLAUDE_CALL, path="/v1/messages")

    assert [receipt.code for receipt in story.receipts] == ["upstream_malformed_event"] * 2
    garbage, unknown = (receipt.attempts[0].detail for receipt in story.receipts)
    assert garbage is None
    assert unknown is not None
    assert unknown.startswith("cannot be translated: ")


async def test_a_stream_whose_connection_ended_well_and_whose_answer_did_not_says_so():
    story = Story(stage("chat"), chat=[Says(reads=[ROLE, HEL])])

    await story.call(CLAUDE_CALL, path="/v1/messages")

    assert story.receipts[0].attempts[0].detail == "no end of the answer came"


async def test_a_page_instead_of_an_answer_is_named_as_what_it_is():
    page = Says(502, {b"content-type": b"text/html; charset=utf-8"}, [b"<html>gw7.vendor.example</html>"])
    story = Story(stage("claude"), claude=[page])

    await story.chat()

    assert {attempt.detail for attempt in story.receipts[0].attempts} == {"an HTML page"}


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/v1/responses/compact", {"model": "chat", "input": "hi"}, "'compact' is not translated"),
        ("/v1/embeddings", {"model": "chat", "input": "hi"}, "'embed' is not translated"),
    ],
)
async def test_what_is_not_translated_is_not_said_to_be_a_matter_of_the_dialect_alone(path, body, says):
    """A Responses caller who reaches Claude must not read that nobody there speaks Responses."""
    story = Story(stage("claude"), claude=[CLAUDE])

    caller = await story.call(body, path=path)

    assert (caller.status, caller.json["error"]["code"]) == (400, "unsupported")
    assert says in caller.json["error"]["message"]


async def test_a_model_that_is_kept_for_others_says_so():
    kept = Traits(supported_inbound_dialects=frozenset({"anthropic_messages"}))
    (claude,) = targets("claude")
    story = Story(snapshot(group(msgspec.structs.replace(claude, traits=kept))), claude=[CLAUDE])

    caller = await story.chat()

    assert "serves callers of openai_chat" in caller.json["error"]["message"]


async def test_of_several_reasons_against_all_targets_the_caller_hears_of_its_own():
    (claude, gemini) = targets("claude", "gemini")
    kept = Traits(supported_inbound_dialects=frozenset({"gemini_generate"}))
    capless = msgspec.structs.replace(claude, traits=Traits(honors_max_tokens=False))
    story = Story(
        snapshot(group(capless, msgspec.structs.replace(gemini, traits=kept))), claude=[CLAUDE], gemini=[GEMINI]
    )

    refused = await story.chat(max_tokens=5)
    served = await story.chat()

    assert "keeps to an output cap" in refused.json["error"]["message"]
    assert served.status == 200


async def test_metrics_count_translated_attempts_and_dropped_fields():
    translated, dropped = value(names.translated, "claude/gpt", "openai_chat"), value(names.dropped, "chat")
    story = Story(stage("claude"), claude=[CLAUDE])

    await story.chat(seed=1, logit_bias={"5": 1})
    await story.chat()

    assert value(names.translated, "claude/gpt", "openai_chat") == translated + 2
    assert value(names.dropped, "chat") == dropped + 2


async def test_a_pass_through_is_counted_by_neither():
    before = value(names.translated, "chat/gpt", "openai_chat"), value(names.dropped, "chat")
    story = Story(stage("chat"), chat=[HELLO])

    await story.chat(seed=1)

    assert (value(names.translated, "chat/gpt", "openai_chat"), value(names.dropped, "chat")) == before
