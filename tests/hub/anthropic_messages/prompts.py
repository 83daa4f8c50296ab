"""Prompts of all kinds: `wild` ones as any caller may send them, and `own` ones that Anthropic can be told in full."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from octogate.core.conversation import (
    Format,
    Media,
    Part,
    Prompt,
    Reasoning,
    Refusal,
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

WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
SOME_WORDS = st.text("ab é🐙\n", min_size=1, max_size=8).filter(lambda text: text.strip() == text)
_LEGAL = st.text("abcXYZ019_-", min_size=1, max_size=12)
_MARKS = st.sampled_from([None, None, None, "5m", "1h"])
_SCHEMAS = st.sampled_from(
    [
        b'{"type":"object","properties":{"a":{"type":"string"}}}',
        b'{"properties":{}}',
        b'{"anyOf":[{"type":"object"}]}',
        b'{"type":"object","properties":{"n":{"type":"integer","minimum":1}},"additionalProperties":true}',
    ]
).map(msgspec.Raw)
_SIGNATURES = st.one_of(
    st.none(),
    st.builds(Signature, st.sampled_from(["anthropic_messages", "openai_responses", "gemini_generate"]), _LEGAL),
)
_WILD_MEDIA = st.builds(
    Media,
    st.sampled_from(["image", "document", "audio", "video"]),
    st.sampled_from(["", "image/png", "image/tiff", "application/pdf", "text/plain", "audio/wav"]),
    data=st.sampled_from([None, "aGk=", "/w=="]),
    url=st.sampled_from([None, "https://example.org/x"]),
    text=st.sampled_from([None, "", "words"]),
    name=st.sampled_from([None, "", "a.pdf"]),
    detail=st.sampled_from([None, "auto", "low"]),
    cache=_MARKS,
)
_IDS = st.sampled_from(["c1", "c2", "c3", "über:1", ""])
_WILD_PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, WORDS, cache=_MARKS),
    _WILD_MEDIA,
    st.builds(Reasoning, WORDS, _SIGNATURES, st.booleans()),
    st.builds(Refusal, WORDS),
    st.builds(
        ToolCall,
        _IDS,
        st.sampled_from(["f", "a.b", ""]),
        st.sampled_from(["{}", "", '{"a":1}', "[", "1"]),
        cache=_MARKS,
    ),
    st.builds(
        ToolResult,
        _IDS,
        st.lists(st.one_of(st.builds(Text, WORDS), _WILD_MEDIA), max_size=2).map(tuple),
        is_error=st.booleans(),
        cache=_MARKS,
    ),
)
_WILD_TURNS = st.builds(
    Turn,
    st.sampled_from(["system", "developer", "user", "assistant", "user", "assistant"]),
    st.lists(_WILD_PARTS, max_size=4).map(tuple),
    st.sampled_from([None, None, "ann"]),
)
_THINKING = st.one_of(
    st.none(),
    st.builds(
        Thinking,
        st.booleans(),
        st.sampled_from([None, "minimal", "low", "medium", "high", "max"]),
        st.one_of(st.none(), st.integers(0, 90_000)),
        st.sampled_from([None, True, False]),
    ),
)
_CHOICES = st.one_of(
    st.none(),
    st.builds(
        ToolChoice,
        st.sampled_from(["auto", "none", "any", "named", "allowed"]),
        st.lists(st.sampled_from(["f", "g", "h"]), min_size=1, max_size=2).map(tuple),
    ),
)
_WILD_SETTINGS = st.builds(
    Settings,
    max_output_tokens=st.one_of(st.none(), st.integers(1, 40_000)),
    temperature=st.one_of(st.none(), st.floats(0, 2)),
    top_p=st.one_of(st.none(), st.floats(0, 1)),
    top_k=st.one_of(st.none(), st.integers(0, 50)),
    frequency_penalty=st.sampled_from([None, 0.0, 1.0]),
    stop=st.lists(st.sampled_from(["END", " ", "\n"]), max_size=3).map(tuple),
    seed=st.sampled_from([None, 0]),
    choices=st.integers(1, 3),
    format=st.one_of(st.none(), st.builds(Format, st.one_of(st.none(), _SCHEMAS))),
    thinking=_THINKING,
    user=st.sampled_from([None, "u", "u" * 300]),
    service_tier=st.sampled_from([None, "auto", "default", "flex"]),
    parallel_tool_calls=st.sampled_from([None, True, False]),
)
_WILD_TOOLS = st.lists(
    st.builds(
        Tool,
        st.sampled_from(["f", "g", "a.b"]),
        st.sampled_from([None, "", "does f"]),
        st.one_of(st.none(), _SCHEMAS),
        st.sampled_from([None, True, False]),
        _MARKS,
    ),
    max_size=2,
    unique_by=lambda tool: tool.name,
)
WILD = st.builds(
    Prompt,
    turns=st.lists(_WILD_TURNS, max_size=6).map(tuple),
    tools=_WILD_TOOLS.map(tuple),
    tool_choice=_CHOICES,
    settings=_WILD_SETTINGS,
)

_OWN_TEXT = st.builds(Text, SOME_WORDS)
_OWN_MEDIA = st.one_of(
    st.builds(Media, st.just("image"), st.just("image/png"), data=st.just("aGk=")),
    st.builds(Media, st.just("image"), st.just(""), url=st.just("https://example.org/x.png")),
    st.builds(Media, st.just("document"), st.just("application/pdf"), data=st.just("aGk="), name=st.just("a.pdf")),
    st.builds(Media, st.just("document"), st.just("application/pdf"), url=st.just("https://example.org/x.pdf")),
    st.builds(Media, st.just("document"), st.just("text/plain"), text=SOME_WORDS),
)
_OWN_SIGNATURE = st.builds(Signature, st.just("anthropic_messages"), _LEGAL)
_OWN_THOUGHTS = st.one_of(
    st.builds(Reasoning, WORDS, _OWN_SIGNATURE),
    st.builds(Reasoning, st.just(""), _OWN_SIGNATURE, st.just(True)),
)


@st.composite
def own(draw: st.DrawFn) -> Prompt:
    """A prompt that needs no more words than Anthropic has, for a target of an unknown name."""
    thinks = draw(st.booleans())
    turns = [Turn("system", (draw(_OWN_TEXT), Text("rules", cache="1h")))] if draw(st.booleans()) else []
    calls: list[ToolCall] = []
    for number in range(draw(st.integers(0, 3))):
        turns.append(
            Turn("user", (*_answers(draw, calls), *draw(st.lists(st.one_of(_OWN_TEXT, _OWN_MEDIA), min_size=1))))
        )
        ids = [f"toolu_{number}_{at}" for at in range(draw(st.integers(0, 2)))]
        calls = [ToolCall(call_id, "f", draw(st.sampled_from(["{}", '{"a":[1, "é"]}']))) for call_id in ids]
        thoughts = [draw(_OWN_THOUGHTS)] if thinks else draw(st.lists(_OWN_THOUGHTS, max_size=1))
        turns.append(Turn("assistant", (*thoughts, draw(_OWN_TEXT), *calls)))
    turns.append(Turn("user", (*_answers(draw, calls), Text("now", cache=draw(_MARKS)))))
    tools = (
        Tool("f", draw(st.sampled_from([None, "does f"])), msgspec.Raw(b'{"type":"object"}'), cache="1h"),
        Tool("g", None, msgspec.Raw(b'{"type":"object","x":1}'), False),
    )
    choice = draw(
        st.sampled_from(
            [
                None,
                ToolChoice("auto"),
                ToolChoice("none"),
                *([] if thinks else [ToolChoice("any"), ToolChoice("named", ("g",))]),
            ]
        )
    )
    alone = choice is not None and choice.mode != "none" and draw(st.booleans())
    return Prompt(
        turns=tuple(turns), tools=tools, tool_choice=choice, settings=_own_settings(draw, thinks=thinks, alone=alone)
    )


def _answers(draw: st.DrawFn, calls: list[ToolCall]) -> list[ToolResult]:
    contents = st.lists(st.one_of(_OWN_TEXT, _OWN_MEDIA), max_size=2).map(tuple)
    return [ToolResult(call.id, draw(contents), call.name, draw(st.booleans())) for call in calls]


def _own_settings(draw: st.DrawFn, *, thinks: bool, alone: bool) -> Settings:
    form = Format(msgspec.Raw(b'{"type":"object","properties":{},"additionalProperties":false}'))
    sampling: dict[str, Any] = {}
    if not thinks:
        sampling = {
            "temperature": draw(st.sampled_from([None, 0.0, 0.5, 1.0])),
            "top_p": 0.5,
            "top_k": draw(st.sampled_from([None, 5])),
        }
    return Settings(
        max_output_tokens=draw(st.integers(9_000, 20_000)),
        stop=draw(st.sampled_from([(), ("END", "STOP")])),
        thinking=Thinking(tokens=draw(st.integers(1_024, 8_000))) if thinks else draw(st.sampled_from([None, Thinking(off=True)])),
        format=draw(st.sampled_from([None, form])),
        user=draw(st.sampled_from([None, "u1"])),
        service_tier=draw(st.sampled_from([None, "auto", "default"])),
        parallel_tool_calls=False if alone else None,
        **sampling,
    )  # fmt: skip
