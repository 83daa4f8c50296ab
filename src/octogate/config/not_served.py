"""Settings that the full schema knows and this release does not serve: refused by name, never ignored."""

from octogate.config.faults import Path

_LATER = frozenset(
    {
        "database",
        "redis",
        "secrets",
        "limits",
        "budgets",
        "keys",
        "teams",
        "users",
        "memberships",
        "admin",
        "privacy",
        "capture",
        "cache",
        "media",
        "retention",
        "callbacks",
        "compat",
        "server.profile",
        "server.tls.client_ca",
        "server.tls.require_client_cert",
        "server.upstream",
        "server.listen",
        "auth.master_key",
        "auth.jwt",
        "auth.oauth2",
        "auth.mtls",
        "auth.ip_allow",
        "auth.lockout",
        "auth.static_keys.*.role",
        "auth.static_keys.*.limits",
        "providers.*.limits",
        "providers.*.budget",
        "providers.*.traffic_shape",
        "providers.*.key_id",
        "models.*.fallbacks",
        "models.*.affinity",
        "models.*.semantic",
        "models.*.rules",
        "models.*.pii",
        "models.*.cache",
        "models.*.capture",
        "models.*.contract",
        "models.*.spend_ceiling",
        "models.*.script",
        "models.*.external",
        "models.*.targets.*.tags",
        "routing.cost",
        "routing.unknown_models",
        "routing.fallbacks",
        "resilience.timeout",
        "resilience.retries.jitter",
        "resilience.circuit_breaker.error_rate",
        "resilience.circuit_breaker.window",
        "resilience.circuit_breaker.half_open_max",
        "logging.format",
        "metrics.auth",
        "metrics.compat",
    }
)
_STRATEGIES_LATER = frozenset(
    {"cost", "latency", "least_busy", "usage", "semantic", "dynamic_score", "script", "external", "adaptive"}
)
_FOREIGN = {
    "model_list": "LiteLLM",
    "general_settings": "LiteLLM",
    "litellm_settings": "LiteLLM",
    "router_settings": "LiteLLM",
    "environment_variables": "LiteLLM",
    "security": "Octo Router",
    "callers": "Smart Router",
}
_INSTEAD = {
    "limits": "put a limiter in front until then",
    "budgets": "set spending limits at the providers until then",
    "auth.master_key": "write keys under auth.static_keys",
    "models.*.fallbacks": "list further targets in the group",
    "resilience.timeout": "use providers.<name>.timeout",
    "logging.format": "every line is one JSON object",
    "server.listen": "use server.host and server.port",
    "resilience.retries.jitter": "delays always have full jitter",
}


def refusal(path: Path) -> str | None:
    """Why `path` is refused although it is no typing error; None when it is simply unknown."""
    if len(path) == 1 and path[0] in _FOREIGN:
        return f"belongs to a {_FOREIGN[str(path[0])]} file; this release reads the native schema (version: 1) only"
    for name in _patterns(path):
        if name in _LATER:
            instead = _INSTEAD.get(name)
            return "is not part of this release" + (f"; {instead}" if instead else "")
    return None


def refused_strategy(value: object) -> bool:
    """Whether `value` is a routing strategy that a later release brings."""
    return isinstance(value, str) and value.replace("-", "_").removesuffix("_based") in _STRATEGIES_LATER


def _patterns(path: Path) -> tuple[str, str, str]:
    """The spellings of `path` in the list: names of providers, groups and positions count as `*`."""
    parts = [str(part) if isinstance(part, str) else "*" for part in path]
    starred = [*parts]
    if len(parts) > 2 and parts[0] in ("providers", "models"):
        starred[1] = "*"
    # A group's own retries are the same members as those under resilience.
    moved = ["resilience", *starred[2:]] if starred[:2] == ["models", "*"] else starred
    return ".".join(parts), ".".join(starred), ".".join(moved)
