"""The canary run: a real gateway, every success and every failure, and afterwards all that it left behind."""

import asyncio
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
from tests.operations.process import GatewayProcess
from tests.operations.wire import Answer, Line, ask, request

from octogate.mock import MockConfig, MockServer
from octogate.mock.faults import KINDS
from octogate.mock.refusals import STATUSES

from . import echo, traffic
from .canaries import Content, Secrets, unique
from .scanner import folder_sinks
from .with_defects import DEFECTS

HERE = Path(__file__).parent
TOO_BIG_TO_DRIVE = {"hugebody", "infinite", "flap", "hang", "stall", "slow", "http", "html"}
FAULTS = (
    "", *(f"fault-{kind}" for kind in KINDS if kind not in TOO_BIG_TO_DRIVE), *(f"fault-http-{status}" for status in STATUSES),
    "fault-html-502", "fault-hang-2000", "fault-stall-2",
)  # fmt: skip
_VENDORS = ("openai", "anthropic", "gemini")


class Evidence(msgspec.Struct):
    """What a run left: sinks where nothing may be, and answers, which may hold the caller's own words."""

    secrets: Secrets
    content: Content
    model: str
    sinks: dict[str, bytes] = msgspec.field(default_factory=dict)
    answers: list[Answer] = msgspec.field(default_factory=list)
    refusals: list[Answer] = msgspec.field(default_factory=list)

    def for_secrets(self) -> dict[str, bytes]:
        """Everything."""
        answers = [*self.answers, *self.refusals]
        return self.for_content() | {"answers": b"\n".join(answer.head + answer.body for answer in answers)}

    def for_content(self) -> dict[str, bytes]:
        """All but the bodies in which a provider's own words are passed on to the very caller who asked."""
        own = [answer.body for answer in self.answers if answer.status >= 500 and b'"upstream"' not in answer.body]
        own += [answer.body for answer in self.refusals]
        heads = b"\n".join(answer.head for answer in [*self.answers, *self.refusals])
        return self.sinks | {"error bodies": b"\n".join(own), "answer heads": heads}


