"""Opens connections: resolve, check the address, connect, check the peer, pass the proxy, shake hands."""

import asyncio
import ipaddress
import socket
from time import monotonic

from octogate.core.snapshot import Origin
from octogate.proxy.upstream import failures
from octogate.proxy.upstream.address import refusal
from octogate.proxy.upstream.names import Names
from octogate.proxy.upstream.tls import TlsContexts

_MAX_PROXY_HEAD = 8192


class Dialer:
    """Connects to origins. `public_only` is the address policy for URLs that callers supply.

    Behind a CONNECT proxy the proxy resolves the origin's name: the policy then covers the proxy's own address and
    origins written as a literal, and the rest is the proxy's to refuse.
    """

    def __init__(self, names: Names, contexts: TlsContexts, *, public_only: bool = False) -> None:
        self._names = names
        self._contexts = contexts
        self._public_only = public_only

    async def open(self, origin: Origin, protocol: asyncio.BaseProtocol, *, seconds: float) -> None:
        """Connect `protocol` within `seconds`, all steps together.

        Raises UpstreamUnavailable or UpstreamTimeout, both safe to repeat: no byte of a request has been sent.
        """
        where = label(origin)
        try:
            async with asyncio.timeout(seconds):
                await self._try_addresses(origin, protocol, monotonic() + seconds)
        except TimeoutError as error:
            raise failures.slow_to_connect(where, f"not connected within {seconds:g} s") from error
        except (OSError, ValueError) as error:  # ValueError: a host that cannot be a TLS server name
            raise failures.unreachable(where, str(error) or type(error).__name__) from error

    async def _try_addresses(self, origin: Origin, protocol: asyncio.BaseProtocol, deadline: float) -> None:
        host, port = _split(origin.proxy) if origin.proxy else (origin.host, origin.port)
        if origin.proxy and _is_literal(origin.host):
            self._check(origin.host)
        addresses = (host,) if _is_literal(host) else await self._names.find(host, port)
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            # An address that swallows packets must leave time for those behind it.
            share = (deadline - monotonic()) / left if left > 1 else None
            try:
                async with asyncio.timeout(share):
                    await self._connect(address, port, origin, protocol)
            except OSError:
                if left == 1:
                    raise
            else:
                return

    async def _connect(self, address: str, port: int, origin: Origin, protocol: asyncio.BaseProtocol) -> None:
        self._check(address)
        loop = asyncio.get_running_loop()
        context = self._contexts.get(origin.tls) if origin.scheme == "https" else None
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            await loop.sock_connect(sock, (address, port))
            self._check(sock.getpeername()[0])
            if origin.proxy:
                await _pass_proxy(sock, origin)
            name = origin.host.rstrip(".") if context else None
            await loop.create_connection(lambda: protocol, sock=sock, ssl=context, server_hostname=name)
        except BaseException:
            sock.close()
            raise

    def _check(self, address: str) -> None:
        reason = refusal(address, public_only=self._public_only)
        if reason is not None:
            raise PermissionError(f"refused to connect to {reason}")


def label(origin: Origin) -> str:
    """What the log calls an origin: `host:port`."""
    return f"[{origin.host}]:{origin.port}" if ":" in origin.host else f"{origin.host}:{origin.port}"


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _split(proxy: str) -> tuple[str, int]:
    host, _, port = proxy.rpartition(":")
    return host.strip("[]"), int(port)


async def _pass_proxy(sock: socket.socket, origin: Origin) -> None:
    """RFC 9110 §9.3.6: after a 2xx answer to CONNECT the socket is the origin's. We speak first in it."""
    loop = asyncio.get_running_loop()
    authority = label(origin).encode("ascii")
    await loop.sock_sendall(sock, b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (authority, authority))
    head = b""
    while b"\r\n\r\n" not in head:
        data = await loop.sock_recv(sock, _MAX_PROXY_HEAD)
        head += data
        if not data or len(head) > _MAX_PROXY_HEAD:
            raise ConnectionError("the proxy gave no answer to CONNECT")
    if not head.endswith(b"\r\n\r\n"):
        raise ConnectionError("the proxy spoke before it was asked")
    version, _, status = head.partition(b"\r\n")[0].partition(b" ")
    if not version.startswith(b"HTTP/1.") or not status.startswith(b"2"):
        raise ConnectionError(f"the proxy refused with {status[:3].decode('ascii', 'replace')!r}")
