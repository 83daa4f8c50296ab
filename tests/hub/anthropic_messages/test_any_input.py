"""Whatever comes in, sound JSON makes no trouble: callers are told their faults, targets' events are read or refused."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.core.call import Call
from octogate.core.errors import BadRequest
from octogate.dialects.faults import UNREADABLE
from octogate.dialects.hub import Destination

from .messages import CALL, DIALECT, ENDPOINT, HEADING, encode, events_of
from .rules import violations

NAMES = (
    "model messages role content type text source media_type data url file_id title context citations cache_control ttl"
    " id name input tool_use_id is_error thinking signature budget_tokens display tools input_schema strict description"
    " tool_choice disable_parallel_tool_use system metadata user_id service_tier stop_sequences output_config effort"
    " format schema output_format enabled caller allowed_callers input_examples"
    " stop_reason stop_sequence stop_details explanation usage input_tokens output_tokens cache_creation"
    " cache_read_input_tokens output_tokens_details thinking_tokens message index content_block delta partial_json"
    " citation cited_text container"
).split()
KINDS = (
    "text image document search_result tool_use tool_result thinking redacted_thinking server_tool_use base64 url file"
    " content enabled adaptive disabled auto any tool none json_schema custom ephemeral text_delta thinking_delta"
    " input_json_delta signature_delta citations_delta"
).split()
EVENTS = (
    "message_start content_block_start content_block_delta content_block_stop message_delta message_stop ping novel"
).split()
leaves = st.sampled_from(
    ["", "user", "assistant", "x", "aGk=", "__og1a_", "1h", *KINDS, 0, 1, -1, 1.5, True, False, None]
)
values: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=10,
)


def nearly(sound: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object that is sound, or has one member that may be anything, and perhaps another that nobody knows."""
    odd = st.dictionaries(st.sampled_from([*sound, "novel"]), values, max_size=1)
    rest = st.fixed_dictionaries(
        {name: one if isinstance(one, st.SearchStrategy) else st.just(one) for name, one in sound.items()}
    )
    return rest | st.builds(lambda told, changed: {**told, **changed}, rest, odd)


