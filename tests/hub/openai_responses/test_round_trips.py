"""Whatever the hub can say in this dialect comes back as it was said."""

import base64
import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from octogate.core.conversation import (
    ArgumentsPiece,
    Begun,
    Citation,
    CitationPiece,
    Finished,
    Format,
    HiddenReasoning,
    Media,
    MediaPiece,
    PartEnd,
    Prompt,
    Reasoning,
    ReasoningPiece,
    Refusal,
    RefusalPiece,
    Settings,
    Signature,
    SignaturePiece,
    Text,
    TextPiece,
    Thinking,
    Tool,
    ToolBegun,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
    UsageReport,
)
from octogate.core.usage import Usage
from octogate.dialects.hub import Destination

from ..shown import joined, shown
from .responses import DIALECT, call_of, decode_stream, encode

WORDS = st.text(min_size=1, max_size=20)
NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
IDS = st.from_regex(r"call_[A-Za-z0-9]{4,12}", fullmatch=True)
OBJECTS = st.dictionaries(NAMES, st.integers() | WORDS, max_size=2).map(json.dumps)
SCHEMAS = st.builds(lambda text: msgspec.Raw(text.encode()), OBJECTS)
OWN = st.builds(Signature, st.just("openai_responses"), st.from_regex(r"gAAA[A-Za-z0-9_=-]{0,20}", fullmatch=True))
DATA = st.binary(max_size=9).map(lambda data: base64.b64encode(data).decode())
URLS = NAMES.map(lambda name: f"https://example.com/{name}")

TEXTS = st.builds(Text, WORDS)
PICTURES = st.builds(
    Media, st.just("image"), st.just("image/png"), data=DATA, detail=st.sampled_from(["auto", "low", "high"])
)
LINKS = st.builds(Media, st.just("image"), url=URLS, detail=st.sampled_from(["auto", "high"]))
FILES = st.builds(Media, st.just("document"), st.just("application/pdf"), data=DATA, name=NAMES.map("{}.pdf".format))
SOUNDS = st.builds(Media, st.just("audio"), st.sampled_from(["audio/wav", "audio/mpeg"]), data=DATA)
SAID = st.lists(TEXTS | PICTURES | LINKS | FILES | SOUNDS, min_size=1, max_size=3).map(tuple)
THOUGHTS = st.builds(Reasoning, WORDS, OWN) | st.builds(Reasoning, st.just(""), OWN, hidden=st.just(True))
SPOKEN = st.lists(TEXTS | st.builds(Refusal, WORDS), min_size=1, max_size=3)

# The model thinks, speaks, then calls; the tools answer, and the user goes on: so turns do not run into each other.


@st.composite
def conversations(draw):
    turns = [Turn(draw(st.sampled_from(["system", "developer"])), (draw(TEXTS),))] if draw(st.booleans()) else []
    used = set()
    for _ in range(draw(st.integers(1, 3))):
        turns.append(Turn(draw(st.sampled_from(["user", "user", "system", "developer"])), draw(SAID)))
        calls = [
            ToolCall(call_id, draw(NAMES), draw(OBJECTS))
            for call_id in draw(st.lists(IDS, max_size=2, unique=True))
            if call_id not in used
        ]
        used |= {call.id for call in calls}
        thoughts = draw(st.lists(THOUGHTS, max_size=2))
        words = draw(SPOKEN) if not calls or draw(st.booleans()) else []
        turns.append(Turn("assistant", (*thoughts, *words, *calls)))
        if calls:
            results = (ToolResult(call.id, draw(SAID), call.name) for call in calls)
            turns.append(Turn("user", tuple(results)))
    return (*turns, Turn("user", (draw(TEXTS),)))


TOOLS = st.lists(
    st.builds(Tool, NAMES, st.none() | WORDS, SCHEMAS, st.booleans()), max_size=3, unique_by=lambda tool: tool.name
).map(tuple)
CHOICES = st.sampled_from([ToolChoice(mode) for mode in ("auto", "none", "any")]) | st.builds(
    ToolChoice, st.sampled_from(["named", "allowed"]), st.lists(NAMES, min_size=1, max_size=2).map(tuple)
)
FORMATS = st.just(Format()) | st.builds(Format, SCHEMAS, NAMES, st.none() | WORDS, st.none() | st.booleans())
THINKING = st.just(Thinking(off=True)) | st.builds(
    Thinking, effort=st.sampled_from(["minimal", "low", "medium", "high", "max"]), show=st.sampled_from([None, True])
)


