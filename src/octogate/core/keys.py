"""Caller keys: minting, a checksum that rejects typing errors without a look-up, and the keyed digest we store.

A key is `sk-og-<id10>-<secret43>-<crc6>` in base 62. The id is public and may be logged; 43 random base-62 characters
hold just over 256 bits; the CRC-32 over all that stands before it lets scanners recognise a leaked key.
"""

import hashlib
import re
import secrets
import zlib

PREFIX = "sk-og-"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 10
_SECRET_LENGTH = 43  # 43 × log2(62) = 256.03 bits
_CHECKSUM_LENGTH = 6  # 62⁶ > 2³²
_SHAPE = re.compile(r"sk-og-([0-9A-Za-z]{10})-[0-9A-Za-z]{43}-[0-9A-Za-z]{6}")


def mint_key() -> tuple[str, str]:
    """A fresh key as (public id, the whole key); the whole key is shown once and never stored."""
    key_id = _random(_ID_LENGTH)
    body = f"{PREFIX}{key_id}-{_random(_SECRET_LENGTH)}"
    return key_id, f"{body}-{_checksum(body)}"


def digest_key(secret: str, pepper: bytes) -> bytes:
    """The stored form: keyed BLAKE2b-256 over SHA-256, so that a stolen table confirms no guess without the pepper."""
    return digest_hash(hash_key(secret), pepper)


def digest_hash(key_hash: bytes, pepper: bytes) -> bytes:
    """The stored form of a key of which only `hash_key` is known; the pepper has at most 64 bytes."""
    return hashlib.blake2b(key_hash, key=pepper, digest_size=32).digest()


def hash_key(secret: str) -> bytes:
    """SHA-256 of a key: what a configuration may hold in its place."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def looks_like_ours(key: str) -> bool:
    """Whether `key` has the shape of a minted key, checksum unseen."""
    return _SHAPE.fullmatch(key) is not None


def checksum_ok(key: str) -> bool:
    """Whether `key` is a minted key without a typing error. Says nothing about whether it was ever issued."""
    body, _, checksum = key.rpartition("-")
    # Not a comparison of secrets: anybody can compute the checksum of any body.
    return looks_like_ours(key) and checksum == _checksum(body)


def key_id(key: str) -> str | None:
    """The public id inside a minted key; None for any other string."""
    match = _SHAPE.fullmatch(key)
    return match.group(1) if match else None


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    rest = zlib.crc32(body.encode("ascii", "replace"))
    digits = []
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
