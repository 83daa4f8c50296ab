"""The life of one call, one line per stage. Streams and plain answers are one path that differs in one `if`."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import orjson

from octogate.core.call import Call, Endpoint
from octogate.core.clock import Clock
from octogate.core.errors import BadPath, GatewayError, Internal, MethodNotAllowed, UpstreamRefused
from octogate.core.ids import request_id
from octogate.core.receipt import Receipt
from octogate.core.snapshot import Snapshot
from octogate.dialects import DIALECTS
from octogate.dialects.base import Dialect
from octogate.proxy import headers
from octogate.proxy.auth import authenticate
from octogate.proxy.counting import count_call
from octogate.proxy.edge.exchange import Exchange
from octogate.proxy.endpoints import ModelList, error_dialect, match
from octogate.proxy.models import list_models
from octogate.proxy.policy import Policy
from octogate.proxy.progress import Progress
from octogate.proxy.relay import Relay
from octogate.proxy.response_model import renamed
from octogate.proxy.router import Router
from octogate.proxy.settle import CLIENT_CLOSED, phases, settle
from octogate.proxy.upstream.attempts import Forwarded, Upstream
from octogate.telemetry import names

Snapshots = Callable[[], Snapshot]


class Pipeline:
    """Serves exchanges: data-plane calls itself, everything else through `control`."""

    def __init__(
        self,
        snapshots: Snapshots,
        upstream: Upstream,
        router: Router,
        clock: Clock,
        *,
        control: Callable[[Exchange], Awaitable[None]],
        record: Callable[[Receipt], None],
        on_defect: Callable[[BaseException, str], None],
        store_client_ip: bool = True,
    ) -> None:
        self._snapshots, self._upstream, self._router, self._clock = snapshots, upstream, router, clock
        self._control, self._record, self._on_defect = control, record, on_defect
        self._store_client_ip = store_client_ip
        self._policy = Policy()

    async def handle(self, exchange: Exchange) -> None:
        """Serve one exchange to its end; whatever happens, the call is settled exactly once."""
        progress = Progress(request_id(), exchange.received_at, self._snapshots(), "openai_chat")
        try:
            route = match(exchange.method, exchange.path, exchange.query, exchange.fields)
            if route is None:
                progress.settled = True
                await self._control(exchange)
                return
            progress.dialect = route.dialect
            if isinstance(route, ModelList):
                self._list_models(exchange, route, progress)
            else:
                await self._serve(exchange, route, DIALECTS[route.dialect], progress)
        except (BadPath, MethodNotAllowed) as error:
            progress.dialect = error_dialect(exchange.path, exchange.fields)
            self._refuse(exchange, progress, error)
        except GatewayError as error:
            self._refuse(exchange, progress, error)
        except asyncio.CancelledError:
            if not progress.settled:
                self._settle(exchange, progress, CLIENT_CLOSED, "cancelled")
            raise
        except Exception as defect:  # noqa: BLE001 - the border: whatever a stage lets out becomes a 500
            names.internal_errors.add()
            self._on_defect(defect, progress.request_id)
            self._refuse(exchange, progress, Internal("The gateway failed to serve this call."))

    async def _serve(self, exchange: Exchange, endpoint: Endpoint, dialect: Dialect, progress: Progress) -> None:
        """The stages, in order."""
        snapshot, fields, now = progress.snapshot, exchange.fields, self._clock.monotonic
        progress.operation = endpoint.operation
        progress.correlation_id, progress.trace_id = headers.correlation_id(fields), headers.trace_id(fields)
        google_query = exchange.query if endpoint.dialect == "gemini_generate" else ""
        progress.key = authenticate(fields, google_query, snapshot, now=self._clock.wall())
        progress.authenticated_at = now()
        body = await exchange.body()
        progress.read_at = now()
        call = progress.call = dialect.read_call(
            body, endpoint, max_output_tokens=snapshot.max_output_tokens, max_messages=snapshot.max_messages
        )
        grant = self._policy.authorize(progress.key, call, snapshot)
        progress.group = grant.group.name
        exchange.label = progress
        seed = random.random()  # noqa: S311 - spreads load, guards nothing
        plan = progress.plan = self._router.plan(grant.group, call, now(), seed=seed)
        progress.skipped = plan.skipped
        progress.routed_at = now()
        if endpoint.operation == "count_tokens" and not any(t.provider.counts_tokens for t in plan.targets):
            await self._count_locally(exchange, call, dialect, progress)
            return
        exchange.phase = "upstream"
        forwarded = partial(headers.forwarded, fields, progress.request_id, progress.key.id)
        if call.stream:
            await self._stream(exchange, call, dialect, progress, forwarded)
        else:
            await self._plain(exchange, call, dialect, progress, forwarded)

    async def _plain(
        self, exchange: Exchange, call: Call, dialect: Dialect, progress: Progress, forwarded: Forwarded
    ) -> None:
        assert progress.plan is not None
        try:
            served = await self._upstream.first_answer(progress.plan, call, dialect, progress, forwarded)
        except UpstreamRefused as refusal:
            if call.endpoint.operation == "count_tokens" and refusal.upstream_status == 404:
                await self._count_locally(exchange, call, dialect, progress)
                return
            raise
        progress.answered_at = self._clock.monotonic()
        served.close()
        progress.usage = served.usage
        receipt = self._settle(exchange, progress, 200, "ok", bytes_out=len(served.body))
        rewrite = _rewrite(progress)
        body = served.body if rewrite is None else rewrite(served.body)
        exchange.send(200, headers.of_plain_answer(progress, receipt), body)

    async def _stream(
        self, exchange: Exchange, call: Call, dialect: Dialect, progress: Progress, forwarded: Forwarded
    ) -> None:
        assert progress.plan is not None
        begin = partial(self._stream_headers, call, progress)
        relay = Relay(exchange, dialect, call, headers=begin, rewrite=_rewrite(progress))
        try:
            with await self._upstream.first_answer(progress.plan, call, dialect, progress, forwarded) as served:
                progress.answered_at = self._clock.monotonic()
                exchange.phase = "relay"
                tail = await relay.run(served)
            self._settle(exchange, progress, 200, "ok", bytes_out=exchange.bytes_out + len(tail))
            relay.finish(tail)
        except GatewayError as error:
            if not relay.has_begun:
                raise
            self._settle(exchange, progress, error.status, error.code, error=error)
            relay.fail(error, progress.request_id)
        finally:
            relay.stop()

    def _stream_headers(self, call: Call, progress: Progress) -> bytes:
        phases_ms, overhead_ms = phases(progress, self._clock.monotonic())
        content_type = b"text/event-stream; charset=utf-8" if call.endpoint.sse else b"application/json"
        return headers.of_stream(progress, phases_ms, overhead_ms, content_type)

    async def _count_locally(self, exchange: Exchange, call: Call, dialect: Dialect, progress: Progress) -> None:
        """The answer to a token count that no provider gives."""
        plan = progress.plan
        target = plan.targets[0] if plan is not None and plan.targets else None
        count = await count_call(call, model=target.model if target is not None else call.model)
        progress.answered_at = self._clock.monotonic()
        body = orjson.dumps({_COUNT_FIELDS[dialect.name]: count})
        receipt = self._settle(exchange, progress, 200, "ok", bytes_out=len(body))
        exchange.send(200, headers.of_plain_answer(progress, receipt), body)

    def _list_models(self, exchange: Exchange, route: ModelList, progress: Progress) -> None:
        google_query = exchange.query if route.dialect == "gemini_generate" else ""
        key = progress.key = authenticate(exchange.fields, google_query, progress.snapshot, now=self._clock.wall())
        progress.settled = True  # nothing is used and nothing is billed: no receipt
        exchange.send(200, headers.JSON + headers.identity(progress), list_models(route, key, progress.snapshot))

    def _refuse(self, exchange: Exchange, progress: Progress, error: GatewayError) -> None:
        if not progress.settled:
            self._settle(exchange, progress, error.status, error.code, error=error)
        if exchange.committed:
            exchange.abort()
        else:
            body = DIALECTS[progress.dialect].write_error(error, progress.request_id)
            exchange.send(error.status, headers.of_error(error, progress), body)

    def _settle(
        self,
        exchange: Exchange,
        progress: Progress,
        status: int,
        code: str,
        *,
        error: GatewayError | None = None,
        bytes_out: int = 0,
    ) -> Receipt:
        receipt = settle(
            progress,
            status=status,
            code=code,
            now=self._clock.monotonic(),
            wall=self._clock.wall(),
            client_ip=exchange.client_ip if self._store_client_ip else "",
            bytes_out=bytes_out or exchange.bytes_out,
            reason=error.reason if error else None,
            detail=error.detail if error else None,
        )
        self._record(receipt)
        return receipt


def _rewrite(progress: Progress) -> Callable[[bytes], bytes] | None:
    """What hides the provider's model name from the caller, for groups that want that."""
    if progress.plan is None or progress.plan.group.response_model != "group":
        return None
    return partial(renamed, group=progress.plan.group.name)


_COUNT_FIELDS: Final = {"anthropic_messages": "input_tokens", "gemini_generate": "totalTokens"}
