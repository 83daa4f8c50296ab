"""A change of the configuration is one swap: every call sees one version, whole, and a bad file changes nothing."""

import asyncio
import random
import re
import signal
from pathlib import Path

import pytest

from .wire import Answer, Line, ask, bearer, chat

CHAT = "/v1/chat/completions"
KINDS = ("valid", "invalid", "half-written", "empty", "gone", "link", "data link")
RELOADS = 1_000


class Files:
    """Writes version after version, in all the ways in which files are replaced; `m7` is what version 7 says."""

    def __init__(self, path: Path, configured) -> None:
        self.path, self._configured, self._random = path, configured, random.Random(64)
        self.number = 0

    @property
    def model(self) -> str:
        """Few names: each has metrics of its own, and the metrics are read at every step."""
        return f"m{self.number % 7}"

    @property
    def marker(self) -> str:
        """What calls of this version are answered with."""
        return f"{self.model}/m{self.number}"

    def write(self, kind: str) -> bool:
        """Replace the file; whether the new one can be used."""
        self.number += 1
        text = self._configured(
            marker=f"m{self.number}", model=self.model, up="    timeout: {idle: 10m}\n",
            more=f"metrics: {{listen: {self.metrics_port}}}\n",
        )  # fmt: skip
        if kind in ("link", "data link"):
            self._link(text, self.path.with_name("..data") if kind == "data link" else self.path)
            return True
        if kind == "gone":
            self.path.unlink(missing_ok=True)
            return False
        if kind == "half-written":
            text = text[: self._random.randrange(60, len(text) - 1)].rstrip("\n")
        self._replace({"valid": text, "invalid": text.replace("up/m", "nobody/m"), "empty": ""}.get(kind, text))
        return kind == "valid"

    def _replace(self, text: str) -> None:
        fresh = self.path.with_name("fresh")
        fresh.write_text(text)
        fresh.replace(self.path)

    def _link(self, text: str, link: Path) -> None:
        """As a ConfigMap is mounted: a folder for each version, and a link that is swapped by renaming."""
        folder = self.path.with_name(f"..version{self.number}")
        folder.mkdir()
        (folder / self.path.name).write_text(text)
        fresh = self.path.with_name("fresh")
        fresh.symlink_to(folder.name if link.name == "..data" else f"{folder.name}/{self.path.name}")
        fresh.replace(link)
        if link.name == "..data":
            inner = self.path.with_name("fresh")
            inner.symlink_to(f"..data/{self.path.name}")
            inner.replace(self.path)


class Seen:
    """The reload counters and the version in force, asked at the listener that needs no key."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> "Seen":
        self._line = await Line.open(self._port)
        return self

    async def now(self) -> tuple[int, int]:
        """The version in force and the number of refused reloads so far."""
        body = (await self._line.ask("GET", "/metrics")).body
        version = re.search(rb"^octogate_config_version (\S+)", body, re.M)
        invalid = re.search(rb'reloads_total{result="invalid"} (\S+)', body)
        return int(float(version[1])), int(float(invalid[1])) if invalid else 0

    async def until(self, *, version: int = 0, invalid: int = 0) -> None:
        """Ask until both are reached."""
        async with asyncio.timeout(10):
            while (now := await self.now())[0] < version or now[1] < invalid:
                pass


@pytest.mark.slow
async def test_a_thousand_reloads_under_load_never_mix_two_versions(
    serve, configured, provider, key, tmp_path, unused_tcp_port
):
    """T-64: each answer is of one version, none is 5xx, bad files change nothing, streams end as they began."""
    files = Files(tmp_path / "octogate.yaml", configured)
    files.metrics_port = unused_tcp_port
    files.write("valid")
    gateway = await serve()
    seen = await Seen(unused_tcp_port).open()
    streams = [await opened_stream(gateway.port, key) for _ in range(10)]
    answers: list[Answer] = []
    over = asyncio.Event()
    load = [asyncio.create_task(keep_calling(gateway.port, key, answers, over)) for _ in range(6)]

    spoken: dict[int, str] = {1: "m1/m1"}
    kinds = random.Random(7)
    bad = 0
    for _ in range(RELOADS):
        version, invalid = await seen.now()
        usable = files.write(kinds.choice(KINDS))
        gateway.tell(signal.SIGHUP)
        if usable:
            await seen.until(version=version + 1)
            spoken[version + 1] = files.marker
        else:
            bad += 1
            await seen.until(invalid=invalid + 1)
    over.set()
    await asyncio.gather(*load)
    provider.let_go.set()
    ends = [await stream.more(b"0\r\n\r\n") for stream in streams]
    version, invalid = await seen.now()

    print(f"{len(answers)} calls during {RELOADS} reloads, {bad} of them refused, versions up to {version}")
    assert {answer.status for answer in answers} == {200}
    told = {(answer.version, answer.json["choices"][0]["message"]["content"]) for answer in answers}
    assert [pair for pair in told if spoken[pair[0]] != pair[1]] == []
    assert len(told) > 100
    assert [end.count(b"m1/m1") for end in ends] == [1] * 10
    assert all(b"[DONE]" in end for end in ends)
    assert version == RELOADS - bad + 1
    assert invalid >= bad
    assert gateway.out.events("defect") == []


async def test_a_watched_file_is_taken_over_without_a_signal(serve, configured, key):
    gateway = await serve(configured())
    assert (await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key))).version == 1

    gateway.config.write_text(configured(marker="m1"))
    await gateway.out.until(b'"event":"config_reloaded"')
    answer = await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key))

    assert answer.version == 2
    assert answer.json["choices"][0]["message"]["content"] == "m0/m1"


async def test_a_reload_exchanges_keys_while_a_stream_of_the_old_key_goes_on(serve, configured, provider, key):
    """S0-10: the old key is refused, the new one is served, what runs is not touched."""
    new = "a-second-key-that-is-long-enough-7Qz"
    gateway = await serve(configured())
    stream = await opened_stream(gateway.port, key)

    gateway.config.write_text(configured(caller=new))
    gateway.tell(signal.SIGHUP)
    await gateway.out.until(b'"event":"config_reloaded"')
    old_answer = await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key))
    new_answer = await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(new))
    provider.let_go.set()

    assert [old_answer.status, new_answer.status] == [401, 200]
    assert [old_answer.json["error"]["code"], old_answer.version] == ["invalid_api_key", 2]
    assert b"[DONE]" in await stream.more(b"0\r\n\r\n")


async def test_a_file_that_cannot_be_used_is_named_in_the_log_and_changes_nothing(serve, configured, key):
    gateway = await serve(configured())

    gateway.config.write_text(configured() + "nonsense: 1\n")
    gateway.tell(signal.SIGHUP)
    await gateway.out.until(b'"event":"config_invalid"')
    answer = await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key))

    record = gateway.out.events("config_invalid")[0]
    assert "nonsense: is not a known setting" in record["detail"]
    assert (record["level"], record["in_force"]) == ("error", 1)
    assert (answer.status, answer.version) == (200, 1)


async def opened_stream(port: int, key: str) -> Line:
    line = await Line.open(port)
    line.send("POST", CHAT, chat("chat", stream=True), bearer(key))
    assert (await line.head()).status == 200
    await line.more(b"\n\n")
    return line


async def keep_calling(port: int, key: str, answers: list[Answer], over: asyncio.Event) -> None:
    line = await Line.open(port)
    while not over.is_set():
        answers.append(await line.ask("POST", CHAT, chat("chat"), bearer(key)))
        await asyncio.sleep(0.01)  # the rate of the load
    line.close()
