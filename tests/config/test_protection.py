"""A gateway does not start unprotected."""

import secrets

import pytest
from pydantic import ValidationError

from config.conftest import BASE, GROUP, STRONG, VLLM
from octogate.config import Config
from octogate.core.keys import mint_key

PRODUCTION = "server: {mode: production}\n"


def with_key(key, server=""):
    return f"version: 1\n{server}auth: {{static_keys: [{{id: a, key: '{key}'}}]}}\n" + VLLM + GROUP


SAMPLES = [
    "sk-1234", "sk-octo-dev-123", "changeme", "your-secret-key-1", "sk-your-api-key-goes-here-0123456789",
    "a" * 40, "abababababababababababababababab", "5c7573afa7180549702a1d", "please-change-me-0123456789abcdef",
]  # fmt: skip


@pytest.mark.parametrize("key", SAMPLES)
def test_a_weak_key_is_refused_in_production(configs, key):
    """S0-8, T-14"""
    (fault,) = configs.faults(with_key(key, PRODUCTION))

    assert fault.path == "auth.static_keys[0].key"
    assert "refused in production" in fault.message
    assert key not in str(fault)


@pytest.mark.parametrize("key", SAMPLES)
def test_a_weak_key_is_a_warning_on_loopback_in_development(configs, key):
    """T-14"""
    (warning,) = configs.load(with_key(key)).warnings

    assert warning.path == "auth.static_keys[0].key"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "gateway.lan"])
def test_a_weak_key_is_refused_where_others_can_reach_it(configs, host):
    """T-14"""
    (fault,) = configs.faults(with_key("sk-1234", f"server: {{host: '{host}'}}\n"))

    assert "on an address that others can reach" in fault.message


def test_a_flag_that_opens_the_address_is_checked_like_the_file(configs):
    """T-14"""
    (fault,) = configs.faults(with_key("sk-1234"), host="0.0.0.0")

    assert "on an address that others can reach" in fault.message


@pytest.mark.parametrize(
    "make", [lambda: mint_key()[1], lambda: secrets.token_urlsafe(32), lambda: secrets.token_hex(16)]
)
def test_a_random_key_is_strong(configs, make):
    for _ in range(50):
        assert configs.load(with_key(make(), PRODUCTION)).warnings == ()


@pytest.mark.parametrize("auth", ["", "auth: {static_keys: []}\n", "auth: {}\n", "auth: {mode: keys}\n"])
def test_without_keys_nothing_starts(configs, auth):
    """S0-3, T-14"""
    (fault,) = configs.faults("version: 1\n" + auth + VLLM + GROUP)

    assert "there is no key" in fault.message


def test_open_mode_must_be_written_and_be_local(configs):
    """S0-3"""
    text = "version: 1\nauth: {mode: open}\n" + VLLM + GROUP

    assert configs.load(text).snapshot.open_mode
    (by_flag,) = configs.faults(text, host="0.0.0.0")
    (by_file,) = configs.faults(text + "server: {host: 0.0.0.0}\n")
    assert by_flag.path == by_file.path == "auth.mode"


def test_a_mistyped_key_of_ours_is_noticed(configs):
    wrong = STRONG[:-1] + ("0" if STRONG[-1] != "0" else "1")

    (fault,) = configs.faults(with_key(wrong))

    assert "checksum" in fault.message


@pytest.mark.parametrize("key", ["with space " * 4, "\u00fc" * 30, "x" * 1025, ""])
def test_a_key_that_no_header_can_carry_is_refused(configs, key):
    assert configs.faults(with_key(key))[0].path == "auth.static_keys[0].key"


def test_two_keys_never_share_an_id_or_a_secret(configs):
    first, second = mint_key()[1], mint_key()[1]
    text = BASE.replace(
        f'[{{id: a, key: "{STRONG}"}}]', f"[{{id: a, key: {first}}}, {{id: a, key: {second}}}, {{key: {first}}}]"
    )

    faults = configs.faults(text)

    assert [(fault.path, fault.message) for fault in faults] == [
        ("auth.static_keys[1].id", "is also the id of static_keys[0]"),
        ("auth.static_keys[2].key", "is the same key as static_keys[0]"),
    ]


def test_no_repr_shows_a_key_or_the_pepper(configs):
    loaded = configs.load(BASE)

    assert STRONG not in repr(loaded)
    assert STRONG not in repr(loaded.config)
    assert loaded.snapshot.pepper.hex() not in repr(loaded)


def test_not_even_the_schema_s_own_error_shows_what_it_was_given():
    secret = "sk-live-0123456789abcdefghijklmnop"

    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"version": 1, "providers": {"p": {"base_url": [secret]}}, "auth": secret})

    assert secret not in str(caught.value)
