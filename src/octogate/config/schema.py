"""The native configuration schema, `version: 1`: the shape of the file, not yet whether its parts fit together."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from octogate.config.section import Section
from octogate.config.traits import ModelTraits
from octogate.config.values import (
    Bytes,
    Factor,
    FilePath,
    KeyHash,
    Label,
    Listen,
    LogFile,
    NanoUsd,
    Network,
    Port,
    Proxy,
    Seconds,
    SecondsOrZero,
    SecretText,
    Time,
    Tokens,
    rename,
)
from octogate.core.call import DialectName

_STRATEGY_ALIASES = {"simple-shuffle": "weighted", "simple_shuffle": "weighted"}


def _strategy(value: object) -> object:
    if not isinstance(value, str):
        return value
    return _STRATEGY_ALIASES.get(value, value.replace("-", "_"))


def _target(value: object) -> object:
    """The short form of a target, "provider/model"; the model keeps any further slashes."""
    if not isinstance(value, str):
        return value
    provider, _, model = value.partition("/")
    return {"provider": provider, "model": model} if model else {"provider": provider}


class ServerTls(Section):
    """The certificate that callers see. Paths are relative to the configuration file."""

    cert: FilePath = Field(description="PEM file with the certificate chain.")
    key: FilePath = Field(description="PEM file with its private key.")


class ClientIp(Section):
    """How the address of a caller behind a proxy is found."""

    headers: tuple[Label, ...] = Field(
        default=("X-Forwarded-For", "X-Real-IP"),
        description="Headers to read when the peer is one of `trusted_proxies`, best first.",
    )
    store: bool = Field(default=True, description="Whether the address is kept in receipts and logs.")


class Server(Section):
    """The listener and the life of the process."""

    host: Label = Field(default="127.0.0.1", description="Address to listen on.")
    port: Port = Field(default=4000, description="Port to listen on; 0 lets the system choose.")
    unix_socket: FilePath | None = Field(
        default=None, description="Listen on this Unix socket instead of host and port."
    )
    tls: ServerTls | None = Field(default=None, description="Serve HTTPS with this certificate.")
    trusted_proxies: tuple[Network, ...] = Field(
        default=(), description="Networks whose forwarding headers are believed."
    )
    client_ip: ClientIp = Field(default=ClientIp(), description="How the caller's address is found.")
    max_body: Bytes = Field(default=64 * 2**20, description="Largest request body.")
    max_buffered: Bytes = Field(
        default=512 * 2**20, description="Memory for all buffered bodies together; beyond it: 503."
    )
    max_connections: Annotated[int, Field(gt=0, le=1_000_000)] = Field(
        default=20_000, description="Open client connections."
    )
    max_connections_per_ip: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=4_096,
        description="Open client connections of one address (IPv6: of one /64); 0 means no cap. Peers in "
        "`trusted_proxies` are exempt.",
    )
    shutdown_grace: SecondsOrZero = Field(default=30.0, description="How long calls in flight may finish after a stop.")
    drain_delay: SecondsOrZero = Field(
        default=5.0, description="How long new calls are still taken after a stop signal."
    )
    default_model: Label | None = Field(default=None, description="Model group for calls that name no model.")
    mode: Literal["development", "production"] = Field(
        default="development", description="Production refuses weak keys."
    )


class StaticKey(Section):
    """A caller key written in the file: itself, best as `${NAME}`, or its hash."""

    key: SecretText | None = Field(default=None, description="The key itself; this or `key_sha256`.")
    key_sha256: KeyHash | None = Field(
        default=None, description="Its SHA-256, 64 hexadecimal digits: the key need not be known here."
    )
    id: Label | None = Field(default=None, description="Public name in logs and metrics; `static-1`, … when absent.")
    user: Label | None = Field(default=None, description="Who the key acts for.")
    team: Label | None = Field(default=None, description="The team it is accounted to.")
    environment: Label | None = Field(default=None, description="Such as `staging`.")
    groups: tuple[Label, ...] | None = Field(
        default=None, description="Model groups, `provider/model` or `provider/*` it may use; absent = all."
    )
    tags: tuple[Label, ...] = Field(default=(), description="Labels for reports.")
    scopes: tuple[Literal["llm", "metrics:read"], ...] = Field(default=("llm",), description="What it may be used for.")
    expires_at: Time | None = Field(default=None, description="ISO date or time after which it is refused.")
    blocked: bool = Field(default=False, description="Refuse it without forgetting it.")

    @model_validator(mode="before")
    @classmethod
    def _other_names(cls, values: Any) -> Any:
        return rename(values, {"allow": "groups"})


class Auth(Section):
    """Who may call."""

    mode: Literal["keys", "open"] = Field(
        default="keys",
        description="`open` asks for no key, is for loopback only, and refuses pages of other web origins.",
    )
    static_keys: tuple[StaticKey, ...] = Field(default=(), max_length=10_000, description="The keys of callers.")


class TimeoutConfig(Section):
    """Deadlines of one attempt; what is absent keeps its default."""

    connect: Seconds | None = Field(default=None, description="DNS, TCP and TLS together. Default 5s.")
    first_event: Seconds | None = Field(default=None, description="Streams: until the first event. Default 60s.")
    idle: Seconds | None = Field(default=None, description="Streams: longest silence between events. Default 30s.")
    total: Seconds | None = Field(default=None, description="Plain answers: until the last byte. Default 10m.")
    stream_total: Seconds | None = Field(default=None, description="Streams: until the last event. Default 1h.")

    @model_validator(mode="before")
    @classmethod
    def _other_names(cls, values: Any) -> Any:
        return rename(values, {"first_byte": "first_event"})


class ProviderTls(Section):
    """How to trust a provider, and what to show it. Paths are relative to the configuration file."""

    ca: FilePath | None = Field(
        default=None, description="PEM file with the authorities to trust instead of the system's."
    )
    cert: FilePath | None = Field(default=None, description="PEM file with our client certificate.")
    key: FilePath | None = Field(default=None, description="PEM file with its private key.")


class PriceConfig(Section):
    """USD per million tokens, exact. A class without a price of its own costs as input or output."""

    input: NanoUsd = Field(description="Input tokens.")
    output: NanoUsd = Field(description="Output tokens.")
    cached: NanoUsd | None = Field(default=None, description="Input tokens read from the provider's prompt cache.")
    cache_write: NanoUsd | None = Field(default=None, description="Input tokens written to it.")
    cache_write_1h: NanoUsd | None = Field(default=None, description="Input tokens written to it for an hour.")
    reasoning: NanoUsd | None = Field(default=None, description="Reasoning tokens.")
    audio_input: NanoUsd | None = Field(default=None, description="Audio input tokens.")
    audio_output: NanoUsd | None = Field(default=None, description="Audio output tokens.")
    image_input: NanoUsd | None = Field(default=None, description="Image input tokens.")
    image_output: NanoUsd | None = Field(default=None, description="Image output tokens.")
    per_call: NanoUsd = Field(default=0, description="USD for each call, whatever its tokens.")
    per_image: NanoUsd = Field(default=0, description="USD for each picture in the input, beside its tokens.")


class ModelFacts(ModelTraits):
    """What is known of one model at one provider."""

    name: Label | None = Field(default=None, description="The provider's own name of the model, if it differs.")
    price: PriceConfig | None = Field(default=None, description="Overrides the built-in price list.")


class ProviderConfig(Section):
    """A vendor, or a server of your own."""

    type: Label | None = Field(default=None, description="Kind of provider; the provider's name when that is a kind.")
    base_url: Annotated[str, Field(max_length=2048)] | None = Field(default=None, description="Where its API is.")
    api_key: SecretText | None = Field(default=None, description="Our credential there, best as `${NAME}`.")
    enabled: bool = Field(default=True, description="A provider that is not enabled is never called.")
    headers: dict[str, SecretText] = Field(default={}, max_length=32, description="Further request headers.")
    auth_style: Literal["default", "bearer", "x-api-key", "api-key", "x-goog-api-key", "none"] = Field(
        default="default", description="Which header carries the credential."
    )
    dialects: Annotated[tuple[DialectName, ...], Field(min_length=1)] | None = Field(
        default=None, description="What it speaks, if that is not what its kind usually speaks."
    )
    timeout: TimeoutConfig = Field(default=TimeoutConfig(), description="Deadlines for its targets.")
    tls: ProviderTls = Field(default=ProviderTls(), description="Private authorities and client certificates.")
    proxy: Proxy | None = Field(default=None, description="CONNECT proxy as `http://host:port`.")
    default_model: Label | None = Field(default=None, description="Model for targets that name none.")
    default_max_tokens: Tokens | None = Field(default=None, description="Output cap for calls that set none.")
    models: dict[Label, ModelFacts] = Field(
        default={}, max_length=1000, description="Prices, limits and names of models."
    )
    stream_usage: bool | None = Field(
        default=None, description="Whether `stream_options.include_usage` may be sent to it."
    )


class TargetConfig(ModelTraits):
    """One model at one provider; "provider/model" is short for the two."""

    provider: Label = Field(description="Name of a provider.")
    model: Label | None = Field(default=None, description="Model there; the provider's `default_model` when absent.")
    weight: Annotated[int, Field(ge=0, le=1_000_000)] = Field(default=1, description="Share of calls when weighted.")
    enabled: bool = Field(default=True, description="A target that is not enabled is never called.")
    timeout: TimeoutConfig = Field(default=TimeoutConfig(), description="Overrides the provider's deadlines.")
    price: PriceConfig | None = Field(default=None, description="Overrides every other price.")


class RetriesConfig(Section):
    """How often and how fast a call is tried again; what is absent keeps its default."""

    max_attempts: Annotated[int, Field(ge=1, le=10)] | None = Field(
        default=None, description="Tries of one call over all targets. Default 3."
    )
    initial_delay: SecondsOrZero | None = Field(
        default=None, description="Before the first retry, with jitter. Default 500ms."
    )
    max_delay: SecondsOrZero | None = Field(default=None, description="Longest delay. Default 10s.")
    multiplier: Factor | None = Field(default=None, description="Growth of the delay. Default 2.")
    replay_ambiguous: bool | None = Field(
        default=None, description="Try again where the provider may have done (and billed) the work. Default true."
    )


class GroupConfig(Section):
    """A public model name and its targets."""

    strategy: Annotated[Literal["static", "failover", "round_robin", "weighted"], BeforeValidator(_strategy)] = Field(
        default="failover", description="Which target is first; the others follow in the written order."
    )
    targets: Annotated[
        tuple[Annotated[TargetConfig, BeforeValidator(_target)], ...], Field(min_length=1, max_length=100)
    ] = Field(description="Where calls go.")
    retries: RetriesConfig = Field(default=RetriesConfig(), description="Overrides `resilience.retries`.")
    response_model: Literal["upstream", "group"] = Field(
        default="upstream", description="Which model name answers carry: the provider's own, or the group's."
    )
    on_unsupported: Literal["reject", "drop", "warn"] = Field(
        default="drop",
        description="What a target of another dialect cannot be told: refused with 400, left out and named in "
        "`x-octogate-dropped` and the receipt, or that with a receipt of level warning.",
    )


class Routing(Section):
    """How model names are understood."""

    allow_direct_models: bool = Field(default=True, description="Whether `provider/model` works without a group.")


class CircuitBreakerConfig(Section):
    """When a failing target is left alone; what is absent keeps its default."""

    failure_threshold: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="Failures in a row that open it. Default 5."
    )
    reset_timeout: Seconds | None = Field(default=None, description="How long it stays open at first. Default 5s.")
    max_timeout: Seconds | None = Field(default=None, description="How long at most. Default 20s.")


class Resilience(Section):
    """What happens when providers fail."""

    retries: RetriesConfig = Field(default=RetriesConfig(), description="For all groups.")
    circuit_breaker: CircuitBreakerConfig = Field(default=CircuitBreakerConfig(), description="For every target.")


class Logging(Section):
    """Where log lines go."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is written."
    )
    file: LogFile | None = Field(default=None, description="A file instead of the standard output.")
    rotate_mb: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=256, description="Size at which the file is rotated."
    )
    keep: Annotated[int, Field(ge=0, le=1000)] = Field(default=14, description="Rotated files that are kept.")


