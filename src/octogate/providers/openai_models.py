"""How OpenAI's own models think, read from their names.

Source: OpenAI's guides on reasoning and on its latest models (https://platform.openai.com/docs/guides/reasoning), and
the refusals of its API in public reports.
"""

import re
from typing import Final

from octogate.core.snapshot import Provider
from octogate.core.traits import USUAL, Effort, ReasoningTraits, Rejected, Traits

_NAME: Final = re.compile(
    r"(?:^|/)(?:(?P<o>o\d)|gpt-(?P<major>\d+)(?:\.(?P<minor>\d+))?)[a-z]?(?P<rest>(?:-[a-z0-9.-]+)?)$"
)
_REJECTS: Final[frozenset[Rejected]] = frozenset(
    {"temperature", "top_p", "frequency_penalty", "presence_penalty", "stop", "logprobs"}
)
_SILENT_BY_DEFAULT: Final = range(1, 5)  # the minor versions of GPT-5 that think only when asked to


def known_traits(provider: Provider, model: str) -> Traits:
    """What is known of a model at a provider that nobody has said anything of: OpenAI's are known by their names."""
    reasoning = None if provider.plain_chat else reasoning_of(model)
    return USUAL if reasoning is None else Traits(reasoning=reasoning)


def reasoning_of(model: str) -> ReasoningTraits | None:
    """What is known of the thoughts of an OpenAI model; None for a name that says nothing."""
    found = _NAME.search(model.lower())
    if found is None:
        return None
    if found["o"]:
        return ReasoningTraits(default_on=True, control="effort", efforts=("low", "medium", "high"), rejects=_REJECTS)
    major, minor, rest = int(found["major"]), int(found["minor"] or 0), found["rest"]
    if major < 5 or "-chat" in rest:
        return ReasoningTraits(supported=False)
    return ReasoningTraits(
        default_on=not (major == 5 and minor in _SILENT_BY_DEFAULT) or "-codex" in rest or "-pro" in rest,
        control="effort",
        efforts=_efforts(first=(major, minor) == (5, 0), rest=rest),
        rejects=_REJECTS,
    )


def _efforts(*, first: bool, rest: str) -> tuple[Effort, ...]:
    if "-pro" in rest:
        return ("high",) if first else ("medium", "high", "max")
    if "-codex" in rest:
        return ("low", "medium", "high", "max") if "-max" in rest else ("low", "medium", "high")
    return ("minimal", "low", "medium", "high") if first else ("none", "low", "medium", "high", "max")
