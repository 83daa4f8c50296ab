"""Conversations with every kind of part, as a careful client builds them: each call answered, each name legal."""

import json

import msgspec
from hypothesis import strategies as st

from octogate.core.conversation import (
    Format,
    Media,
    Part,
    Prompt,
    Reasoning,
    Refusal,
    Role,
    Settings,
    Signature,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

_WORDS = st.text('ab é🐙\n"\\', min_size=1, max_size=8).map(lambda text: f"<{text}>")
_TOOLS = ("find", "get_weather", "say-it")
_SCHEMAS = st.sampled_from(
    [
        {"type": "object", "properties": {"city": {"type": "string", "description": "where"}}, "required": ["city"]},
        {"type": "object", "properties": {"n": {"type": "integer"}, "of": {"type": "array", "items": {"enum": ["a"]}}}},
        {"type": "object", "properties": {}},
    ]
).map(lambda schema: msgspec.Raw(json.dumps(schema).encode()))
_ARGUMENTS = st.dictionaries(st.sampled_from("abc"), st.one_of(st.integers(0, 9), _WORDS, st.none()), max_size=2)
IMAGES = st.one_of(
    st.builds(Media, st.just("image"), st.just("image/png"), data=st.sampled_from(["aGk=", "aG8="])),
    st.builds(Media, st.just("image"), url=st.just("https://example.org/x.png")),
)
FILES = st.one_of(
    IMAGES,
    st.builds(Media, st.just("document"), st.just("application/pdf"), data=st.just("JVBERi0="), name=st.just("a.pdf")),
    st.builds(Media, st.just("document"), st.just("application/pdf"), url=st.just("https://example.org/x.pdf")),
    st.builds(Media, st.just("document"), st.just("text/plain"), text=_WORDS, name=st.just("a.txt")),
    st.builds(Media, st.just("audio"), st.just("audio/wav"), data=st.just("UklGRg==")),
)
_TEXTS = st.builds(Text, _WORDS)
_ORIGINS = st.sampled_from(["anthropic_messages", "openai_responses", "gemini_generate", "openai_chat"])
_THOUGHTS = st.builds(Reasoning, _WORDS, st.none() | st.builds(Signature, _ORIGINS, st.sampled_from(["c2Vh", "bA=="])))


@st.composite
def _exchange(draw: st.DrawFn, number: int, files: st.SearchStrategy[Media]) -> list[Turn]:
    """The user asks, the model answers, perhaps with calls, and every call gets its result."""
    asked: list[Part] = draw(st.lists(_TEXTS | files, min_size=1, max_size=3))
    said: list[Part] = [*draw(st.lists(_THOUGHTS, max_size=1)), *draw(st.lists(_TEXTS, min_size=1, max_size=2))]
    if draw(st.booleans()):
        said.append(Refusal(draw(_WORDS)))
    turns = [Turn("user", tuple(asked)), Turn("assistant", tuple(said))]
    names = draw(st.lists(st.sampled_from(_TOOLS), max_size=2))
    calls = [
        ToolCall(f"call_{number}_{at}", name, json.dumps(draw(_ARGUMENTS))) for at, name in enumerate(names)
    ]  # fmt: skip
    if calls:
        results = [
            ToolResult(call.id, tuple(draw(st.lists(_TEXTS | IMAGES, min_size=1, max_size=2))), call.name, draw(st.booleans()))
            for call in calls
        ]  # fmt: skip
        turns[1] = Turn("assistant", (*said, *calls))
        turns.append(Turn("user", tuple(results)))
    return turns


_THINKING = st.one_of(
    st.just(Thinking(off=True)),
    st.builds(Thinking, effort=st.sampled_from(["minimal", "low", "medium", "high", "max"]), show=st.booleans()),
    st.builds(Thinking, tokens=st.sampled_from([1024, 4096, 16384])),
)
_SETTINGS = st.builds(
    Settings,
    max_output_tokens=st.sampled_from([None, 5, 100, 40_000]),
    temperature=st.sampled_from([None, 0.0, 0.5, 1.0, 1.5]),
    top_p=st.sampled_from([None, 0.5, 1.0]),
    top_k=st.sampled_from([None, 0, 7]),
    frequency_penalty=st.sampled_from([None, 0.0, 0.5]),
    presence_penalty=st.sampled_from([None, 0.0, 0.5]),
    stop=st.lists(st.sampled_from("STUVWXYZ"), max_size=6, unique=True).map(tuple),
    seed=st.sampled_from([None, 0, 2**40]),
    choices=st.sampled_from([1, 1, 2]),
    logprobs=st.sampled_from([None, True]),
    top_logprobs=st.sampled_from([None, 3]),
    format=st.none() | st.builds(Format, st.none() | _SCHEMAS, strict=st.sampled_from([None, True])),
    thinking=st.none() | _THINKING,
    verbosity=st.sampled_from([None, "low", "medium"]),
    user=st.sampled_from([None, "u-1"]),
    metadata=st.sampled_from([None, {"a": "b"}]),
    service_tier=st.sampled_from([None, "auto", "default", "flex", "priority"]),
    parallel_tool_calls=st.sampled_from([None, True, False]),
    prompt_cache_key=st.sampled_from([None, "k"]),
)
_CHOICES = st.one_of(
    st.none(),
    st.builds(ToolChoice, st.sampled_from(["auto", "none", "any"])),
    st.builds(ToolChoice, st.just("named"), st.sampled_from([("find",), ("find", "say-it")])),
    st.builds(ToolChoice, st.just("allowed"), st.just(("find", "say-it"))),
)


_LEADING: st.SearchStrategy[list[Role]] = st.sampled_from([[], ["system"], ["system", "developer"]])


@st.composite
def prompts(draw: st.DrawFn, files: st.SearchStrategy[Media] = FILES) -> Prompt:
    """A prompt of the hub, with such files in what the user says."""
    turns = [Turn(role, (draw(_TEXTS),)) for role in draw(_LEADING)]
    for number in range(draw(st.integers(0, 2))):
        turns += draw(_exchange(number, files))
    turns.append(Turn("user", tuple(draw(st.lists(_TEXTS, min_size=1, max_size=2)))))
    offered = any(isinstance(part, ToolCall) for turn in turns for part in turn.parts) or draw(st.booleans())
    tools = [
        Tool(name, draw(st.none() | _WORDS), draw(_SCHEMAS), draw(st.sampled_from([None, True, False])))
        for name in (_TOOLS if offered else ())
    ]  # fmt: skip
    return Prompt(
        turns=tuple(turns),
        tools=tuple(tools),
        tool_choice=draw(_CHOICES) if offered else None,
        settings=draw(_SETTINGS),
    )
