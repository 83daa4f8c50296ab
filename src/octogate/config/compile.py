"""From a checked configuration to the snapshot that serves calls."""

from collections import Counter
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import PurePath
from types import MappingProxyType

import msgspec

from octogate.config.check_keys import key_hash_of, key_id_of
from octogate.config.schema import (
    Config,
    GroupConfig,
    ModelFacts,
    PriceConfig,
    ProviderConfig,
    RetriesConfig,
    StaticKey,
    TargetConfig,
    TimeoutConfig,
)
from octogate.config.traits import traits_of
from octogate.core.keys import digest_hash
from octogate.core.money import Price
from octogate.core.secret import Secret
from octogate.core.snapshot import (
    AuthStyle,
    BreakerRules,
    Key,
    ModelGroup,
    Origin,
    Provider,
    Retries,
    Snapshot,
    Target,
    Timeouts,
    Tls,
)
from octogate.core.traits import USUAL, Traits
from octogate.providers import facts_for
from octogate.providers.base_url import read_base_url
from octogate.providers.facts import ProviderFacts
from octogate.providers.openai_models import known_traits
from octogate.providers.prices import price_for

# Nothing is known of a model that the file does not mention.
_NO_FACTS = ModelFacts()


def compile_snapshot(config: Config, *, version: int, pepper: bytes) -> Snapshot:
    """The frozen value behind every decision. `config` has passed the checks.

    `pepper` (up to 64 bytes) keys the digests of keys and of the snapshot itself: neither confirms a guess.
    """
    providers = {name: _provider(name, provider) for name, provider in config.providers.items()}
    retries = _retries(config.resilience.retries, Retries())
    groups = {name: _group(name, group, config, providers, retries) for name, group in config.models.items()}
    aliases = dict(config.aliases) | _upstream_names(config)
    aliases = {alias: aliases.get(name, name) for alias, name in aliases.items()}
    return Snapshot(
        version=version,
        digest=_digest(config, pepper),
        groups=MappingProxyType(groups),
        providers=MappingProxyType({name: provider for name, provider in providers.items() if provider.enabled}),
        keys=MappingProxyType(_keys(config, aliases, pepper)),
        pepper=pepper,
        open_mode=config.auth.mode == "open",
        default_model=config.server.default_model,
        aliases=MappingProxyType(aliases),
        retries=retries,
        breaker=_breaker(config),
        allow_direct_models=config.routing.allow_direct_models,
        max_output_tokens=config.validation.max_output_tokens,
        max_messages=config.validation.max_messages,
        direct=MappingProxyType(_direct(config, providers)),
    )


def _provider(name: str, provider: ProviderConfig) -> Provider:
    facts = _facts(name, provider)
    url = read_base_url(provider.base_url or facts.base_url or "", facts)
    tls = provider.tls
    return Provider(
        name=name,
        kind=facts.kind,
        origin=Origin(
            scheme=url.scheme,
            host=url.host,
            port=url.port,
            tls=Tls(ca_file=tls.ca, cert_file=tls.cert, key_file=tls.key),
            proxy=provider.proxy,
        ),
        base_path=url.path,
        dialects=frozenset(provider.dialects) if provider.dialects else facts.dialects,
        auth_style=_auth_style(provider, facts),
        credential=provider.api_key or Secret(""),
        headers=tuple(provider.headers.items()),
        timeouts=_timeouts(provider.timeout, Timeouts()),
        supports_stream_usage=facts.supports_stream_usage if provider.stream_usage is None else provider.stream_usage,
        plain_chat=facts.plain_chat,
        takes_effort=facts.takes_effort,
        takes_schema=facts.takes_schema,
        counts_tokens=facts.counts_tokens,
        enabled=provider.enabled,
        default_model=provider.default_model,
        default_max_tokens=provider.default_max_tokens,
    )


def _facts(name: str, provider: ProviderConfig) -> ProviderFacts:
    facts = facts_for(provider.type or name)
    if facts is None:
        raise ValueError(f"provider {name!r} has no known kind; run the checks before compiling")
    return facts


def _auth_style(provider: ProviderConfig, facts: ProviderFacts) -> AuthStyle:
    if not provider.api_key or provider.auth_style == "none":
        return "none"
    return facts.auth_style if provider.auth_style == "default" else provider.auth_style


