"""Which addresses may be connected: a pure policy on the packed, resolved address, never on the host string.

Configured base URLs may be private or loopback. Link-local, metadata, multicast and unspecified addresses never are a
model provider. `public_only` is for URLs that a caller supplies: nothing but the public Internet.

The standard library's `is_global` and `is_private` are not used: they call 168.63.129.16 (Azure's host), 192.0.0.192
(Oracle's metadata) and the embedded forms of 127.0.0.1 global.
"""

import ipaddress
from collections.abc import Iterator

IPv4 = ipaddress.IPv4Address
IPv6 = ipaddress.IPv6Address
Address = IPv4 | IPv6

_NEVER_V4: tuple[ipaddress.IPv4Network, ...] = tuple(
    ipaddress.IPv4Network(net)
    for net in (
        "0.0.0.0/8",  # "this host": Linux connects it to loopback
        "169.254.0.0/16",  # link-local, most metadata services
        "168.63.129.16/32",  # Azure's host agent
        "192.0.0.192/32",  # Oracle's metadata
        "100.100.100.200/32",  # Alibaba's metadata
        "224.0.0.0/4",  # multicast
        "255.255.255.255/32",  # broadcast
    )
)
_NEVER_V6: tuple[ipaddress.IPv6Network, ...] = tuple(
    ipaddress.IPv6Network(net)
    for net in (
        "::/128",
        "fe80::/10",  # link-local
        "ff00::/8",  # multicast
        "fd00:ec2::/32",  # AWS instance services
        "fd20:ce::254/128",  # Google's metadata
        "fd00:42::42/128",  # Scaleway's metadata
    )
)
# https://www.iana.org/assignments/iana-ipv4-special-registry: all that is not the public Internet.
_NOT_PUBLIC_V4: tuple[ipaddress.IPv4Network, ...] = tuple(
    ipaddress.IPv4Network(net)
    for net in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "240.0.0.0/4",
    )
)
# Only 2000::/3 is global unicast; these parts of it are not the Internet, or reach it through a relay.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6: tuple[ipaddress.IPv6Network, ...] = tuple(
    ipaddress.IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
_TEREDO = ipaddress.IPv6Network("2001::/32")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_LOOPBACK_V6 = IPv6("::1")
_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")


def refusal(address: str, *, public_only: bool = False) -> str | None:
    """Why this literal address must not be connected; None when it may be.

    `address` is what a resolver or `getpeername` returned. A zone (`fe80::1%eth0`) does not change the answer.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "not an IP address"
    if isinstance(parsed, IPv4):
        return _refusal_v4(parsed, public_only)
    if any(parsed in net for net in _NEVER_V6):
        return "a link-local, metadata, multicast or unspecified address"
    if public_only and not _is_public_v6(parsed):
        return "not a public address"
    return next((reason for inner in _embedded(parsed) if (reason := _refusal_v4(inner, public_only))), None)


def _refusal_v4(address: IPv4, public_only: bool) -> str | None:
    if any(address in net for net in _NEVER_V4):
        return "a link-local, metadata, multicast or unspecified address"
    if public_only and any(address in net for net in _NOT_PUBLIC_V4):
        return "not a public address"
    return None


def _is_public_v6(address: IPv6) -> bool:
    """Mapped and NAT64 addresses are as public as the IPv4 address inside, which is checked next."""
    if address in _MAPPED or address in _NAT64:
        return True
    return address in _GLOBAL_UNICAST and not any(address in net for net in _NOT_PUBLIC_V6)


def _embedded(address: IPv6) -> Iterator[IPv4]:
    """Every IPv4 address that a translator or tunnel could make of it."""
    packed = address.packed
    if address != _LOOPBACK_V6 and any(address in net for net in (_MAPPED, _TRANSLATED, _COMPATIBLE, _NAT64)):
        yield IPv4(packed[12:])
    elif address in _SIX_TO_FOUR:
        yield IPv4(packed[2:6])
    elif address in _TEREDO:
        yield IPv4(packed[4:8])  # the relay
        yield IPv4(bytes(byte ^ 0xFF for byte in packed[12:]))  # the client, stored inverted (RFC 4380)
    elif address in _NAT64_LOCAL:
        # RFC 6052: the prefix may be 48, 56, 64 or 96 bits long; byte 8 is always zero and skipped.
        yield IPv4(packed[6:8] + packed[9:11])
        yield IPv4(packed[7:8] + packed[9:12])
        yield IPv4(packed[9:13])
        yield IPv4(packed[12:])
    if packed[8:12] in _ISATAP:
        yield IPv4(packed[12:])
