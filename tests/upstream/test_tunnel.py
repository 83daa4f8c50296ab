"""CONNECT proxies: the tunnel is asked for by name, and what the proxy cannot give is named in the log only."""

import asyncio
import ssl

import pytest
import trustme

from octogate.core.errors import UpstreamTimeout, UpstreamUnavailable
from octogate.core.snapshot import Origin, Tls

GET = b"GET / HTTP/1.1\r\n\r\n"


@pytest.fixture
def proxy(upstream_with):
    """A CONNECT proxy: joins to whatever `port` says, or answers with `says`."""

    async def start(port=None, says=b"HTTP/1.1 200 Connection established\r\n\r\n"):
        async def copy(source, sink):
            while data := await source.read(65536):
                sink.write(data)
            sink.close()

        async def script(wire):
            await wire.request()
            await wire.send(says)
            if port is None:
                await wire.gone()
                return
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(copy(wire.reader, writer), copy(reader, wire.writer), return_exceptions=True)
            writer.close()

        return await upstream_with(script)

    return start


async def test_a_plain_origin_is_reached_through_the_proxy(proxy, upstream_with, always_ok, client_with, fast):
    upstream = await upstream_with(always_ok)
    gate = await proxy(upstream.port)
    origin = Origin("http", "llm.internal", 8080, proxy=f"127.0.0.1:{gate.port}")

    answer = await client_with().ask(origin, GET, timeouts=fast(), stream=False)

    assert await answer.body() == b"hello"
    answer.release()
    assert gate.wires[0].requests == [b"CONNECT llm.internal:8080 HTTP/1.1\r\nHost: llm.internal:8080\r\n\r\n"]
    assert upstream.wires[0].requests == [GET]


async def test_a_tls_origin_is_verified_through_the_proxy(proxy, upstream_with, always_ok, client_with, fast, tmp_path):
    """S1-17: the handshake is with the origin; the proxy sees only ciphertext."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("llm.internal").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    upstream = await upstream_with(always_ok, server_tls=context)
    gate = await proxy(upstream.port)
    through, tls = f"127.0.0.1:{gate.port}", Tls(ca_file=str(tmp_path / "ca.pem"))
    client = client_with()

    answer = await client.ask(Origin("https", "llm.internal", 443, tls, through), GET, timeouts=fast(), stream=False)
    assert await answer.body() == b"hello"
    answer.release()

    with pytest.raises(UpstreamUnavailable):
        await client.ask(Origin("https", "other.test", 443, tls, through), GET, timeouts=fast(), stream=False)


@pytest.mark.parametrize(
    "says",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 20_000,
    ],
    ids=["407", "502", "not http", "speaks first", "large head"],
)
async def test_a_proxy_that_does_not_open_the_tunnel_makes_the_provider_unavailable(proxy, client_with, fast, says):
    gate = await proxy(says=says)
    client = client_with()

    with pytest.raises(UpstreamUnavailable) as caught:
        await client.ask(
            Origin("http", "llm.internal", 80, proxy=f"127.0.0.1:{gate.port}"), GET, timeouts=fast(), stream=False
        )

    assert caught.value.replay == "safe"
    assert "proxy" in caught.value.detail
    assert client.describe()[0].open == 0
    await asyncio.wait_for(gate.wires[0].ended.wait(), 1)


async def test_a_proxy_that_says_nothing_is_a_connect_timeout(proxy, client_with, fast):
    gate = await proxy(says=b"")
    origin = Origin("http", "llm.internal", 80, proxy=f"127.0.0.1:{gate.port}")

    with pytest.raises(UpstreamTimeout):
        await client_with().ask(origin, GET, timeouts=fast(connect=0.1), stream=False)
    await asyncio.wait_for(gate.wires[0].ended.wait(), 1)


async def test_a_forbidden_literal_is_not_asked_of_the_proxy(proxy, client_with, fast):
    """T-55"""
    gate = await proxy()
    origin = Origin("http", "169.254.169.254", 80, proxy=f"127.0.0.1:{gate.port}")

    with pytest.raises(UpstreamUnavailable):
        await client_with().ask(origin, GET, timeouts=fast(), stream=False)
    assert gate.wires == []


async def test_the_environment_names_no_proxy(asking, always_ok, monkeypatch):
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    asker, _ = await asking(always_ok)

    assert await asker.body() == b"hello"
