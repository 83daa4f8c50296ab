"""Small configurations for tests of the stages."""

from octogate.core.call import Call, DialectName, Endpoint
from octogate.core.keys import digest_key
from octogate.core.money import Price
from octogate.core.secret import Secret
from octogate.core.snapshot import Key, ModelGroup, Origin, Provider, Retries, Snapshot, Strategy, Target, Timeouts

PEPPER = b"pepper-of-the-tests"
KEY = "sk-test-key-with-enough-entropy-0123456789"
OPENAI: frozenset[DialectName] = frozenset({"openai_chat", "openai_responses", "openai_embeddings"})
PRICE = Price(id="test@1", source="test", input=1_000_000_000, output=2_000_000_000)


def provider(name: str = "a", dialects: frozenset[DialectName] = OPENAI, *, enabled: bool = True) -> Provider:
    return Provider(
        name=name,
        kind="openai",
        origin=Origin("http", f"{name}.test", 80),
        base_path="/v1",
        dialects=dialects,
        auth_style="bearer",
        credential=Secret(f"provider-secret-of-{name}"),
        enabled=enabled,
    )


def target(
    name: str = "a",
    *,
    weight: int = 1,
    enabled: bool = True,
    of: Provider | None = None,
    timeouts: Timeouts | None = None,
) -> Target:
    of = of or provider(name)
    return Target(
        id=f"{name}/gpt",
        provider=of,
        model="gpt",
        price=PRICE,
        weight=weight,
        enabled=enabled,
        timeouts=timeouts or Timeouts(),
    )


def group(*targets: Target, strategy: Strategy = "failover", retries: Retries | None = None) -> ModelGroup:
    return ModelGroup(name="chat", targets=targets, strategy=strategy, retries=retries or Retries())


def key(token: str = KEY, **facts: object) -> Key:
    return Key(id="key-1", digest=digest_key(token, PEPPER), **facts)  # type: ignore[arg-type]  # any facts


def snapshot(*groups: ModelGroup, keys: tuple[Key, ...] = (), **facts: object) -> Snapshot:
    everyone = keys or (key(),)
    providers = {t.provider.name: t.provider for g in groups for t in g.targets}
    return Snapshot(
        version=1,
        digest="d1",
        groups={g.name: g for g in groups},
        providers=providers,
        keys={k.digest: k for k in everyone},
        pepper=PEPPER,
        **facts,  # type: ignore[arg-type]  # any facts
    )


def call(model: str = "chat", *, stream: bool = False, dialect: DialectName = "openai_chat") -> Call:
    return Call(
        endpoint=Endpoint(dialect=dialect, operation="generate"), model=model, stream=stream, fields={}, input_bytes=40
    )
