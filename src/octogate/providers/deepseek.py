"""DeepSeek; the /v1 in its base URL is optional and no model version."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="deepseek",
    base_url="https://api.deepseek.com/v1",
    documentation="https://api-docs.deepseek.com/",
    dialects=frozenset({"openai_chat"}),
    env_var="DEEPSEEK_API_KEY",
    takes_schema=False,
)
