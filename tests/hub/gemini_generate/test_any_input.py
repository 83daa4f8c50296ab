"""Whatever comes in, sound JSON makes no trouble: callers are told their faults, targets' events are read or refused."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.core.call import Call
from octogate.core.errors import BadRequest
from octogate.dialects.faults import UNREADABLE
from octogate.dialects.hub import Destination

from .gemini import DIALECT, encoded, endpoint

NAMES = (
    "contents role parts text thought thoughtSignature inlineData fileData functionCall functionResponse name args id"
    " response mimeType data fileUri tools functionDeclarations parameters parametersJsonSchema toolConfig mode"
    " functionCallingConfig allowedFunctionNames generationConfig topK stopSequences thinkingConfig thinkingBudget"
    " thinkingLevel responseMimeType responseSchema type nullable properties anyOf enum systemInstruction labels"
    " serviceTier candidates content finishReason index groundingMetadata groundingChunks web uri groundingSupports"
    " segment startIndex endIndex groundingChunkIndices citationMetadata citations logprobsResult chosenCandidates"
    " topCandidates token logProbability usageMetadata promptTokenCount modelVersion responseId promptFeedback"
    " executableCode code inline_data function_call generation_config"
).split()
leaves = st.sampled_from(["", "user", "model", "x", "OBJECT", "ANY", "__og1a_", 0, 1, -1, 1.5, True, False, None])
values: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
parts = st.dictionaries(st.sampled_from(NAMES[3:10]), values, max_size=2)
contents = st.lists(st.fixed_dictionaries({"parts": st.lists(parts | values, max_size=3)}), max_size=3)
bodies = st.dictionaries(st.sampled_from(NAMES), values, max_size=6) | st.builds(
    lambda said, rest: {**rest, "contents": said}, contents, st.dictionaries(st.sampled_from(NAMES), values, max_size=3)
)
answers = st.builds(
    lambda said, grounding, rest: {
        "candidates": [{"content": {"parts": [{"text": "Grüße"}, *said]}, "groundingMetadata": grounding, **rest}]
    },
    st.lists(parts, max_size=3),
    values,
    st.dictionaries(
        st.sampled_from(["finishReason", "index", "citationMetadata", "logprobsResult"]), values, max_size=2
    ),
)


@settings(max_examples=150, deadline=None)
@given(bodies)
def test_a_body_is_a_prompt_or_a_refusal_and_a_prompt_can_be_written(body: dict[str, Any]) -> None:
    fields = msgspec.json.decode(msgspec.json.encode(body), type=dict[str, msgspec.Raw])
    call = Call(endpoint(), "m", False, fields, 0)

    try:
        prompt = DIALECT.read_prompt(call)
    except BadRequest as refusal:
        assert refusal.faults
    else:
        assert DIALECT.write_prompt(prompt, Destination(model="gemini-3-pro")).body
    assert DIALECT.write_call(call, model="m", stream_usage=True, default_max_tokens=None)


@settings(max_examples=150, deadline=None)
@given(answers | bodies)
def test_an_event_is_read_or_refused_and_what_is_read_can_be_told(event: dict[str, Any]) -> None:
    raw = msgspec.json.encode(event)
    decoder = DIALECT.decoder()

    try:
        pieces = [*decoder.decode(b"", raw), *decoder.end()]
        DIALECT.read_answer(raw)
    except UNREADABLE:
        return
    assert encoded(pieces)
