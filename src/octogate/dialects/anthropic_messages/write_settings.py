"""Settings → as Anthropic takes them; what it refuses together is taken apart here."""

from typing import Final

import msgspec

from octogate.core.conversation import Format, Loss, Settings, Thinking
from octogate.dialects.anthropic_messages.abilities import Abilities
from octogate.dialects.anthropic_messages.schemas import fitted
from octogate.dialects.efforts import MIN_TOKENS, effort_of, tokens_of
from octogate.dialects.hub import Destination

_SCHEMA: Final = msgspec.json.Decoder(dict[str, object])
_MOST_TOKENS: Final = 24_576
"""Of thought, where only an effort was asked for: with an answer it fits into what every thinking model can say."""
_ROOM: Final = 4_096
"""Tokens for the answer behind the thoughts, where the caller set no cap."""
_MIN_TOP_P: Final = 0.95
_MAX_USER_CHARS: Final = 256
_NEUTRAL: Final = {"temperature": 1, "top_p": 1, "top_k": 0}
_TIERS: Final = {"auto": "auto", "default": "standard_only"}
_ONE_OBJECT: Final = "Answer with one JSON object and nothing else."
_SUCH_OBJECT: Final = "Answer with JSON that is valid against this JSON schema, and with nothing else:\n"

Body = dict[str, object]


class Reasons(msgspec.Struct, frozen=True):
    """What in the rest of the body stands against thinking."""

    forced_tool: bool
    lacks_thought: bool


def write_thinking(
    thinking: Thinking | None, abilities: Abilities, reasons: Reasons, losses: list[Loss]
) -> tuple[Body | None, str | None]:
    """`thinking` and `output_config.effort`."""
    if thinking is None:
        return None, None
    if thinking.off:
        if not abilities.can_stop_thinking:
            losses.append(Loss("thinking", "this model always thinks"))
            return None, None
        return ({"type": "disabled"} if abilities.thinks else None), None
    by_tokens = abilities.takes_budget and (thinking.tokens is not None or not abilities.takes_effort)
    refusal = _refusal(abilities, reasons, by_tokens=by_tokens)
    if refusal:
        losses.append(Loss("thinking", refusal))
        return None, None
    if not by_tokens:
        effort = thinking.effort or (None if thinking.tokens is None else effort_of(thinking.tokens))
        return _shown({"type": "adaptive"}, thinking), "low" if effort == "minimal" else effort
    tokens = thinking.tokens if thinking.tokens is not None else tokens_of(thinking.effort or "medium")
    body: Body = {"type": "enabled", "budget_tokens": max(MIN_TOKENS, tokens)}
    effort = thinking.effort if abilities.takes_effort else None
    return _shown(body, thinking) if abilities.hides_thoughts else body, effort


