"""Reads tools and the choice among them: functions, flat or nested or in namespaces, and hosted ones."""

from typing import Final, Literal

import msgspec

from octogate.core.conversation import Tool, ToolChoice
from octogate.dialects.body import read_value
from octogate.dialects.faults import UNREADABLE
from octogate.dialects.findings import Findings, Table
from octogate.dialects.openai_responses.tool_names import Namespaces, flat_name

HOSTED: Final = "only the provider that hosts this tool can run it"
FREE_FORM: Final = "tools with free-form input exist at OpenAI only"

_RAW_TOOLS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_MODES: Final[dict[str, Literal["auto", "none", "any"]]] = {"auto": "auto", "none": "none", "required": "any"}
_CHOICES: Final = frozenset(_MODES)

_KNOWN: Final = frozenset({"type", "name", "description", "parameters", "strict", "function"})

RawTool = dict[str, msgspec.Raw]


def read_tools(raw: msgspec.Raw | None, path: str, findings: Findings, *, nested: bool = False) -> list[Tool]:
    """The functions in an array of tools; all other kinds are losses, namespaces too where they are `nested` in one."""
    if raw is None:
        return []
    try:
        entries = _RAW_TOOLS.decode(raw)
    except UNREADABLE:
        for _ in findings.tables(read_value(raw), path):
            continue
        return []
    found: list[Tool] = []
    for at, entry in enumerate(entries):
        found += _read_tool(entry, f"{path}[{at}]", findings, nested=nested)
    return found


def _read_tool(entry: RawTool, path: str, findings: Findings, *, nested: bool) -> list[Tool]:
    kind = _text(entry, "type", path, findings)
    if kind == "function" or (kind is None and ("name" in entry or "function" in entry)):
        return [_function(entry, path, findings)]
    if kind == "namespace" and not nested:
        return _namespace(entry, path, findings)
    if kind is None:
        findings.faults.rule(f"{path}.type", "is required")
    else:
        findings.lose(path, FREE_FORM if kind == "custom" else HOSTED)
    return []


def _namespace(entry: RawTool, path: str, findings: Findings) -> list[Tool]:
    """The functions of a namespace, each under a name that stands alone; its own description goes to each of them."""
    space = _text(entry, "name", path, findings, needed=True) or ""
    about = _text(entry, "description", path, findings)
    tools: list[Tool] = []
    for tool in read_tools(entry.get("tools"), f"{path}.tools", findings, nested=True):
        said = "\n\n".join(text for text in (about, tool.description) if text)
        tools.append(
            msgspec.structs.replace(tool, name=flat_name(space, tool.name), description=said or None)
        )  # fmt: skip
    return tools


def _function(entry: RawTool, path: str, findings: Findings) -> Tool:
    """A function, its members flat or (as Chat has them) under `function`."""
    if "function" in entry and "name" not in entry:
        path = f"{path}.function"
        entry = _inner(entry["function"], path, findings)
    findings.lose_other_raws(entry, _KNOWN, path)
    strict = entry.get("strict")
    return Tool(
        _text(entry, "name", path, findings, needed=True) or "",
        _text(entry, "description", path, findings),
        findings.raw_table(entry.get("parameters"), f"{path}.parameters"),
        findings.flag(read_value(strict), f"{path}.strict") if strict is not None else None,
    )


def _inner(raw: msgspec.Raw, path: str, findings: Findings) -> RawTool:
    try:
        return msgspec.json.decode(raw, type=RawTool)
    except UNREADABLE:
        findings.faults.rule(path, "must be an object")
        return {}


def _text(entry: RawTool, name: str, path: str, findings: Findings, *, needed: bool = False) -> str | None:
    value = read_value(entry[name]) if name in entry else None
    return (findings.needed if needed else findings.text)(value, f"{path}.{name}")


def read_tool_choice(value: object, names: Namespaces, findings: Findings) -> ToolChoice | None:
    """A word, one function, or a set of allowed ones."""
    if isinstance(value, str):
        word = findings.word(value, "tool_choice", _CHOICES)
        return ToolChoice(_MODES[word]) if word is not None else None
    choice = findings.table(value, "tool_choice")
    if choice is None:
        return None
    kind = findings.needed(choice.get("type"), "tool_choice.type")
    if kind == "function":
        return ToolChoice("named", (_chosen(choice, "tool_choice", names, findings),))
    if kind == "allowed_tools":
        return _allowed(choice, names, findings)
    if kind:
        findings.lose("tool_choice", FREE_FORM if kind == "custom" else HOSTED)
    return None


def _chosen(choice: Table, path: str, names: Namespaces, findings: Findings) -> str:
    inner = choice.get("function")
    if isinstance(inner, dict):
        choice, path = inner, f"{path}.function"
    space = findings.text(choice.get("namespace"), f"{path}.namespace")
    return names.flat(space, findings.needed(choice.get("name"), f"{path}.name"))


def _allowed(choice: Table, names: Namespaces, findings: Findings) -> ToolChoice | None:
    """Some call among a set is `named`, perhaps a call among a set `allowed`; what is no function is a loss."""
    inner = choice.get("allowed_tools")
    if isinstance(inner, dict):
        choice = inner
    found: list[str] = []
    for path, tool in findings.tables(choice.get("tools"), "tool_choice.tools"):
        if tool.get("type") == "function":
            found.append(_chosen(tool, path, names, findings))
        else:
            findings.lose(path, HOSTED)
    mode = findings.word(choice.get("mode"), "tool_choice.mode", frozenset(("auto", "required")))
    if not found:
        return None
    return ToolChoice("named" if mode == "required" else "allowed", tuple(found))
