"""Stop reasons, service tiers and their words in the hub."""

from collections.abc import Iterable, Mapping
from typing import Final

from octogate.core.conversation import Finish, Part, Refusal, ToolCall

_FINISHES: Final[Mapping[str, Finish]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "pause_turn": "pause",
    "compaction": "pause",
    "refusal": "refusal",
}
_STOP_REASONS: Final[Mapping[Finish, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "pause": "pause_turn",
    "content_filter": "refusal",
    "refusal": "refusal",
    "error": "refusal",
}
_TIERS: Final = {"standard": "default"}
_OWN_TIERS: Final = {"default": "standard", "auto": "standard"}


def read_finish(stop_reason: str | None) -> Finish:
    """The finish for a `stop_reason`; a word that came after us, or none, ends an answer like any other."""
    return _FINISHES.get(stop_reason or "end_turn", "stop")


def write_stop_reason(finish: Finish, stop_sequence: str | None, *, calls_tools: bool, refuses: bool) -> str:
    """The `stop_reason` for a finish.

    Some providers say "stop" although they ask for a tool; clients of this dialect run tools only at `tool_use`.
    """
    if finish == "stop":
        if calls_tools:
            return "tool_use"
        if refuses:
            return "refusal"
        if stop_sequence is not None:
            return "stop_sequence"
    return _STOP_REASONS[finish]


def stop_reason_of(finish: Finish, stop_sequence: str | None, parts: Iterable[Part]) -> str:
    """The same for a whole answer."""
    kinds = {type(part) for part in parts}
    return write_stop_reason(finish, stop_sequence, calls_tools=ToolCall in kinds, refuses=Refusal in kinds)


def read_tier(tier: object) -> str | None:
    """The hub's word for the tier that an answer was made in."""
    return _TIERS.get(tier, tier) if isinstance(tier, str) else None


def write_tier(tier: str) -> str:
    """The dialect's word for it."""
    return _OWN_TIERS.get(tier, tier)
