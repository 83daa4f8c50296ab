"""The end of a process: what is running finishes, what is new goes elsewhere, and nothing pretends to be whole."""

import asyncio
import signal
import time

import pytest

from .wire import Line, ask, bearer, chat

CHAT = "/v1/chat/completions"


async def open_stream(gateway, key) -> Line:
    line = await Line.open(gateway.port)
    line.send("POST", CHAT, chat("chat", stream=True), bearer(key))
    assert (await line.head()).status == 200
    await line.more(b"m0/m0")
    return line


async def until_unready(port: int) -> float:
    """How long readiness takes to say no."""
    began = time.monotonic()
    async with asyncio.timeout(5):
        while (await ask(port, "GET", "/readyz")).status != 503:
            pass
    return time.monotonic() - began


async def test_a_drain_turns_callers_away_gently_and_lets_running_calls_finish(serve, configured, provider, key):
    """S4-70, T-65: readiness fails at once, new connections are served during the delay, the stream ends whole."""
    gateway = await serve(configured(server="drain_delay: 1s, shutdown_grace: 10s"))
    stream = await open_stream(gateway, key)
    kept = await Line.open(gateway.port)
    before = await kept.ask("POST", CHAT, chat("chat"), bearer(key))
    assert (before.status, before.fields.get("connection", "keep-alive")) == (200, "keep-alive")

    gateway.tell(signal.SIGTERM)
    unready_after = await until_unready(gateway.port)
    on_old_connection = await kept.ask("POST", CHAT, chat("chat"), bearer(key))
    on_new_connection = await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key))
    unready = await ask(gateway.port, "GET", "/readyz")
    await until_refused(gateway.port)
    provider.let_go.set()
    rest = await stream.rest()

    print(f"unready after {unready_after * 1000:.0f} ms")
    assert unready_after < 0.5
    assert [on_old_connection.status, on_new_connection.status] == [200, 200]
    assert [answer.fields["connection"] for answer in (on_old_connection, on_new_connection)] == ["close", "close"]
    assert unready.json["error"] == "draining"
    assert b"m0/m0" in rest
    assert rest.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
    assert await gateway.left(within=3) == 0
    assert gateway.out.events("stopped")[0]["cut"] == 0
    assert [record["code"] for record in gateway.out.events("call")] == ["ok"] * 4


async def test_a_plain_call_in_flight_gets_its_whole_answer(serve, configured, provider, key):
    async def slow(asked, writer, answer=provider.answer):
        provider.began.set()
        await provider.let_go.wait()
        await answer(asked, writer)

    provider.answer = slow
    gateway = await serve(configured(server="drain_delay: 0s, shutdown_grace: 10s"))
    call = asyncio.create_task(ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key)))
    await provider.began.wait()

    gateway.tell(signal.SIGTERM)
    await until_refused(gateway.port)
    provider.let_go.set()
    answer = await call

    assert (answer.status, answer.is_whole, answer.fields["connection"]) == (200, True, "close")
    assert await gateway.left(within=3) == 0


async def test_what_outlives_the_grace_is_cut_without_a_clean_end(serve, configured, key):
    """S4-70: neither the dialect's end nor HTTP's: no client can take the cut answer for a whole one."""
    gateway = await serve(configured(server="drain_delay: 0s, shutdown_grace: 500ms"))
    stream = await open_stream(gateway, key)

    gateway.tell(signal.SIGTERM)
    rest = await stream.rest()

    assert b"[DONE]" not in rest
    assert not rest.endswith(b"0\r\n\r\n")
    assert await gateway.left(within=4) == 0
    assert gateway.out.events("stopped")[0]["cut"] == 1
    assert gateway.out.events("call")[0]["code"] == "cancelled"


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize("phase", ["delay", "grace"])
async def test_a_second_signal_stops_at_once(serve, configured, key, second, phase):
    """S4-70: whoever asks twice does not want to wait, neither in the delay nor behind it."""
    delay = "60s" if phase == "delay" else "0s"
    gateway = await serve(configured(server=f"drain_delay: {delay}, shutdown_grace: 60s"))
    stream = await open_stream(gateway, key)
    gateway.tell(signal.SIGTERM)
    await gateway.out.until(b'"event":"draining"')
    if phase == "grace":
        await until_refused(gateway.port)

    began = time.monotonic()
    gateway.tell(second)

    assert await gateway.left(within=4) == 0
    assert time.monotonic() - began < 3
    assert b"[DONE]" not in await stream.rest()
    assert [record["code"] for record in gateway.out.events("call")] == ["cancelled"]


async def test_an_interrupt_stops_an_idle_gateway_without_any_delay(serve, configured):
    gateway = await serve(configured(server="drain_delay: 60s, shutdown_grace: 60s"))

    gateway.tell(signal.SIGINT)

    assert await gateway.left(within=3) == 0


async def test_a_reload_brings_new_drain_settings_into_force(serve, configured, key):
    """The reload says nothing of a restart for them, so the next stop must follow them."""
    gateway = await serve(configured(server="drain_delay: 60s, shutdown_grace: 60s"))
    stream = await open_stream(gateway, key)
    gateway.config.write_text(configured(server="drain_delay: 0s, shutdown_grace: 200ms"))
    gateway.tell(signal.SIGHUP)
    await gateway.out.until(b'"event":"config_reloaded"')
    assert gateway.out.events("config_reloaded")[0]["needs_restart"] == []

    gateway.tell(signal.SIGTERM)

    assert await gateway.left(within=4) == 0
    assert b"[DONE]" not in await stream.rest()


async def until_refused(port: int) -> None:
    """Wait for the listener to close."""
    async with asyncio.timeout(5):
        while True:
            try:
                line = await Line.open(port)
            except ConnectionError:
                return
            line.close()
            await asyncio.sleep(0.01)  # nothing tells from outside when a listener closes
