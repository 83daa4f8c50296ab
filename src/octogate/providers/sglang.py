"""An SGLang server of your own."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="sglang",
    base_url="http://127.0.0.1:30000/v1",
    documentation="https://docs.sglang.ai/basic_usage/openai_api.html",
    needs_credential=False,
)
