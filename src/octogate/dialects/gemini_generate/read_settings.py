"""Reads `generationConfig` and the other settings of a Gemini call."""

from typing import Final

from octogate.core.conversation import Format, Settings, Thinking
from octogate.dialects.checks import integer, number, real, whole
from octogate.dialects.gemini_generate.node import Node
from octogate.dialects.gemini_generate.read_tools import read_schema

_KNOWN: Final = frozenset(
    "maxOutputTokens temperature topP topK frequencyPenalty presencePenalty stopSequences seed candidateCount"
    " responseLogprobs logprobs responseMimeType responseSchema responseJsonSchema thinkingConfig".split()
)
_LOST: Final = {
    "speechConfig": "only Gemini is told how to speak",
    "mediaResolution": "only Gemini takes a resolution for media",
    "audioTimestamp": "only Gemini marks times in recordings",
    "routingConfig": "a model is chosen by the gateway",
    "modelSelectionConfig": "a model is chosen by the gateway",
}
_LEVELS: Final = {"minimal": "minimal", "low": "low", "medium": "medium", "high": "high", "xhigh": "max"}
_TIERS: Final = {"standard": "default", "flex": "flex", "priority": "priority", "unspecified": "auto"}
_JSON: Final = "application/json"
_WORDS_ONLY: Final = ["TEXT"]


def read_settings(body: Node) -> Settings:
    """`generationConfig`, `serviceTier` and `labels`."""
    config = body.node("generationConfig") or Node({}, body.at("generationConfig"), body.found)
    _lose_others(config)
    return Settings(
        max_output_tokens=whole(config.checked("maxOutputTokens", integer(1))),
        temperature=real(config.checked("temperature", number(0, 2))),
        top_p=real(config.checked("topP", number(0, 1))),
        top_k=_top_k(config),
        frequency_penalty=real(config.checked("frequencyPenalty", number(-2, 2))),
        presence_penalty=real(config.checked("presencePenalty", number(-2, 2))),
        stop=config.texts("stopSequences"),
        seed=whole(config.checked("seed", integer(-(2**63), 2**63 - 1))),
        choices=whole(config.checked("candidateCount", integer(1))) or 1,
        logprobs=config.flag("responseLogprobs"),
        top_logprobs=whole(config.checked("logprobs", integer(0, 20))),
        format=_read_format(config),
        thinking=_read_thinking(config),
        metadata=_read_labels(body),
        service_tier=_read_tier(body),
    )


def _top_k(config: Node) -> int | None:
    """A number on the wire, and always a whole one in meaning."""
    value = config.checked("topK", number(0, 2**31))
    return round(value) if isinstance(value, (int, float)) else None


def _read_format(config: Node) -> Format | None:
    """Structured output: JSON by its media type, and its schema if there is one."""
    media_type = config.text("responseMimeType")
    schema = read_schema(config, "responseJsonSchema", "responseSchema")
    if media_type == _JSON or (media_type is None and schema is not None):
        return Format(schema)
    if media_type not in (None, "", "text/plain"):
        config.lose("responseMimeType", "other providers answer in words or JSON only")
    return None


def _read_thinking(config: Node) -> Thinking | None:
    """`thinkingConfig`: a budget (0 forbids, -1 leaves it to the model) or a level, and whether thoughts are shown."""
    node = config.node("thinkingConfig")
    if node is None:
        return None
    node.lose_others({"includeThoughts", "thinkingBudget", "thinkingLevel"})
    show = node.flag("includeThoughts")
    budget = whole(node.checked("thinkingBudget", integer(-1, 2**31)))
    level = (node.text("thinkingLevel") or "").lower()
    effort = _LEVELS.get(level)
    if effort is None and level not in ("", "thinking_level_unspecified"):
        node.found.faults.rule(node.at("thinkingLevel"), "must be minimal, low, medium or high")
    if budget == 0:
        return Thinking(off=True, show=show)
    return Thinking(effort=effort, tokens=budget if budget and budget > 0 else None, show=show)


def _read_labels(body: Node) -> dict[str, str] | None:
    labels = body.get("labels")
    if labels is None:
        return None
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        body.found.faults.rule(body.at("labels"), "must be an object of strings")
        return None
    return dict(labels)


def _read_tier(body: Node) -> str | None:
    tier = body.text("serviceTier")
    if tier is None:
        return None
    known = _TIERS.get(tier.lower().removeprefix("service_tier_"))
    if known is None:
        body.lose("serviceTier", "no other provider has this tier")
    return known


def _lose_others(config: Node) -> None:
    for name, reason in _LOST.items():
        config.lose(name, reason)
    if config.get("responseModalities") != _WORDS_ONLY:
        config.lose("responseModalities", "other providers are asked for words only")
    config.lose_others({*_KNOWN, *_LOST, "responseModalities"})
