"""OpenRouter; model ids contain a slash of their own."""

from octogate.providers.facts import ALL_OPENAI, ProviderFacts

FACTS = ProviderFacts(
    kind="openrouter",
    base_url="https://openrouter.ai/api/v1",
    documentation="https://openrouter.ai/docs/api-reference/overview",
    dialects=ALL_OPENAI,
    env_var="OPENROUTER_API_KEY",
)
