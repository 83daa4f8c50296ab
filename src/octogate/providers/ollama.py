"""An Ollama server of your own."""

from octogate.providers.facts import ALL_OPENAI, ProviderFacts

FACTS = ProviderFacts(
    kind="ollama",
    base_url="http://127.0.0.1:11434/v1",
    documentation="https://docs.ollama.com/api/openai-compatibility",
    dialects=ALL_OPENAI,
    needs_credential=False,
)
