"""Stage 2: may they? From the model that the caller named to the model group that the key may use."""

from collections import OrderedDict

import msgspec

from octogate.core.call import Call
from octogate.core.errors import BadRequest, ModelNotFound
from octogate.core.snapshot import Key, ModelGroup, Provider, Snapshot, Target
from octogate.providers.openai_models import known_traits
from octogate.providers.prices import price_for

MAX_DIRECT_GROUPS = 1_000


class Grant(msgspec.Struct, frozen=True):
    """What this key may do in this call: the one model group that serves it."""

    key: Key
    group: ModelGroup
    direct: bool = False


class Policy:
    """Resolves model names; keeps the groups made for `provider/model` ids that no configuration lists."""

    def __init__(self) -> None:
        self._direct: OrderedDict[tuple[str, str], ModelGroup] = OrderedDict()

    def authorize(self, key: Key, call: Call, snapshot: Snapshot) -> Grant:
        """The grant for `call`. Raises ModelNotFound with one text for "absent" and "not yours"."""
        name = call.model if call.model not in ("", "auto") else snapshot.default_model
        if name is None:
            raise BadRequest("model is required", param="model", reason="missing_model")
        name = snapshot.aliases.get(name, name)
        group = snapshot.groups.get(name)
        if group is not None:
            if key.groups is not None and name not in key.groups:
                raise ModelNotFound(call.model or name)
            return Grant(key, group)
        group = self._direct_group(key, name, snapshot)
        if group is None:
            raise ModelNotFound(call.model or name)
        return Grant(key, group, direct=True)

    def _direct_group(self, key: Key, name: str, snapshot: Snapshot) -> ModelGroup | None:
        provider_name, slash, model = name.partition("/")
        if not snapshot.allow_direct_models or not slash or not model or not name.isprintable():
            return None
        if key.groups is not None and not key.groups & {name, f"{provider_name}/*"}:
            return None
        provider = snapshot.providers.get(provider_name)
        if provider is None or not provider.enabled:
            return None
        known = self._direct.get((snapshot.digest, name))
        if known is None:
            target = snapshot.direct.get(name) or _unconfigured(name, provider, model)
            known = ModelGroup(name=name, targets=(target,), strategy="static", retries=snapshot.retries)
            self._direct[snapshot.digest, name] = known
            if len(self._direct) > MAX_DIRECT_GROUPS:
                self._direct.popitem(last=False)
        return known


def _unconfigured(name: str, provider: Provider, model: str) -> Target:
    return Target(
        id=name,
        provider=provider,
        model=model,
        price=price_for(provider.kind, model),
        timeouts=provider.timeouts,
        traits=known_traits(provider, model),
        listed=False,
    )


def allowed_groups(key: Key, snapshot: Snapshot) -> list[ModelGroup]:
    """The configured groups that this key may see, by name."""
    return [group for name, group in sorted(snapshot.groups.items()) if key.groups is None or name in key.groups]
