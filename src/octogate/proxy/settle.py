"""Stage 9: what did it cost? Turns a call's progress into its receipt and into the counters. Synchronous throughout."""

import re

import msgspec

from octogate.core.conversation import shown_losses
from octogate.core.money import cost_nano_usd
from octogate.core.plan import Attempt, Skipped
from octogate.core.receipt import AttemptRecord, Receipt, SkipRecord
from octogate.core.snapshot import Target
from octogate.core.tokens import estimate_output_tokens
from octogate.core.usage import Usage
from octogate.proxy.pictures import count_pictures
from octogate.proxy.progress import Progress
from octogate.telemetry import names
from octogate.telemetry.log import utc

CLIENT_CLOSED = 499
_MAX_DETAIL = 500
_DIRECT = names.DIRECT_MODEL
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


def phases(progress: Progress, now: float) -> tuple[dict[str, float], float]:
    """Milliseconds per phase, and the overhead: the time in which neither the provider nor the caller was waited for.

    The phases are disjoint intervals that sum to the whole: auth, receive (the caller's body), route (reading the
    body, policy, routing), upstream (attempts and back-off until the answer is in hand), relay.
    """
    started = progress.received_at
    authenticated = progress.authenticated_at or now
    read = max(progress.read_at, authenticated) if progress.read_at else authenticated
    routed = progress.routed_at or (now if progress.read_at else read)
    answered = progress.answered_at or (now if progress.routed_at else routed)
    marks = {
        "auth": milliseconds(authenticated - started),
        "receive": milliseconds(read - authenticated),
        "route": milliseconds(routed - read),
        "upstream": milliseconds(answered - routed),
        "relay": milliseconds(now - answered),
    }
    overhead = marks["auth"] + marks["route"]
    if progress.call is None or not progress.call.stream:
        overhead += marks["relay"]
    return marks, overhead


def milliseconds(seconds: float) -> float:
    """Seconds as milliseconds, to the microsecond: what is behind that is noise."""
    return int(seconds * 1_000_000 + 0.5) / 1000  # a third of what round() costs


def settle(
    progress: Progress,
    *,
    status: int,
    code: str,
    now: float,
    wall: float,
    client_ip: str,
    bytes_out: int,
    reason: str | None = None,
    detail: str | None = None,
) -> Receipt:
    """The receipt of a call that ended with `status` and `code`; counts it. Call once per call."""
    progress.settled = True
    phases_ms, overhead_ms = phases(progress, now)
    call, key, target, reader = progress.call, progress.key, progress.served_by, progress.reader
    usage = _usage(progress, code)
    price = target.price if target is not None else None
    cost = cost_nano_usd(usage, price) if usage is not None and price is not None else None
    group = progress.group or (names.REJECTED_MODEL if call is not None else "none")
    seconds = now - progress.received_at
    _count(progress, status, code, seconds, overhead_ms, group if target is None or target.listed else _DIRECT)
    _count_usage(target, usage, cost)
    return Receipt(
        time=utc(wall),
        event="call",
        request_id=progress.request_id,
        status=status,
        code=code,
        dialect=progress.dialect,
        operation=progress.operation,
        group=group,
        stream=call.stream if call is not None else False,
        duration_ms=milliseconds(seconds),
        overhead_ms=overhead_ms,
        phases_ms=phases_ms,
        config_version=progress.snapshot.version,
        level="warning" if status >= 500 or _is_warned(progress) else "info",
        reason=reason,
        key_id=key.id if key is not None else None,
        user=key.user if key is not None else None,
        team=key.team if key is not None else None,
        environment=key.environment if key is not None else None,
        tags=key.tags if key is not None else (),
        client_ip=client_ip or None,
        correlation_id=progress.correlation_id,
        trace_id=progress.trace_id,
        target=target.id if target is not None else None,
        finish=_word(reader.finish) if reader is not None else None,
        usage=usage,
        cost_nano_usd=cost,
        price_id=price.id if price is not None and usage is not None else None,
        price_source=price.source if price is not None and usage is not None else None,
        bytes_in=call.input_bytes if call is not None else 0,
        bytes_out=bytes_out,
        attempts=tuple([_record(attempt, now) for attempt in progress.attempts]),
        skipped=tuple([_skip_record(each) for each in progress.skipped]),
        dropped=shown_losses(progress.losses),
        detail=detail,
    )


