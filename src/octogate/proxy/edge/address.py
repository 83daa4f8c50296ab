"""Whose call is it: the caller's address behind proxies that we trust, and only behind those."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_UNIX = "unix:"


class TrustedProxies:
    """The CIDRs whose forwarding headers are believed. An invalid CIDR raises ValueError."""

    def __init__(self, cidrs: tuple[str, ...], headers: tuple[str, ...]) -> None:
        self._trusts_unix = _UNIX in cidrs
        self._networks = tuple(ip_network(cidr) for cidr in cidrs if cidr != _UNIX)
        self._headers = tuple(name.lower().encode("ascii") for name in headers)

    def trusts(self, peer: str) -> bool:
        """Whether the socket address `peer` ("" for a Unix socket) is one of our proxies."""
        if not peer:
            return self._trusts_unix
        if not self._networks:
            return False
        address = _address(peer)
        return address is not None and self._is_ours(address)

    def client_ip(self, peer: str, fields: dict[bytes, bytes]) -> str:
        """The right-most address that none of our proxies has: everything left of it was written by the caller.

        The headers are tried in order; the first that is present decides. An entry that is no address ends the
        walk: what stands right of it is the last thing a trusted proxy vouched for.
        """
        if not self.trusts(peer):
            return peer
        for name in self._headers:
            if name in fields:
                return self._walk(peer, fields[name])
        return peer

    def _walk(self, peer: str, chain: bytes) -> str:
        vouched = peer
        for entry in reversed(chain.decode("latin-1").split(",")):
            address = _address(entry.strip())
            if address is None:
                break
            vouched = str(address)
            if not self._is_ours(address):
                break
        return vouched

    def _is_ours(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: with a port, in brackets, IPv4 in IPv6."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def socket_address(peername: object) -> str:
    """The peer's address as text, without port; "" for a Unix socket. IPv4 in IPv6 is written as IPv4."""
    if not isinstance(peername, tuple):
        return ""
    address = str(peername[0])
    return address[7:] if address.startswith("::ffff:") and "." in address else address


def network_of(peer: str) -> str:
    """What counts as one caller for the connection cap: an IPv4 address or an IPv6 /64 (one subscriber's)."""
    if ":" not in peer:
        return peer
    return str(ip_network((peer.partition("%")[0], 64), strict=False))
