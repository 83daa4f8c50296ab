"""Perplexity; its chat endpoint gave way to the Responses format in September 2026."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="perplexity",
    base_url="https://api.perplexity.ai/v1",
    documentation="https://docs.perplexity.ai/docs/grounded-llm/openai-compatibility",
    dialects=frozenset({"openai_responses"}),
    env_var="PERPLEXITY_API_KEY",
)