words = st.sampled_from(["", "x", "Grüße", "__og1g_Q2c", "a b"])
marks = st.sampled_from([None, {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}])
sources = st.one_of(
    nearly({"type": "base64", "media_type": "image/png", "data": "aGk="}),
    nearly({"type": "url", "url": "https://example.org/x"}),
    nearly({"type": "text", "media_type": "text/plain", "data": words}),
)
citations = st.none() | st.lists(
    nearly({"type": "char_location", "cited_text": words, "document_title": words}), max_size=1
)
texts = nearly({"type": "text", "text": words, "citations": citations, "cache_control": marks})
media = nearly({"type": "image", "source": sources}) | nearly({"type": "document", "source": sources, "title": words})
thoughts = nearly({"type": "thinking", "thinking": words, "signature": words}) | nearly(
    {"type": "redacted_thinking", "data": words}
)
calls = nearly({"type": "tool_use", "id": words, "name": "f", "input": st.just({}) | st.just({"a": [1, "é"]})})
results = nearly(
    {
        "type": "tool_result",
        "tool_use_id": words,
        "content": words | st.lists(texts | media, max_size=2),
        "is_error": True,
    }
)
strange = st.fixed_dictionaries({"type": st.sampled_from(KINDS)}, optional={"content": values, "data": values})
blocks = st.one_of(texts, media, thoughts, calls, results, strange)
messages = st.lists(
    nearly({"role": st.sampled_from(["user", "assistant", "system"]), "content": st.lists(blocks, max_size=3)}),
    min_size=1,
    max_size=3,
)
members = st.fixed_dictionaries(
    {},
    optional={
        "system": words | st.lists(texts, max_size=2),
        "tools": st.lists(
            nearly({"name": "f", "input_schema": st.just({"type": "object"}), "strict": True}), max_size=2
        ),
        "tool_choice": nearly({"type": st.sampled_from(["auto", "any", "none", "tool"]), "name": "f"}),
        "thinking": nearly({"type": st.sampled_from(["enabled", "adaptive", "disabled"]), "budget_tokens": 2_000}),
        "output_config": nearly({"effort": "low", "format": st.just({"type": "json_schema", "schema": {}})}),
        "metadata": nearly({"user_id": words}),
        "stop_sequences": st.lists(words, max_size=2),
        "novel": values,
    },
)
bodies = st.builds(lambda said, rest: {"model": "m", "max_tokens": 9_000, **rest, "messages": said}, messages, members)
usages = nearly({"input_tokens": 5, "output_tokens": 3, "cache_read_input_tokens": 2})
deltas = st.one_of(
    nearly({"type": "text_delta", "text": words}),
    nearly({"type": "thinking_delta", "thinking": words}),
    nearly({"type": "signature_delta", "signature": words}),
    nearly({"type": "input_json_delta", "partial_json": words}),
    nearly({"type": "citations_delta", "citation": st.just({"cited_text": "q", "url": "u"})}),
)
events = st.one_of(
    nearly({"type": "message_start", "message": nearly({"id": "msg_1", "model": "m", "usage": usages})}),
    nearly({"type": "content_block_start", "index": 0, "content_block": blocks}),
    nearly({"type": "content_block_delta", "index": 0, "delta": deltas}),
    nearly({"type": "content_block_stop", "index": 0}),
    nearly({"type": "message_delta", "delta": st.just({"stop_reason": "end_turn"}), "usage": usages}),
    st.builds(
        lambda kind, rest: {**rest, "type": kind},
        st.sampled_from(EVENTS),
        st.dictionaries(st.sampled_from(NAMES), values, max_size=3),
    ),
)
answers = nearly(
    {"id": "msg_1", "type": "message", "model": "m", "content": st.lists(blocks, max_size=4), "stop_reason": "refusal",
     "stop_details": st.just({"explanation": "no"}), "usage": usages}
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(bodies)
def test_a_body_is_a_prompt_or_a_refusal_and_a_prompt_can_be_written(body: dict[str, Any]) -> None:
    fields = msgspec.json.decode(msgspec.json.encode(body), type=dict[str, msgspec.Raw])
    call = Call(ENDPOINT, "m", False, fields, 0)

    assert DIALECT.write_call(call, model="m", stream_usage=True, default_max_tokens=None)
    try:
        prompt = DIALECT.read_prompt(call)
    except BadRequest:
        return
    written = DIALECT.write_prompt(prompt, Destination(model="some-model"))
    assert violations(json.loads(written.body)) == []
    assert all(loss.field and loss.reason for loss in (*prompt.losses, *written.losses))


@settings(max_examples=200, deadline=None)
@given(bodies)
def test_a_refusal_names_every_fault_by_a_path_into_the_body(body: dict[str, Any]) -> None:
    raw = msgspec.json.encode(body)
    try:
        DIALECT.read_prompt(DIALECT.read_call(raw, ENDPOINT, max_output_tokens=10_000, max_messages=9))
    except BadRequest as refusal:
        assert refusal.faults
        for fault in refusal.faults:
            first = fault.field.partition(".")[0].partition("[")[0]
            assert first in body or fault.message.endswith("is required")


@settings(max_examples=200, deadline=None)
@given(st.lists(events, max_size=8))
def test_events_are_read_or_refused_and_what_is_read_can_be_told(told: list[dict[str, Any]]) -> None:
    decoder = DIALECT.decoder()
    try:
        pieces = [piece for event in told for piece in decoder.decode(b"", msgspec.json.encode(event))]
    except UNREADABLE:
        return
    stream = encode(*pieces, *decoder.end())

    kinds = [event["type"] for event in events_of(stream)]
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    assert kinds.count("content_block_start") == kinds.count("content_block_stop")


@settings(max_examples=200, deadline=None)
@given(answers)
def test_an_answer_is_read_or_refused_and_what_is_read_can_be_told(answer: dict[str, Any]) -> None:
    try:
        read = DIALECT.read_answer(msgspec.json.encode(answer))
    except UNREADABLE:
        return
    assert json.loads(DIALECT.write_answer(read, CALL, HEADING))["type"] == "message"
