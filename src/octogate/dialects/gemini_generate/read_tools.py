"""Reads the tools of a Gemini call and how they may be used."""

from typing import Final

import msgspec

from octogate.core.conversation import Tool, ToolChoice
from octogate.dialects.body import to_raw
from octogate.dialects.gemini_generate.node import Node
from octogate.dialects.gemini_generate.schema import to_json_schema

_UNCHECKED: Final = "other providers check a call only if its function is strict; this one's calls may be off"
_MODES: Final = ("AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED")
_DECLARED: Final = frozenset("name description parameters parametersJsonSchema".split())


def read_tools(body: Node) -> tuple[Tool, ...]:
    """All `functionDeclarations`; tools that the provider itself runs are a loss."""
    tools: list[Tool] = []
    for node in body.nodes("tools"):
        node.lose_others({"functionDeclarations"}, "this tool runs at Gemini only")
        for declaration in node.nodes("functionDeclarations"):
            tool = _read_declaration(declaration)
            if tool is not None:
                tools.append(tool)
    return tuple(tools)


def _read_declaration(node: Node) -> Tool | None:
    name = node.text("name", needed=True)
    description = node.text("description")
    for member in node.others(_DECLARED):
        if (member, node.get(member)) != ("behavior", "BLOCKING"):
            node.lose(member, "other providers take only the schema of a function's arguments")
    schema = read_schema(node, "parametersJsonSchema", "parameters")
    return None if name is None else Tool(name, description, schema)


def read_schema(node: Node, plain: str, own: str) -> msgspec.Raw | None:
    """A JSON schema as the caller wrote it, or one in Gemini's own notation, turned into one."""
    for name in (plain, own):
        value = node.get(name)
        if value is None:
            continue
        if isinstance(value, dict):
            return to_raw(value if name == plain else to_json_schema(value))
        node.found.faults.rule(node.at(name), "must be an object")
    return None


def read_tool_choice(body: Node) -> ToolChoice | None:
    """`toolConfig.functionCallingConfig`: its mode, and the functions that are allowed."""
    config = body.node("toolConfig")
    if config is None:
        return None
    config.lose_others({"functionCallingConfig"}, "only Gemini's own tools take it")
    calling = config.node("functionCallingConfig")
    if calling is None:
        return None
    mode = (calling.text("mode") or "AUTO").upper()
    names = calling.texts("allowedFunctionNames")
    if mode not in _MODES:
        calling.found.faults.rule(calling.at("mode"), "must be AUTO, ANY, NONE or VALIDATED")
    for name in calling.others({"mode", "allowedFunctionNames"}):
        if calling.get(name) is not False:
            calling.lose(name, "only Gemini has it")
    if mode == "NONE":
        return ToolChoice("none")
    if mode == "ANY":
        return ToolChoice("named", names) if names else ToolChoice("any")
    if names:
        return ToolChoice("allowed", names)
    if mode == "VALIDATED":
        calling.lose("mode", _UNCHECKED)
    return ToolChoice("auto")
