"""Can what the configuration says of models be true? Bounds and efforts in order, callers that can reach them."""

from octogate.config.faults import Path
from octogate.config.findings import Findings
from octogate.config.schema import Config
from octogate.config.traits import ModelTraits, ReasoningConfig
from octogate.core.call import DialectName
from octogate.core.plan import spoken
from octogate.core.traits import EFFORTS
from octogate.providers import facts_for


def check_traits(config: Config, findings: Findings) -> None:
    """Check what is said of every provider's models, and of the targets of every group."""
    for name, provider in config.providers.items():
        for model, said in provider.models.items():
            _check(("providers", name, "models", model), said, name, config, findings)
    for name, group in config.models.items():
        for index, target in enumerate(group.targets):
            _check(("models", name, "targets", index), target, target.provider, config, findings)


def _check(path: Path, traits: ModelTraits, provider: str, config: Config, findings: Findings) -> None:
    if traits.reasoning is not None:
        _check_reasoning((*path, "reasoning"), traits.reasoning, findings)
    callers, there = traits.supported_inbound_dialects, _spoken_at(provider, config)
    if callers is not None and there and not any(_reaches(caller, there) for caller in callers):
        where = (*path, "supported_inbound_dialects")
        findings.fault(where, "nobody could reach it: its provider answers none of them")


def _check_reasoning(path: Path, reasoning: ReasoningConfig, findings: Findings) -> None:
    least, most = reasoning.min_budget_tokens, reasoning.max_budget_tokens
    if least is not None and most is not None and least > most:
        findings.fault((*path, "max_budget_tokens"), "must not be below min_budget_tokens")
    efforts = reasoning.efforts or ()
    ordered = tuple(effort for effort in EFFORTS if effort in efforts)
    if efforts != ordered:
        findings.fault((*path, "efforts"), f"must name each effort once, from the least: {', '.join(ordered)}")


def _spoken_at(name: str, config: Config) -> frozenset[DialectName]:
    """The dialects of a provider; none when it has a fault of its own."""
    provider = config.providers.get(name)
    if provider is None:
        return frozenset()
    facts = facts_for(provider.type or name)
    return frozenset(provider.dialects or (facts.dialects if facts is not None else ()))


def _reaches(caller: DialectName, there: frozenset[DialectName]) -> bool:
    return spoken(caller, "embed" if caller == "openai_embeddings" else "generate", there) is not None
