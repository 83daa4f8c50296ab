"""Tools whose names a target refuses: it is told others, and the caller hears its own."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octogate.core.conversation import (
    Answer,
    Choice,
    Prompt,
    Settings,
    Text,
    TextPiece,
    Tool,
    ToolBegun,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from octogate.dialects import HUBS
from octogate.dialects.tool_aliases import ToolAliases, alias_of

LEGAL = re.compile(r"[A-Za-z0-9_-]{1,64}")
DOTTED, LONG = "files.read", "x" * 65
ALIAS = alias_of(DOTTED)
PROMPT = Prompt(
    turns=(
        Turn("user", (Text("hi"),)),
        Turn("assistant", (ToolCall("c1", DOTTED, "{}"), ToolCall("c2", "clock", "{}"))),
        Turn("user", (ToolResult("c1", (Text("x"),), name=DOTTED), ToolResult("c2", (Text("y"),)))),
    ),
    tools=(Tool(DOTTED), Tool("clock")),
    tool_choice=ToolChoice("named", (DOTTED,)),
    settings=Settings(),
)


def test_a_name_that_is_refused_has_an_alias_wherever_it_stands() -> None:
    told = ToolAliases(LEGAL, PROMPT).told(PROMPT)

    assert LEGAL.fullmatch(ALIAS)
    assert ALIAS.startswith("files_read_")
    assert [tool.name for tool in told.tools] == [ALIAS, "clock"]
    assert told.tool_choice == ToolChoice("named", (ALIAS,))
    assert [getattr(part, "name", None) for turn in told.turns for part in turn.parts] == [
        None, ALIAS, "clock", ALIAS, None,
    ]  # fmt: skip


def test_the_caller_hears_its_own_names() -> None:
    aliases = ToolAliases(LEGAL, PROMPT)
    answer = Answer(
        id="a", model="m", choices=(Choice((ToolCall("c3", ALIAS, "{}"), ToolCall("c4", "clock", "{}")), "tool_calls"),)
    )

    heard = aliases.heard(answer)
    pieces = list(aliases.heard_pieces([TextPiece("hi"), ToolBegun("c5", ALIAS), ToolBegun("c6", "clock")]))

    assert [part.name for part in heard.choices[0].parts if isinstance(part, ToolCall)] == [DOTTED, "clock"]
    assert pieces == [TextPiece("hi"), ToolBegun("c5", DOTTED), ToolBegun("c6", "clock")]


def test_names_that_fit_are_left_alone_and_nothing_is_copied() -> None:
    prompt = msgspec.structs.replace(PROMPT, turns=PROMPT.turns[:1], tools=(Tool("clock"),), tool_choice=None)
    pieces = [TextPiece("hi")]
    aliases = ToolAliases(LEGAL, prompt)

    assert aliases.told(prompt) is prompt
    assert aliases.heard_pieces(pieces) is pieces


@pytest.mark.parametrize(
    ("dialect", "refused"),
    [
        ("openai_chat", {DOTTED, LONG, "", "größe"}),
        ("openai_responses", {DOTTED, LONG, "", "größe"}),
        ("anthropic_messages", {DOTTED, "", "größe"}),
        ("gemini_generate", {LONG, "", "größe", "7zip"}),
    ],
)
def test_each_dialect_says_what_its_providers_take_for_a_name(dialect: str, refused: set[str]) -> None:
    legal = HUBS[dialect].tool_name  # type: ignore[index]  # the names above are dialects

    assert {
        name for name in (DOTTED, LONG, "", "größe", "7zip", "clock", "a-b_c") if not legal.fullmatch(name)
    } == refused


@given(st.text(max_size=200), st.text(max_size=200))
def test_every_alias_fits_everywhere_and_no_two_names_share_one(one: str, other: str) -> None:
    for hub in HUBS.values():
        assert hub.tool_name.fullmatch(alias_of(one))
    assert (alias_of(one) == alias_of(other)) is (one == other)
