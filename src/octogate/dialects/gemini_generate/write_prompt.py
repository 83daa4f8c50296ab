"""Writes a prompt as the body of a Gemini call."""

import msgspec

from octogate.core.conversation import Loss, Prompt
from octogate.dialects.gemini_generate.write_settings import write_settings
from octogate.dialects.gemini_generate.write_tools import write_tools
from octogate.dialects.gemini_generate.write_turns import write_turns
from octogate.dialects.hub import Destination, Written


def write_prompt(prompt: Prompt, to: Destination) -> Written:
    """Contents, instructions, tools and settings; model and streaming are in the path."""
    losses: list[Loss] = []
    body = {
        **write_turns(prompt.turns, to.model, losses),
        **write_tools(prompt, losses),
        **write_settings(prompt.settings, to.model, has_tools=bool(prompt.tools), losses=losses),
    }
    return Written(msgspec.json.encode(body), tuple(losses))
