"""What a key may do, as data: the effective rules behind `octogate check --key ID`."""

from typing import Literal

import msgspec

from octogate.config.faults import nearest
from octogate.core.snapshot import Key, Snapshot

State = Literal["active", "expired", "blocked"]


class UnknownKey(Exception):
    """No key has this id; the message says which one was probably meant."""


class KeyRules(msgspec.Struct, frozen=True):
    """The effective rules of one key.

    `groups` are the model groups that it can call, by name, with their aliases beside them; `direct` are the
    `provider/model` ids or patterns that work without a group ("*" = every model of every enabled provider).
    """

    id: str
    state: State
    scopes: tuple[str, ...]
    groups: tuple[str, ...]
    aliases: tuple[str, ...]
    direct: tuple[str, ...]
    default_model: str | None
    user: str | None = None
    team: str | None = None
    environment: str | None = None
    tags: tuple[str, ...] = ()
    expires_at: float | None = None


def explain_key(snapshot: Snapshot, key_id: str, *, now: float) -> KeyRules:
    """The rules of the key with the public id `key_id` at wall-clock time `now`. Raises UnknownKey."""
    keys = {key.id: key for key in snapshot.keys.values()}
    key = keys.get(key_id)
    if key is None:
        meant = nearest(key_id, keys)
        raise UnknownKey(f"there is no key {key_id!r}" + (f"; did you mean {meant!r}?" if meant else ""))
    groups = tuple(sorted(name for name in snapshot.groups if key.groups is None or name in key.groups))
    direct = _direct(key, snapshot)
    return KeyRules(
        id=key.id,
        state=_state(key, now),
        scopes=tuple(sorted(key.scopes)),
        groups=groups,
        aliases=tuple(sorted(alias for alias, name in snapshot.aliases.items() if name in groups)),
        direct=direct,
        default_model=snapshot.default_model,
        user=key.user,
        team=key.team,
        environment=key.environment,
        tags=key.tags,
        expires_at=key.expires_at,
    )


def _state(key: Key, now: float) -> State:
    if key.blocked:
        return "blocked"
    return "expired" if key.expires_at is not None and now >= key.expires_at else "active"


def _direct(key: Key, snapshot: Snapshot) -> tuple[str, ...]:
    if not snapshot.allow_direct_models:
        return ()
    if key.groups is None:
        return ("*",)
    return tuple(sorted(name for name in key.groups if "/" in name and name.partition("/")[0] in snapshot.providers))
