"""A receipt: what happened in one call, content-free; also the call's line in the log."""

import msgspec

from octogate.core.usage import Usage


class AttemptRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One attempt as the receipt tells it. Durations in milliseconds; `dialect` is set when the call was translated."""

    number: int
    target: str
    outcome: str
    duration_ms: float
    first_event_ms: float | None = None
    upstream_status: int | None = None
    dialect: str | None = None
    detail: str | None = None


class SkipRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A target that was not asked, and why: a reason of routing, or `unsupported` and in `detail` the fields."""

    target: str
    reason: str
    detail: str | None = None


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line per call. `cost_nano_usd` None = unknown, never free; `code` is "ok" or the closed set of errors.

    `skipped`: targets of the group that were not asked. `dropped`: the fields of the call that the target, which
    speaks another dialect, could not be told.
    """

    time: str
    event: str
    request_id: str
    status: int
    code: str
    dialect: str
    operation: str
    group: str
    stream: bool
    duration_ms: float
    overhead_ms: float
    phases_ms: dict[str, float]
    config_version: int
    level: str = ""  # always given: what equals its default is left out of the line
    reason: str | None = None
    key_id: str | None = None
    user: str | None = None
    team: str | None = None
    environment: str | None = None
    tags: tuple[str, ...] = ()
    client_ip: str | None = None
    correlation_id: str | None = None
    trace_id: str | None = None
    target: str | None = None
    finish: str | None = None
    usage: Usage | None = None
    cost_nano_usd: int | None = None
    price_id: str | None = None
    price_source: str | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    attempts: tuple[AttemptRecord, ...] = ()
    skipped: tuple[SkipRecord, ...] = ()
    dropped: tuple[str, ...] = ()
    detail: str | None = None
