"""What the real providers would refuse: one file for each dialect, and one answer for a request."""

from collections.abc import Callable, Iterator

from octogate.core.call import DialectName
from octogate.mock.lints import anthropic_messages, gemini_generate, openai_chat, openai_responses
from octogate.mock.lints.violation import Violation
from octogate.mock.question import Object

_LINTS: dict[DialectName, Callable[[Object], Iterator[Violation]]] = {
    "openai_chat": openai_chat.violations,
    "openai_responses": openai_responses.violations,
    "anthropic_messages": anthropic_messages.violations,
    "gemini_generate": gemini_generate.violations,
}


def first_violation(dialect: DialectName, body: Object) -> Violation | None:
    """The first thing in a request that the provider would refuse, or None."""
    lint = _LINTS.get(dialect)
    return next(lint(body), None) if lint is not None else None


__all__ = ["Violation", "first_violation"]
