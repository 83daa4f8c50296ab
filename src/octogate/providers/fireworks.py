"""Fireworks AI."""

from octogate.providers.facts import ALL_OPENAI, ProviderFacts

FACTS = ProviderFacts(
    kind="fireworks",
    base_url="https://api.fireworks.ai/inference/v1",
    documentation="https://docs.fireworks.ai/guides/response-api",
    dialects=ALL_OPENAI,
    env_var="FIREWORKS_API_KEY",
)
