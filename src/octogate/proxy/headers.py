"""Which headers pass in either direction: allow-lists only, so nothing private can slip through."""

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from octogate.core.call import DialectName
from octogate.core.conversation import shown_losses
from octogate.core.errors import GatewayError
from octogate.core.money import usd_text
from octogate.core.receipt import Receipt
from octogate.proxy.progress import PHASES, Progress

JSON: Final = b"content-type: application/json\r\n"
_TIMING: Final = (
    b"x-octogate-attempts: %d\r\nx-octogate-overhead-ms: %.3f\r\nserver-timing: "
    + ", ".join(f"{name};dur=%.2f" for name in PHASES).encode()
    + b"\r\n"
)
# Asked for by the provider's own clients and free of credentials and billing identities; beside each the dialects
# that it belongs to, by the beginning of their name: another vendor has no use for it, and could trip over it.
_FORWARDED: Final = (
    (b"anthropic-beta", "anthropic_"),
    (b"anthropic-version", "anthropic_"),
    (b"openai-beta", "openai_"),
    (b"traceparent", ""),
    (b"tracestate", ""),
)
_ANTHROPIC_DEFAULT_VERSION: Final = b"anthropic-version: 2023-06-01\r\n"
_SAFE_VALUE = re.compile(rb"[\x20-\x7e]{1,2048}")
_CORRELATION = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def forwarded(fields: Mapping[bytes, bytes], request_id: str, key_id: str, dialect: DialectName) -> bytes:
    """The caller's headers that a provider of `dialect` may see, and our id of the call, as header lines.

    To the provider all callers are one account: an idempotency key is made the caller's own (`key_id`), or one caller
    could ask for the answer that another one got.
    """
    lines = b"x-client-request-id: %b\r\n" % request_id.encode()
    for name, family in _FORWARDED:
        value = fields.get(name)
        if value is not None and dialect.startswith(family) and _SAFE_VALUE.fullmatch(value):
            lines += name + b": " + value + b"\r\n"
    if (repeatable := fields.get(b"idempotency-key")) is not None:
        own = blake2b(key_id.encode() + b"\0" + repeatable, digest_size=16).hexdigest()
        lines += b"idempotency-key: %b\r\n" % own.encode()
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
    request_id = progress.request_id.encode()
    lines = b"x-request-id: %b\r\nx-octogate-config-version: %d\r\n" % (request_id, progress.snapshot.version)
    if progress.dialect == "anthropic_messages":
        lines += b"request-id: %b\r\n" % request_id
    if progress.correlation_id is not None:
        lines += b"x-octogate-correlation-id: %b\r\n" % progress.correlation_id.encode()
    return lines


def of_plain_answer(progress: Progress, receipt: Receipt) -> bytes:
    """All headers of a whole answer: identity, cost, phases, overhead, attempts."""
    cost = b""
    if receipt.cost_nano_usd is not None:
        cost = b"x-octogate-cost-usd: %b\r\n" % usd_text(receipt.cost_nano_usd).encode()
    elif receipt.usage is not None:
        cost = b"x-octogate-cost-usd: unknown\r\n"
    timing = _timing(progress, receipt.phases_ms, receipt.overhead_ms)
    return b"%b%b%b%b%b" % (JSON, identity(progress), dropped(progress), cost, timing)


def of_stream(progress: Progress, phases_ms: Mapping[str, float], overhead_ms: float, content_type: bytes) -> bytes:
    """The headers of a stream that is about to begin; what it costs is not known yet."""
    return (
        b"content-type: %b\r\ncache-control: no-cache\r\nx-accel-buffering: no\r\n" % content_type
        + identity(progress)
        + dropped(progress)
        + _timing(progress, phases_ms, overhead_ms)
    )


def dropped(progress: Progress) -> bytes:
    """The line that names what a target of another dialect could not be told; b"" when it was told all."""
    if not progress.losses:
        return b""
    return b"x-octogate-dropped: %b\r\n" % ", ".join(shown_losses(progress.losses)).encode()


def _timing(progress: Progress, phases_ms: Mapping[str, float], overhead_ms: float) -> bytes:
    """Attempts, overhead, and the phases as a browser's or an SDK's network view shows them."""
    return _TIMING % (len(progress.attempts), overhead_ms, *phases_ms.values())


def of_error(error: GatewayError, progress: Progress) -> bytes:
    """The headers of a refusal: identity, and what the official SDKs read before they retry."""
    lines = b""
    if error.status == 401:
        lines += b"www-authenticate: Bearer\r\n"
    if error.status == 405 and error.reason:
        lines += b"allow: " + error.reason.encode() + b"\r\n"
    wait = error.retry_after
    if wait is None and error.status in (429, 503) and error.should_retry is not False:
        wait = 1.0
    if wait is not None:
        lines += f"retry-after: {max(1, -int(-wait // 1))}\r\nretry-after-ms: {max(1, round(wait * 1000))}\r\n".encode()
    if error.should_retry is not None:
        lines += b"x-should-retry: " + (b"true" if error.should_retry else b"false") + b"\r\n"
    if progress.attempts:
        lines += f"x-octogate-attempts: {len(progress.attempts)}\r\n".encode()
    return JSON + identity(progress) + lines
