"""Anthropic's Messages API."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="anthropic",
    base_url="https://api.anthropic.com",
    documentation="https://docs.anthropic.com/en/api/overview",
    dialects=frozenset({"anthropic_messages"}),
    env_var="ANTHROPIC_API_KEY",
    auth_style="x-api-key",
    # The dialect's paths begin with /v1 themselves, as in Anthropic's own SDKs.
    default_path="",
    stripped_paths=("/v1",),
    counts_tokens=True,
)
