"""What the name of a model behind a chat server tells about what it must be told."""

import re
from typing import Final

# Small models taught by DeepSeek's bear its name, and servers that host them refuse the member.
_WANTS_THOUGHTS: Final = re.compile(r"deepseek(?!.*distill)|kimi-(?:k2(?:-thinking|\.[5-9])|k[3-9]|for-coding)")


def wants_thoughts(model: str) -> bool:
    """Whether the model's server refuses calls of tools in a history without the `reasoning_content` that led to them.

    Sources: https://api-docs.deepseek.com/guides/thinking_mode ("Tool Calls") and Moonshot's guide to its thinking
    models. Other servers (Mistral, Groq, Cerebras) refuse a history with that member.
    """
    return _WANTS_THOUGHTS.search(model.lower()) is not None