def fit_cap(body: Body, settings: Settings, to: Destination, losses: list[Loss]) -> None:
    """Set `max_tokens`, which must exceed the budget of thought: a budget of our own making gives way first."""
    cap, thinking, wanted = settings.max_output_tokens, body.get("thinking"), settings.thinking
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    if not isinstance(budget, int) or not isinstance(thinking, dict):
        body["max_tokens"] = to.max_tokens if cap is None else cap
        return
    if wanted is not None and wanted.tokens is None:
        most = max(_MOST_TOKENS, to.max_tokens - _ROOM) if cap is None else max(MIN_TOKENS, cap * 4 // 5)
        budget = thinking["budget_tokens"] = min(budget, most)
    if cap is None:
        body["max_tokens"] = max(to.max_tokens, budget + _ROOM)
    elif cap <= budget:
        body["max_tokens"] = cap + budget
        losses.append(Loss("max_output_tokens", f"must exceed the thoughts' budget here; {cap + budget} was sent"))
    else:
        body["max_tokens"] = cap


def write_sampling(
    settings: Settings, abilities: Abilities, *, thinks: bool, model: str, losses: list[Loss]
) -> Body:  # fmt: skip
    """`temperature`, `top_p` and `top_k`. A value that changes nothing is left unsaid where others are refused."""
    values: Body = {"temperature": settings.temperature, "top_p": settings.top_p, "top_k": settings.top_k}
    if not abilities.takes_sampling:
        return _without(values, f"the model {model[:64]!r} takes no settings of sampling", losses)
    if thinks:
        top_p = settings.top_p
        kept: Body = {"top_p": top_p} if top_p is not None and _MIN_TOP_P <= top_p < 1 else {}
        rest = {name: value for name, value in values.items() if name not in kept}
        return {**_without(rest, "this provider refuses it while the model thinks", losses), **kept}
    if settings.temperature is not None and settings.temperature > 1:
        losses.append(Loss("temperature", "at most 1 at this target; 1 was sent"))
        values["temperature"] = 1.0
    if settings.temperature is not None and settings.top_p is not None and not abilities.takes_both_samplings:
        values |= {"top_p": None, **_without({"top_p": settings.top_p}, "not beside temperature at this model", losses)}
    return {name: value for name, value in values.items() if value is not None}


def write_format(
    form: Format | None, abilities: Abilities, losses: list[Loss]
) -> tuple[Body | None, str | None]:  # fmt: skip
    """`output_config.format`, or a line of instruction where there is no schema, or none that would be enforced."""
    if form is None:
        return None, None
    if form.schema is None:
        return None, _ONE_OBJECT
    try:
        schema = _SCHEMA.decode(form.schema)
    except (msgspec.DecodeError, RecursionError):
        losses.append(Loss("format", "its schema is no object; any JSON object was asked for"))
        return None, _ONE_OBJECT
    if not abilities.takes_schema:
        losses.append(Loss("format", "told in words; this model keeps to no schema strictly"))
        return None, _SUCH_OBJECT + bytes(form.schema).decode()
    fit, told = fitted(schema)
    if told:
        losses.append(Loss("format", "limits of the schema were told in words and are not enforced"))
    if form.description and "description" not in fit:
        fit["description"] = form.description
    return {"type": "json_schema", "schema": fit}, None


def write_envelope(settings: Settings, losses: list[Loss]) -> Body:
    """`stop_sequences`, `metadata` and `service_tier`."""
    body: Body = {}
    stop = [word for word in settings.stop if word.strip()]
    if len(stop) < len(settings.stop):
        losses.append(Loss("stop", "this provider refuses to stop at white space"))
    if stop:
        body["stop_sequences"] = stop
    if settings.user is not None:
        if len(settings.user) <= _MAX_USER_CHARS:
            body["metadata"] = {"user_id": settings.user}
        else:
            losses.append(Loss("user", f"at most {_MAX_USER_CHARS} characters at this target"))
    if settings.service_tier is not None:
        tier = _TIERS.get(settings.service_tier)
        if tier is None:
            losses.append(Loss("service_tier", f"this provider has no tier {settings.service_tier[:64]!r}"))
        else:
            body["service_tier"] = tier
    return body


def lose_foreign(settings: Settings, losses: list[Loss]) -> None:
    """What Anthropic cannot be told at all; a value that changes nothing is no loss."""
    unsaid = {
        "frequency_penalty": settings.frequency_penalty,
        "presence_penalty": settings.presence_penalty,
        "logprobs": settings.logprobs,
        "top_logprobs": settings.top_logprobs,
        "metadata": settings.metadata,
    }
    losses += [Loss(name, "this provider has no such setting") for name, value in unsaid.items() if value]
    if settings.seed is not None:
        losses.append(Loss("seed", "this provider takes no seed"))
    if settings.verbosity not in (None, "medium"):
        losses.append(Loss("verbosity", "this provider has no such setting"))
    if settings.choices > 1:
        losses.append(Loss("choices", f"this provider gives one answer; {settings.choices} were asked for"))


def _refusal(abilities: Abilities, reasons: Reasons, *, by_tokens: bool) -> str | None:
    """Why a model will not be told to think; None when it will."""
    if not abilities.thinks:
        return "this model does not think"
    if reasons.forced_tool:
        return "this provider lets no model think that must call a tool"
    if reasons.lacks_thought and by_tokens:
        return "the calls of tools that it would go on with were made without a thought of this provider's"
    return None


def _shown(body: Body, thinking: Thinking) -> Body:
    if thinking.show is not None:
        body["display"] = "summarized" if thinking.show else "omitted"
    return body


def _without(values: Body, reason: str, losses: list[Loss]) -> Body:
    losses += [Loss(name, reason) for name, value in values.items() if value not in (None, _NEUTRAL[name])]
    return {}