class Run:
    """One gateway process between the callers and the two providers."""

    program: tuple[str, ...] = (str(HERE / "with_defects.py"),)

    def __init__(self, folder: Path, *, log_file: bool) -> None:
        self.folder, self.log_file = folder, log_file
        self.evidence = Evidence(Secrets(), Content(), unique(24))
        self.config = folder / "octogate.yaml"

    async def go(self) -> Evidence:
        """Drive everything, end the gateway, collect."""
        self.echo = await echo.Echo().start()
        async with MockServer(config=MockConfig(time_scale=0.001)) as mock:
            self.mock = mock
            (self.folder / ".env").write_text(self._dotenv())
            await self.before()
            self.config.write_text(self._config_text())
            self.gateway = GatewayProcess(self.config, program=self.program)
            try:
                await self._run()
            finally:
                await self.gateway.kill()
                await self.echo.stop()
        return self.evidence

    async def _run(self) -> None:
        if self.log_file:
            await self.gateway.start("--port", "0", stream="err", until=b"configuration")
            await self._find_port()
        else:
            await self.gateway.start("--port", "0")
        self.port = self.gateway.port
        await self.drive()
        self._collect(await self._metrics())
        self.gateway.tell(signal.SIGTERM)
        await self.gateway.left()
        self._collect_streams()

    async def before(self) -> None:
        """Files with secrets in wrong places at start: the sentence goes to the terminal, with a traceback on request."""
        good = self._config_text()
        for number, text in enumerate(list(self._bad_configs(good))[:6]):
            self.config.write_text(text)
            gateway = GatewayProcess(self.config, environ={"OCTOGATE_DEBUG": "1"})
            assert await gateway.run() != 0
            self.evidence.sinks[f"refused start {number}"] = bytes(gateway.out.data + gateway.err.data)

    async def drive(self) -> None:
        """Everything that can happen to a call, to a connection and to a configuration."""
        for shots in (
            self._upstream_shots(), self._echo_shots(), self._model_shots(), self._translated_shots(), self._defect_shots(),
        ):  # fmt: skip
            await self.fire(shots, self.evidence.answers)
        await self.fire(self._untranslatable_shots(), self.evidence.refusals)
        await self.fire(traffic.refused(self.evidence.content, self.evidence.secrets), self.evidence.refusals)
        await self._send_malformed()
        await self._leave_in_the_middle()
        await self._reload_badly()

    def _upstream_shots(self) -> Iterator[traffic.Shot]:
        for fault in FAULTS:
            for vendor in _VENDORS:
                for stream in (False, True):
                    yield from self.calls(f"mock_{vendor}", f"any--{fault}" if fault else "any", stream=stream)

    def _echo_shots(self) -> Iterator[traffic.Shot]:
        for vendor in _VENDORS:
            for how in echo.PLAIN:
                yield from self.calls(f"echo_{vendor}", how, stream=False)
            for how in (*echo.PLAIN, *echo.STREAMS):
                yield from self.calls(f"echo_{vendor}", how, stream=True)

    def _model_shots(self) -> Iterator[traffic.Shot]:
        """Model names are the caller's choice: those that are served, those that are not, and those that fail."""
        for provider in ("mock_openai", "mock_gemini", "echo_anthropic", "nobody"):
            yield from self.calls(provider, self.evidence.model, stream=False)

    def _translated_shots(self) -> Iterator[traffic.Shot]:
        content, secrets = self.evidence.content, self.evidence.secrets
        for vendor in _VENDORS:
            for stream in (False, True):
                for model in ("any", "any--fault-http-400", "any--fault-malformed-3", "any--fault-cut-3"):
                    yield from traffic.translated(f"mock_{vendor}/{model}", content, secrets, stream=stream)
                for how in echo.STREAMS if stream else echo.PLAIN:
                    yield from traffic.translated(f"echo_{vendor}/{how}", content, secrets, stream=stream)

    def _untranslatable_shots(self) -> Iterator[traffic.Shot]:
        for vendor in _VENDORS:
            for shot in traffic.translated(
                f"strict_{vendor}", self.evidence.content, self.evidence.secrets, stream=False
            ):
                own = {"openai": ("chat", "responses"), "anthropic": ("messages",), "gemini": ("generate",)}[vendor]
                if not any(name in shot.path for name in own):
                    yield shot

    def _defect_shots(self) -> Iterator[traffic.Shot]:
        content, fields = self.evidence.content, {"authorization": f"Bearer {self.evidence.secrets.caller}"}
        for defect in DEFECTS:
            yield traffic.Shot("POST", "/v1/chat/completions", traffic.chat(defect, content), fields)
        yield traffic.Shot("GET", f"/healthz?key={self.evidence.secrets.caller}", None, fields)

    def calls(self, provider: str, model: str, *, stream: bool) -> Iterator[traffic.Shot]:
        return traffic.calls(provider, model, self.evidence.content, self.evidence.secrets, stream=stream)

    async def fire(self, shots: Iterator[traffic.Shot], into: list[Answer]) -> None:
        async def worker() -> None:
            for shot in shots:
                try:
                    into.append(await ask(self.port, shot.method, shot.path, shot.body, shot.fields))
                except (ConnectionError, asyncio.IncompleteReadError):
                    into.append(Answer(0, b""))

        await asyncio.gather(*(worker() for _ in range(8)))

    async def _send_malformed(self) -> None:
        content, secrets = self.evidence.content, self.evidence.secrets
        key = secrets.caller
        defect = f"GET /defect-protocol HTTP/1.1\r\nhost: {content.path}\r\nx-api-key: {key}\r\n\r\n".encode()
        for data in (*traffic.malformed(content, secrets), defect):
            line = await Line.open(self.port)
            line.writer.write(data)
            line.writer.write_eof()
            self.evidence.refusals.append(Answer(0, b"", await line.rest()))
            line.close()

    async def _leave_in_the_middle(self) -> None:
        """A call that hangs is shown in the table of running calls; then its caller vanishes."""
        content, secrets = self.evidence.content, self.evidence.secrets
        fields = {"authorization": f"Bearer {secrets.caller}", "cookie": secrets.cookie}
        lines = []
        for model, stream in (
            ("patient_openai/any--fault-hang-9999999", False),
            ("patient_openai/any--delay_ms=900", True),
        ):
            line = await Line.open(self.port)
            line.writer.write(
                request("POST", "/v1/chat/completions", traffic.chat(model, content, stream=stream), fields)
            )
            lines.append(line)
        half = request("POST", "/v1/chat/completions", traffic.chat("chat", content), fields)
        lines.append(await Line.open(self.port))
        lines[-1].writer.write(half[:-10])
        await lines[1].head()
        self.gateway.tell(signal.SIGUSR1)
        await self.gateway.err.until(b"in flight")
        for line in lines:
            line.vanish()

    async def _reload_badly(self) -> None:
        """Files with secrets in wrong places, in wrong types and in broken lines."""
        good = self.config.read_text()
        for text in self._bad_configs(good):
            before = await self._invalid_reloads()
            self.config.write_text(text)
            self.gateway.tell(signal.SIGHUP)
            async with asyncio.timeout(10):
                while await self._invalid_reloads() == before:
                    await asyncio.sleep(0.005)  # the only sign outside of the log, which is what is under test here
        self.config.write_text(good)

    async def _invalid_reloads(self) -> float:
        found = re.search(rb'reloads_total{result="invalid"} (\S+)', await self._metrics())
        return float(found[1]) if found else 0

    def _bad_configs(self, good: str) -> Iterator[str]:
        secret = self.evidence.secrets.in_invalid_file
        yield good.replace("static_keys:\n", f"static_keys:\n    - {secret}\n")
        yield good.replace("static_keys:\n", f"static_keys:\n    - {{id: other, kee: {secret}}}\n")
        yield good + f"secret: {secret}\n"
        yield good + f"server: {{tls: {secret}}}\n"
        yield good + f"bad: [{secret}\n"
        yield good + f"  {secret}: '{secret}\n"
        yield good.replace("api_key: ${OPENAI_CREDENTIAL}", f"api_key: [{secret}]")
        yield good.replace("api_key: ${OPENAI_CREDENTIAL}", f"api_key: '{secret} {secret}'")
        yield good.replace("api_key: ${OPENAI_CREDENTIAL}", f"api_key: ${{{secret}}}").replace(secret, f"X{secret[:4]}")
        yield good.replace("headers: {x-secret: '${HEADER_SECRET}'}", f'headers: {{x-secret: "{secret}\\nx"}}')
        yield good.replace("headers: {x-secret: '${HEADER_SECRET}'}", "headers: ${HEADER_SECRET}")
        yield good.replace("headers: {x-secret: '${HEADER_SECRET}'}", "auth_style: ${HEADER_SECRET}")
        yield good.replace("http://127.0.0.1", f"http://user:{secret}@127.0.0.1")
        yield good.replace("headers: {x-secret: '${HEADER_SECRET}'}", f"proxy: 'http://u:{secret}@127.0.0.1:9'")
        yield good.replace("server: {", "server: {port: '${OPENAI_CREDENTIAL}', shutdown_grace: '${HEADER_SECRET}', ")

    def _config_text(self) -> str:
        log = ", file: logs/octogate.log, rotate_mb: 1" if self.log_file else ""
        return (
            "version: 1\n"
            "server: {max_body: 1MiB, drain_delay: 0s, shutdown_grace: 1s}\n"
            f"logging: {{level: debug{log}}}\n"
            "auth:\n  static_keys:\n"
            "    - {id: minted, key: '${CALLER}'}\n"
            "    - {id: plain, key: '${CALLER_PLAIN}'}\n"
            "    - {id: expired, key: '${CALLER_EXPIRED}', expires_at: 2020-01-01}\n"
            "    - {id: blocked, key: '${CALLER_BLOCKED}', blocked: true}\n"
            "    - {id: scraper, key: '${CALLER_METRICS}', scopes: [metrics:read]}\n"
            f"providers:\n{self._providers()}"
            "models:\n  chat: {targets: [mock_openai/any]}\n"
            + "".join(f"  {defect}: {{targets: [mock_openai/any]}}\n" for defect in DEFECTS)
            + "".join(
                f"  strict_{vendor}: {{on_unsupported: reject, targets: [mock_{vendor}/any]}}\n" for vendor in _VENDORS
            )
            + "resilience:\n  retries: {max_attempts: 1}\n  circuit_breaker: {failure_threshold: 1000}\n"
        )

    def _providers(self) -> str:
        urls = self.mock.base_urls()
        text = ""
        for vendor in _VENDORS:
            places = {"mock": urls[vendor], "patient": urls[vendor], "echo": f"http://127.0.0.1:{self.echo.port}"}
            for place, url in places.items():
                text += (
                    f"  {place}_{vendor}:\n    type: {vendor}\n    base_url: {url}\n"
                    f"    api_key: ${{{vendor.upper()}_CREDENTIAL}}\n    headers: {{x-secret: '${{HEADER_SECRET}}'}}\n"
                )
                if place != "patient":
                    text += "    timeout: {first_event: 300ms, idle: 300ms, total: 300ms}\n"
        return text

    def _dotenv(self) -> str:
        secrets = self.evidence.secrets
        values = {
            "CALLER": secrets.caller, "CALLER_PLAIN": secrets.caller_plain, "CALLER_EXPIRED": secrets.caller_expired,
            "CALLER_BLOCKED": secrets.caller_blocked, "CALLER_METRICS": secrets.caller_metrics,
            "OPENAI_CREDENTIAL": secrets.openai, "ANTHROPIC_CREDENTIAL": secrets.anthropic,
            "GEMINI_CREDENTIAL": secrets.gemini, "HEADER_SECRET": secrets.header, "UNRELATED": secrets.dotenv,
        }  # fmt: skip
        return "".join(f"{name}='{value}'\n" for name, value in values.items())

    async def _find_port(self) -> None:
        log = self.folder / "logs" / "octogate.log"
        async with asyncio.timeout(10):
            while not (log.is_file() and b'"event":"started"' in log.read_bytes()):
                await asyncio.sleep(0.01)  # a log file rings no bell
        started = log.read_bytes().splitlines()[0]
        self.gateway.port = int(msgspec.json.decode(started)["port"])

    async def _metrics(self) -> bytes:
        fields = {"authorization": f"Bearer {self.evidence.secrets.caller_metrics}"}
        return (await ask(self.port, "GET", "/metrics", None, fields)).body

    def _collect(self, metrics: bytes) -> None:
        process = Path(f"/proc/{self.gateway.pid}")
        self.evidence.sinks |= {"metrics": metrics, "command line": (process / "cmdline").read_bytes()}

    def _collect_streams(self) -> None:
        own = [self.config, self.folder / ".env"]
        self.evidence.sinks |= folder_sinks(self.folder, but=own)
        self.evidence.sinks |= {"stdout": bytes(self.gateway.out.data), "stderr": bytes(self.gateway.err.data)}
