"""Writes `generationConfig` and the other settings of a call."""

from typing import Final

import msgspec

from octogate.core.conversation import Format, Loss, Settings
from octogate.dialects.gemini_generate.models import combines_format_and_tools
from octogate.dialects.gemini_generate.spelling import Object
from octogate.dialects.gemini_generate.write_thinking import write_thinking

MAX_STOPS: Final = 5
_MAX_SEED: Final = 2**31 - 1
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TIERS: Final = {"default": "standard", "flex": "flex", "priority": "priority"}


def write_settings(settings: Settings, model: str, *, has_tools: bool, losses: list[Loss]) -> Object:
    """The top-level members for all settings: `generationConfig` and `serviceTier`, only where there is something."""
    thinking = settings.thinking
    config: Object = {
        "maxOutputTokens": settings.max_output_tokens,
        "temperature": settings.temperature,
        "topP": settings.top_p,
        "topK": settings.top_k or None,  # 0 is another way to say nothing
        "frequencyPenalty": settings.frequency_penalty,
        "presencePenalty": settings.presence_penalty,
        "stopSequences": _stop(settings, losses),
        "seed": _seed(settings, losses),
        "candidateCount": settings.choices if settings.choices > 1 else None,
        "responseLogprobs": settings.logprobs,
        "logprobs": settings.top_logprobs or None,
        **_format(settings.format, model, has_tools, losses),
        "thinkingConfig": write_thinking(thinking, model, losses) if thinking is not None else None,
    }
    _lose(settings, losses)
    given = {name: value for name, value in config.items() if value is not None}
    members: Object = {"generationConfig": given} if given else {}
    tier = _TIERS.get(settings.service_tier or "")
    return members if tier is None else {**members, "serviceTier": tier}


def _stop(settings: Settings, losses: list[Loss]) -> tuple[str, ...] | None:
    if len(settings.stop) > MAX_STOPS:
        losses.append(Loss("stop", f"at most {MAX_STOPS} sequences at this target; the first {MAX_STOPS} were sent"))
    return settings.stop[:MAX_STOPS] or None


def _seed(settings: Settings, losses: list[Loss]) -> int | None:
    seed = settings.seed
    if seed is not None and not -_MAX_SEED - 1 <= seed <= _MAX_SEED:
        losses.append(Loss("seed", "this target takes seeds of 32 bits"))
        return None
    return seed


def _format(form: Format | None, model: str, has_tools: bool, losses: list[Loss]) -> Object:
    """JSON by media type and schema, which is always kept to. Its name has no place, its description one in it."""
    if form is None:
        return {}
    if has_tools and not combines_format_and_tools(model):
        losses.append(Loss("format", "this target takes no structured output beside tools"))
        return {}
    schema: Object = {} if form.schema is None else {"responseJsonSchema": _described(form.schema, form.description)}
    return {"responseMimeType": "application/json", **schema}


def _described(schema: msgspec.Raw, description: str | None) -> object:
    """The schema as it came; with the description in it, unless it has its own."""
    if description is None:
        return schema
    try:
        members = _MEMBERS.decode(schema)
    except (msgspec.DecodeError, RecursionError):
        return schema
    return schema if "description" in members else {"description": description, **members}


def _lose(settings: Settings, losses: list[Loss]) -> None:
    """What has no place. A user's name and a cache key only help the provider, and are left out without a word."""
    if settings.verbosity not in (None, "medium"):
        losses.append(Loss("verbosity", "this target cannot be told how many words to use"))
    if settings.metadata:
        losses.append(Loss("metadata", "this target takes none"))
    if settings.service_tier not in (None, "auto", *_TIERS):
        losses.append(Loss("service_tier", "this target does not have it"))
    if settings.parallel_tool_calls is False:
        losses.append(Loss("parallel_tool_calls", "this target may always call several tools at once"))
