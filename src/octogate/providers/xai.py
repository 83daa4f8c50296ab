"""xAI's Grok models."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="xai",
    base_url="https://api.x.ai/v1",
    documentation="https://docs.x.ai/docs/api-reference",
    dialects=frozenset({"openai_chat", "openai_responses"}),
    env_var="XAI_API_KEY",
)
