"""Token counts as Gemini reports them."""

from typing import Final

import msgspec

from octogate.core.usage import Usage
from octogate.dialects.stream import MAX_COUNT, Count


class _Modality(msgspec.Struct, rename="camel", gc=False):
    modality: object = None
    token_count: Count | None = None


class _Usage(msgspec.Struct, rename="camel", gc=False):
    prompt_token_count: Count | None = None
    tool_use_prompt_token_count: Count | None = None
    candidates_token_count: Count | None = None
    thoughts_token_count: Count | None = None
    cached_content_token_count: Count | None = None
    total_token_count: Count | None = None
    prompt_tokens_details: list[_Modality] | None = None
    candidates_tokens_details: list[_Modality] | None = None


class _Tier(msgspec.Struct, rename="camel", gc=False):
    service_tier: object = None


_DECODER: Final = msgspec.json.Decoder(_Usage)
_TIER: Final = msgspec.json.Decoder(_Tier)
_TIERS: Final = {"standard": "default", "flex": "flex", "priority": "priority"}


def read_usage(raw: msgspec.Raw | bytes) -> Usage | None:
    """The counts of a `usageMetadata`; None when it is absent or says nothing.

    What tools put into the prompt was read too; thoughts were produced beside the candidates.
    """
    try:
        said = _DECODER.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    if said.prompt_token_count is None and said.candidates_token_count is None and said.total_token_count is None:
        return None
    thoughts = said.thoughts_token_count or 0
    return Usage(
        input_tokens=(said.prompt_token_count or 0) + (said.tool_use_prompt_token_count or 0),
        output_tokens=(said.candidates_token_count or 0) + thoughts,
        cached_tokens=said.cached_content_token_count or 0,
        reasoning_tokens=thoughts,
        audio_input_tokens=_of(said.prompt_tokens_details, "AUDIO"),
        audio_output_tokens=_of(said.candidates_tokens_details, "AUDIO"),
        image_input_tokens=_of(said.prompt_tokens_details, "IMAGE"),
        image_output_tokens=_of(said.candidates_tokens_details, "IMAGE"),
    )


def read_tier(raw: msgspec.Raw | bytes) -> str | None:
    """The hub's word for the tier that a `usageMetadata` names; None when it names none that we know."""
    try:
        tier = _TIER.decode(raw).service_tier
    except (msgspec.DecodeError, RecursionError):
        return None
    return _TIERS.get(tier.lower().removeprefix("service_tier_")) if isinstance(tier, str) else None


def write_usage(usage: Usage) -> dict[str, object]:
    """The `usageMetadata` for what was used: thoughts stand beside the candidates' tokens, and all parts are told."""
    candidates = max(usage.output_tokens - usage.reasoning_tokens, 0)  # some providers count thoughts apart
    members: dict[str, object] = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": candidates,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
        "thoughtsTokenCount": usage.reasoning_tokens,
        "cachedContentTokenCount": usage.cached_tokens,
        "promptTokensDetails": _details(usage.input_tokens, usage.audio_input_tokens, usage.image_input_tokens),
        "candidatesTokensDetails": _details(candidates, usage.audio_output_tokens, usage.image_output_tokens),
    }
    always = ("promptTokenCount", "candidatesTokenCount", "totalTokenCount")
    return {name: value for name, value in members.items() if value or name in always}


def _details(total: int, audio: int, image: int) -> list[dict[str, object]]:
    """Tokens by kind; none when all are words."""
    if not audio and not image:
        return []
    counts = {"TEXT": max(total - audio - image, 0), "AUDIO": audio, "IMAGE": image}
    return [{"modality": kind, "tokenCount": count} for kind, count in counts.items() if count]


def _of(details: list[_Modality] | None, modality: str) -> int:
    return min(sum(part.token_count or 0 for part in details or () if part.modality == modality), MAX_COUNT)
