"""Groq's OpenAI-compatible API."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="groq",
    base_url="https://api.groq.com/openai/v1",
    documentation="https://console.groq.com/docs/openai",
    dialects=frozenset({"openai_chat", "openai_responses"}),
    env_var="GROQ_API_KEY",
)
