"""Stage 8: pass the stream on. The caller's side of one stream: commits late, keeps alive, never ends falsely."""

import asyncio
from collections.abc import Callable
from typing import Final

from octogate.core.call import Call
from octogate.core.errors import GatewayError, Interrupted, UpstreamTimeout
from octogate.dialects.base import Dialect, StreamReader
from octogate.proxy.edge.exchange import Exchange
from octogate.proxy.upstream.attempts import Served

SILENCE_SECONDS: Final = 10.0


class Relay:
    """Writes one stream to its caller.

    After `SILENCE_SECONDS` without anything to write, the status and headers go out and a keep-alive follows each
    further silence; another target can still serve until the first event is written.
    """

    def __init__(
        self,
        exchange: Exchange,
        dialect: Dialect,
        call: Call,
        *,
        headers: Callable[[], bytes],
        rewrite: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._exchange, self._dialect, self._call = exchange, dialect, call
        self._headers, self._rewrite = headers, rewrite
        self._keep_alive = dialect.keep_alive_for(call)
        self._reader: StreamReader | None = None
        self._loop = asyncio.get_running_loop()
        self._written_at = self._loop.time()
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(SILENCE_SECONDS, self._tick)
        self._has_events = False

    async def run(self, served: Served) -> bytes:
        """Pass on what `served` holds and all that follows; return the tail that ends the stream.

        The tail is for the caller of this function to write, after the call has been settled. Raises the reader's
        failure when the stream broke or the provider reported an error in band.
        """
        reader, answer, exchange = served.reader, served.answer, self._exchange
        assert reader is not None
        self._reader = reader
        if served.held:
            self._write(served.held)
            served.held = b""  # a slow caller's stream lives long: not twice in memory meanwhile
        if reader.failure is None and not reader.complete:
            exchange.on_drain = answer.resume
            if exchange.congested:
                answer.pause()

            def sink(data: bytes) -> bool:
                out = reader.feed(data)
                if out:
                    self._write(out)
                    if exchange.congested:
                        answer.pause()
                return not (reader.complete or reader.failure)

            try:
                await answer.pipe(sink)
            except (Interrupted, UpstreamTimeout):
                if reader.finish is None:
                    raise
                # Behind the last finish reason nothing of the answer is missing: `close` ends it properly.
        tail = reader.close()
        if reader.failure is not None:
            raise reader.failure
        self._commit()
        return tail if self._rewrite is None else self._rewrite(tail)

    def fail(self, error: GatewayError, request_id: str) -> None:
        """End a stream that has begun with the dialect's error in band, and without the terminating chunk."""
        sequence = self._reader.next_sequence if self._reader is not None else 0
        first = not self._has_events
        self._exchange.write(
            self._dialect.write_stream_error(error, request_id, call=self._call, first=first, sequence=sequence)
        )
        self._exchange.abort()

    def finish(self, tail: bytes) -> None:
        """Write the end of a whole stream."""
        self._exchange.finish(tail)

    def stop(self) -> None:
        """No more keep-alives."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._exchange.on_drain = None

    @property
    def has_begun(self) -> bool:
        """The status has been sent: an error can only be told in band."""
        return self._exchange.committed

    def _write(self, data: bytes) -> None:
        if not self._has_events:
            self._has_events = True
            self._commit()
        self._written_at = self._loop.time()
        self._exchange.write(data if self._rewrite is None else self._rewrite(data))

    def _commit(self) -> None:
        if not self._exchange.committed:
            self._exchange.start(200, self._headers())

    def _tick(self) -> None:
        now = self._loop.time()
        silent = now - self._written_at
        if silent >= SILENCE_SECONDS:
            self._commit()
            self._exchange.write(self._keep_alive)
            self._written_at, silent = now, 0.0
        self._timer = self._loop.call_later(SILENCE_SECONDS - silent, self._tick)
