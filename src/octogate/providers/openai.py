"""OpenAI itself."""

from octogate.providers.facts import ALL_OPENAI, ProviderFacts

FACTS = ProviderFacts(
    kind="openai",
    base_url="https://api.openai.com/v1",
    documentation="https://platform.openai.com/docs/api-reference",
    dialects=ALL_OPENAI,
    env_var="OPENAI_API_KEY",
    plain_chat=False,
)
