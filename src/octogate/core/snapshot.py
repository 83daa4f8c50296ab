"""The compiled configuration: one frozen, versioned value; a change swaps one reference, a call keeps its own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from octogate.core.call import DialectName
from octogate.core.money import Price
from octogate.core.secret import Secret
from octogate.core.traits import USUAL, Traits

AuthStyle = Literal["bearer", "x-api-key", "api-key", "x-goog-api-key", "none"]
Strategy = Literal["static", "failover", "round_robin", "weighted"]
OnUnsupported = Literal["reject", "drop", "warn"]


class Tls(msgspec.Struct, frozen=True):
    """How to trust an upstream, and what to show it. Paths to PEM files."""

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


class Origin(msgspec.Struct, frozen=True):
    """Where bytes go: the key of a connection pool. `proxy` is `host:port` of a CONNECT proxy."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    tls: Tls = Tls()
    proxy: str | None = None


class Timeouts(msgspec.Struct, frozen=True):
    """Seconds for each phase of one attempt; `total` is for plain answers, `stream_total` for streams."""

    connect: float = 5.0
    first_event: float = 60.0
    idle: float = 30.0
    total: float = 600.0
    stream_total: float = 3600.0


class Retries(msgspec.Struct, frozen=True):
    """One budget for a whole call: `max_attempts` tries over all targets; delays in seconds, full jitter."""

    max_attempts: int = 3
    initial_delay: float = 0.5
    max_delay: float = 10.0
    multiplier: float = 2.0
    replay_ambiguous: bool = True


class BreakerRules(msgspec.Struct, frozen=True):
    """Open after `failure_threshold` failures in a row, for `reset_timeout` seconds, doubling up to `max_timeout`."""

    failure_threshold: int = 5
    reset_timeout: float = 5.0
    max_timeout: float = 20.0


class Provider(msgspec.Struct, frozen=True):
    """A vendor as configured: where it is, which dialects it speaks, how it wants its credential.

    `base_path` is what stands before the dialect's own path ("/v1", "", "/p/openai/v1"). `headers` are extra request
    headers, already validated. `supports_stream_usage` says whether `stream_options.include_usage` may be sent.
    `plain_chat`: it knows only the older words of OpenAI's chat; `takes_effort`: it knows `reasoning_effort`;
    `takes_schema`: it holds answers to a JSON schema.
    `counts_tokens` says whether it has a token counting endpoint. `default_model` is used when a call names no model.
    """

    name: str
    kind: str
    origin: Origin
    base_path: str
    dialects: frozenset[DialectName]
    auth_style: AuthStyle
    credential: Secret
    headers: tuple[tuple[str, Secret], ...] = ()
    timeouts: Timeouts = Timeouts()
    supports_stream_usage: bool = True
    plain_chat: bool = True
    takes_effort: bool = True
    takes_schema: bool = True
    counts_tokens: bool = False
    enabled: bool = True
    default_model: str | None = None
    default_max_tokens: int | None = None


class Target(msgspec.Struct, frozen=True):
    """One model at one provider. `id` is `provider/model` (with `#n` behind repeats) and never leaves for callers.

    `listed` is false for a target made from a caller's `provider/model` id that no configuration names.
    """

    id: str
    provider: Provider
    model: str
    price: Price | None = None
    weight: int = 1
    enabled: bool = True
    timeouts: Timeouts = Timeouts()
    max_output_tokens: int | None = None
    context_tokens: int | None = None
    traits: Traits = USUAL
    listed: bool = True

    @property
    def label(self) -> str:
        """The metric label: bounded by configuration, so a model that only a caller named has no series of its own."""
        return self.id if self.listed else f"{self.provider.name}/direct"


class ModelGroup(msgspec.Struct, frozen=True):
    """A public model name and its targets, in the configured order.

    `on_unsupported`: what happens to parts of a call that a target of another dialect cannot be told.
    """

    name: str
    targets: tuple[Target, ...]
    strategy: Strategy = "failover"
    retries: Retries = Retries()
    response_model: Literal["upstream", "group"] = "upstream"
    on_unsupported: OnUnsupported = "drop"


class Key(msgspec.Struct, frozen=True):
    """A caller token issued by us; only its keyed digest is here.

    `groups` None = every model group. Scopes: "llm" (the data plane), "metrics:read".
    """

    id: str
    digest: bytes
    user: str | None = None
    team: str | None = None
    environment: str | None = None
    groups: frozenset[str] | None = None
    tags: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset({"llm"})
    expires_at: float | None = None
    blocked: bool = False


class Snapshot(msgspec.Struct, frozen=True):
    """Everything that decides about a call. `version` counts up; `digest` names the content.

    `providers` holds every provider, for `provider/model` ids whose model is in no group, and `direct` the targets of
    those of which the configuration says something. `open_mode`: no key is asked for (loopback only). `pepper` keys
    the digests in `keys`.
    """

    version: int
    digest: str
    groups: Mapping[str, ModelGroup]
    providers: Mapping[str, Provider]
    keys: Mapping[bytes, Key]
    pepper: bytes
    open_mode: bool = False
    default_model: str | None = None
    aliases: Mapping[str, str] = MappingProxyType({})
    retries: Retries = Retries()
    breaker: BreakerRules = BreakerRules()
    allow_direct_models: bool = True
    max_output_tokens: int = 1_000_000
    max_messages: int = 100_000
    direct: Mapping[str, Target] = MappingProxyType({})

    def __repr__(self) -> str:
        # The default one would show the pepper.
        return f"<Snapshot {self.version} {self.digest} groups={len(self.groups)} keys={len(self.keys)}>"
