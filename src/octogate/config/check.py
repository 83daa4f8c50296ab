"""Do the parts of a configuration fit together? Every fault and every warning in one run."""

from octogate.config.addresses import is_private, refused_header, refused_host
from octogate.config.check_keys import check_auth
from octogate.config.check_traits import check_traits
from octogate.config.faults import Path, nearest
from octogate.config.findings import Findings
from octogate.config.schema import Config, GroupConfig, ProviderConfig
from octogate.config.source import Document
from octogate.providers import FACTS_BY_KIND, facts_for
from octogate.providers.base_url import read_base_url
from octogate.providers.facts import ProviderFacts


def check(config: Config, document: Document, *, host: str) -> Findings:
    """Check the references between the parts and what only the world can tell. `host` is the address listened on."""
    findings = Findings(document)
    _check_server(config, findings)
    for name, provider in config.providers.items():
        _check_provider(name, provider, findings)
    if not any(provider.enabled for provider in config.providers.values()) and not _has_faulty(config, findings):
        findings.fault(("providers",), "at least one provider must be enabled")
    for name, group in config.models.items():
        _check_group(name, group, config, findings)
    for alias, name in config.aliases.items():
        _check_alias(alias, name, config, findings)
    check_traits(config, findings)
    check_auth(config, findings, host=host)
    return findings


def _has_faulty(config: Config, findings: Findings) -> bool:
    return len(findings.names("providers")) > len(config.providers)


def _check_server(config: Config, findings: Findings) -> None:
    server = config.server
    if server.tls:
        findings.readable(("server", "tls", "cert"), server.tls.cert)
        findings.readable(("server", "tls", "key"), server.tls.key)
    name = server.default_model
    if name is not None and not is_model(name, config, findings):
        findings.unknown(("server", "default_model"), "model group", name, "models", "aliases")


def is_model(name: str, config: Config, findings: Findings) -> bool:
    """Whether `name` leads to a target: a group, an alias, or `provider/model` where that is allowed."""
    provider, slash, model = name.partition("/")
    if name in _model_names(findings):
        return True
    return bool(config.routing.allow_direct_models and slash and model and provider in findings.names("providers"))


def _model_names(findings: Findings) -> tuple[str, ...]:
    return findings.names("models") + findings.names("aliases")


def _check_provider(name: str, provider: ProviderConfig, findings: Findings) -> None:
    path: Path = ("providers", name)
    if not name or len(name) > 64 or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        findings.fault(path, "a provider's name consists of letters, digits, '.', '_' and '-', at most 64")
    facts = facts_for(provider.type or name)
    if facts is None:
        if (*path, "type") in findings.document.faulty:
            return
        where = (*path, "type") if provider.type else path
        message = "is not a kind of provider" if provider.type else "needs a `type`: its name is not a kind of provider"
        kinds = tuple(FACTS_BY_KIND)
        findings.fault(where, message, allowed=kinds, suggestion=nearest(provider.type or name, kinds))
        return
    if provider.enabled:
        _check_credential(path, provider, facts, findings)
    _check_base_url(path, provider, facts, findings)
    for header, value in provider.headers.items():
        if reason := refused_header(header, value.reveal()):
            findings.fault((*path, "headers", header), reason)
    for member in ("ca", "cert", "key"):
        findings.readable((*path, "tls", member), getattr(provider.tls, member))
    if (provider.tls.cert is None) != (provider.tls.key is None):
        findings.fault((*path, "tls"), "a client certificate needs both cert and key")
    for model in provider.models:
        if not model.isprintable() or not model.isascii():
            findings.fault((*path, "models", model), "a model's name must be printable ASCII")


def _check_credential(path: Path, provider: ProviderConfig, facts: ProviderFacts, findings: Findings) -> None:
    key = provider.api_key.reveal() if provider.api_key else ""
    if not key and facts.needs_credential and provider.auth_style != "none":
        hint = f": `api_key: ${{{facts.env_var}}}`" if facts.env_var else ""
        findings.fault((*path, "api_key"), f"is required for a provider of the kind {facts.kind}{hint}")
    elif key and (not key.isascii() or not key.isprintable() or " " in key):
        findings.fault((*path, "api_key"), "must be printable ASCII without spaces and line ends")


def _check_base_url(path: Path, provider: ProviderConfig, facts: ProviderFacts, findings: Findings) -> None:
    where = (*path, "base_url")
    if provider.base_url is None:
        if facts.base_url is None:
            findings.fault(where, f"is required for a provider of the kind {facts.kind}")
        return
    try:
        url = read_base_url(provider.base_url, facts)
    except ValueError as error:
        findings.fault(where, str(error))
        return
    if reason := refused_host(url.host):
        findings.fault(where, f"its host {reason}")
    elif url.scheme == "http" and not is_private(url.host):
        findings.warn(where, "sends prompts and the credential in clear text; use https")


def _check_group(name: str, group: GroupConfig, config: Config, findings: Findings) -> None:
    path: Path = ("models", name)
    if not name or len(name) > 128 or not name.isascii() or not name.isprintable() or " " in name:
        findings.fault(path, "a model group's name is 1 to 128 printable ASCII characters without spaces")
    for index, target in enumerate(group.targets):
        where = (*path, "targets", index)
        if target.provider not in findings.names("providers"):
            findings.unknown((*where, "provider"), "provider", target.provider, "providers")
        elif target.model is None and target.provider in config.providers:
            if config.providers[target.provider].default_model is None:
                findings.fault((*where, "model"), "is required: the provider has no default_model")
        elif target.model is not None and not (target.model.isascii() and target.model.isprintable()):
            findings.fault((*where, "model"), "must be printable ASCII")
    if group.strategy == "weighted" and not any(target.weight for target in group.targets):
        findings.fault((*path, "targets"), "a weighted group needs at least one target with a weight above 0")
    if not any(_is_usable(target.provider, config) and target.enabled for target in group.targets):
        findings.warn(path, "has no enabled target: every call to it will be refused")


def _is_usable(provider: str, config: Config) -> bool:
    # A provider that is not in `config` has a fault of its own.
    return provider not in config.providers or config.providers[provider].enabled


def _check_alias(alias: str, name: str, config: Config, findings: Findings) -> None:
    path: Path = ("aliases", alias)
    if alias in findings.names("models"):
        findings.fault(path, "is also the name of a model group")
    elif name in findings.names("aliases"):
        findings.fault(path, "leads to another alias; name the model group itself")
    elif not is_model(name, config, findings):
        findings.unknown(path, "model group", name, "models")
