"""Minted keys and digests."""

import hashlib
import zlib

import pytest

from octogate.core.keys import checksum_ok, digest_key, key_id, looks_like_ours, mint_key


def test_a_minted_key_has_the_documented_form():
    """S0-8, S1-2, S3-3"""
    public, key = mint_key()
    prefix, brand, inner, secret, checksum = key.split("-")

    assert (prefix, brand, inner) == ("sk", "og", public)
    assert (len(public), len(secret), len(checksum)) == (10, 43, 6)
    assert looks_like_ours(key)
    assert checksum_ok(key)
    assert key_id(key) == public


def test_a_secret_has_at_least_256_bits_and_comes_from_the_system(monkeypatch):
    """S1-2"""
    assert 62**43 >= 2**256

    drawn = []
    monkeypatch.setattr("secrets.choice", lambda letters: drawn.append(len(letters)) or "a")
    mint_key()

    assert drawn == [62] * 53


def test_no_two_keys_are_alike_and_every_letter_is_used():
    minted = [mint_key()[1] for _ in range(2000)]
    letters = {letter for key in minted for letter in key.split("-")[3]}

    assert len({key.split("-")[2] for key in minted}) == len(set(minted)) == 2000
    assert len(letters) == 62


def test_the_checksum_is_crc32_in_base_62():
    """S1-2"""
    _, key = mint_key()
    body, _, checksum = key.rpartition("-")
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    value = 0
    for letter in checksum:
        value = value * 62 + alphabet.index(letter)

    assert value == zlib.crc32(body.encode())


def test_every_single_typing_error_is_noticed():
    _, key = mint_key()

    for position, letter in enumerate(key):
        typo = key[:position] + ("x" if letter != "x" else "y") + key[position + 1 :]
        assert not checksum_ok(typo)


@pytest.mark.parametrize(
    "text", ["", "sk-og-", "sk-1234", "sk-og-a-b-c", "sk-og-" + "ü" * 10 + "-" + "a" * 43 + "-aaaaaa"]
)
def test_other_strings_are_not_ours(text):
    assert not looks_like_ours(text)
    assert not checksum_ok(text)
    assert key_id(text) is None


def test_a_digest_needs_the_pepper():
    """S0-9"""
    key = mint_key()[1]

    hashed = hashlib.sha256(key.encode()).digest()
    assert digest_key(key, b"p" * 32) == hashlib.blake2b(hashed, key=b"p" * 32, digest_size=32).digest()
    assert digest_key(key, b"p" * 32) != digest_key(key, b"q" * 32)
    assert digest_key(key, b"p" * 32) != hashlib.blake2b(hashed, digest_size=32).digest()
    assert len(digest_key("\udcff", b"p")) == 32
