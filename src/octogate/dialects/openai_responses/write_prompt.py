"""Writes a prompt as a Responses body."""

import hashlib
from typing import Final

import msgspec

from octogate.core.conversation import Format, Loss, Prompt, Settings, Text, Thinking, Tool, ToolChoice, Turn
from octogate.dialects.efforts import effort_of
from octogate.dialects.hub import Destination, Written
from octogate.dialects.openai_responses.read_settings import LOGPROBS
from octogate.dialects.openai_responses.write_items import ItemWriter

MIN_OUTPUT_TOKENS: Final = 16
"""The least that OpenAI takes as `max_output_tokens`."""

_MAX_USER: Final = 64
_ENCRYPTED: Final = "reasoning.encrypted_content"
_NO_PARAMETERS: Final = msgspec.Raw(b'{"type":"object","properties":{}}')
_TIERS: Final = frozenset({"auto", "default", "flex", "priority", "scale"})
_ABSENT: Final = (
    ("top_k", None),
    ("frequency_penalty", None),
    ("presence_penalty", None),
    ("stop", ()),
    ("seed", None),
    ("choices", 1),
)
"""Settings that Responses does not have, each with its value when the caller said nothing."""

Body = dict[str, object]


def write_prompt(prompt: Prompt, to: Destination) -> Written:
    """The body that asks for `prompt`. Nothing is kept at the provider."""
    losses: list[Loss] = []
    body: Body = {"model": to.model, **_input(prompt, to, losses), "store": False}
    if to.stream:
        body["stream"] = True
    body |= _tools(prompt, losses)
    body |= _settings(prompt.settings, losses)
    body |= _reasoning(prompt.settings.thinking, to, losses)
    if include := _include(prompt, body):
        body["include"] = include
    return Written(msgspec.json.encode(body), tuple(losses))


def _input(prompt: Prompt, to: Destination, losses: list[Loss]) -> Body:
    """The turns; a first one of the system that is a single text stands in `instructions`."""
    turns = prompt.turns
    leading = _instructions(turns)
    items = ItemWriter(turns, plain=to.plain)
    for at, turn in enumerate(turns):
        if at or leading is None:
            items.write(turn, at)
    losses += items.losses
    said: Body = {} if leading is None else {"instructions": leading}
    said["input"] = items.items
    return said


def _instructions(turns: tuple[Turn, ...]) -> str | None:
    if len(turns) < 2 or turns[0].role != "system" or turns[0].name is not None or len(turns[0].parts) != 1:
        return None
    only = turns[0].parts[0]
    return only.text if isinstance(only, Text) and only.text else None


def _tools(prompt: Prompt, losses: list[Loss]) -> Body:
    settings, choice = prompt.settings, prompt.tool_choice
    if not prompt.tools:
        if choice is not None and choice.mode not in ("auto", "none"):
            losses.append(Loss("tool_choice", "there is no tool to choose"))
        return {}
    said: Body = {"tools": [_tool(tool) for tool in prompt.tools]}
    if choice is not None:
        said["tool_choice"] = _choice(choice)
    if settings.parallel_tool_calls is not None:
        said["parallel_tool_calls"] = settings.parallel_tool_calls
    return said


def _tool(tool: Tool) -> Body:
    """A function. Responses takes silence about `strict` for yes, all other dialects for no."""
    said: Body = {"type": "function", "name": tool.name}
    if tool.description is not None:
        said["description"] = tool.description
    said["parameters"] = _NO_PARAMETERS if tool.schema is None else tool.schema
    said["strict"] = bool(tool.strict)
    return said


def _choice(choice: ToolChoice) -> object:
    if choice.mode in ("auto", "none"):
        return choice.mode
    if choice.mode == "any":
        return "required"
    functions = [{"type": "function", "name": name} for name in choice.names]
    if choice.mode == "named" and len(functions) == 1:
        return functions[0]
    mode = "required" if choice.mode == "named" else "auto"
    return {"type": "allowed_tools", "mode": mode, "tools": functions}


def _settings(settings: Settings, losses: list[Loss]) -> Body:
    said: Body = {}
    if settings.max_output_tokens is not None:
        said["max_output_tokens"] = _cap(settings.max_output_tokens, losses)
    for name in ("temperature", "top_p", "top_logprobs", "metadata", "prompt_cache_key"):
        value = getattr(settings, name)
        if value is not None:
            said[name] = value
    if text := _text(settings):
        said["text"] = text
    if settings.user is not None:
        said["user"] = _user(settings.user)
    if settings.service_tier in _TIERS:
        said["service_tier"] = settings.service_tier
    elif settings.service_tier is not None:
        losses.append(Loss("service_tier", "this target has no tier of that name"))
    losses += [
        Loss(name, "this target has no such setting")
        for name, unsaid in _ABSENT
        if getattr(settings, name) != unsaid
    ]  # fmt: skip
    return said


def _cap(cap: int, losses: list[Loss]) -> int:
    if cap < MIN_OUTPUT_TOKENS:
        losses.append(
            Loss("max_output_tokens", f"at least {MIN_OUTPUT_TOKENS} at this target; {MIN_OUTPUT_TOKENS} was sent")
        )
    return max(cap, MIN_OUTPUT_TOKENS)


def _user(user: str) -> str:
    """A name for the caller's user; one that is too long is replaced by one that is made of it."""
    if len(user) <= _MAX_USER:
        return user
    return f"user_{hashlib.blake2b(user.encode('utf-8', 'replace'), digest_size=24).hexdigest()}"


def _text(settings: Settings) -> Body:
    said: Body = {}
    if settings.format is not None:
        said["format"] = _format(settings.format)
    if settings.verbosity is not None:
        said["verbosity"] = settings.verbosity
    return said


def _format(wanted: Format) -> Body:
    if wanted.schema is None:
        return {"type": "json_object"}
    said: Body = {"type": "json_schema", "name": wanted.name, "schema": wanted.schema}
    if wanted.description is not None:
        said["description"] = wanted.description
    if wanted.strict is not None:
        said["strict"] = wanted.strict
    return said


def _reasoning(thinking: Thinking | None, to: Destination, losses: list[Loss]) -> Body:
    if thinking is None:
        return {}
    if to.plain and not to.effort:
        losses.append(Loss("thinking", "this target cannot be told how much to think"))
        return {}
    said: Body = {}
    effort = _effort(thinking)
    if effort is not None:
        said["effort"] = effort
    if thinking.show:
        said["summary"] = "auto"
    return {"reasoning": said} if said else {}


def _effort(thinking: Thinking) -> str | None:
    """OpenAI's word for a measure of thinking.

    The highest is sent only if the caller asked for it by name: few of the models know it, and clients of other
    providers routinely ask for a budget beyond the one for `high`.
    """
    if thinking.off:
        return "none"
    if thinking.effort is not None:
        return "xhigh" if thinking.effort == "max" else thinking.effort
    if thinking.tokens is None:
        return None
    effort = effort_of(thinking.tokens)
    return "high" if effort == "max" else effort


def _include(prompt: Prompt, body: Body) -> list[str]:
    """Thoughts come back sealed only if asked for, and without them the next turn would start from nothing."""
    thinking = prompt.settings.thinking
    wanted = [_ENCRYPTED] if "reasoning" in body and thinking is not None and not thinking.off else []
    items = body["input"]
    if not wanted and isinstance(items, list) and any(item.get("type") == "reasoning" for item in items):
        wanted.append(_ENCRYPTED)
    if prompt.settings.logprobs or prompt.settings.top_logprobs:
        wanted.append(LOGPROBS)
    return wanted
