"""Events that are JSON and make no sense."""

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.core.conversation import Begun

from .responses import DIALECT

KINDS = [
    "response.created",
    "response.completed",
    "response.output_item.added",
    "response.output_item.done",
    "response.content_part.done",
    "response.output_text.delta",
    "response.output_text.annotation.added",
    "response.refusal.delta",
    "response.reasoning_summary_text.delta",
    "response.reasoning_text.delta",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.unheard_of",
]
MEMBERS = st.sampled_from(
    "type id item_id output_index content_index delta item part response output annotation annotations text content"
    " summary arguments call_id name encrypted_content result logprobs refusal usage status".split()
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "x", "message", "reasoning", "function_call"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(MEMBERS, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.dictionaries(MEMBERS, JSON, max_size=5)), max_size=4))
def test_no_event_breaks_the_decoder_but_by_its_shape(events):
    decoder = DIALECT.decoder()
    for kind, members in events:
        try:
            list(decoder.decode(b"", json.dumps({**members, "type": kind}).encode()))
        except (msgspec.DecodeError, ValueError):
            return
    assert sum(isinstance(piece, Begun) for piece in decoder.end()) <= 1