def _group(
    name: str, group: GroupConfig, config: Config, providers: Mapping[str, Provider], retries: Retries
) -> ModelGroup:
    seen: Counter[str] = Counter()
    targets = []
    for target in group.targets:
        made = _target(target, config.providers[target.provider], providers[target.provider])
        seen[made.id] += 1
        # The same model twice is meant: two shares, two prices, two breakers.
        targets.append(made if seen[made.id] == 1 else msgspec.structs.replace(made, id=f"{made.id}#{seen[made.id]}"))
    return ModelGroup(
        name=name,
        targets=tuple(targets),
        strategy=group.strategy,
        retries=_retries(group.retries, retries),
        response_model=group.response_model,
        on_unsupported=group.on_unsupported,
    )


def _target(target: TargetConfig, config: ProviderConfig, provider: Provider) -> Target:
    model = target.model or provider.default_model or ""
    known = config.models.get(model, _NO_FACTS)
    upstream = known.name or model
    return Target(
        id=f"{provider.name}/{model}",
        provider=provider,
        model=upstream,
        price=_price(target.price or known.price, provider, model, upstream),
        weight=target.weight,
        enabled=target.enabled,
        timeouts=_timeouts(target.timeout, provider.timeouts),
        max_output_tokens=target.max_output_tokens or known.max_output_tokens,
        context_tokens=target.context_tokens or known.context_tokens,
        traits=_traits(target, known, provider, upstream),
    )


def _traits(target: TargetConfig, known: ModelFacts, provider: Provider, upstream: str) -> Traits:
    traits = traits_of(target, known, known_traits(provider, upstream))
    return USUAL if traits == USUAL else traits


def _price(own: PriceConfig | None, provider: Provider, model: str, upstream: str) -> Price | None:
    """The configured price, else the list's; None means unknown, which is not the same as free."""
    return _configured(own, f"{provider.name}/{model}") if own else price_for(provider.kind, upstream)


def _configured(price: PriceConfig, name: str) -> Price:
    figures = price.model_dump()
    # The id changes with the figures and only with them, so that receipts of one price share one id.
    mark = blake2b(msgspec.json.encode(figures), digest_size=4).hexdigest()
    return Price(id=f"{name}@config-{mark}", source="configuration", **figures)


def _direct(config: Config, providers: Mapping[str, Provider]) -> dict[str, Target]:
    """The targets of calls that name a model of a provider directly, where the file says something of it."""
    known: dict[str, Target] = {}
    for name, provider in config.providers.items():
        for model in provider.models:
            target = _target(TargetConfig(provider=name, model=model), provider, providers[name])
            known[f"{name}/{target.model}"] = msgspec.structs.replace(target, id=f"{name}/{target.model}", listed=False)
    return known


def _upstream_names(config: Config) -> dict[str, str]:
    """`provider/model` → `provider/name` where the provider calls the model by another name."""
    return {
        f"{name}/{model}": f"{name}/{facts.name}"
        for name, provider in config.providers.items()
        for model, facts in provider.models.items()
        if facts.name and facts.name != model and f"{name}/{model}" not in config.models
    }


def _keys(config: Config, aliases: Mapping[str, str], pepper: bytes) -> dict[bytes, Key]:
    keys = (_key(key, index, aliases, pepper) for index, key in enumerate(config.auth.static_keys))
    return {key.digest: key for key in keys}


def _key(key: StaticKey, index: int, aliases: Mapping[str, str], pepper: bytes) -> Key:
    return Key(
        id=key_id_of(key, index),
        digest=digest_hash(key_hash_of(key), pepper),
        user=key.user,
        team=key.team,
        environment=key.environment,
        # An alias is resolved before a grant is looked at, so the grant must hold what it leads to.
        groups=None if key.groups is None else frozenset(aliases.get(name, name) for name in key.groups),
        tags=key.tags,
        scopes=frozenset(key.scopes),
        expires_at=key.expires_at,
        blocked=key.blocked,
    )


def _timeouts(config: TimeoutConfig, base: Timeouts) -> Timeouts:
    return msgspec.structs.replace(base, **config.model_dump(exclude_none=True))


def _retries(config: RetriesConfig, base: Retries) -> Retries:
    return msgspec.structs.replace(base, **config.model_dump(exclude_none=True))


def _breaker(config: Config) -> BreakerRules:
    rules = config.resilience.circuit_breaker.model_dump(exclude_none=True)
    return msgspec.structs.replace(BreakerRules(), **rules)


def _digest(config: Config, pepper: bytes) -> str:
    content = msgspec.json.encode(config.model_dump(), enc_hook=_revealed)
    return blake2b(content, key=pepper, digest_size=8).hexdigest()


def _revealed(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"a configuration cannot hold {type(value).__name__}")
