"""Google's Gemini API with an API key (AI Studio)."""

from octogate.providers.facts import ProviderFacts

FACTS = ProviderFacts(
    kind="gemini",
    base_url="https://generativelanguage.googleapis.com",
    documentation="https://ai.google.dev/api",
    dialects=frozenset({"gemini_generate"}),
    env_var="GEMINI_API_KEY",
    # The header, never `?key=`: a query string ends up in access logs.
    auth_style="x-goog-api-key",
    # The caller's own version (v1 or v1beta) is forwarded by the dialect.
    default_path="",
    stripped_paths=("/v1beta", "/v1"),
    counts_tokens=True,
)
