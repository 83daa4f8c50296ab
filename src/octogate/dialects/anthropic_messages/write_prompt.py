"""A prompt of any caller → the body for Anthropic."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from octogate.core.conversation import Loss, Prompt
from octogate.dialects.anthropic_messages.abilities import abilities_of
from octogate.dialects.anthropic_messages.tool_loop import lacks_thought
from octogate.dialects.anthropic_messages.write_messages import Message, end_properly, write_messages, write_system
from octogate.dialects.anthropic_messages.write_parts import Block
from octogate.dialects.anthropic_messages.write_settings import (
    Reasons,
    fit_cap,
    lose_foreign,
    write_envelope,
    write_format,
    write_sampling,
    write_thinking,
)
from octogate.dialects.anthropic_messages.write_tools import former_tools, write_choice, write_tools
from octogate.dialects.hub import Destination, Written

MAX_MARKS: Final = 4
"""Cache marks that Anthropic takes in one body."""


def write_prompt(prompt: Prompt, to: Destination) -> Written:
    """The body in the order in which Anthropic reads it, and what it does not say."""
    losses: list[Loss] = []
    settings, abilities = prompt.settings, abilities_of(to.model)
    form, instruction = write_format(settings.format, abilities, losses)
    system = write_system(prompt.turns, losses)
    if instruction is not None:
        system.append({"type": "text", "text": instruction})
    messages = write_messages(prompt.turns, losses)
    tools = write_tools(prompt, abilities, losses)
    choice = write_choice(prompt, tools, losses)
    if not tools and (tools := former_tools(prompt)):
        choice = {"type": "none"}
    reasons = Reasons(
        forced_tool=choice is not None and choice["type"] in ("any", "tool"),
        lacks_thought=lacks_thought([(message.role, message.kinds()) for message in messages]),
    )
    thinking, effort = write_thinking(settings.thinking, abilities, reasons, losses)
    thinks = thinking is not None and thinking["type"] != "disabled"
    end_properly(messages, continues=abilities.continues and not thinks and form is None, losses=losses)
    _limit_marks(tools, system, messages)

    body: dict[str, object] = {"model": to.model, "max_tokens": 0}
    body |= {"system": system} if system else {}
    body["messages"] = messages
    body |= {"tools": tools} if tools else {}
    said = {"tool_choice": choice, "thinking": thinking, "output_config": _output_config(effort, form)}
    body |= {name: value for name, value in said.items() if value}
    body |= write_sampling(settings, abilities, thinks=thinks, model=to.model, losses=losses)
    body |= write_envelope(settings, losses)
    fit_cap(body, settings, to, losses)
    lose_foreign(settings, losses)
    if to.stream:
        body["stream"] = True
    return Written(msgspec.json.encode(body), tuple(losses))


def _output_config(effort: str | None, form: dict[str, object] | None) -> dict[str, object]:
    config: dict[str, object] = {"effort": effort} if effort else {}
    return {**config, "format": form} if form else config


def _limit_marks(tools: Sequence[Block], system: Sequence[Block], messages: Sequence[Message]) -> None:
    """Keep the last marks only, and let none for an hour stand behind one for minutes: Anthropic refuses both."""
    marked = [block for block in _blocks(tools, system, messages) if "cache_control" in block]
    for block in marked[:-MAX_MARKS]:
        del block["cache_control"]
    for_minutes = False
    for block in marked[-MAX_MARKS:]:
        for_minutes = for_minutes or block["cache_control"] == {"type": "ephemeral"}
        if for_minutes:
            block["cache_control"] = {"type": "ephemeral"}


def _blocks(tools: Sequence[Block], system: Sequence[Block], messages: Sequence[Message]) -> Iterator[Block]:
    yield from tools
    yield from system
    for message in messages:
        for block in message.content:
            content = block.get("content")
            if isinstance(content, list):
                yield from content
            yield block
