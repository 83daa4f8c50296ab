"""What the dialect can say comes back from it as it was, whatever it is."""

import base64
import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.core.conversation import (
    ArgumentsPiece,
    Begun,
    Choice,
    Finished,
    Format,
    HiddenReasoning,
    Media,
    MediaPiece,
    PartEnd,
    Piece,
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
from .chat import DIALECT, HEADING, HI, an_answer, call_of, decode_stream, encode, prompt_of

FEW = settings(max_examples=60, deadline=None)

words = st.text(min_size=1, max_size=12).filter(str.strip)
names = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
ids = st.from_regex(r"call_[a-z0-9]{4,8}", fullmatch=True)
signatures = st.builds(Signature, st.sampled_from(["anthropic_messages", "gemini_generate", "openai_responses"]), words)
own_signatures = st.builds(Signature, st.just("openai_chat"), st.from_regex(r"[A-Za-z0-9+/=]{1,20}", fullmatch=True))
objects = st.dictionaries(names, st.integers() | words, max_size=3)
arguments = objects.map(json.dumps)
schemas = objects.map(lambda value: msgspec.Raw(msgspec.json.encode({"type": "object", **value})))
base64s = st.binary(min_size=1, max_size=8).map(lambda data: base64.b64encode(data).decode())
media = st.one_of(
    st.builds(
        Media, st.just("image"), st.just("image/png"), data=base64s, detail=st.sampled_from([None, "low", "high"])
    ),
    st.builds(Media, st.just("image"), url=st.just("https://example.org/a.png")),
    st.builds(Media, st.just("audio"), st.sampled_from(["audio/wav", "audio/mpeg"]), data=base64s),
    st.builds(Media, st.just("document"), st.just("application/pdf"), data=base64s, name=st.just("a.pdf")),
)
texts = st.lists(st.builds(Text, words), min_size=1, max_size=3)
told = st.builds(Turn, st.sampled_from(["system", "developer"]), texts.map(tuple), name=st.none())
asked = st.builds(
    Turn,
    st.just("user"),
    st.lists(st.builds(Text, words) | media, min_size=1, max_size=3).map(tuple),
    name=st.none() | names,
)


@st.composite
def spoken(draw: st.DrawFn) -> list[Turn]:
    """An assistant's turn, and the results of the tools that it called."""
    thoughts: list[Any] = draw(st.lists(st.builds(Reasoning, words, own_signatures), max_size=2))
    said: list[Any] = draw(texts) if draw(st.booleans()) else []
    refused: list[Any] = [Refusal(draw(words))] if draw(st.booleans()) else []
    chosen = draw(st.lists(ids, unique=True, max_size=2))
    calls = [ToolCall(call_id, draw(names), draw(arguments)) for call_id in chosen]
    results = [ToolResult(call.id, tuple(draw(texts)), name=call.name) for call in draw(st.permutations(calls))]
    turns = [Turn("assistant", (*thoughts, *said, *refused, *calls))]
    return [*turns, Turn("user", tuple(results))] if results else turns


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    """Everything that chat completions can say, in the way in which they say it."""
    turns: list[Turn] = []
    for _ in range(draw(st.integers(1, 3))):
        # Two turns of the assistant in a row would become one if there are calls in them, as they must.
        may_speak = not turns or turns[-1].role != "assistant"
        turns += draw(spoken()) if may_speak and draw(st.booleans()) else [draw(told | asked)]
    tools = draw(
        st.lists(
            st.builds(Tool, names, st.none() | words, schemas, st.none() | st.booleans()),
            unique_by=lambda tool: tool.name,
            max_size=3,
        )
    )
    offered = tuple(tool.name for tool in tools)
    choices = [ToolChoice("auto"), ToolChoice("none"), ToolChoice("any"), ToolChoice("named", offered[:1])]
    choice = draw(st.sampled_from([None, *choices, ToolChoice("allowed", offered)])) if tools else None
    numbers = st.floats(0, 1, allow_nan=False).map(lambda value: round(value, 3))
    return Prompt(
        turns=tuple(turns),
        tools=tuple(tools),
        tool_choice=choice,
        settings=Settings(
            max_output_tokens=draw(st.none() | st.integers(1, 10_000)),
            temperature=draw(st.none() | numbers),
            top_p=draw(st.none() | numbers),
            frequency_penalty=draw(st.none() | numbers),
            presence_penalty=draw(st.none() | numbers),
            stop=tuple(draw(st.lists(words, max_size=4))),
            seed=draw(st.none() | st.integers(0, 2**31)),
            choices=draw(st.integers(1, 4)),
            logprobs=draw(st.none() | st.booleans()),
            top_logprobs=draw(st.none() | st.integers(0, 20)),
            format=draw(st.none() | st.builds(Format, schemas, names, st.none() | words, st.none() | st.booleans())),
            thinking=draw(
                st.none()
                | st.just(Thinking(off=True))
                | st.builds(Thinking, effort=st.sampled_from(["minimal", "low", "medium", "high", "max"]))
            ),
            verbosity=draw(st.none() | st.sampled_from(["low", "medium", "high"])),
            user=draw(st.none() | words),
            service_tier=draw(st.none() | st.sampled_from(["auto", "default", "flex", "priority"])),
            parallel_tool_calls=draw(st.none() | st.booleans()) if tools else None,
            prompt_cache_key=draw(st.none() | words),
        ),
    )


@FEW
@given(prompts())
def test_a_prompt_comes_back_as_it_was(prompt: Prompt) -> None:
    written = DIALECT.write_prompt(prompt, Destination(model="m"))
    call = DIALECT.read_call(written.body, call_of({"messages": HI}).endpoint, max_output_tokens=10**6, max_messages=99)

    assert written.losses == ()
    assert shown(DIALECT.read_prompt(call)) == shown(prompt)


@FEW
@given(prompts())
def test_a_plain_server_gets_the_same_words(prompt: Prompt) -> None:
    written = DIALECT.write_prompt(prompt, Destination(model="m", plain=True))
    call = DIALECT.read_call(written.body, call_of({"messages": HI}).endpoint, max_output_tokens=10**6, max_messages=99)

    wanted = [part.text for turn in prompt.turns for part in turn.parts if isinstance(part, Text)]
    told = "".join(
        part.text for turn in DIALECT.read_prompt(call).turns for part in turn.parts if isinstance(part, Text)
    )
    assert all(text in told for text in wanted)
    assert {loss.field for loss in written.losses} <= {"verbosity", "service_tier"}


parts = st.one_of(
    st.builds(Text, words),
    st.builds(Reasoning, words, signatures),
    st.builds(Reasoning, st.just(""), signatures, st.just(True)),
    st.builds(Refusal, words),
    st.builds(ToolCall, ids, names, arguments, st.none() | signatures),
    st.builds(Media, st.just("image"), st.just("image/png"), data=base64s),
)
_ORDER = [Reasoning, Text, Refusal, Media, ToolCall]


def in_order(found: list[Any]) -> tuple[Any, ...]:
    """Parts as a message holds them: kind by kind, and one text and one refusal at most."""
    kinds = {kind: [part for part in found if isinstance(part, kind)] for kind in _ORDER}
    kinds[Text], kinds[Refusal] = kinds[Text][:1], kinds[Refusal][:1]
    return tuple(part for kind in _ORDER for part in kinds[kind])


def honest_end(found: tuple[Any, ...]) -> Any:
    if any(isinstance(part, ToolCall) for part in found):
        return "tool_calls"
    return "refusal" if any(isinstance(part, Refusal) for part in found) else "stop"


counts = st.builds(Usage, st.integers(0, 99), st.integers(0, 99), cached_tokens=st.integers(0, 9))


@FEW
@given(st.lists(st.lists(parts, max_size=5).map(in_order), min_size=1, max_size=3), counts)
def test_an_answer_comes_back_as_it_was(choices: list[tuple[Any, ...]], usage: Usage) -> None:
    answer = msgspec.structs.replace(
        an_answer(usage=usage), choices=tuple(Choice(parts=each, finish=honest_end(each)) for each in choices)
    )
    read = DIALECT.read_answer(DIALECT.write_answer(answer, call_of({"messages": HI}), HEADING))

    assert read.choices == answer.choices
    assert (read.model, read.usage) == (answer.model, usage)


@st.composite
def part_pieces(draw: st.DrawFn, choice: int) -> list[Piece]:
    """The pieces of one part."""
    several = st.lists(words, min_size=1, max_size=3)
    end = PartEnd(choice)
    match draw(st.sampled_from(["text", "reasoning", "signed", "hidden", "refusal", "tool", "media"])):
        case "text":
            return [*(TextPiece(text, choice) for text in draw(several)), end]
        case "reasoning":
            return [*(ReasoningPiece(text, choice) for text in draw(several)), end]
        case "signed":
            thoughts = [ReasoningPiece(text, choice) for text in draw(several)]
            return [*thoughts, SignaturePiece(draw(signatures), choice), end]
        case "hidden":
            return [HiddenReasoning(draw(signatures), choice)]
        case "refusal":
            return [*(RefusalPiece(text, choice) for text in draw(several)), end]
        case "media":
            return [MediaPiece(draw(media.filter(lambda each: each.kind == "image" and each.detail is None)), choice)]
    text = draw(arguments)
    cut = draw(st.integers(1, len(text)))
    pieces = [ArgumentsPiece(piece, choice) for piece in (text[:cut], text[cut:]) if piece]
    call = ToolBegun(
        draw(st.uuids().map(lambda each: f"call_{each.hex}")), draw(names), choice, draw(st.none() | signatures)
    )
    return [call, *pieces, end]


@st.composite
def streams(draw: st.DrawFn) -> tuple[int, list[Piece]]:
    """How many answers, and the pieces of a stream of them, part by part mixed."""
    count = draw(st.integers(1, 2))
    queues = [draw(st.lists(part_pieces(at), min_size=1, max_size=4)) for at in range(count)]
    pieces: list[Piece] = [Begun("up", "m1")]
    pending = [(at, part) for at, queue in enumerate(queues) for part in queue]
    order = draw(st.permutations([at for at, _ in pending]))
    for at in order:
        pieces += queues[at].pop(0)
    finishes = [Finished(draw(st.sampled_from(["length", "content_filter"])), at) for at in range(count)]
    return count, [*pieces, *finishes, UsageReport(draw(counts))]


def seen(pieces: list[Piece], choice: int) -> list[Piece]:
    """What a reader of one answer is told. Two texts or two refusals in a row are one: chunks do not mark their end."""
    found: list[Piece] = []
    for piece in joined(each for each in pieces if getattr(each, "choice", -1) == choice):
        again = type(piece) in (TextPiece, RefusalPiece) and [type(each) for each in found[-2:]] == [
            type(piece),
            PartEnd,
        ]
        found = joined([*(found[:-1] if again else found), piece])
    return found


@FEW
@given(streams())
def test_a_stream_comes_back_as_it_was(said: tuple[int, list[Piece]]) -> None:
    count, pieces = said
    back = decode_stream(encode(pieces, n=count))

    for choice in range(count):
        assert seen(back, choice) == seen(pieces, choice)


@FEW
@given(streams(), st.integers(1, 300))
def test_the_native_reader_takes_it_as_complete_however_it_is_cut(said: tuple[int, list[Piece]], size: int) -> None:
    count, pieces = said
    stream = encode(pieces, wants_usage=True, n=count)
    call = call_of({"messages": HI, "stream": True, "stream_options": {"include_usage": True}, "n": count})
    reader = DIALECT.reader(call)

    passed = b"".join(reader.feed(stream[at : at + size]) for at in range(0, len(stream), size)) + reader.close()

    assert reader.failure is None
    assert reader.complete
    assert passed == stream
    assert reader.usage is not None
    assert [piece.usage for piece in pieces if isinstance(piece, UsageReport)] == [reader.usage]


def test_every_chunking_of_a_stream_reads_the_same() -> None:
    pieces = [
        Begun("up", "m1"), ReasoningPiece("hm"), PartEnd(), TextPiece("Grüße 🐙"), PartEnd(), ToolBegun("c", "f"),
        ArgumentsPiece('{"x":"ß"}'), PartEnd(), Finished("tool_calls"), UsageReport(Usage(1, 2)),
    ]  # fmt: skip
    stream = encode(pieces, wants_usage=True)
    for size in range(1, len(stream)):
        reader = DIALECT.reader(call_of({"messages": HI, "stream": True, "stream_options": {"include_usage": True}}))
        passed = b"".join(reader.feed(stream[at : at + size]) for at in range(0, len(stream), size)) + reader.close()
        assert passed == stream
        assert reader.failure is None

    back = joined(decode_stream(stream))
    assert back == [
        Begun("chatcmpl-req_1", "m1"),
        *pieces[1:-3],
        UsageReport(Usage(1, 2)),
        PartEnd(),
        Finished("tool_calls"),
    ]


any_part = st.one_of(
    st.builds(Text, st.text(max_size=4)),
    media,
    st.builds(Reasoning, words, st.none() | signatures),
    st.builds(Refusal, st.text(max_size=4)),
    st.builds(ToolCall, st.sampled_from("abc"), names, arguments),
    st.builds(ToolResult, st.sampled_from("abcd"), st.lists(st.builds(Text, words) | media, max_size=2).map(tuple)),
)
any_turn = st.builds(
    Turn,
    st.sampled_from(["system", "developer", "user", "assistant"]),
    st.lists(any_part, max_size=4).map(tuple),
)


@FEW
@given(st.lists(any_turn, min_size=1, max_size=6), st.booleans())
def test_any_conversation_is_written_in_the_order_that_openai_wants(said: list[Turn], plain: bool) -> None:
    body = json.loads(DIALECT.write_prompt(prompt_of(*said), Destination(model="m", plain=plain)).body)

    waiting: list[str] = []
    for message in [*body["messages"], {"role": "end"}]:
        if message["role"] == "tool":
            waiting.remove(message["tool_call_id"])
            continue
        assert waiting == []
        waiting = [call["id"] for call in message.get("tool_calls", ())]
        if message["role"] == "assistant":
            assert message["content"] is not None or waiting or message["refusal"]


@FEW
@given(st.lists(any_turn, min_size=1, max_size=6), st.booleans())
def test_no_text_of_any_conversation_is_lost(said: list[Turn], plain: bool) -> None:
    body = json.loads(DIALECT.write_prompt(prompt_of(*said), Destination(model="m", plain=plain)).body)

    told = json.dumps(body["messages"], ensure_ascii=False)
    for turn in said:
        for part in turn.parts:
            inner = part.parts if isinstance(part, ToolResult) else (part,)
            for each in inner:
                if isinstance(each, (Text, Refusal)):
                    assert json.dumps(each.text, ensure_ascii=False)[1:-1] in told
