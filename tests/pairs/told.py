"""The word with which each dialect tells how an answer ended."""

from typing import Final

_WORDS: Final[dict[str, dict[str, str]]] = {
    "openai_chat": {
        "stop": "stop",
        "length": "length",
        "tool_calls": "tool_calls",
        "content_filter": "content_filter",
        "pause": "stop",
        "error": "content_filter",
        "refusal": "content_filter",
    },
    "openai_responses": {
        "stop": "completed",
        "length": "incomplete/max_output_tokens",
        "tool_calls": "completed",
        "content_filter": "incomplete/content_filter",
        "pause": "completed",
        "error": "failed",
        "refusal": "incomplete/content_filter",
    },
    "anthropic_messages": {
        "stop": "end_turn",
        "length": "max_tokens",
        "tool_calls": "tool_use",
        "content_filter": "refusal",
        "pause": "pause_turn",
        "error": "refusal",
        "refusal": "refusal",
    },
    "gemini_generate": {
        "stop": "STOP",
        "length": "MAX_TOKENS",
        "tool_calls": "STOP",
        "content_filter": "SAFETY",
        "pause": "STOP",
        "error": "OTHER",
        "refusal": "SAFETY",
    },
}
_IN_WORDS: Final = {"openai_chat": "stop", "openai_responses": "completed"}
"""How an answer that refuses in words ends where a refusal is a part of the message."""


def word(dialect: str, finish: str, *, calls: bool = False, refuses: bool = False) -> str:
    """What a caller of the dialect is told; some providers stop although they call tools or refuse."""
    if finish == "stop" and calls:
        finish = "tool_calls"
    if finish == "stop" and refuses:
        finish = "refusal"
    if finish == "refusal" and refuses and dialect in _IN_WORDS:
        return _IN_WORDS[dialect]
    return _WORDS[dialect][finish]
