"""Token counts as the two OpenAI dialects have them in common: the details beside the totals."""

from typing import Final

import msgspec

from octogate.core.usage import Usage
from octogate.dialects.stream import Count


class InputDetails(msgspec.Struct, gc=False):
    """What the input was made of."""

    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    audio_tokens: Count | None = None
    image_tokens: Count | None = None


class OutputDetails(msgspec.Struct, gc=False):
    """What the output was made of."""

    reasoning_tokens: Count | None = None
    audio_tokens: Count | None = None
    image_tokens: Count | None = None


_NO_INPUT: Final = InputDetails()
_NO_OUTPUT: Final = OutputDetails()


def detailed(
    input_tokens: int, output_tokens: int, read: InputDetails | None, produced: OutputDetails | None, *, cached: int = 0
) -> Usage:
    """Usage with its details; `cached` is what is known of cached tokens where the details do not say it."""
    read, produced = read or _NO_INPUT, produced or _NO_OUTPUT
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=read.cached_tokens or cached,
        cache_write_tokens=read.cache_write_tokens or 0,
        reasoning_tokens=produced.reasoning_tokens or 0,
        audio_input_tokens=read.audio_tokens or 0,
        audio_output_tokens=produced.audio_tokens or 0,
        image_input_tokens=read.image_tokens or 0,
        image_output_tokens=produced.image_tokens or 0,
    )
