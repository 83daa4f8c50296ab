"""Prompts in few words, and what Anthropic is asked for them."""

from typing import Any

import msgspec

from octogate.core.conversation import (
    Text,
    Tool,
    Turn,
)

from .messages import prompt_of, write

HI = Turn("user", (Text("hi"),))
F = Tool("f", schema=msgspec.Raw(b'{"type":"object"}'))
G = Tool("g", schema=msgspec.Raw(b'{"type":"object"}'))
CONTINUE = {"type": "text", "text": "Continue."}


def user(*parts: Any) -> Turn:
    return Turn("user", parts)


def assistant(*parts: Any) -> Turn:
    return Turn("assistant", parts)


def messages_of(*turns: Turn, **destination: Any) -> list[tuple[str, list[Any]]]:
    body, losses = write(prompt_of(*turns), **destination)
    assert losses == ()
    return [(message["role"], message["content"]) for message in body["messages"]]


def set_to(destination: dict[str, Any] | None = None, **settings: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The body for one word with these settings, and what is lost with the reasons."""
    body, losses = write(prompt_of(HI, settings=settings), **(destination or {}))
    return body, {loss.field: loss.reason for loss in losses}