def _is_warned(progress: Progress) -> bool:
    """Something of the call was left out where the operator wants to hear of that."""
    return bool(progress.losses) and progress.plan is not None and progress.plan.group.on_unsupported == "warn"


def _word(finish: str | None) -> str | None:
    """A provider's finish reason if it is a word; anything else could hold content."""
    return finish if finish is None or _WORD.fullmatch(finish) else "other"


def _estimate(progress: Progress, code: str) -> Usage | None:
    """Usage from bytes, flagged inexact, where work was done but never reported; None where none was done."""
    call = progress.call
    if call is None or progress.operation not in ("generate", "embed") or not progress.attempts:
        return None
    produced = progress.reader.output_bytes if progress.reader is not None else 0
    if code != "ok" and not produced:
        return None
    return Usage(
        input_tokens=estimate_output_tokens(call.input_bytes),
        output_tokens=estimate_output_tokens(produced),
        exact=False,
    )


def _usage(progress: Progress, code: str) -> Usage | None:
    """What the provider told, else what we saw; with the pictures that we counted."""
    usage = (progress.usage if progress.reader is None else progress.reader.usage) or _estimate(progress, code)
    pictures = count_pictures(progress.call) if usage is not None and progress.call is not None else 0
    return msgspec.structs.replace(usage, input_images=pictures) if usage is not None and pictures else usage


def _count(progress: Progress, status: int, code: str, seconds: float, overhead_ms: float, group: str) -> None:
    labels = (progress.dialect,)
    names.calls.add((progress.dialect, group, str(status), code))
    if progress.prompt is not None:
        _count_translation(progress, group)
    names.duration.observe(seconds, labels)
    names.overhead.observe(overhead_ms / 1000, labels)


def _count_translation(progress: Progress, group: str) -> None:
    for attempt in progress.attempts:
        if attempt.dialect is not None:
            names.translated.add((attempt.target.label, progress.dialect))
    if progress.losses:
        names.dropped.add((group,), len(progress.losses))


def _count_usage(target: Target | None, usage: Usage | None, cost: int | None) -> None:
    if usage is None or target is None:
        return
    name = target.label
    names.tokens.add((name, "input"), usage.input_tokens)
    names.tokens.add((name, "output"), usage.output_tokens)
    if usage.cached_tokens:
        names.tokens.add((name, "cached"), usage.cached_tokens)
    if usage.cache_write_tokens:
        names.tokens.add((name, "cache_write"), usage.cache_write_tokens)
    if usage.reasoning_tokens:
        names.tokens.add((name, "reasoning"), usage.reasoning_tokens)
    if cost is None:
        names.unpriced.add((name,))
    else:
        names.cost.add((name,), cost / 1_000_000_000)


def _record(attempt: Attempt, now: float) -> AttemptRecord:
    first = attempt.first_byte_at
    return AttemptRecord(
        number=attempt.number,
        target=attempt.target.id,
        outcome="ok" if attempt.outcome == "running" else attempt.outcome,
        duration_ms=milliseconds((attempt.ended_at or now) - attempt.started_at),
        first_event_ms=milliseconds(first - attempt.started_at) if first is not None else None,
        upstream_status=attempt.upstream_status,
        dialect=attempt.dialect,
        detail=attempt.detail[:_MAX_DETAIL] if attempt.detail else None,
    )


def _skip_record(skipped: Skipped) -> SkipRecord:
    detail = skipped.detail
    return SkipRecord(skipped.target_id, skipped.reason, detail[:_MAX_DETAIL] if detail else None)
