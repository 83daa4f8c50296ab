"""The composition root: builds every part and runs them; the only place that knows all parts."""

import asyncio
import contextlib
import gc
import signal
import sys
import time
import traceback
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from octogate import __version__
from octogate.config import Config, SnapshotHolder, watch
from octogate.control import build_control, build_facts
from octogate.core.clock import SystemClock
from octogate.core.errors import GatewayError
from octogate.core.snapshot import Snapshot, Target
from octogate.proxy.auth import authenticate
from octogate.proxy.edge.asgi import serve_asgi
from octogate.proxy.edge.exchange import Exchange
from octogate.proxy.edge.limits import EdgeLimits
from octogate.proxy.edge.server import EdgeServer
from octogate.proxy.edge.tls import TlsFiles
from octogate.proxy.pipeline import Pipeline
from octogate.proxy.router import Router
from octogate.proxy.upstream.attempts import Upstream
from octogate.proxy.upstream.breaker import Breakers
from octogate.proxy.upstream.client import Client
from octogate.telemetry import names
from octogate.telemetry.log import Log
from octogate.telemetry.metrics import render


class Gateway:
    """One gateway process: a listener, a pipeline, an upstream client and the configuration in force."""

    def __init__(self, holder: SnapshotHolder, *, host: str | None = None, port: int | None = None) -> None:
        config = self._config = holder.config
        self._holder, self._clock = holder, SystemClock()
        self._host = host if host is not None else config.server.host
        self._port = port if port is not None else config.server.port
        self._log = _open_log(config)
        # As many calls can wait for one provider as callers can be connected.
        self._client = Client(max_connections_per_origin=config.server.max_connections)
        self._breakers = Breakers()
        upstream = Upstream(self._client, self._breakers, self._clock, on_alarm=self._alarm)
        self._control = build_control(self)
        self._pipeline = Pipeline(
            lambda: holder.snapshot,
            upstream,
            Router(self._breakers),
            self._clock,
            control=self._serve_control,
            record=self._log.record,
            on_defect=self._defect,
            store_client_ip=config.server.client_ip.store,
        )
        self._edge = EdgeServer(
            self._pipeline.handle, _limits(config), on_refused=self._count_refusal, on_error=self._edge_defect
        )
        self._metrics_edge: EdgeServer | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._reloading: asyncio.Task[None] | None = None
        self._draining = False
        self._stop = asyncio.Event()
        self._at_once = asyncio.Event()

    @classmethod
    def from_file(
        cls, path: Path, *, env: Mapping[str, str], host: str | None = None, port: int | None = None
    ) -> "Gateway":
        """A gateway for a configuration file. Raises ConfigInvalid with every fault."""
        return cls(SnapshotHolder(path, env=env, host=host), host=host, port=port)

    @property
    def port(self) -> int:
        """The port that calls are taken on."""
        return self._edge.port

    @property
    def snapshot(self) -> Snapshot:
        """The configuration in force."""
        return self._holder.snapshot

    async def start(self) -> None:
        """Listen, and watch the configuration. Raises OSError when the address cannot be had."""
        server = self._config.server
        tls = TlsFiles(certificate=server.tls.cert, key=server.tls.key) if server.tls else None
        await self._edge.listen(self._host, self._port, tls=tls, unix_path=server.unix_socket)
        if (listen := self._config.metrics.listen) is not None:
            self._metrics_edge = EdgeServer(self._serve_metrics, EdgeLimits())
            await self._metrics_edge.listen(listen.host, listen.port)
        self._watcher = asyncio.create_task(watch(self._holder.path, self.reload), name="config-watch")
        self._publish_gauges()
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 50, 100)  # what a call makes dies by reference count: look for cycles less often
        for warning in self._holder.warnings:
            self._log.event("config_warning", level="warning", detail=str(warning))
        self._log.event("started", port=self.port, config_version=self.snapshot.version, version=__version__)

    async def stop(self, grace: float) -> None:
        """Refuse new calls, wait up to `grace` seconds for those in flight, then cut what is left."""
        self._draining = True
        self._edge.begin_drain()
        self._edge.stop_listening()
        cut = await self._edge.finish(grace, at_once=self._at_once)
        if self._metrics_edge is not None:
            self._metrics_edge.stop_listening()
            await self._metrics_edge.finish(0)
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
        await self._client.close()
        self._log.event("stopped", cut=cut)
        self._log.close()
        gc.unfreeze()

    async def serve(self) -> int:
        """Start, then run until SIGTERM (drains) or SIGINT (stops without the delay); a second one cuts what runs.

        Returns the process's exit code.
        """
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._loop_defect)
        loop.add_signal_handler(signal.SIGTERM, lambda: self._begin_stop(self._holder.config.server.drain_delay))
        loop.add_signal_handler(signal.SIGINT, self._begin_stop, 0.0)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        loop.add_signal_handler(signal.SIGUSR1, self._print_calls)
        await self.start()
        await self._stop.wait()
        await self.stop(self._holder.config.server.shutdown_grace)
        return 0

    async def reload(self) -> None:
        """Read the configuration again; an invalid file changes nothing and is reported."""
        try:
            result = await asyncio.to_thread(self._holder.reload)
        except Exception as defect:  # noqa: BLE001 - the border: whatever it is, the watch for the next change goes on
            names.reloads.add(("invalid",))
            self._defect(defect, "none")
            return
        names.reloads.add((result.outcome,))
        if result.outcome == "invalid":
            for fault in result.faults:
                self._log.event("config_invalid", level="error", detail=str(fault), in_force=self.snapshot.version)
        elif result.outcome == "changed":
            self._log.event(
                "config_reloaded",
                version=result.version,
                digest=self.snapshot.digest,
                needs_restart=result.needs_restart,
            )

    # What the control pages ask for.

    def enabled_providers(self) -> int:
        """How many providers are enabled."""
        return sum(provider.enabled for provider in self.snapshot.providers.values())

    def readiness(self) -> tuple[bool, dict[str, object]]:
        """Whether a load balancer should send calls here."""
        facts: dict[str, object] = {"config_version": self.snapshot.version}
        if self._draining:
            facts["error"] = "draining"
        return not self._draining, facts

    def version(self) -> Mapping[str, str | None]:
        """Version, commit and build date."""
        return build_facts()

    def metrics_text(self) -> bytes:
        """All metrics in the Prometheus text format."""
        return render(names.ALL)

    def may_read_metrics(self, fields: Mapping[bytes, bytes]) -> None:
        """Raises GatewayError unless the request's key has the scope `metrics:read`."""
        authenticate(fields, "", self.snapshot, now=time.time(), scope="metrics:read")

    # What the parts call back.

    async def _serve_control(self, exchange: Exchange) -> None:
        await serve_asgi(self._control, exchange)

    async def _serve_metrics(self, exchange: Exchange) -> None:
        if exchange.path == "/metrics":
            exchange.send(200, b"content-type: text/plain; version=0.0.4; charset=utf-8\r\n", self.metrics_text())
        else:
            exchange.send(404, b"content-type: text/plain\r\n", b"only /metrics is here\n")

    def _alarm(self, event: str, target: Target) -> None:
        self._log.event(event, level="error", target=target.id, provider=target.provider.name)

    def _defect(self, defect: BaseException, request_id: str) -> None:
        # Where, not what: the text of an exception can hold content.
        frames = traceback.extract_tb(defect.__traceback__)
        where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
        self._log.event("defect", level="error", request_id=request_id, kind=type(defect).__name__, where=where)

    def _edge_defect(self, defect: BaseException, _exchange: Exchange) -> None:
        if not isinstance(defect, GatewayError):
            names.internal_errors.add()
        self._defect(defect, "none")

    def _loop_defect(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # The loop's own report would print the text of the exception, and with it what the exception was about.
        defect = context.get("exception")
        names.internal_errors.add()
        self._defect(defect if isinstance(defect, BaseException) else RuntimeError(), "none")

    @staticmethod
    def _count_refusal(reason: str) -> None:
        names.edge_refusals.add((reason,))

    def _hang_up(self) -> None:
        self._reloading = asyncio.get_running_loop().create_task(self.reload(), name="config-reload")
        try:
            self._edge.reload_tls()
        except (OSError, ValueError) as error:
            self._log.event("tls_invalid", level="error", detail=type(error).__name__)

    def _begin_stop(self, delay: float) -> None:
        """Drain: answers say `connection: close`, readiness fails at once; the listener stays for `delay` seconds.

        Asked a second time: cut what is running.
        """
        if self._draining:
            self._at_once.set()
            self._stop.set()
            return
        self._draining = True
        self._edge.begin_drain()
        self._log.event("draining", delay_seconds=delay)
        asyncio.get_running_loop().call_later(delay, self._stop.set)

    def _print_calls(self) -> None:
        """A table of the calls in flight, without content, on standard error."""
        now = asyncio.get_running_loop().time()
        rows = [f"{'age':>8}  {'phase':<10}  {'sent':>10}  call"]
        for exchange in self._edge.in_flight:
            age = now - exchange.received_at
            rows.append(
                f"{age:7.1f}s  {exchange.phase:<10}  {exchange.bytes_out:>10}  {exchange.label or exchange.method}"
            )
        rows.append(
            f"{len(rows) - 1} in flight, {self._edge.connections} connections; upstream {self._client.describe()}"
        )
        sys.stderr.write("\n".join(rows) + "\n")
        sys.stderr.flush()

    def _publish_gauges(self) -> None:
        read_at = time.monotonic
        names.in_flight.read = lambda: {(): float(len(list(self._edge.in_flight)))}
        names.connections.read = lambda: {(): float(self._edge.connections)}
        names.buffered.read = lambda: {(): float(self._edge.buffered_bytes)}
        names.breaker_open.read = self._open_breakers
        names.config_version.read = lambda: {(): float(self.snapshot.version)}
        names.config_age.read = lambda: {(): read_at() - self._holder.loaded_at}

    def _open_breakers(self) -> dict[tuple[str, ...], float]:
        # Under the label of the target and not its id: that can be a model name which only a caller wrote.
        listed = {target.id for group in self.snapshot.groups.values() for target in group.targets}
        open_ids = self._breakers.open_ids()
        return {(found if found in listed else f"{found.partition('/')[0]}/direct",): 1.0 for found in open_ids}


def run_loop(main: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine on uvloop, or on asyncio's own loop where uvloop has no wheel."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)


def _open_log(config: Config) -> Log:
    logging = config.logging
    return Log(file=logging.file, level=logging.level, rotate_bytes=logging.rotate_mb * 2**20, keep=logging.keep)


def _limits(config: Config) -> EdgeLimits:
    server = config.server
    return EdgeLimits(
        max_body=server.max_body,
        max_buffered=server.max_buffered,
        max_connections=server.max_connections,
        max_connections_per_ip=server.max_connections_per_ip,
        trusted_proxies=tuple(str(network) for network in server.trusted_proxies),
        client_ip_headers=tuple(name.lower() for name in server.client_ip.headers),
    )
