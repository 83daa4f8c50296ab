"""Who may call: the checks that stop a gateway from starting unprotected."""

from octogate.config.faults import Path
from octogate.config.findings import Findings
from octogate.config.key_strength import unusable, weakness
from octogate.config.schema import Config, StaticKey
from octogate.config.values import is_loopback
from octogate.core.keys import hash_key

MINT = "make one with `octogate keys new`"


def check_auth(config: Config, findings: Findings, *, host: str) -> None:
    """Refuse to start open to the network, with keys that everybody knows, or with keys that collide."""
    local = bool(config.server.unix_socket) or is_loopback(host)
    if config.auth.mode == "open" and not local:
        findings.fault(("auth", "mode"), "open lets everybody in; it is for a listener on a loopback address only")
    if config.auth.mode == "open" and config.auth.static_keys:
        findings.warn(("auth", "static_keys"), "no key is asked for, because auth.mode is open")
    if config.auth.mode == "keys" and not _has_keys(findings):
        findings.fault(
            ("auth", "static_keys"),
            f"there is no key, so nobody could call; {MINT}, or write `auth: {{mode: open}}` on a loopback address",
        )
    _check_uniqueness(config, findings)
    for index, key in enumerate(config.auth.static_keys):
        _check_key(("auth", "static_keys", index), key, config, findings, local=local)


def key_id_of(key: StaticKey, index: int) -> str:
    """The public id of a key; by position when it has none, for an id made from the key would confirm guesses."""
    return key.id or f"static-{index + 1}"


def key_hash_of(key: StaticKey) -> bytes:
    """SHA-256 of a key, whichever way it is written; of the empty key when it is not written at all."""
    if key.key_sha256 is not None:
        return bytes.fromhex(key.key_sha256.reveal())
    return hash_key(key.key.reveal() if key.key is not None else "")


def _has_keys(findings: Findings) -> bool:
    return bool(findings.document.value(("auth", "static_keys"))) or "auth" in {
        path[0] for path in findings.document.faulty if path
    }


def _check_uniqueness(config: Config, findings: Findings) -> None:
    ids: dict[str, int] = {}
    secrets: dict[bytes, int] = {}
    for index, key in enumerate(config.auth.static_keys):
        path: Path = ("auth", "static_keys", index)
        first = ids.setdefault(key_id_of(key, index), index)
        if first != index:
            findings.fault((*path, "id"), f"is also the id of static_keys[{first}]")
        first = secrets.setdefault(key_hash_of(key), index)
        if first != index and (key.key or key.key_sha256):
            written = "key_sha256" if key.key is None else "key"
            findings.fault((*path, written), f"is the same key as static_keys[{first}]")


def _check_key(path: Path, key: StaticKey, config: Config, findings: Findings, *, local: bool) -> None:
    _check_secret(path, key, config, findings, local=local)
    for index, name in enumerate(key.groups or ()):
        if not _is_grantable(name, findings):
            findings.unknown((*path, "groups", index), "model group", name, "models", "aliases")


def _check_secret(path: Path, key: StaticKey, config: Config, findings: Findings, *, local: bool) -> None:
    """Exactly one spelling of the key, and a strong one. A hash says nothing about the strength of what was hashed."""
    if key.key is None:
        if key.key_sha256 is None and (*path, "key_sha256") not in findings.document.faulty:
            findings.fault((*path, "key"), f"is required, or key_sha256 in its place; {MINT}")
        return
    if key.key_sha256 is not None:
        findings.fault((*path, "key_sha256"), "stands beside key; write one of the two")
    secret = key.key.reveal()
    if reason := unusable(secret):
        findings.fault((*path, "key"), reason)
    elif reason := weakness(secret):
        if config.server.mode == "production" or not local:
            where = "in production" if config.server.mode == "production" else "on an address that others can reach"
            findings.fault((*path, "key"), f"{reason}; refused {where}; {MINT}")
        else:
            findings.warn((*path, "key"), f"{reason}; it would be refused in production; {MINT}")


def _is_grantable(name: str, findings: Findings) -> bool:
    if name in findings.names("models") or name in findings.names("aliases"):
        return True
    provider, slash, model = name.partition("/")
    return bool(slash and model and provider in findings.names("providers"))
