"""Reads tools and the choice among them: functions, flat or nested or in namespaces, and hosted ones."""

from typing import Final, Literal

import msgspec

from octogate.core.conversation import Tool, ToolChoice
from octogate.dialects.body import read_value
from octogate.dialects.faults import UNREADABLE
from octogate.dialects.openai_responses.reading import Members, Reading
from octogate.dialects.openai_responses.tool_names import Namespaces, flat_name

HOSTED: Final = "only the provider that hosts this tool can run it"
FREE_FORM: Final = "tools with free-form input exist at OpenAI only"

_RAW_TOOLS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_MODES: Final[dict[str, Literal["auto", "none", "any"]]] = {"auto": "auto", "none": "none", "required": "any"}
_CHOICES: Final = frozenset(_MODES)

_KNOWN: Final = frozenset({"type", "name", "description", "parameters", "strict", "function"})

RawTool = dict[str, msgspec.Raw]


def read_tools(raw: msgspec.Raw | None, path: str, reading: Reading) -> list[Tool]:
    """The functions in an array of tools; all other kinds are losses."""
    if raw is None:
        return []
    try:
        entries = _RAW_TOOLS.decode(raw)
    except UNREADABLE:
        for _ in reading.objects(read_value(raw), path):
            continue
        return []
    found: list[Tool] = []
    for at, entry in enumerate(entries):
        found += _read_tool(entry, f"{path}[{at}]", reading)
    return found


def _read_tool(entry: RawTool, path: str, reading: Reading) -> list[Tool]:
    kind = _text(entry, "type", path, reading)
    if kind == "function" or (kind is None and ("name" in entry or "function" in entry)):
        return [_function(entry, path, reading)]
    if kind == "namespace":
        return _namespace(entry, path, reading)
    if kind is None:
        reading.faults.rule(f"{path}.type", "is required")
    else:
        reading.lose(path, FREE_FORM if kind == "custom" else HOSTED)
    return []


def _namespace(entry: RawTool, path: str, reading: Reading) -> list[Tool]:
    """The functions of a namespace, each under a name that stands alone; its own description goes to each of them."""
    space = _text(entry, "name", path, reading, needed=True) or ""
    about = _text(entry, "description", path, reading)
    tools: list[Tool] = []
    for tool in read_tools(entry.get("tools"), f"{path}.tools", reading):
        said = "\n\n".join(text for text in (about, tool.description) if text)
        tools.append(
            msgspec.structs.replace(tool, name=flat_name(space, tool.name), description=said or None)
        )  # fmt: skip
    return tools


def _function(entry: RawTool, path: str, reading: Reading) -> Tool:
    """A function, its members flat or (as Chat has them) under `function`."""
    if "function" in entry and "name" not in entry:
        path = f"{path}.function"
        entry = _inner(entry["function"], path, reading)
    if not entry.keys() <= _KNOWN:
        reading.lose_others({name: read_value(entry[name]) for name in entry.keys() - _KNOWN}, _KNOWN, path)
    schema = entry.get("parameters")
    if schema is not None and bytes(schema)[:1] != b"{":
        if bytes(schema) != b"null":
            reading.faults.rule(f"{path}.parameters", "must be an object")
        schema = None
    strict = entry.get("strict")
    return Tool(
        _text(entry, "name", path, reading, needed=True) or "",
        _text(entry, "description", path, reading),
        schema,
        reading.flag(read_value(strict), f"{path}.strict") if strict is not None else None,
    )


def _inner(raw: msgspec.Raw, path: str, reading: Reading) -> RawTool:
    try:
        return msgspec.json.decode(raw, type=RawTool)
    except UNREADABLE:
        reading.faults.rule(path, "must be an object")
        return {}


def _text(entry: RawTool, name: str, path: str, reading: Reading, *, needed: bool = False) -> str | None:
    value = read_value(entry[name]) if name in entry else None
    return (reading.needed if needed else reading.text)(value, f"{path}.{name}")


def read_tool_choice(value: object, names: Namespaces, reading: Reading) -> ToolChoice | None:
    """A word, one function, or a set of allowed ones."""
    if isinstance(value, str):
        word = reading.word(value, "tool_choice", _CHOICES)
        return ToolChoice(_MODES[word]) if word is not None else None
    choice = reading.members(value, "tool_choice")
    if choice is None:
        return None
    kind = reading.needed(choice.get("type"), "tool_choice.type")
    if kind == "function":
        return ToolChoice("named", (_chosen(choice, "tool_choice", names, reading),))
    if kind == "allowed_tools":
        return _allowed(choice, names, reading)
    if kind:
        reading.lose("tool_choice", FREE_FORM if kind == "custom" else HOSTED)
    return None


def _chosen(choice: Members, path: str, names: Namespaces, reading: Reading) -> str:
    inner = choice.get("function")
    if isinstance(inner, dict):
        choice, path = inner, f"{path}.function"
    space = reading.text(choice.get("namespace"), f"{path}.namespace")
    return names.flat(space, reading.needed(choice.get("name"), f"{path}.name"))


def _allowed(choice: Members, names: Namespaces, reading: Reading) -> ToolChoice | None:
    """Some call among a set is `named`, perhaps a call among a set `allowed`; what is no function is a loss."""
    inner = choice.get("allowed_tools")
    if isinstance(inner, dict):
        choice = inner
    found: list[str] = []
    for path, tool in reading.objects(choice.get("tools"), "tool_choice.tools"):
        if tool.get("type") == "function":
            found.append(_chosen(tool, path, names, reading))
        else:
            reading.lose(path, HOSTED)
    mode = reading.word(choice.get("mode"), "tool_choice.mode", frozenset(("auto", "required")))
    if not found:
        return None
    return ToolChoice("named" if mode == "required" else "allowed", tuple(found))