class Metrics(Section):
    """Prometheus metrics."""

    enabled: bool = Field(default=True, description="Serve /metrics to keys with the scope `metrics:read`.")
    listen: Listen | None = Field(default=None, description="A loopback address for a listener that asks for no key.")


class Validation(Section):
    """Bounds on what callers may ask for."""

    max_output_tokens: Tokens = Field(default=1_000_000, description="Largest output cap that a caller may name.")
    max_messages: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=100_000, description="Messages in one call."
    )


class Config(Section):
    """A whole configuration file."""

    version: Literal[1] = Field(description="The version of this schema.")
    server: Server = Field(default=Server(), description="The listener and the life of the process.")
    auth: Auth = Field(default=Auth(), description="Who may call.")
    providers: dict[str, ProviderConfig] = Field(default={}, max_length=1000, description="Vendors by name.")
    models: dict[str, GroupConfig] = Field(default={}, max_length=10_000, description="Model groups by public name.")
    aliases: dict[str, Label] = Field(
        default={}, max_length=10_000, description="Further names of groups and direct models."
    )
    routing: Routing = Field(default=Routing(), description="How model names are understood.")
    resilience: Resilience = Field(default=Resilience(), description="What happens when providers fail.")
    logging: Logging = Field(default=Logging(), description="Where log lines go.")
    metrics: Metrics = Field(default=Metrics(), description="Prometheus metrics.")
    validation: Validation = Field(default=Validation(), description="Bounds on what callers may ask for.")
