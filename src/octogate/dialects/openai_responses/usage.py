"""Token counts as the Responses API reports them."""

from typing import Final

import msgspec

from octogate.core.usage import Usage
from octogate.dialects.openai_usage import InputDetails, OutputDetails, detailed
from octogate.dialects.stream import Count


class _Usage(msgspec.Struct, gc=False):
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None


_USAGE: Final = msgspec.json.Decoder(_Usage)


def read_usage(raw: msgspec.Raw | bytes) -> Usage | None:
    """The counts in a `usage` object; None when it is null or says nothing."""
    try:
        said = _USAGE.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    if said.input_tokens is None and said.output_tokens is None:
        return None
    return detailed(
        said.input_tokens or 0, said.output_tokens or 0, said.input_tokens_details, said.output_tokens_details
    )


def write_usage(usage: Usage) -> dict[str, object]:
    """The counts in their places."""
    read: dict[str, object] = {
        "cached_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens + usage.cache_write_1h_tokens,
    }
    produced: dict[str, object] = {"reasoning_tokens": usage.reasoning_tokens}
    _add(read, audio_tokens=usage.audio_input_tokens, image_tokens=usage.image_input_tokens)
    _add(produced, audio_tokens=usage.audio_output_tokens, image_tokens=usage.image_output_tokens)
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": read,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": produced,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _add(details: dict[str, object], **counts: int) -> None:
    details.update((name, count) for name, count in counts.items() if count)
