"""The two measures of thinking, words and tokens, and how one is turned into the other."""

from typing import Final

MIN_TOKENS: Final = 1_024
TOKENS: Final = {"minimal": 1_024, "low": 2_048, "medium": 8_192, "high": 24_576, "max": 65_536}
"""Tokens of thought for each effort. No provider publishes such a table; the steps grow by about four."""


def tokens_of(effort: str) -> int:
    """A budget for an effort; an unknown word counts as medium."""
    return TOKENS.get(effort, TOKENS["medium"])


def effort_of(tokens: int) -> str:
    """The smallest effort whose budget holds `tokens`."""
    return next((effort for effort, budget in TOKENS.items() if tokens <= budget), "max")
