"""LM Studio's local server."""

from octogate.providers.facts import ALL_OPENAI, ProviderFacts

FACTS = ProviderFacts(
    kind="lmstudio",
    base_url="http://127.0.0.1:1234/v1",
    documentation="https://lmstudio.ai/docs/api/openai-api",
    dialects=ALL_OPENAI,
    needs_credential=False,
)
