"""Usage between the dialect, which counts cached input apart, and the hub, where it is a part of the input."""

from typing import Final

import msgspec

from octogate.core.usage import Usage
from octogate.dialects.anthropic_messages.stream import Counts
from octogate.dialects.stream import Count


class _OutputDetails(msgspec.Struct, gc=False):
    thinking_tokens: Count | None = None


class _Details(msgspec.Struct, gc=False):
    output_tokens_details: _OutputDetails | None = None
    service_tier: object = None


_COUNTS: Final = msgspec.json.Decoder(Counts)
_DETAILS: Final = msgspec.json.Decoder(_Details)


class Tally:
    """Adds up what an answer or a stream says of its usage: each count is the last one said."""

    __slots__ = ("_counts", "_thinking", "tier")

    def __init__(self) -> None:
        self._counts = Counts()
        self._thinking = 0
        self.tier: object = None

    def add(self, raw: msgspec.Raw) -> None:
        """Take in one `usage` object, or null."""
        if bytes(raw) in (b"", b"null"):
            return
        self._counts = _COUNTS.decode(raw).over(self._counts)
        details = _DETAILS.decode(raw)
        if details.output_tokens_details is not None:
            self._thinking = details.output_tokens_details.thinking_tokens or 0
        self.tier = details.service_tier or self.tier

    def usage(self) -> Usage | None:
        """What is known so far; None when nothing was said."""
        usage = self._counts.usage()
        if usage is None or not self._thinking:
            return usage
        return msgspec.structs.replace(usage, reasoning_tokens=min(self._thinking, usage.output_tokens))


def write_usage(usage: Usage | None) -> dict[str, object]:
    """The counts that every `usage` object has, those in a stream's `message_delta` too."""
    usage = usage or Usage()
    written = usage.cache_write_tokens + usage.cache_write_1h_tokens
    counts: dict[str, object] = {
        "input_tokens": max(0, usage.input_tokens - usage.cached_tokens - written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
    }
    if usage.reasoning_tokens:
        counts["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return counts


def write_full_usage(usage: Usage | None, tier: str | None) -> dict[str, object]:
    """The `usage` of a whole message: the counts, which of the two caches was written, and the tier."""
    counts = write_usage(usage)
    usage = usage or Usage()
    counts["cache_creation"] = {
        "ephemeral_5m_input_tokens": usage.cache_write_tokens,
        "ephemeral_1h_input_tokens": usage.cache_write_1h_tokens,
    }
    if tier is not None:
        counts["service_tier"] = tier
    return counts
