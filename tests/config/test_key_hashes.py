"""A caller key written as its SHA-256: the gateway knows the key when it comes, and never held it before."""

import hashlib

import msgspec
import pytest

from config.conftest import GROUP, STRONG, VLLM
from octogate.core.errors import Unauthenticated
from octogate.core.keys import digest_hash, digest_key, hash_key, mint_key
from octogate.proxy.auth import authenticate

HASH = hashlib.sha256(STRONG.encode()).hexdigest()


def with_keys(*entries: str, server: str = "") -> str:
    return f"version: 1\n{server}auth: {{static_keys: [{', '.join(entries)}]}}\n" + VLLM + GROUP


def caller(snapshot, key: str = STRONG) -> str:
    return authenticate({b"authorization": b"Bearer " + key.encode()}, "", snapshot, now=0.0).id


@pytest.mark.parametrize("written", [HASH, HASH.upper(), HASH[:32].upper() + HASH[32:]])
def test_a_key_known_by_its_hash_opens_the_gateway_whatever_the_case_of_the_digits(configs, written):
    """S3-4"""
    snapshot = configs.load(with_keys(f"{{id: hashed, key_sha256: '{written}'}}")).snapshot

    assert caller(snapshot) == "hashed"
    for wrong in (mint_key()[1], HASH, HASH.upper(), STRONG[:-1]):
        with pytest.raises(Unauthenticated):
            caller(snapshot, wrong)


def test_both_ways_to_write_a_key_lead_to_the_same_digest(configs):
    """S3-4"""
    pepper = b"p" * 32

    assert digest_hash(bytes.fromhex(HASH), pepper) == digest_key(STRONG, pepper)
    assert hash_key(STRONG).hex() == HASH
    assert caller(configs.load(with_keys(f"{{id: plain, key: '{STRONG}'}}")).snapshot) == "plain"


@pytest.mark.parametrize("member", [f"key: '{STRONG}'", f"key_sha256: '{HASH}'"])
def test_neither_the_key_nor_its_hash_is_in_the_state(configs, member):
    """S3-4: what is kept is the keyed digest, whichever way the key was written."""
    loaded = configs.load(with_keys(f"{{id: a, {member}}}"))
    (key,) = loaded.snapshot.keys.values()
    state = msgspec.json.encode(msgspec.structs.asdict(key), enc_hook=str).decode() + repr(loaded) + key.digest.hex()

    assert STRONG not in state
    assert HASH not in state.lower()


@pytest.mark.parametrize(
    ("entry", "path", "message"),
    [
        (f"{{key: '{STRONG}', key_sha256: '{HASH}'}}", "auth.static_keys[0].key_sha256", "write one of the two"),
        ("{id: a}", "auth.static_keys[0].key", "is required, or key_sha256"),
        (f"{{key_sha256: '{HASH[:-1]}'}}", "auth.static_keys[0].key_sha256", "64 hexadecimal digits"),
        (f"{{key_sha256: '{HASH}0'}}", "auth.static_keys[0].key_sha256", "64 hexadecimal digits"),
        (f"{{key_sha256: '{HASH[:-1]}g'}}", "auth.static_keys[0].key_sha256", "64 hexadecimal digits"),
        ("{key_sha256: 7}", "auth.static_keys[0].key_sha256", "64 hexadecimal digits"),
    ],
)
def test_exactly_one_of_the_two_is_written_and_a_hash_is_a_whole_one(configs, entry, path, message):
    """S3-4"""
    (fault,) = configs.faults(with_keys(entry))

    assert fault.path == path
    assert message in fault.message
    assert HASH[:-1] not in str(fault)


def test_the_same_key_in_two_spellings_is_noticed(configs):
    """S3-4"""
    (fault,) = configs.faults(with_keys(f"{{id: a, key: '{STRONG}'}}", f"{{id: b, key_sha256: '{HASH.upper()}'}}"))

    assert (fault.path, fault.message) == ("auth.static_keys[1].key_sha256", "is the same key as static_keys[0]")


def test_a_hash_can_come_from_the_environment_and_is_enough_for_production(configs):
    """S3-4"""
    text = with_keys("{id: a, key_sha256: '${KEY_HASH}'}", server="server: {mode: production}\n")
    loaded = configs.load(text, env={"KEY_HASH": HASH})

    assert caller(loaded.snapshot) == "a"
    assert loaded.warnings == ()
