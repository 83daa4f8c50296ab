"""Fits a prompt to how its model thinks, before a dialect writes it: what the model refuses is lost by name."""

from typing import Final

import msgspec

from octogate.core.conversation import Loss, Prompt, Settings, Thinking
from octogate.core.traits import EFFORTS, Effort, ReasoningTraits
from octogate.dialects.efforts import effort_of, tokens_of

_NEUTRAL: Final = {"temperature": 1.0, "top_p": 1.0, "frequency_penalty": 0.0, "presence_penalty": 0.0}
"""What a model does unless it is told otherwise: left out, nothing is lost."""


def fitted(prompt: Prompt, traits: ReasoningTraits | None) -> Prompt:
    """The same prompt as far as a model with these traits takes it; the rest is in its losses."""
    if traits is None:
        return prompt
    losses: list[Loss] = []
    thinking = _thinking(prompt.settings.thinking, traits, losses)
    settings = msgspec.structs.replace(prompt.settings, thinking=thinking)
    if traits.default_on if thinking is None else not thinking.off:
        settings = _without_rejected(settings, traits, losses)
    return msgspec.structs.replace(prompt, settings=settings, losses=(*prompt.losses, *losses))


def _thinking(wanted: Thinking | None, traits: ReasoningTraits, losses: list[Loss]) -> Thinking | None:
    if wanted is None or not traits.supported:
        if wanted is not None and not wanted.off:
            losses.append(Loss("thinking", "this model does not think first"))
        return None
    if wanted.off:
        return _off(wanted, traits, losses)
    fit = _measured(wanted, traits)
    if fit.show and not traits.supports_summaries:
        losses.append(Loss("thinking", "this model does not show its thoughts"))
        fit = msgspec.structs.replace(fit, show=None)
    return fit


def _off(wanted: Thinking, traits: ReasoningTraits, losses: list[Loss]) -> Thinking | None:
    if not traits.default_on:
        return wanted if traits.efforts is None or "none" in traits.efforts else None
    if traits.efforts is None or "none" in traits.efforts:
        return wanted
    least = traits.efforts[0]
    losses.append(Loss("thinking", f"this model always thinks; the effort {least!r} was asked of it"))
    return Thinking(effort=least, show=False)


def _measured(wanted: Thinking, traits: ReasoningTraits) -> Thinking:
    """In the measure that the model takes, and within its bounds."""
    effort, tokens = wanted.effort, wanted.tokens
    if effort is not None and traits.control == "tokens":
        tokens = tokens_of(effort) if tokens is None else tokens
        effort = None
    if traits.control == "effort" and tokens is not None:
        effort, tokens = effort or effort_of(tokens), None
    if effort is not None and traits.efforts is not None:
        effort = _nearest(effort, traits.efforts)
    if tokens is not None:
        tokens = max(tokens, traits.min_budget_tokens or 0)
        tokens = min(tokens, traits.max_budget_tokens or tokens)
    return Thinking(effort=effort, tokens=tokens, show=wanted.show)


def _nearest(effort: str, known: tuple[Effort, ...]) -> str:
    """The least of the known efforts that is not below `effort`; else the highest."""
    wanted = next((at for at, name in enumerate(EFFORTS) if name == effort), 0)
    return next((name for name in known if EFFORTS.index(name) >= wanted and name != "none"), known[-1])


def _without_rejected(settings: Settings, traits: ReasoningTraits, losses: list[Loss]) -> Settings:
    changes: dict[str, object] = {}
    for rejected in sorted(traits.rejects):
        name = "max_output_tokens" if rejected == "max_tokens" else rejected
        value = getattr(settings, name)
        if value is None or value == ():
            continue
        changes[name] = () if name == "stop" else None
        if name == "logprobs":
            changes["top_logprobs"] = None
        if value != _NEUTRAL.get(name):
            losses.append(Loss(name, "this model refuses it while it thinks"))
    return msgspec.structs.replace(settings, **changes)
