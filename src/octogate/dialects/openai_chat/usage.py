"""Token counts as OpenAI chat completions and their many relatives report them."""

from typing import Final

import msgspec

from octogate.core.usage import Usage
from octogate.dialects.openai_usage import InputDetails, OutputDetails, detailed
from octogate.dialects.stream import Count


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    total_tokens: Count | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    prompt_cache_hit_tokens: Count | None = None
    cached_tokens: Count | None = None


_DECODER: Final = msgspec.json.Decoder(_Usage | None)


def read_usage(raw: msgspec.Raw | bytes) -> Usage | None:
    """The counts in a `usage` object; None when it is null or says neither input nor output.

    Cached tokens have three places: the details, DeepSeek's own member, and Together's at the top. Where the total
    shows that reasoning stands beside the completion (xAI), it is added to the output.
    """
    try:
        said = _DECODER.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    if said is None or (said.prompt_tokens is None and said.completion_tokens is None):
        return None
    produced = said.completion_tokens_details
    input_tokens, output_tokens = said.prompt_tokens or 0, said.completion_tokens or 0
    reasoning = produced.reasoning_tokens if produced is not None else None
    if reasoning and said.total_tokens == input_tokens + output_tokens + reasoning:
        output_tokens += reasoning
    cached = said.prompt_cache_hit_tokens or said.cached_tokens or 0
    return detailed(input_tokens, output_tokens, said.prompt_tokens_details, produced, cached=cached)


def write_usage(usage: Usage) -> dict[str, object]:
    """A `usage` object that shows all parts."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens + usage.cache_write_1h_tokens,
            "audio_tokens": usage.audio_input_tokens,
            "image_tokens": usage.image_input_tokens,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": usage.audio_output_tokens,
            "image_tokens": usage.image_output_tokens,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
