"""The tool loop that a history ends with: an assistant that calls tools, and results, again and again."""

from collections.abc import Sequence
from typing import Final

THINKING: Final = ("thinking", "redacted_thinking")


def lacks_thought(messages: Sequence[tuple[str, Sequence[str]]]) -> bool:
    """Whether the loop at the end began without a thought. Messages are pairs of a role and the types of its blocks.

    Anthropic takes a whole loop for one turn of the assistant, and refuses to think on with a budget in a turn that
    does not begin with a thought of its own.
    """
    if not messages or "tool_result" not in messages[-1][1]:
        return False
    first: Sequence[str] = ()
    for role, kinds in reversed(messages):
        if role == "assistant":
            first = kinds
        elif "tool_result" not in kinds:
            break
    return not first or first[0] not in THINKING
