"""What a configured host or header may be: never a metadata service, never a header that we own."""

import ipaddress
import re

_METADATA_HOSTS = frozenset({"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"})
# Metadata and wire services of clouds that lie outside the link-local ranges.
_METADATA_ADDRESSES = frozenset(
    ipaddress.ip_address(text) for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
_PRIVATE_SUFFIXES = (".local", ".localhost", ".internal", ".lan", ".svc", ".cluster.local", ".home.arpa", ".intranet")
_NUMBERS_ONLY = re.compile(r"(0x[0-9a-f]+|[0-9]+)(\.(0x[0-9a-f]*|[0-9]*))*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
# Framing, hop-by-hop and credentials: each is written by us alone.
_RESERVED_HEADERS = frozenset(
    {
        "accept-encoding",
        "api-key",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-api-key",
        "x-goog-api-key",
    }
)


def refused_host(host: str) -> str | None:
    """Why a provider may not be at `host`; None when it may. Names are checked again once they are resolved."""
    name = host.rstrip(".")
    address = _address(name)
    if address is None:
        if name in _METADATA_HOSTS:
            return "is a metadata service"
        return "is an address in a form that hides what it is" if _NUMBERS_ONLY.fullmatch(name) else None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_link_local or address in _METADATA_ADDRESSES:
        return "is a link-local or metadata address"
    if address.is_multicast or address.is_unspecified or str(address) == "255.255.255.255":
        return "is not the address of one machine"
    return None


def is_private(host: str) -> bool:
    """Whether traffic to `host` probably stays in networks of the operator's own."""
    name = host.rstrip(".")
    address = _address(name)
    if address is None:
        return "." not in name or name.endswith(_PRIVATE_SUFFIXES)
    return address.is_private or address.is_loopback


def refused_header(name: str, value: str) -> str | None:
    """Why a configured request header cannot be sent; None when it can. Never quotes the value."""
    if not _HEADER_NAME.fullmatch(name):
        return "is not a valid header name"
    if name.lower() in _RESERVED_HEADERS:
        return "is a header that Octogate writes itself" + (
            "; use api_key and auth_style" if name.lower() in ("authorization", "x-api-key", "api-key") else ""
        )
    if not value or not value.isascii() or not value.isprintable() or value != value.strip() or len(value) > 8192:
        return "has a value that cannot be sent: plain printable ASCII, no line ends, no spaces around it"
    return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
