"""The vendors that Octogate knows by name: an explicit list, no discovery, no plugins."""

from octogate.providers import (
    anthropic,
    cerebras,
    deepseek,
    fireworks,
    gemini,
    groq,
    llamacpp,
    lmstudio,
    mistral,
    nvidia,
    ollama,
    openai,
    openai_compatible,
    openrouter,
    perplexity,
    sglang,
    together,
    vllm,
    xai,
)
from octogate.providers.facts import ProviderFacts

PROVIDERS: tuple[ProviderFacts, ...] = (
    openai.FACTS,
    anthropic.FACTS,
    gemini.FACTS,
    openai_compatible.FACTS,
    deepseek.FACTS,
    mistral.FACTS,
    groq.FACTS,
    together.FACTS,
    fireworks.FACTS,
    openrouter.FACTS,
    xai.FACTS,
    perplexity.FACTS,
    cerebras.FACTS,
    nvidia.FACTS,
    vllm.FACTS,
    sglang.FACTS,
    ollama.FACTS,
    lmstudio.FACTS,
    llamacpp.FACTS,
)

FACTS_BY_KIND: dict[str, ProviderFacts] = {facts.kind: facts for facts in PROVIDERS}


def facts_for(kind: str) -> ProviderFacts | None:
    """The facts of a kind; hyphens and underscores are the same: "openai-compatible" is "openai_compatible"."""
    return FACTS_BY_KIND.get(kind.lower().replace("-", "_").replace(".", ""))
