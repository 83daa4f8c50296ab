"""What all connections of one server share; the server owns it, connections count themselves in and out."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from octogate.proxy.edge.address import TrustedProxies, network_of
from octogate.proxy.edge.refusals import CONNECTIONS, CONNECTIONS_PER_IP, Refusal, SizeRefusals
from octogate.proxy.edge.replies import date_line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from octogate.proxy.edge.connection import Connection
    from octogate.proxy.edge.exchange import Exchange
    from octogate.proxy.edge.limits import EdgeLimits


class EdgeState:
    """Limits, prepared answers, the live connections and exchanges, and the budget of buffered bodies."""

    def __init__(
        self,
        handler: Callable[[Exchange], Awaitable[None]],
        limits: EdgeLimits,
        on_refused: Callable[[str], None] | None,
        on_error: Callable[[Exception, Exchange], None] | None,
    ) -> None:
        self.handler = handler
        self.limits = limits
        self.sizes = SizeRefusals(limits)
        self.proxies = TrustedProxies(limits.trusted_proxies, limits.client_ip_headers)
        self.connections: set[Connection] = set()
        self.in_flight: set[Exchange] = set()
        self.buffered_bytes = 0
        self.draining = False
        self.finishing = False
        self.emptied = asyncio.Event()
        self.date_line = date_line(time.time())
        self._per_network: dict[str, int] = {}
        self._on_refused = on_refused
        self._on_error = on_error

    def admit(self, connection: Connection) -> Refusal | None:
        """Count a new connection in, or say why not."""
        limits = self.limits
        if len(self.connections) >= limits.max_connections:
            return CONNECTIONS
        if limits.max_connections_per_ip and connection.peer and not self.proxies.trusts(connection.peer):
            network = network_of(connection.peer)
            held = self._per_network.get(network, 0)
            if held >= limits.max_connections_per_ip:
                return CONNECTIONS_PER_IP
            self._per_network[network] = held + 1
            connection.network = network
        self.connections.add(connection)
        return None

    def dismiss(self, connection: Connection) -> None:
        """Count a lost connection out."""
        self.connections.discard(connection)
        if connection.network:
            held = self._per_network.pop(connection.network, 0) - 1
            if held > 0:
                self._per_network[connection.network] = held
        self.note_if_empty()

    def note_if_empty(self) -> None:
        """Wake the one who waits for the end."""
        if self.finishing and not self.connections and not self.in_flight:
            self.emptied.set()

    def refused(self, reason: str) -> None:
        """Count a refusal, under a reason of the closed set."""
        if self._on_refused is not None:
            self._on_refused(reason)

    def failed(self, error: Exception, exchange: Exchange) -> None:
        """Report what a handler did not catch."""
        if self._on_error is not None:
            self._on_error(error, exchange)
