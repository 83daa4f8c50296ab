"""What one dialect says is what the other reads; all that is not is named. So for any two dialects and any call."""

import json
from typing import Final

import msgspec
import pytest
from hypothesis import assume, given, settings

from octogate.core.call import DialectName
from octogate.core.conversation import Prompt, Text
from octogate.core.errors import BadRequest
from octogate.dialects import HUBS
from octogate.dialects.hub import Destination
from octogate.dialects.tool_aliases import ToolAliases

from ..hub.anthropic_messages.prompts import WILD
from .callers import PAIRS, read
from .lint import LINT, violations
from .meaning import compare_settings, compare_tools, compare_words
from .prompts import IMAGES, prompts

TO: Final = Destination(model="m")
each_pair = pytest.mark.parametrize(("caller", "target"), PAIRS)
SOME = settings(max_examples=30, deadline=None, derandomize=True)


def asked(caller: DialectName, prompt: Prompt) -> Prompt:
    """What a caller of the dialect can ask of `prompt`, read from the bytes that ask it."""
    hub = HUBS[caller]
    return hub.read_prompt(read(caller, hub.write_prompt(prompt, TO).body))


@each_pair
@SOME
@given(prompts())
def test_a_call_is_told_whole_or_what_is_missing_is_named(
    caller: DialectName, target: DialectName, prompt: Prompt
) -> None:
    said = asked(caller, prompt)

    written = HUBS[target].write_prompt(said, TO)

    heard = HUBS[target].read_prompt(read(target, written.body))
    lost = {loss.field for loss in (*said.losses, *written.losses, *heard.losses)}
    compare_words(said, heard, lost)
    compare_tools(said, heard, lost)
    compare_settings(said, heard, lost)


@each_pair
@SOME
@given(prompts(IMAGES))
def test_what_was_said_is_written_the_same_when_the_conversation_goes_on(
    caller: DialectName, target: DialectName, prompt: Prompt
) -> None:
    """Clients send the whole conversation each time, and a prefix that changes is in no provider's cache."""
    said = asked(caller, prompt)
    full = conversation(target, said)
    for number, turn in enumerate(said.turns):
        if turn.role == "assistant" and number > 1:
            begun = conversation(target, msgspec.structs.replace(said, turns=said.turns[:number]))
            assert full[: len(begun)] == begun


def conversation(target: DialectName, prompt: Prompt) -> list[object]:
    """The messages, without the note that one provider wants on calls of the loop that is going on, and only there."""
    body = json.loads(HUBS[target].write_prompt(prompt, TO).body)
    for content in body.get("contents") or ():
        for part in content["parts"]:
            if part.get("thoughtSignature") == "skip_thought_signature_validator":
                del part["thoughtSignature"]
    found: list[object] = body.get("messages") or body.get("contents") or body.get("input")
    return found


@pytest.mark.skipif(LINT is None, reason="OCTOGATE_FIXTURES is not set")
@each_pair
@SOME
@given(WILD)
def test_whatever_a_caller_says_no_provider_would_refuse_its_form(
    caller: DialectName, target: DialectName, prompt: Prompt
) -> None:
    """But for what is of no use anywhere: a call that says nothing."""
    try:
        said = asked(caller, prompt)
    except BadRequest:
        return
    parts = [part for turn in said.turns for part in turn.parts]
    assume(any(isinstance(part, Text) and part.text.strip() for part in parts))
    told = ToolAliases(HUBS[target].tool_name, said).told(said)

    assert violations(target, HUBS[target].write_prompt(told, TO).body) == []
