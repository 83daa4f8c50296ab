"""Mistral's La Plateforme."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="mistral",
    base_url="https://api.mistral.ai/v1",
    documentation="https://docs.mistral.ai/api/",
    env_var="MISTRAL_API_KEY",
    # It reports usage at the end of every stream by itself and has refused `include_usage` with 422.
    supports_stream_usage=False,
    takes_effort=False,
)
