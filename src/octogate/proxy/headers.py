"""Which headers pass in either direction: allow-lists only, so nothing private can slip through."""

import re
from collections.abc import Mapping
from typing import Final

from octogate.core.call import DialectName
from octogate.core.errors import GatewayError
from octogate.core.money import usd_text
from octogate.core.receipt import Receipt
from octogate.proxy.progress import Progress

JSON: Final = b"content-type: application/json\r\n"
# Asked for by the provider's own clients and free of credentials and billing identities.
_FORWARDED: Final = (
    b"anthropic-beta",
    b"anthropic-version",
    b"openai-beta",
    b"idempotency-key",
    b"traceparent",
    b"tracestate",
)
_ANTHROPIC_DEFAULT_VERSION: Final = b"anthropic-version: 2023-06-01\r\n"
_SAFE_VALUE = re.compile(rb"[\x20-\x7e]{1,2048}")
_CORRELATION = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def forwarded(fields: Mapping[bytes, bytes], dialect: DialectName) -> bytes:
    """The caller's headers that a provider of `dialect` may see, as header lines."""
    lines = b""
    for name in _FORWARDED:
        value = fields.get(name)
        if value is not None and _SAFE_VALUE.fullmatch(value):
            lines += name + b": " + value + b"\r\n"
    if dialect == "anthropic_messages" and b"anthropic-version" not in fields:
        lines += _ANTHROPIC_DEFAULT_VERSION
    return lines


def correlation_id(fields: Mapping[bytes, bytes]) -> str | None:
    """The caller's own id for this call, if it is safe to repeat; never used to bill or to deduplicate."""
    raw = fields.get(b"x-request-id")
    if raw is None:
        return None
    text = raw.decode("latin-1")
    return text if _CORRELATION.fullmatch(text) else None


def trace_id(fields: Mapping[bytes, bytes]) -> str | None:
    """The trace id of a W3C traceparent."""
    raw = fields.get(b"traceparent")
    found = _TRACEPARENT.fullmatch(raw.decode("latin-1")) if raw is not None else None
    return found[1] if found else None


def identity(progress: Progress) -> bytes:
    """The headers that every answer carries, refusals too."""
    request_id = progress.request_id
    lines = f"x-request-id: {request_id}\r\nx-octogate-config-version: {progress.snapshot.version}\r\n"
    if progress.dialect == "anthropic_messages":
        lines += f"request-id: {request_id}\r\n"
    if progress.correlation_id is not None:
        lines += f"x-octogate-correlation-id: {progress.correlation_id}\r\n"
    return lines.encode()


def of_plain_answer(progress: Progress, receipt: Receipt) -> bytes:
    """All headers of a whole answer: identity, cost, phases, overhead, attempts."""
    if receipt.cost_nano_usd is not None:
        cost = f"x-octogate-cost-usd: {usd_text(receipt.cost_nano_usd)}\r\n"
    else:
        cost = "x-octogate-cost-usd: unknown\r\n" if receipt.usage is not None else ""
    lines = (
        f"{cost}x-octogate-attempts: {len(progress.attempts)}\r\n"
        f"x-octogate-overhead-ms: {receipt.overhead_ms:.3f}\r\n"
        f"server-timing: {server_timing(receipt.phases_ms)}\r\n"
    )
    return JSON + identity(progress) + lines.encode()


def of_stream(progress: Progress, phases_ms: Mapping[str, float], overhead_ms: float, content_type: bytes) -> bytes:
    """The headers of a stream that is about to begin; what it costs is not known yet."""
    lines = (
        f"x-octogate-attempts: {len(progress.attempts)}\r\n"
        f"x-octogate-overhead-ms: {overhead_ms:.3f}\r\n"
        f"server-timing: {server_timing(phases_ms)}\r\n"
    )
    return (
        b"content-type: "
        + content_type
        + b"\r\ncache-control: no-cache\r\nx-accel-buffering: no\r\n"
        + identity(progress)
        + lines.encode()
    )


def server_timing(phases_ms: Mapping[str, float]) -> str:
    """`auth;dur=0.02, upstream;dur=12.3` for a browser's or an SDK's network view."""
    return ", ".join(f"{name};dur={value:.2f}" for name, value in phases_ms.items())


def of_error(error: GatewayError, progress: Progress) -> bytes:
    """The headers of a refusal: identity, and what the official SDKs read before they retry."""
    lines = b""
    if error.status == 401:
        lines += b"www-authenticate: Bearer\r\n"
    if error.status == 405 and error.reason:
        lines += b"allow: " + error.reason.encode() + b"\r\n"
    wait = error.retry_after
    if wait is None and error.status in (429, 503):
        wait = 1.0
    if wait is not None:
        lines += f"retry-after: {max(1, -int(-wait // 1))}\r\nretry-after-ms: {max(1, round(wait * 1000))}\r\n".encode()
    if error.should_retry is not None:
        lines += b"x-should-retry: " + (b"true" if error.should_retry else b"false") + b"\r\n"
    if progress.attempts:
        lines += f"x-octogate-attempts: {len(progress.attempts)}\r\n".encode()
    return JSON + identity(progress) + lines
