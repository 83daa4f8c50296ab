"""Together AI."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="together",
    base_url="https://api.together.xyz/v1",
    documentation="https://docs.together.ai/docs/openai-api-compatibility",
    env_var="TOGETHER_API_KEY",
)
