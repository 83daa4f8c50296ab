"""A llama.cpp server (llama-server) of your own."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="llamacpp",
    base_url="http://127.0.0.1:8080/v1",
    documentation="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
    needs_credential=False,
)
