"""What the hub says comes back from Gemini's words unchanged, as far as Gemini has words for it."""

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.core.call import Call
from octogate.core.conversation import (
    Answer,
    ArgumentsPiece,
    Begun,
    Choice,
    Citation,
    Finished,
    Format,
    HiddenReasoning,
    Media,
    MediaPiece,
    Part,
    PartEnd,
    Piece,
    Prompt,
    Reasoning,
    ReasoningPiece,
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

from ..shown import shown
from .gemini import DIALECT, HEADING, call, decoded, encoded, endpoint

FAST = settings(max_examples=60, deadline=None)

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
names = st.text("abc_-.", min_size=1, max_size=8).map("f".__add__)
origins = st.sampled_from(["gemini_generate", "anthropic_messages", "openai_responses"])
own = st.builds(Signature, st.just("gemini_generate"), st.text("AbC+/=09", min_size=1, max_size=12))
foreign = st.builds(Signature, origins, st.text("AbC+/=_-09", min_size=1, max_size=40))
objects = st.dictionaries(words, st.integers() | words | st.none() | st.lists(st.booleans()), max_size=3).map(
    lambda value: msgspec.json.encode(value).decode()
)
media = st.builds(Media, st.just("image"), st.just("image/png"), st.text("ABCD", max_size=8)) | st.builds(
    Media, st.just("document"), st.just("application/pdf"), url=st.just("https://example.com/a.pdf")
)
texts = st.builds(Text, words, signature=st.none() | own)


@st.composite
def rounds(draw: st.DrawFn) -> tuple[Turn, ...]:
    """The user asks, the model thinks and calls, the user answers each call in order."""
    asked = Turn("user", tuple(draw(st.lists(st.builds(Text, words) | media, min_size=1, max_size=3))))
    thoughts = draw(st.lists(st.builds(Reasoning, words, own), max_size=2))
    calls = [
        ToolCall(f"id{at}", draw(names), draw(objects), draw(own))
        for at in range(draw(st.integers(min_value=0, max_value=3)))
    ]
    if not calls:
        return asked, Turn("assistant", (*thoughts, *draw(st.lists(texts, min_size=1, max_size=2))))
    results = tuple(ToolResult(one.id, (Text(draw(words)),), one.name, draw(st.booleans())) for one in calls)
    return asked, Turn("assistant", (*thoughts, *calls)), Turn("user", results), Turn("assistant", (draw(texts),))


schemas = st.dictionaries(words, words, max_size=2).map(lambda value: msgspec.Raw(msgspec.json.encode(value)))
tools = st.lists(st.builds(Tool, names, st.none() | words, st.none() | schemas), min_size=1, max_size=3).map(tuple)
choices = st.sampled_from(
    [
        None,
        ToolChoice("auto"),
        ToolChoice("none"),
        ToolChoice("any"),
        ToolChoice("named", ("f",)),
        ToolChoice("allowed", ("f", "g")),
    ]
)
wishes = st.builds(
    Settings,
    max_output_tokens=st.none() | st.integers(1, 9_999),
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    top_k=st.none() | st.integers(1, 99),
    frequency_penalty=st.none() | st.floats(-2, 2),
    presence_penalty=st.none() | st.floats(-2, 2),
    stop=st.lists(words, max_size=5).map(tuple),
    seed=st.none() | st.integers(-(2**31), 2**31 - 1),
    choices=st.integers(1, 4),
    logprobs=st.none() | st.booleans(),
    top_logprobs=st.none() | st.integers(1, 20),
    format=st.none() | st.builds(Format, st.none() | schemas),
    thinking=st.none()
    | st.builds(Thinking, effort=st.sampled_from(["minimal", "low", "medium", "high"]), show=st.booleans()),
    service_tier=st.sampled_from([None, "default", "flex", "priority"]),
)
prompts = st.builds(
    Prompt,
    turns=st.tuples(st.just(Turn("system", (Text("Be kind."),))), st.lists(rounds(), min_size=1, max_size=3)).map(
        lambda told: (told[0], *(turn for round_ in told[1] for turn in round_))
    ),
    tools=tools,
    tool_choice=choices,
    settings=wishes,
)


@FAST
@given(prompts)
def test_a_prompt_comes_back_as_it_was(prompt: Prompt) -> None:
    written = DIALECT.write_prompt(prompt, Destination(model="gemini-3.5-flash"))

    fields = msgspec.json.decode(written.body, type=dict[str, msgspec.Raw])
    back = DIALECT.read_prompt(Call(endpoint(), "m", False, fields, 0))

    assert written.losses == back.losses == ()
    assert shown(back) == shown(prompt)


parts_of_answers = (
    st.builds(Text, words)
    | st.builds(Reasoning, words, st.none())
    | st.builds(ToolCall, words, names, objects, own)
    | st.builds(Media, st.just("image"), st.just("image/png"), st.text("ABCD", max_size=8))
)


@st.composite
def cited(draw: st.DrawFn) -> Text:
    """A text with sources at sound places, or at none."""
    text = draw(words)
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    return Text(text, (Citation("https://a.example", "A", start=start, end=end),))


usages = st.builds(
    lambda input_tokens, cached, output, reasoning: Usage(
        input_tokens=input_tokens + cached,
        cached_tokens=cached,
        output_tokens=output + reasoning,
        reasoning_tokens=reasoning,
    ),
    *[st.integers(0, 10**6)] * 4,
)


@FAST
@given(st.lists(parts_of_answers, max_size=4).map(tuple) | cited().map(lambda part: (part,)), st.none() | usages)
def test_an_answer_comes_back_as_it_was(parts: tuple[Part, ...], usage: Usage | None) -> None:
    finish = "tool_calls" if any(isinstance(part, ToolCall) for part in parts) else "stop"
    answer = Answer(id=HEADING.request_id, model="m", choices=(Choice(parts, finish),), usage=usage)

    assert DIALECT.read_answer(DIALECT.write_answer(answer, call(), HEADING)) == answer


@st.composite
def streams(draw: st.DrawFn) -> list[Piece]:
    """A stream of parts as the hub orders them."""
    pieces: list[Piece] = [Begun(HEADING.request_id, "m")]
    has_call = False
    for kind in draw(st.lists(st.sampled_from(["text", "thoughts", "hidden", "call", "media"]), max_size=5)):
        if kind == "text":
            pieces += [*map(TextPiece, draw(st.lists(words, min_size=1, max_size=3)))]
            pieces += [SignaturePiece(draw(own))] if draw(st.booleans()) else []
        elif kind == "thoughts":
            pieces += [
                *map(ReasoningPiece, draw(st.lists(words, min_size=1, max_size=3))),
                SignaturePiece(draw(foreign)),
            ]
        elif kind == "hidden":
            pieces.append(HiddenReasoning(draw(foreign)))
        elif kind == "media":
            pieces.append(MediaPiece(Media("image", "image/png", "AAAA")))
        else:
            has_call = True
            pieces += [ToolBegun(draw(words), draw(names), 0, draw(own)), ArgumentsPiece(draw(objects))]
        if kind not in ("hidden", "media"):
            pieces.append(PartEnd())
    pieces += [Finished("tool_calls" if has_call else "stop"), UsageReport(draw(usages))]
    return pieces


def merged(pieces: list[Piece]) -> list[Any]:
    """The same with neighbouring words put together, and the ends between two texts forgotten: Gemini has no ends.

    Nor does it matter whether the first event was the last one too, and so had the usage.
    """
    result: list[Any] = [Begun(piece.id, piece.model) for piece in pieces if isinstance(piece, Begun)]
    for piece in pieces[1:]:
        last = result[-1] if result else None
        if isinstance(piece, TextPiece) and isinstance(last, PartEnd) and isinstance(result[-2], TextPiece):
            result.pop()
            last = result[-1]
        if isinstance(piece, (TextPiece, ReasoningPiece)) and type(last) is type(piece):
            result[-1] = type(piece)(last.text + piece.text)
        else:
            result.append(piece)
    return result


@FAST
@given(streams(), st.integers(1, 400))
def test_a_stream_comes_back_as_it_was_and_the_native_reader_takes_it_in_any_pieces(
    pieces: list[Piece], size: int
) -> None:
    stream = encoded(pieces)

    reader = DIALECT.reader(call(stream=True))
    out = b"".join(reader.feed(stream[at : at + size]) for at in range(0, len(stream), size)) + reader.close()

    assert out == stream
    assert reader.complete
    assert reader.failure is None
    assert merged(decoded(stream)) == merged(pieces)


@FAST
@given(streams())
def test_the_array_says_what_the_events_say(pieces: list[Piece]) -> None:
    array = json.loads(encoded(pieces, sse=False))

    stream = b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in array)
    assert merged(decoded(stream)) == merged(pieces)
