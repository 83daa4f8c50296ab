"""The attempts of one call: send, judge, repeat or move on, until a target's answer is in hand.

A stream's answer is in hand when its first content event is: until then another target can still take over unseen.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, Self

import msgspec

from octogate import __version__
from octogate.core.call import Call, DialectName
from octogate.core.clock import Clock
from octogate.core.errors import (
    CredentialRefused,
    GatewayError,
    Unsupported,
    Untranslatable,
    UpstreamBroken,
    UpstreamError,
)
from octogate.core.plan import Attempt, Plan
from octogate.core.snapshot import BreakerRules, Target, Timeouts
from octogate.core.usage import Usage
from octogate.dialects.base import Dialect, StreamReader
from octogate.dialects.bridge import Bridge
from octogate.proxy.progress import Progress
from octogate.proxy.upstream.answer import Answer
from octogate.proxy.upstream.aside import LARGE_BYTES, aside
from octogate.proxy.upstream.breaker import Breakers
from octogate.proxy.upstream.classify import FAILED, classify, told
from octogate.proxy.upstream.client import Client
from octogate.proxy.upstream.tries import Tries, nothing_to_try
from octogate.proxy.upstream.wire import speaks_natively, wire
from octogate.proxy.upstream.withhold import clean_body, clean_error
from octogate.telemetry import names

MAX_HELD_BYTES: Final = 256 * 1024
REFUSAL_SECONDS: Final = 5.0
"""How long the body of a refusal may take once its status is known."""

_USER_AGENT: Final = f"octogate/{__version__}"
_MAX_HEADS: Final = 4_096

Forwarded = Callable[[DialectName], bytes]


class Served:
    """The answer in hand: `body` and `usage` of a plain call, or `reader`, `held` events and the rest of a stream.

    Whoever gets it must `close` it, with the error if the rest went wrong; `with` does both.
    """

    __slots__ = ("_close", "answer", "attempt", "body", "held", "reader", "usage")

    def __init__(
        self,
        attempt: Attempt,
        answer: Answer,
        close: Callable[[BaseException | None], None],
        *,
        body: bytes = b"",
        usage: Usage | None = None,
        reader: StreamReader | None = None,
        held: bytes = b"",
    ) -> None:
        self.attempt, self.answer, self.body, self.reader, self.held = attempt, answer, body, reader, held
        self.usage = usage
        self._close = close

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.close(error)

    def close(self, error: BaseException | None = None) -> None:
        """Give the connection back (or cut it) and tell the breaker how it went. Never waits."""
        self._close(error)


class Upstream:
    """Tries the targets of a plan. Owns no state of its own but the prepared request heads."""

    def __init__(
        self,
        client: Client,
        breakers: Breakers,
        clock: Clock,
        *,
        on_alarm: Callable[[str, Target], None],
        jitter: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client, self._breakers, self._clock, self._jitter = client, breakers, clock, jitter
        self._on_alarm, self._sleep = on_alarm, sleep
        self._heads: dict[tuple[str, str, str], bytes] = {}

    async def first_answer(
        self, plan: Plan, call: Call, dialect: Dialect, progress: Progress, forwarded: Forwarded
    ) -> Served:
        """The first answer that any target gives; raises the error that ends the call when none does.

        `forwarded` gives the caller's headers that a target of a dialect may see.
        """
        now = self._clock.monotonic()
        if not plan.targets:
            raise self._nobody(plan, call, now)
        # The sum, not the longest: a plain call whose first target is silent to the end must still reach the next one.
        deadline = now + sum(target.timeouts.total for target in plan.targets)
        target = plan.targets[0]
        tries: Tries | None = None
        while True:
            try:
                return await self._attempt(target, call, dialect, progress, forwarded, deadline)
            except UpstreamError as error:
                tries = tries or Tries(plan.targets, plan.group.retries, deadline=deadline, jitter=self._jitter)
                step = tries.after(target, error, self._clock.monotonic(), self._is_blocked)
            if step.wait:
                await self._sleep(step.wait)
            target = step.target

    def _nobody(self, plan: Plan, call: Call, now: float) -> GatewayError:
        model, dialect, operation = plan.group.name, call.endpoint.dialect, call.endpoint.operation
        if plan.never == "ignores_max_tokens":
            return Unsupported(
                f"No target of the model {model!r} keeps to an output cap: leave it out, or name another model.",
                param="max_tokens",
            )
        if plan.never and operation == "generate":
            return Unsupported(f"No target of the model {model!r} serves callers of {dialect}.", param="model")
        if plan.never:
            reason = f"{operation!r} is not translated, and none speaks {dialect}"
            return Unsupported(f"No target of the model {model!r} can do this: {reason}.", param="model")
        return nothing_to_try(self._breakers.wait_seconds((target.id for target in plan.group.targets), now))

    def _is_blocked(self, target: Target) -> bool:
        return bool(self._breakers.blocked((target.id,), self._clock.monotonic()))

    async def _attempt(
        self, target: Target, call: Call, dialect: Dialect, progress: Progress, forwarded: Forwarded, deadline: float
    ) -> Served:
        """One try at one target, from the request to the answer in hand; ends the attempt itself when it fails."""
        now = self._clock.monotonic()
        try:
            if call.input_bytes > LARGE_BYTES and not speaks_natively(target, call, dialect):
                speaker, told = await aside(wire, target, call, dialect, progress, self._clock.wall())
            else:
                speaker, told = wire(target, call, dialect, progress, self._clock.wall())
        except Untranslatable as untold:
            progress.skip(target, untold.detail)
            raise
        attempt = progress.begin_attempt(target, now)
        if speaker is not dialect:
            attempt.dialect = speaker.name
        end = _Ending(self, attempt, progress, self._breakers.begin(target.id, now))
        try:
            answer = await self._client.ask(
                target.provider.origin,
                self._request(target, told, speaker, progress.snapshot.digest, forwarded(speaker.name)),
                timeouts=_within(target.timeouts, deadline - now),
                stream=call.stream,
            )
            end.answer = answer
            attempt.upstream_status = answer.status
            if not 200 <= answer.status < 300:
                raise await self._refusal(answer, target, speaker)
            if call.stream:
                reader, held = await self._first_content(answer, target, call, speaker, attempt)
                progress.reader = reader
                served = Served(attempt, answer, end, reader=reader, held=held)
            else:
                body = await self._whole(answer, speaker)
                usage = speaker.read_usage(body)
                if isinstance(speaker, Bridge):
                    large = len(body) > LARGE_BYTES
                    body = await aside(speaker.translate, body) if large else speaker.translate(body)
                served = Served(attempt, answer, end, body=body, usage=usage)
        except BaseException as error:
            end(error)
            raise
        attempt.first_byte_at = self._clock.monotonic()
        if self._breakers.any_open:
            self._breakers.recover(target.id, end.generation)
        names.first_event.observe(attempt.first_byte_at - attempt.started_at, (target.label,))
        return served

    def _request(self, target: Target, call: Call, dialect: Dialect | Bridge, digest: str, forwarded: bytes) -> bytes:
        provider = target.provider
        body = dialect.write_call(
            call,
            model=target.model,
            stream_usage=provider.supports_stream_usage,
            default_max_tokens=provider.default_max_tokens,
        )
        path = provider.base_path + dialect.target_path(call, model=target.model)
        head = self._heads.get((digest, target.id, path))
        if head is None:
            if len(self._heads) >= _MAX_HEADS:
                self._heads.clear()
            head = self._heads[digest, target.id, path] = request_head(target, path)
        return b"%b%bcontent-length: %d\r\n\r\n%b" % (head, forwarded, len(body), body)

    async def _refusal(self, answer: Answer, target: Target, dialect: Dialect | Bridge) -> UpstreamError:
        answer.set_deadline(monotonic() + REFUSAL_SECONDS)
        try:
            body = clean_body(await answer.body(), target.provider)
        except UpstreamError:
            body = b""  # late, cut or endless: the status says enough
        fault = dialect.read_fault(answer.status, body)
        return classify(answer.status, answer.fields, fault, now=self._clock.wall())

    async def _whole(self, answer: Answer, dialect: Dialect | Bridge) -> bytes:
        body = await answer.body()
        fault = dialect.check_answer(body)
        if fault is not None:
            raise UpstreamBroken(FAILED, upstream_status=answer.status, detail=told(fault) or "no whole answer")
        return body

    async def _first_content(
        self, answer: Answer, target: Target, call: Call, dialect: Dialect | Bridge, attempt: Attempt
    ) -> tuple[StreamReader, bytes]:
        """Read until the first content event (or the honest end of a stream without one)."""
        reader = dialect.reader(call)
        held: list[bytes] = []
        size = 0

        def hold(data: bytes) -> bool:
            nonlocal size
            out = reader.feed(data)
            held.append(out)
            size += len(out)
            return not (reader.started or reader.complete or reader.failure) and size < MAX_HELD_BYTES

        answer.set_idle(target.timeouts.first_event)
        answer.set_deadline(attempt.started_at + target.timeouts.first_event)
        ended = await answer.pipe(hold)
        if ended and reader.failure is None and not reader.started and not reader.complete:
            held.append(reader.close())
        if reader.failure is not None:
            failure = reader.failure
            raise (
                failure
                if isinstance(failure, UpstreamError) and failure.code != "upstream_interrupted"
                else (UpstreamBroken(FAILED, detail="the stream ended before its first event"))
            )
        answer.set_idle(target.timeouts.idle)
        answer.set_deadline(attempt.started_at + target.timeouts.stream_total)
        return reader, b"".join(held)

    def note_end(self, attempt: Attempt, progress: Progress, generation: int, error: BaseException | None) -> None:
        """Write down how an attempt ended: in the attempt, for the breaker, in the metrics."""
        now = self._clock.monotonic()
        target = attempt.target
        attempt.ended_at = now
        attempt.outcome = _outcome(error)
        names.attempts.add((target.label, attempt.outcome))
        if error is None or (
            isinstance(error, UpstreamError) and error.replay == "never" and not error.counts_for_breaker
        ):
            self._breakers.succeed(target.id, generation)
        elif not isinstance(error, UpstreamError) or not error.counts_for_breaker:
            self._breakers.neither(target.id, generation)
        else:
            attempt.detail = error.detail
            self._fail(target, generation, error, progress.snapshot.breaker, now)
        if isinstance(error, UpstreamError) and attempt.detail is None:
            attempt.detail = error.detail

    def _fail(self, target: Target, generation: int, error: UpstreamError, rules: BreakerRules, now: float) -> None:
        refused = isinstance(error, CredentialRefused)
        if refused:
            names.credential_alarms.add((target.provider.name,))
            self._on_alarm("credential_refused", target)
        if self._breakers.fail(target.id, generation, rules, now, at_once=refused):
            self._on_alarm("breaker_opened", target)


class _Ending:
    """Ends one attempt exactly once: releases the connection, then notes the outcome."""

    __slots__ = ("_attempt", "_done", "_progress", "_upstream", "answer", "generation")

    def __init__(self, upstream: Upstream, attempt: Attempt, progress: Progress, generation: int) -> None:
        self._upstream, self._attempt, self._progress, self.generation = upstream, attempt, progress, generation
        self.answer: Answer | None = None
        self._done = False

    def __call__(self, error: BaseException | None = None) -> None:
        if self._done:
            return
        self._done = True
        if self.answer is not None:
            self.answer.release()
        if isinstance(error, UpstreamError):
            clean_error(error, self._attempt.target.provider)
        self._upstream.note_end(self._attempt, self._progress, self.generation, error)


def request_head(target: Target, path: str) -> bytes:
    """The request head for `target` up to, but without, the forwarded headers and content-length."""
    provider, origin = target.provider, target.provider.origin
    default_port = 443 if origin.scheme == "https" else 80
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    host = host if origin.port == default_port else f"{host}:{origin.port}"
    lines = [
        f"POST {path} HTTP/1.1",
        f"host: {host}",
        f"user-agent: {_USER_AGENT}",
        "accept: */*",
        "accept-encoding: identity",
        "content-type: application/json",
    ]
    secret = provider.credential.reveal()
    if secret and provider.auth_style == "bearer":
        lines.append(f"authorization: Bearer {secret}")
    elif secret and provider.auth_style != "none":
        lines.append(f"{provider.auth_style}: {secret}")
    lines += [f"{name}: {value.reveal()}" for name, value in provider.headers]
    return ("\r\n".join(lines) + "\r\n").encode("latin-1")


def _within(timeouts: Timeouts, rest: float) -> Timeouts:
    """`timeouts`, none of them longer than what is left of the call's deadline."""
    if rest >= timeouts.total and rest >= timeouts.first_event:
        return timeouts
    rest = max(rest, 0.001)
    return msgspec.structs.replace(
        timeouts,
        total=min(timeouts.total, rest),
        first_event=min(timeouts.first_event, rest),
        connect=min(timeouts.connect, rest),
    )


def _outcome(error: BaseException | None) -> str:
    if error is None:
        return "ok"
    if isinstance(error, GatewayError):
        return error.code
    return "cancelled" if isinstance(error, asyncio.CancelledError) else "internal_error"
