"""Cerebras Inference."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="cerebras",
    base_url="https://api.cerebras.ai/v1",
    documentation="https://inference-docs.cerebras.ai/resources/openai",
    dialects=frozenset({"openai_chat"}),
    env_var="CEREBRAS_API_KEY",
)
