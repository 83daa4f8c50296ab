"""What is special about one model: what it takes, refuses or does not keep to, as known or as configured."""

from typing import Final, Literal

import msgspec

from octogate.core.call import DialectName

Effort = Literal["none", "minimal", "low", "medium", "high", "max"]
EFFORTS: Final[tuple[Effort, ...]] = ("none", "minimal", "low", "medium", "high", "max")
"""From no thought to the most that a model can give."""

OutputTokenField = Literal["max_tokens", "max_completion_tokens"]
Rejected = Literal[
    "temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "stop", "seed", "logprobs", "max_tokens"
]
"""Settings that a model may refuse while it thinks."""


class ReasoningTraits(msgspec.Struct, frozen=True, kw_only=True):
    """How a model thinks. It matters for translated calls only: all others reach it as they came.

    `default_on`: it thinks unless it is told not to. `control` is the measure that it takes, None for both.
    `efforts` None = all of them. Budgets are tokens. `rejects` holds while it thinks.
    """

    supported: bool = True
    default_on: bool = False
    control: Literal["effort", "tokens"] | None = None
    efforts: tuple[Effort, ...] | None = None
    min_budget_tokens: int | None = None
    max_budget_tokens: int | None = None
    rejects: frozenset[Rejected] = frozenset()
    supports_summaries: bool = True


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """One model's. `supported_inbound_dialects` None = callers of every dialect that can be translated.

    `honors_max_tokens` false: it may write on past a cap, so calls with one go elsewhere. `force_store_false`: it is
    always told to keep nothing, and `metadata`, which is for kept answers, is left out. `output_token_field` is what
    it calls the cap in OpenAI's chat.
    """

    honors_max_tokens: bool = True
    force_store_false: bool = False
    output_token_field: OutputTokenField | None = None
    supported_inbound_dialects: frozenset[DialectName] | None = None
    reasoning: ReasoningTraits | None = None


USUAL: Final = Traits()
