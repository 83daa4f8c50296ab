"""What an operator can say of a model beside its price: what it takes, and what it does not keep to."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field

from octogate.config.section import Section
from octogate.config.values import Tokens
from octogate.core.call import DialectName
from octogate.core.traits import Effort, OutputTokenField, ReasoningTraits, Rejected, Traits


class ReasoningConfig(Section):
    """How a model thinks, for translated calls; what is absent keeps what is known of the model."""

    supported: bool | None = Field(default=None, description="Whether it can think before it answers.")
    default_on: bool | None = Field(default=None, description="Whether it thinks unless it is told not to.")
    control: Literal["effort", "tokens"] | None = Field(
        default=None, description="The measure that it takes; the other one is turned into it."
    )
    efforts: Annotated[tuple[Effort, ...], Field(min_length=1)] | None = Field(
        default=None, description="The efforts that it knows, from the least; others become the next higher one."
    )
    min_budget_tokens: Tokens | None = Field(default=None, description="Smallest budget of thought.")
    max_budget_tokens: Tokens | None = Field(default=None, description="Largest budget of thought.")
    rejects: tuple[Rejected, ...] | None = Field(default=None, description="Settings that it refuses while it thinks.")
    supports_summaries: bool | None = Field(default=None, description="Whether it shows what it thought.")


class ModelTraits(Section):
    """One model's windows and habits."""

    context_tokens: Tokens | None = Field(default=None, description="Size of the context window.")
    max_output_tokens: Tokens | None = Field(default=None, description="Longest answer.")
    honors_max_tokens: bool | None = Field(
        default=None, description="`false`: it writes on past a cap, so calls that name one go elsewhere."
    )
    force_store_false: bool | None = Field(
        default=None, description="Tell it to keep no answer, whatever the caller says, and leave `metadata` out."
    )
    output_token_field: OutputTokenField | None = Field(
        default=None, description="What it calls the output cap in chat completions."
    )
    supported_inbound_dialects: Annotated[tuple[DialectName, ...], Field(min_length=1)] | None = Field(
        default=None, description="The dialects whose callers may reach it; all that can be translated when absent."
    )
    reasoning: ReasoningConfig | None = Field(default=None, description="How it thinks.")


def traits_of(target: ModelTraits, model: ModelTraits, known: Traits) -> Traits:
    """What the target says, else the provider's entry for the model, else what is known of it."""
    said = _said(model) | _said(target)
    dialects = said.pop("supported_inbound_dialects", None)
    reasoning = known.reasoning
    for config in (model.reasoning, target.reasoning):
        reasoning = _reasoning(config, reasoning)
    if dialects is not None:
        said["supported_inbound_dialects"] = frozenset(dialects)
    return msgspec.structs.replace(known, reasoning=reasoning, **said)


def _said(traits: ModelTraits) -> dict[str, Any]:
    names = ("honors_max_tokens", "force_store_false", "output_token_field", "supported_inbound_dialects")
    return {name: value for name in names if (value := getattr(traits, name)) is not None}


def _reasoning(config: ReasoningConfig | None, known: ReasoningTraits | None) -> ReasoningTraits | None:
    if config is None:
        return known
    said = config.model_dump(exclude_none=True)
    if "rejects" in said:
        said["rejects"] = frozenset(said["rejects"])
    return msgspec.structs.replace(known or ReasoningTraits(), **said)
