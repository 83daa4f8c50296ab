"""Tools and the choice among them → as Anthropic takes them."""

from collections.abc import Sequence
from typing import Final

import msgspec

from octogate.core.conversation import Loss, Prompt, Tool, ToolCall, ToolChoice
from octogate.dialects.anthropic_messages.abilities import Abilities
from octogate.dialects.anthropic_messages.schemas import fitted
from octogate.dialects.anthropic_messages.write_parts import Block, cache_control

_COMBINED: Final = ("anyOf", "oneOf", "allOf")
_SCHEMA: Final = msgspec.json.Decoder(dict[str, object])
_NO_ARGUMENTS: Final = msgspec.Raw(b'{"type":"object","properties":{}}')
_CHOICES: Final = {"auto": "auto", "allowed": "auto", "any": "any", "named": "any", "none": "none"}


def write_tools(prompt: Prompt, abilities: Abilities, losses: list[Loss]) -> list[Block]:
    """The tools that may be called: all, or those that the choice is limited to."""
    names = _limit(prompt.tool_choice)
    return [
        _write_tool(tool, f"tools[{at}]", abilities, losses)
        for at, tool in enumerate(prompt.tools)
        if names is None or tool.name in names
    ]


def former_tools(prompt: Prompt) -> list[Block]:
    """The tools of a history whose call names none any more: Anthropic wants to know tools that were called."""
    calls = [part for turn in prompt.turns for part in turn.parts if isinstance(part, ToolCall)]
    names = dict.fromkeys(call.name for call in calls)
    return [{"name": name, "input_schema": _NO_ARGUMENTS} for name in names]


def write_choice(prompt: Prompt, tools: Sequence[Block], losses: list[Loss]) -> Block | None:
    """The choice among `tools`; None leaves it to the model, as saying nothing does."""
    choice, alone = prompt.tool_choice, prompt.settings.parallel_tool_calls is False
    if not tools:
        if choice is not None and choice.mode in ("any", "named"):
            losses.append(Loss("tool_choice", "there is no tool to choose"))
        return None
    if choice is None:
        return {"type": "auto", "disable_parallel_tool_use": True} if alone else None
    written: Block = {"type": _CHOICES[choice.mode]}
    if choice.mode == "named" and len(choice.names) == 1:
        written = {"type": "tool", "name": choice.names[0]}
        if all(tool["name"] != choice.names[0] for tool in tools):
            losses.append(Loss("tool_choice", "the tool that it names is not among the tools"))
            written = {"type": "auto"}
    if alone and choice.mode != "none":
        written["disable_parallel_tool_use"] = True
    return written


def _limit(choice: ToolChoice | None) -> frozenset[str] | None:
    """The names that a choice is limited to, where the dialect can say that only by leaving the others out."""
    if choice is None or (choice.mode != "allowed" and (choice.mode != "named" or len(choice.names) < 2)):
        return None
    return frozenset(choice.names)


def _write_tool(tool: Tool, path: str, abilities: Abilities, losses: list[Loss]) -> Block:
    strict = tool.strict
    if strict and not abilities.takes_schema:
        losses.append(Loss(f"{path}.strict", "this model keeps to no schema strictly"))
        strict = None
    block: Block = {"name": tool.name}
    if tool.description is not None:
        block["description"] = tool.description
    block["input_schema"] = _write_schema(tool.schema, path, strict=strict is True, losses=losses)
    if strict is not None:
        block["strict"] = strict
    if tool.cache is not None:
        block["cache_control"] = cache_control(tool.cache)
    return block


def _write_schema(raw: msgspec.Raw | None, path: str, *, strict: bool, losses: list[Loss]) -> object:
    """The schema as the caller wrote it, unless Anthropic would refuse it that way."""
    if raw is None:
        return _NO_ARGUMENTS
    try:
        schema = _SCHEMA.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        losses.append(Loss(f"{path}.schema", "it is no JSON schema of an object"))
        return _NO_ARGUMENTS
    combined = [name for name in _COMBINED if name in schema]
    if schema.get("type") == "object" and not combined and not strict:
        return raw
    kept = {"type": "object", **{name: value for name, value in schema.items() if name not in (*combined, "type")}}
    if combined:
        losses.append(Loss(f"{path}.schema", "this provider knows no alternatives for the whole of a tool's input"))
    if strict:
        kept, told = fitted(kept)
        if told:
            losses.append(Loss(f"{path}.schema", "limits of the schema were told in words and are not enforced"))
    return kept