@st.composite
def prompts(draw):
    logprobs = draw(st.sampled_from([(None, None), (True, None), (True, 0), (True, 5)]))
    tools = draw(TOOLS)
    return Prompt(
        turns=draw(conversations()),
        tools=tools,
        tool_choice=draw(st.none() | CHOICES) if tools else None,
        settings=Settings(
            max_output_tokens=draw(st.none() | st.integers(16, 10**6)),
            temperature=draw(st.none() | st.floats(0, 2)),
            top_p=draw(st.none() | st.floats(0, 1)),
            logprobs=logprobs[0],
            top_logprobs=logprobs[1],
            format=draw(st.none() | FORMATS),
            thinking=draw(st.none() | THINKING),
            verbosity=draw(st.sampled_from([None, "low", "medium", "high"])),
            user=draw(st.none() | st.text(max_size=64)),
            metadata=draw(st.none() | st.dictionaries(NAMES, WORDS, max_size=2)),
            service_tier=draw(st.sampled_from([None, "auto", "default", "flex", "priority", "scale"])),
            parallel_tool_calls=draw(st.sampled_from([None, True, False])) if tools else None,
            prompt_cache_key=draw(st.none() | WORDS),
        ),
    )


@given(prompts())
def test_a_prompt_that_is_written_and_read_again_is_the_same(prompt):
    written = DIALECT.write_prompt(prompt, Destination(model="m"))

    assert written.losses == ()
    again = DIALECT.read_prompt(call_of(written.body))

    assert again.losses == ()
    assert shown(again) == shown(prompt)


CITATIONS = st.builds(Citation, url=URLS, title=WORDS, start=st.integers(0, 9), end=st.integers(0, 9))
TEXT_PART = st.tuples(
    st.lists(st.builds(TextPiece, WORDS), min_size=1, max_size=4),
    st.lists(st.builds(CitationPiece, CITATIONS), max_size=2),
).map(lambda found: (*found[0], *found[1], PartEnd()))
REFUSAL_PART = st.lists(st.builds(RefusalPiece, WORDS), min_size=1, max_size=3).map(lambda found: (*found, PartEnd()))
THOUGHT_PART = st.tuples(st.lists(st.builds(ReasoningPiece, WORDS), min_size=1, max_size=3), OWN).map(
    lambda found: (*found[0], SignaturePiece(found[1]), PartEnd())
)
CALL_PART = st.tuples(
    st.builds(ToolBegun, IDS, NAMES), st.lists(st.builds(ArgumentsPiece, WORDS), min_size=1, max_size=3)
).map(lambda found: (found[0], *found[1], PartEnd()))
WHOLE_PART = st.builds(HiddenReasoning, OWN).map(lambda piece: (piece,)) | DATA.filter(bool).map(
    lambda data: (MediaPiece(Media("image", "image/png", data=data)),)
)
USAGES = st.builds(
    Usage,
    input_tokens=st.integers(0, 10**6),
    output_tokens=st.integers(0, 10**6),
    cached_tokens=st.integers(0, 99),
    reasoning_tokens=st.integers(0, 99),
    audio_input_tokens=st.integers(0, 9),
    image_output_tokens=st.integers(0, 9),
)


@st.composite
def streams(draw):
    parts = draw(st.lists(TEXT_PART | REFUSAL_PART | THOUGHT_PART | CALL_PART | WHOLE_PART, max_size=5))
    pieces = [piece for part in parts for piece in part]
    finish = "stop"
    if any(isinstance(piece, ToolBegun) for piece in pieces):
        finish = "tool_calls"
    elif any(isinstance(piece, RefusalPiece) for piece in pieces):
        finish = "refusal"
    finish = draw(st.sampled_from([finish, "length", "content_filter"]))
    report = UsageReport(draw(USAGES), draw(st.sampled_from(["default", "priority"])))
    return (Begun("resp_req_1", draw(NAMES)), *pieces, Finished(finish), report)


@given(streams())
def test_a_stream_that_is_written_is_whole_for_the_native_reader_and_says_the_same(pieces):
    stream = encode(pieces)
    reader = DIALECT.reader(call_of(b'{"model":"m","input":"hi","stream":true}'))

    passed = reader.feed(stream) + reader.close()

    assert passed == stream
    assert (reader.failure, reader.complete) == (None, True)
    assert reader.usage == pieces[-1].usage
    assert joined(decode_stream(stream)) == joined(pieces)


@given(streams(), st.integers(1, 60))
def test_a_stream_may_be_cut_anywhere_on_its_way(pieces, size):
    stream = encode(pieces)
    reader = DIALECT.reader(call_of(b'{"model":"m","input":"hi","stream":true}'))

    passed = b"".join(reader.feed(stream[at : at + size]) for at in range(0, len(stream), size)) + reader.close()

    assert passed == stream
    assert reader.complete


@given(streams())
def test_the_last_response_of_a_stream_says_the_same_as_its_events(pieces):
    last = [data for data in encode(pieces).split(b"\n\n") if data][-1].partition(b"\ndata: ")[2]

    decoder = DIALECT.decoder()
    alone = [*decoder.decode(b"", last), *decoder.end()]

    assert joined(alone) == joined(pieces)
