"""Reads a Responses body as a prompt."""

from collections.abc import Mapping
from typing import Final

import msgspec

from octogate.core.call import Call
from octogate.core.conversation import Prompt, Text, Tool, Turn
from octogate.dialects.body import read_value
from octogate.dialects.faults import UNREADABLE
from octogate.dialects.findings import AT_PROVIDER, Findings
from octogate.dialects.openai_responses.read_items import ItemReader
from octogate.dialects.openai_responses.read_settings import SETTINGS, read_settings
from octogate.dialects.openai_responses.read_tools import read_tool_choice, read_tools
from octogate.dialects.openai_responses.tool_names import Namespaces

Fields = Mapping[str, msgspec.Raw]

_RAW_ITEMS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_TURNS: Final = frozenset({"input", "instructions", "tools", "tool_choice"})
# They concern the envelope, the caller's own side, or caches that work by themselves: nothing is lost without them.
_HARMLESS: Final = frozenset(
    "model stream stream_options include client_metadata prompt_cache_options prompt_cache_retention".split()
)
_BOUND: Final = frozenset({"previous_response_id", "conversation", "prompt"})
_NOTHING: Final[dict[str, tuple[object, ...]]] = {
    "background": (False,),
    "max_tool_calls": (),
    "store": (False,),
    "truncation": ("disabled",),
}
_REASONS: Final = {
    "background": "only a provider that keeps answers can make them in the background",
    "max_tool_calls": "it limits tools that run at a provider; there are none here",
    "store": "the answer is not kept at a provider",
    "truncation": "what does not fit is refused, not cut",
}


def read_prompt(call: Call) -> Prompt:
    """Everything that a body says. Raises BadRequest with every fault.

    Bodies in this form also arrive on the chat route (Cursor sends them there), with tools in both shapes.
    """
    findings, fields = Findings(), call.fields
    names = Namespaces(fields)
    turns = _read_turns(fields, names, findings)
    tools: dict[str, Tool] = {}
    for tool in _read_all_tools(fields, findings):
        tools.setdefault(tool.name, tool)
    choice = read_tool_choice(_value(fields, "tool_choice"), names, findings)
    settings = read_settings(fields, findings)
    _find_losses(fields, findings)
    findings.faults.raise_if_any()
    return Prompt(
        turns=tuple(turns),
        tools=tuple(tools.values()),
        tool_choice=choice,
        settings=settings,
        losses=tuple(findings.losses),
    )


def _read_turns(fields: Fields, names: Namespaces, findings: Findings) -> list[Turn]:
    instructions = _value(fields, "instructions")
    items = ItemReader(findings, names)
    if isinstance(instructions, list):
        for path, item in findings.tables(instructions, "instructions"):
            items.read(item, path)
    elif text := findings.text(instructions, "instructions"):
        items.turns.append(Turn("system", (Text(text),)))
    said = _value(fields, "input")
    if isinstance(said, str):
        items.turns.append(Turn("user", (Text(said),)))
    else:
        for path, item in findings.tables(said, "input"):
            items.read(item, path)
    items.close()
    return items.turns


def _read_all_tools(fields: Fields, findings: Findings) -> list[Tool]:
    """The tools of the call, then those that were added in its course: other targets have them from the start."""
    found = read_tools(_given(fields, "tools"), "tools", findings)
    raw = fields.get("input")
    if raw is None or b'"additional_tools"' not in bytes(raw):
        return found
    try:
        items = _RAW_ITEMS.decode(raw)
    except UNREADABLE:
        return found
    for at, item in enumerate(items):
        if "type" in item and read_value(item["type"]) == "additional_tools":
            found += read_tools(_given(item, "tools"), f"input[{at}].tools", findings)
    return found


def _find_losses(fields: Fields, findings: Findings) -> None:
    """What is left when everything that can be told has been read."""
    for name, raw in fields.items():
        if name in SETTINGS or name in _TURNS or name in _HARMLESS or name.startswith("x-") or bytes(raw) == b"null":
            continue
        if name in _BOUND:
            findings.lose(name, AT_PROVIDER, fatal=True)
        elif name not in _NOTHING:
            findings.lose(name)
        elif read_value(raw) not in _NOTHING[name]:
            findings.lose(name, _REASONS[name], fatal=name == "background")


def _given(fields: Fields, name: str) -> msgspec.Raw | None:
    raw = fields.get(name)
    return None if raw is None or bytes(raw) == b"null" else raw


def _value(fields: Fields, name: str) -> object:
    return read_value(fields[name]) if name in fields else None
