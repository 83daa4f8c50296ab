"""The address policy: the corpus of forms that other checks take for public or private."""

import ipaddress

import pytest

from octogate.proxy.upstream.address import refusal


def nat64(v4: str) -> str:
    return str(ipaddress.IPv6Address(ipaddress.IPv6Address("64:ff9b::").packed[:12] + ipaddress.IPv4Address(v4).packed))


def six_to_four(v4: str) -> str:
    return str(ipaddress.IPv6Address(b"\x20\x02" + ipaddress.IPv4Address(v4).packed + bytes(10)))


def teredo(v4: str) -> str:
    inverted = bytes(byte ^ 0xFF for byte in ipaddress.IPv4Address(v4).packed)
    return str(ipaddress.IPv6Address(b"\x20\x01\x00\x00\x08\x08\x08\x08" + bytes(4) + inverted))


def isatap(v4: str) -> str:
    head = ipaddress.IPv6Address("2a00:1450::").packed[:8]
    return str(ipaddress.IPv6Address(head + b"\x00\x00\x5e\xfe" + ipaddress.IPv4Address(v4).packed))


METADATA = ["169.254.169.254", "168.63.129.16", "192.0.0.192", "100.100.100.200", "169.254.170.2", "0.0.0.0"]
WRAPPERS = [
    lambda v4: f"::ffff:{v4}",
    lambda v4: f"::ffff:0:{v4}",
    lambda v4: f"::{v4}",
    lambda v4: f"64:ff9b:1::{v4}",
    nat64,
    six_to_four,
    teredo,
    isatap,
]
NEVER = [
    *METADATA,
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.255",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fe80::a9fe:a9fe",
    "febf::1",
    "ff02::1",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "2002:a9fe:a9fe::",
    "64:ff9b:1:a9fe:a9:fe00::",  # the /48 form of RFC 6052
    "",
    "localhost",
    "0177.0.0.1",
    "2130706433",
    "unix:/x",
]
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
]
NOT_PUBLIC = [
    *PRIVATE,
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "240.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
    "2002:808:808::",
    "2001::1",
    "2001:db8::1",
    "2001:10::1",
    "3fff::1",
    "5f00::1",
    "fec0::1",
    "100::1",
    "4000::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", NEVER)
def test_a_forbidden_address_is_refused_whoever_configured_it(address):
    """T-55"""
    assert refusal(address) is not None
    assert refusal(address, public_only=True) is not None


@pytest.mark.parametrize("wrap", WRAPPERS)
@pytest.mark.parametrize("inner", METADATA)
def test_a_metadata_address_is_found_in_every_wrapping(wrap, inner):
    """T-55"""
    assert refusal(wrap(inner)) is not None, wrap(inner)


@pytest.mark.parametrize("wrap", WRAPPERS)
def test_a_private_address_is_not_made_public_by_any_wrapping(wrap):
    """T-55"""
    for inner in ("127.0.0.1", "10.0.0.1", "192.168.0.1", "100.64.0.1"):
        assert refusal(wrap(inner), public_only=True) is not None, wrap(inner)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_may_be_configured(address):
    """S3-177"""
    assert refusal(address) is None


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_caller_cannot_name_an_address_that_is_not_public(address):
    """T-55"""
    assert refusal(address, public_only=True) is not None


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_open_to_all(address):
    assert refusal(address) is None
    assert refusal(address, public_only=True) is None
