"""A vLLM server of your own."""

from octogate.providers.facts import ALL_OPENAI, ProviderFacts

FACTS = ProviderFacts(
    kind="vllm",
    base_url="http://127.0.0.1:8000/v1",
    documentation="https://docs.vllm.ai/en/stable/serving/openai_compatible_server/",
    dialects=ALL_OPENAI,
    needs_credential=False,
)
