"""What a signal makes a running process do: show its calls, read its configuration and its certificate again."""

import asyncio
import signal
import ssl

import trustme

from .wire import Line, ask, bearer, chat, request

CHAT = "/v1/chat/completions"
WORDS = "words-that-nobody-else-may-read"


async def test_sigusr1_prints_the_running_calls_without_their_content(serve, configured, key, unused_tcp_port):
    """T-57: age, phase, bytes, id, dialect, key id and group; never the key, the words or an answer."""
    scraper = unused_tcp_port
    gateway = await serve(configured(more=f"metrics: {{listen: {scraper}}}\n"))
    line = await Line.open(gateway.port)
    line.send("POST", CHAT, chat("chat", WORDS, stream=True), bearer(key))
    head = await line.head()
    await line.more(b"m0/m0")
    waiting = await Line.open(gateway.port)
    waiting.writer.write(request("POST", "/v1/messages?key=abc", b"x" * 99, {"x-api-key": key})[:-9])
    async with asyncio.timeout(5):
        while b"octogate_calls_in_flight 2.0" not in (await ask(scraper, "GET", "/metrics")).body:
            pass

    gateway.tell(signal.SIGUSR1)
    await gateway.err.until(b"in flight")

    table = bytes(gateway.err.data).decode()
    request_id = head.fields["x-request-id"]
    assert f"{request_id} openai_chat caller chat" in table
    assert "relay" in table
    assert "2 in flight, 2 connections" in table
    assert [private for private in (WORDS, key, "m0/m0", "key=abc") if private in table] == []
    assert (await ask(gateway.port, "GET", "/health")).status == 200


async def test_sighup_takes_over_a_new_certificate_and_keeps_the_old_one_when_the_new_is_broken(
    serve, configured, tmp_path, key
):
    """S1-17: handshakes from then on see the new certificate; what is connected stays connected."""
    first, second = trustme.CA(), trustme.CA()
    write_certificate(tmp_path, first)
    gateway = await serve(configured(server="tls: {cert: cert.pem, key: key.pem}"))
    kept = await Line.open(gateway.port, trusting(first))

    write_certificate(tmp_path, second)
    gateway.tell(signal.SIGHUP)
    await until_trusted(gateway.port, second)
    on_new = await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key), trusting(second))
    on_old = await kept.ask("POST", CHAT, chat("chat"), bearer(key))
    (tmp_path / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\nbroken\n")
    gateway.tell(signal.SIGHUP)
    await gateway.out.until(b'"event":"tls_invalid"')
    after_broken = await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key), trusting(second))

    assert [on_new.status, on_old.status, after_broken.status] == [200, 200, 200]
    assert not await is_trusted(gateway.port, first)


async def test_a_tls_listener_speaks_no_plain_http(serve, configured, tmp_path):
    write_certificate(tmp_path, trustme.CA())
    gateway = await serve(configured(server="tls: {cert: cert.pem, key: key.pem}"))
    line = await Line.open(gateway.port)

    line.send("GET", "/health")

    assert b"HTTP/1.1 200" not in await line.rest()
    assert await is_trusted(gateway.port, trustme.CA()) is False
    assert gateway.out.events("defect") == []


def write_certificate(folder, authority: trustme.CA) -> None:
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def is_trusted(port: int, authority: trustme.CA) -> bool:
    try:
        line = await Line.open(port, trusting(authority))
    except ssl.SSLError:
        return False
    line.close()
    return True


async def until_trusted(port: int, authority: trustme.CA) -> None:
    async with asyncio.timeout(5):
        while not await is_trusted(port, authority):
            pass
