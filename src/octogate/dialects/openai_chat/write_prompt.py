"""Writes a prompt of the hub as a chat completions body."""

from typing import Final

import msgspec

from octogate.core.conversation import Format, Loss, Prompt, Settings, Thinking, Tool, ToolChoice
from octogate.dialects.efforts import effort_of
from octogate.dialects.hub import Destination, Written
from octogate.dialects.openai_chat.models import wants_thoughts
from octogate.dialects.openai_chat.write_turns import has_word, write_turns

Members = dict[str, object]

MAX_STOPS: Final = 4
_PLAIN_TIERS: Final = frozenset({"auto", "default"})
_NO_PLACE: Final = "this target has no such setting"
_SAME: Final = "temperature top_p frequency_penalty presence_penalty seed logprobs top_logprobs user".split()
_NOT_STORED: Final = "this target takes it only for answers that it stores"
# OpenAI refuses JSON mode when nothing in the conversation says "JSON".
_JSON_INSTRUCTION: Final[Members] = {"role": "system", "content": "Answer with a JSON object."}


def write_prompt(prompt: Prompt, to: Destination) -> Written:
    """The body for a target, and what of the prompt is not in it."""
    losses: list[Loss] = []
    settings = prompt.settings
    messages = write_turns(prompt.turns, plain=to.plain, thoughts=wants_thoughts(to.model), losses=losses)
    body: Members = {"model": to.model, "messages": messages}
    if to.stream:
        body["stream"] = True
        if to.stream_usage:
            body["stream_options"] = {"include_usage": True}
    if settings.max_output_tokens is not None:
        body[to.cap_field or ("max_tokens" if to.plain else "max_completion_tokens")] = settings.max_output_tokens
    if to.store is not None:
        body["store"] = to.store
    body |= {name: value for name in _SAME if (value := getattr(settings, name)) is not None}
    body |= _write_tools(prompt, plain=to.plain, losses=losses)
    body |= _write_stop(settings.stop, plain=to.plain, losses=losses)
    body |= _write_thinking(settings.thinking, to, losses)
    if settings.choices > 1:
        body["n"] = settings.choices
    if settings.format is not None:
        body |= _write_structure(settings.format, prompt, to, messages, losses)
    body |= _write_rest(settings, plain=to.plain, losses=losses)
    return Written(msgspec.json.encode(body), tuple(losses))


def _write_tools(prompt: Prompt, *, plain: bool, losses: list[Loss]) -> Members:
    """Tools and how to choose among them; without tools there is nothing to choose."""
    tools, choice = prompt.tools, prompt.tool_choice
    if not tools:
        if choice is not None and choice.mode in ("any", "named"):
            losses.append(Loss("tool_choice", "the call offers no tools"))
        return {}
    if plain and choice is not None and choice.mode in ("named", "allowed") and _names_several(choice):
        # A plain server knows no choice among some of the tools: it is offered only these.
        names = frozenset(choice.names)
        tools = tuple(tool for tool in tools if tool.name in names) or tools
        choice = ToolChoice("any" if choice.mode == "named" else "auto")
    members: Members = {"tools": [_write_tool(tool, plain=plain) for tool in tools]}
    if choice is not None:
        members["tool_choice"] = _write_choice(choice)
    if prompt.settings.parallel_tool_calls is not None:
        members["parallel_tool_calls"] = prompt.settings.parallel_tool_calls
    return members


def _names_several(choice: ToolChoice) -> bool:
    return choice.mode == "allowed" or len(choice.names) != 1


def _write_tool(tool: Tool, *, plain: bool) -> Members:
    function: Members = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.schema is not None:
        function["parameters"] = tool.schema
    elif plain:
        function["parameters"] = {"type": "object", "properties": {}}
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _write_choice(choice: ToolChoice) -> object:
    match choice.mode:
        case "auto" | "none":
            return choice.mode
        case "any":
            return "required"
    names = [{"type": "function", "function": {"name": name}} for name in choice.names]
    if choice.mode == "named" and len(names) == 1:
        return names[0]
    mode = "required" if choice.mode == "named" else "auto"
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": names}}


def _write_stop(stop: tuple[str, ...], *, plain: bool, losses: list[Loss]) -> Members:
    if not stop:
        return {}
    if len(stop) > MAX_STOPS and not plain:
        losses.append(Loss("stop", f"at most {MAX_STOPS} at this target; the first {MAX_STOPS} were sent"))
        stop = stop[:MAX_STOPS]
    return {"stop": stop}


def _write_thinking(thinking: Thinking | None, to: Destination, losses: list[Loss]) -> Members:
    """An effort; a number of tokens becomes the smallest effort that holds it.

    The highest is sent only if the caller asked for it by name: few models know it, and clients of other providers
    routinely ask for a budget beyond the one for `high`.
    """
    if thinking is None:
        return {}
    effort = "xhigh" if thinking.effort == "max" else thinking.effort
    if effort is None and thinking.tokens is not None:
        measured = effort_of(thinking.tokens)
        effort = "high" if measured == "max" else measured
    if thinking.off:
        effort = "none"
    if effort is None:
        return {}
    if not to.effort:
        losses.append(Loss("thinking", _NO_PLACE))
        return {}
    return {"reasoning_effort": effort}


def _write_structure(
    form: Format, prompt: Prompt, to: Destination, messages: list[Members], losses: list[Loss]
) -> Members:
    """The form of the answer; in words as well, in front of all others, where the target insists on them."""
    if form.schema is not None and not to.schema:
        losses.append(Loss("format", "this provider holds no answer to a schema; it was told the schema in words"))
        schema = bytes(form.schema).decode()
        messages.insert(0, {"role": "system", "content": f"Answer with a JSON object of this JSON schema: {schema}"})
        return {"response_format": {"type": "json_object"}}
    if form.schema is None and not (to.plain and to.schema) and not has_word(prompt.turns, "json"):
        messages.insert(0, dict(_JSON_INSTRUCTION))
    return {"response_format": _write_format(form)}


def _write_format(form: Format) -> Members:
    if form.schema is None:
        return {"type": "json_object"}
    inner: Members = {"name": form.name}
    if form.description is not None:
        inner["description"] = form.description
    inner["schema"] = form.schema
    if form.strict is not None:
        inner["strict"] = form.strict
    return {"type": "json_schema", "json_schema": inner}


def _write_rest(settings: Settings, *, plain: bool, losses: list[Loss]) -> Members:
    """What only OpenAI itself knows, or nobody here."""
    members: Members = {}
    if settings.verbosity is not None and plain:
        losses.append(Loss("verbosity", _NO_PLACE))
    elif settings.verbosity is not None:
        members["verbosity"] = settings.verbosity
    if settings.metadata is not None:
        losses.append(Loss("metadata", _NO_PLACE if plain else _NOT_STORED))
    if settings.prompt_cache_key is not None and not plain:
        members["prompt_cache_key"] = settings.prompt_cache_key
    if settings.service_tier is not None and not plain:
        members["service_tier"] = settings.service_tier
    elif settings.service_tier is not None and settings.service_tier not in _PLAIN_TIERS:
        losses.append(Loss("service_tier", _NO_PLACE))
    if settings.top_k is not None:
        losses.append(Loss("top_k", _NO_PLACE))
    return members
