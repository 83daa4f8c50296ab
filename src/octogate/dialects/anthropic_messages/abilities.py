"""What a Claude model takes of the dialect, read from its name: the generations refuse different settings."""

import re
from typing import Final

import msgspec

_VERSION: Final = re.compile(r"claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2}))?(?!\d)")
_ALWAYS_THINKING: Final = re.compile(r"claude-(?:fable|mythos)")


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What may be sent to a model. The defaults are for names that say nothing: every older word of the dialect.

    Sources: Anthropic's pages on extended and adaptive thinking, effort, structured outputs and model migration
    (https://platform.claude.com/docs).
    """

    thinks: bool = True
    """`thinking` is known at all (since 3.7)."""
    takes_budget: bool = True
    """`thinking.budget_tokens` is accepted (up to 4.6)."""
    takes_effort: bool = False
    """`thinking.type: adaptive` and `output_config.effort` are accepted (since 4.6)."""
    hides_thoughts: bool = False
    """`thinking.display` is accepted beside a budget (since 4); adaptive thinking always takes it."""
    can_stop_thinking: bool = True
    """`thinking.type: disabled` is accepted."""
    takes_sampling: bool = True
    """`temperature`, `top_p` and `top_k` are accepted (up to 4.6)."""
    takes_both_samplings: bool = True
    """`temperature` and `top_p` are accepted side by side (up to 3.7)."""
    takes_schema: bool = True
    """`output_config.format` is accepted (since 4.5)."""
    continues: bool = True
    """A last message of the assistant is continued (up to 4.5)."""


_UNKNOWN: Final = Abilities()


def abilities_of(model: str) -> Abilities:
    """What the model of that name takes, whatever a cloud has put before or behind the name."""
    name = model.lower()
    found = _VERSION.search(name)
    always = _ALWAYS_THINKING.search(name) is not None
    if found is None and not always:
        return _UNKNOWN
    version = (int(found[1]), int(found[2] or 0)) if found and not always else (99, 0)
    return Abilities(
        thinks=version >= (3, 7),
        takes_budget=version < (4, 7),
        takes_effort=version >= (4, 6),
        hides_thoughts=version >= (4, 0),
        can_stop_thinking=not always,
        takes_sampling=version < (4, 7),
        takes_both_samplings=version < (4, 0),
        takes_schema=version >= (4, 5),
        continues=version < (4, 6),
    )
