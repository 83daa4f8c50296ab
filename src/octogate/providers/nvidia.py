"""NVIDIA's hosted NIM endpoints."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="nvidia",
    base_url="https://integrate.api.nvidia.com/v1",
    documentation="https://docs.api.nvidia.com/nim/reference/llm-apis",
    env_var="NVIDIA_API_KEY",
)
