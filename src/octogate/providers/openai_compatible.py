"""Anything that speaks OpenAI's chat dialect and is not listed by name."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="openai_compatible",
    base_url=None,
    documentation="https://platform.openai.com/docs/api-reference/chat",
    # Who serves more (the Responses API, say) is told so by `dialects` in the configuration.
    needs_credential=False,
)
