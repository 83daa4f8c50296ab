"""Writes how much a Gemini model may think first: levels since Gemini 3, a budget of tokens before."""

from typing import Final

from octogate.core.conversation import Loss, Thinking
from octogate.dialects.efforts import effort_of, tokens_of
from octogate.dialects.gemini_generate.models import generation, is_lite, is_pro, takes_levels, thinks
from octogate.dialects.gemini_generate.spelling import Object

_LEVELS: Final = {"minimal": "minimal", "low": "low", "medium": "medium", "high": "high", "max": "high"}
_DYNAMIC: Final = -1
_ALWAYS: Final = "this target always thinks; it was asked to think as little as it can"


def write_thinking(thinking: Thinking, model: str, losses: list[Loss]) -> Object | None:
    """The `thinkingConfig` for `model`; None when it has none to give."""
    if not thinks(model):
        if not thinking.off:
            losses.append(Loss("thinking", "this target does not think"))
        return None
    config = _level(thinking, model, losses) if takes_levels(model) else _budget(thinking, model, losses)
    if not thinking.off:
        config["includeThoughts"] = thinking.show is not False
    return config


def _level(thinking: Thinking, model: str, losses: list[Loss]) -> Object:
    if thinking.off:
        losses.append(Loss("thinking", _ALWAYS))
        return {"thinkingLevel": _allowed("minimal", model)}
    effort = thinking.effort or (effort_of(thinking.tokens) if thinking.tokens is not None else None)
    return {} if effort is None else {"thinkingLevel": _allowed(_LEVELS.get(effort, "medium"), model)}


def _allowed(level: str, model: str) -> str:
    """The level itself, or the next one up where a model lacks it.

    The large models have no `minimal`, the first of them has no `medium` either.
    """
    if level == "minimal" and is_pro(model):
        return "low"
    return "high" if level == "medium" and is_pro(model) and generation(model) == (3, 0) else level


def _budget(thinking: Thinking, model: str, losses: list[Loss]) -> Object:
    """A budget within the model's bounds (vendor's page "thinking").

    128 to 32,768 for the large models; for the others none, or 1 (512 for the smallest) to 24,576.
    """
    least, most = (128, 32_768) if is_pro(model) else (512 if is_lite(model) else 1, 24_576)
    if thinking.off:
        if is_pro(model):
            losses.append(Loss("thinking", _ALWAYS))
        return {"thinkingBudget": least if is_pro(model) else 0}
    wanted = thinking.tokens
    if wanted is None:
        return {"thinkingBudget": _DYNAMIC if thinking.effort is None else min(tokens_of(thinking.effort), most)}
    sent = min(max(wanted, least), most)
    if sent != wanted:
        losses.append(Loss("thinking", f"between {least} and {most} tokens at this target; {sent} were asked for"))
    return {"thinkingBudget": sent}
