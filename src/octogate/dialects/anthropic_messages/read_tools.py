"""Tools and the choice among them, as a caller writes them."""

from typing import Final

import msgspec

from octogate.core.conversation import Tool, ToolChoice
from octogate.dialects.anthropic_messages.blocks import cache_mark
from octogate.dialects.anthropic_messages.shape import Shape
from octogate.dialects.body import first_byte
from octogate.dialects.checks import is_null
from octogate.dialects.findings import Findings

_ABSENT: Final = msgspec.Raw()


class _Tool(msgspec.Struct, gc=False):
    type: object = None
    name: object = None
    description: object = None
    strict: object = None
    allowed_callers: object = None
    input_examples: object = None
    input_schema: msgspec.Raw = _ABSENT
    cache_control: msgspec.Raw = _ABSENT


class _Choice(msgspec.Struct, gc=False):
    type: object = None
    name: object = None
    disable_parallel_tool_use: object = None


_TOOL: Final = Shape(_Tool, "eager_input_streaming")  # how its input is streamed is a matter of each provider
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_CHOICE: Final = Shape(_Choice)


def read_tools(raw: msgspec.Raw, found: Findings) -> tuple[Tool, ...]:
    """The functions among the caller's tools; those that run at the provider are losses."""
    if is_null(raw):
        return ()
    if first_byte(raw) != b"[":
        found.faults.rule("tools", "must be an array")
        return ()
    tools = (_read_tool(tool, f"tools[{at}]", found) for at, tool in enumerate(_LIST.decode(raw)))
    return tuple(tool for tool in tools if tool is not None)


def read_choice(raw: msgspec.Raw, tools: tuple[Tool, ...], found: Findings) -> tuple[ToolChoice | None, bool | None]:
    """The choice, and False when calls in parallel are forbidden. A choice of a tool that is lost is lost with it."""
    if is_null(raw) or found.raw_table(raw, "tool_choice", needed=True) is None:
        return None, None
    choice = _CHOICE.read(raw, "tool_choice", found)
    alone = found.flag(choice.disable_parallel_tool_use, "tool_choice.disable_parallel_tool_use")
    parallel = False if alone else None
    if choice.type in ("auto", "any", "none"):
        return ToolChoice("none" if choice.type == "none" else "any" if choice.type == "any" else "auto"), parallel
    if choice.type != "tool":
        found.faults.rule("tool_choice.type", "must be one of: auto any tool none")
        return None, parallel
    name = found.needed(choice.name, "tool_choice.name")
    if name not in {tool.name for tool in tools}:
        found.lose("tool_choice", "the tool that it names is not among those that can be offered")
        return None, parallel
    return ToolChoice("named", (name,)), parallel


def _read_tool(raw: msgspec.Raw, path: str, found: Findings) -> Tool | None:
    if first_byte(raw) != b"{":
        found.faults.add(path, "Tools must be objects")
        return None
    tool, is_all = _TOOL.peek(raw)
    if tool.type not in (None, "custom"):
        found.lose(path, f"the tool {str(tool.type)[:64]!r} is known to Anthropic's models only")
        return None
    if not is_all:
        _TOOL.lose_others(raw, path, found)
    if tool.input_examples:
        found.lose(f"{path}.input_examples", "other providers take no examples of a tool's input")
    if isinstance(tool.allowed_callers, list) and "direct" not in tool.allowed_callers:
        found.lose(path, "only Anthropic runs code that calls tools")
        return None
    return Tool(
        name=found.needed(tool.name, f"{path}.name"),
        description=found.text(tool.description, f"{path}.description"),
        schema=found.raw_table(tool.input_schema, f"{path}.input_schema", needed=True),
        strict=found.flag(tool.strict, f"{path}.strict"),
        cache=cache_mark(tool.cache_control, path, found),
    )
