"""How much one caller may take: bytes, fields, seconds and connections, in one frozen value."""

import msgspec


class EdgeLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What the edge enforces. Times are seconds, sizes bytes; tests shorten the times.

    * `header_deadline` runs from the connect, or from the first byte of a later request, to the end of its head.
    * A body must not pause longer than `body_idle` and must arrive at `body_min_rate` bytes per second on average,
      measured after a first `body_idle` seconds. Only body bytes count: chunk extensions buy no time.
    * `write_stall`: a caller that takes no byte of a waiting answer for so long is disconnected.
    * `max_buffered` is one budget for the bodies of the whole process, and `max_unsent` one for answers that wait for
      callers who take them slowly; above it the callers with the most are disconnected.
    * `max_connections_per_ip` counts an IPv6 /64 as one address. Peers in `trusted_proxies` are exempt, for they
      carry many callers; a load test from one machine needs a higher figure or an entry there. 0 means no cap.
    * `trusted_proxies` are CIDRs whose `client_ip_headers` are believed; `unix:` stands for every Unix socket peer.
    * A connection that we close is read for at most `linger` seconds and `max_discard` bytes more, so that the
      caller can read the answer before the reset that unread bytes provoke.
    """

    header_deadline: float = 10.0
    body_idle: float = 30.0
    body_min_rate: int = 1000
    keep_alive: float = 75.0
    write_stall: float = 60.0
    linger: float = 2.0
    max_header_bytes: int = 32_768
    max_header_fields: int = 100
    max_target_bytes: int = 16_384
    max_body: int = 64 * 2**20
    max_buffered: int = 512 * 2**20
    max_unsent: int = 512 * 2**20
    max_discard: int = 256 * 2**10
    max_connections: int = 20_000
    max_connections_per_ip: int = 4_096
    trusted_proxies: tuple[str, ...] = ()
    client_ip_headers: tuple[str, ...] = ("x-forwarded-for", "x-real-ip")


PAUSE_AT_QUEUED = 4
"""Pipelined requests that wait before the socket is paused. Not fewer: a paused socket reports no disconnect."""

MAX_QUEUED = 32
"""Pipelined requests that may wait at all: one segment can carry thousands, and the parser cannot stop inside it."""

SWEEP_SECONDS = 0.5
"""How often deadlines are looked at: one pass over plain floats instead of a timer per request."""
