"""Writes the tools of a call and how they may be used."""

from octogate.core.conversation import Loss, Prompt, Tool, ToolChoice
from octogate.dialects.gemini_generate.spelling import Object


def write_tools(prompt: Prompt, losses: list[Loss]) -> Object:
    """`tools` and `toolConfig`; a choice without tools has nothing to choose from and is left out."""
    if not prompt.tools:
        if prompt.tool_choice is not None and prompt.tool_choice.mode in ("any", "named"):
            losses.append(Loss("tool_choice", "there is no tool to choose"))
        return {}
    losses += [
        Loss(f"tools[{at}].strict", "this target does not promise to keep to the schema")
        for at, tool in enumerate(prompt.tools)
        if tool.strict
    ]
    members: Object = {"tools": [{"functionDeclarations": [_declaration(tool) for tool in prompt.tools]}]}
    if prompt.tool_choice is not None:
        members["toolConfig"] = {"functionCallingConfig": _calling(prompt.tool_choice)}
    return members


def _declaration(tool: Tool) -> Object:
    """One function. Its schema goes where JSON schemas are taken as they are; the other place takes only a subset."""
    declaration: Object = {"name": tool.name}
    if tool.description is not None:
        declaration["description"] = tool.description
    if tool.schema is not None:
        declaration["parametersJsonSchema"] = tool.schema
    return declaration


def _calling(choice: ToolChoice) -> Object:
    """The mode; names are taken only beside ANY and VALIDATED, which leaves words to the model but checks its calls."""
    if choice.mode == "named":
        return {"mode": "ANY", "allowedFunctionNames": choice.names}
    if choice.mode == "allowed":
        return {"mode": "VALIDATED", "allowedFunctionNames": choice.names}
    return {"mode": choice.mode.upper()}
