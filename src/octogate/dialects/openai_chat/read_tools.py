"""Reads what a chat call offers the model: tools, how to choose among them, and the form of the answer."""

from typing import Final

import msgspec

from octogate.core.conversation import CacheMark, Format, Tool, ToolChoice
from octogate.dialects.body import Members, read_members, read_value
from octogate.dialects.checks import is_null
from octogate.dialects.findings import Findings, Table
from octogate.dialects.openai_chat.read_parts import read_cache

_MODES: Final = {"none": "none", "auto": "auto", "required": "any", "any": "any"}
_OF_TOOL: Final = frozenset({"type", "function", "cache_control"})
_OF_FUNCTION: Final = frozenset({"name", "description", "parameters", "strict", "cache_control"})
_ONLY_FUNCTIONS: Final = "only tools of the type 'function' can be offered at other targets"


def read_tools(members: Members, findings: Findings) -> tuple[Tool, ...]:
    """`tools`, and `functions` of old clients."""
    found: list[Tool] = []
    for at, raw in enumerate(_raw_items(members, "tools", findings)):
        found += _read_tool(raw, f"tools[{at}]", findings)
    for at, raw in enumerate(_raw_items(members, "functions", findings)):
        path = f"functions[{at}]"
        function = _raw_object(raw, path, findings)
        if function is not None:
            found += _read_function(function, path, findings, None)
    return tuple(found)


def read_choice(body: Table, findings: Findings) -> ToolChoice | None:
    """`tool_choice` in all its forms, and `function_call` of old clients."""
    choice = body.get("tool_choice")
    if choice is None:
        choice = body.get("function_call")
        return None if choice is None else _named_or_mode(choice, "function_call", findings)
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        return _allowed(choice, findings)
    if isinstance(choice, dict) and choice.get("type") == "custom":
        findings.lose("tool_choice", _ONLY_FUNCTIONS)
        return None
    return _named_or_mode(choice, "tool_choice", findings)


def read_format(members: Members, findings: Findings) -> Format | None:
    """`response_format`; `text` is what everybody answers in anyway."""
    raw = members.get("response_format")
    if raw is None or is_null(raw):
        return None
    form = _raw_object(raw, "response_format", findings)
    if form is None:
        return None
    kind = findings.needed(_decoded(form, "type").get("type"), "response_format.type")
    if kind == "json_object":
        return Format()
    if kind == "json_schema":
        return _read_schema(form, findings)
    if kind != "text":
        findings.lose("response_format", "this form of answers is known to this route only")
    return None


def _read_schema(form: Members, findings: Findings) -> Format | None:
    path = "response_format.json_schema"
    if "json_schema" not in form:
        findings.faults.rule(path, "is required")
        return None
    inner = _raw_object(form["json_schema"], path, findings)
    if inner is None:
        return None
    plain = _decoded(inner, "name", "description", "strict")
    return Format(
        schema=findings.raw_table(inner.get("schema"), f"{path}.schema"),
        name=findings.text(plain.get("name"), f"{path}.name") or "answer",
        description=findings.text(plain.get("description"), f"{path}.description"),
        strict=findings.flag(plain.get("strict"), f"{path}.strict"),
    )


def _read_tool(raw: msgspec.Raw, path: str, findings: Findings) -> list[Tool]:
    tool = _raw_object(raw, path, findings)
    if tool is None:
        return []
    plain = _decoded(tool, "type", "cache_control")
    if plain.get("type", "function") != "function":
        findings.lose(path, _ONLY_FUNCTIONS)
        return []
    mark = read_cache(plain, path, findings)
    if "function" not in tool:
        # Flat, as in the Responses API: some editors mix both forms.
        findings.lose_other_raws(tool, _OF_FUNCTION | _OF_TOOL, path)
        return _read_function(tool, path if "name" in tool else f"{path}.function", findings, mark)
    findings.lose_other_raws(tool, _OF_TOOL, path)
    path = f"{path}.function"
    function = _raw_object(tool["function"], path, findings)
    if function is None:
        return []
    findings.lose_other_raws(function, _OF_FUNCTION, path)
    return _read_function(function, path, findings, mark)


def _read_function(function: Members, path: str, findings: Findings, mark: CacheMark | None) -> list[Tool]:
    plain = _decoded(function, "name", "description", "strict", "cache_control")
    tool = Tool(
        findings.needed(plain.get("name"), f"{path}.name"),
        description=findings.text(plain.get("description"), f"{path}.description"),
        schema=findings.raw_table(function.get("parameters"), f"{path}.parameters"),
        strict=findings.flag(plain.get("strict"), f"{path}.strict"),
        cache=mark or read_cache(plain, path, findings),
    )
    return [tool]


def _named_or_mode(choice: object, path: str, findings: Findings) -> ToolChoice | None:
    mode = _MODES.get(choice if isinstance(choice, str) else _text(choice, "type"))
    match mode:
        case "none" | "auto" | "any":
            return ToolChoice(mode)
    name = _name(choice)
    if name:
        return ToolChoice("named", (name,))
    findings.faults.rule(path, "must be one of: none auto required, or name a function")
    return None


def _allowed(choice: Table, findings: Findings) -> ToolChoice | None:
    """Some of the tools: the model may call one of them, or (`required`) must."""
    inner = choice.get("allowed_tools")
    inner = inner if isinstance(inner, dict) else choice
    offered = findings.array(inner.get("tools"), "tool_choice.allowed_tools.tools", needed=True)
    names = tuple(filter(None, map(_name, offered)))
    if not names:
        findings.faults.rule("tool_choice.allowed_tools.tools", "must name at least one function")
        return None
    return ToolChoice("named" if inner.get("mode") == "required" else "allowed", names)


def _name(choice: object) -> str:
    inner = choice.get("function") if isinstance(choice, dict) else None
    return _text(inner, "name") or _text(choice, "name")


def _text(source: object, name: str) -> str:
    value = source.get(name) if isinstance(source, dict) else None
    return value if isinstance(value, str) else ""


def _decoded(members: Members, *names: str) -> dict[str, object]:
    return {name: read_value(members[name]) for name in names if name in members}


def _raw_items(members: Members, name: str, findings: Findings) -> list[msgspec.Raw]:
    raw = members.get(name)
    if raw is None or is_null(raw):
        return []
    try:
        return msgspec.json.decode(raw, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        findings.faults.rule(name, "must be an array")
        return []


def _raw_object(raw: msgspec.Raw, path: str, findings: Findings) -> Members | None:
    members = read_members(raw, path)
    if members is None:
        findings.faults.rule(path, "must be an object")
    return members
