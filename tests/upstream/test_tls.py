"""TLS towards upstreams: always verified, at least 1.2, with private authorities and client certificates."""

import asyncio
import datetime
import shutil
import ssl
import warnings

import pytest
import trustme

from octogate.core.errors import UpstreamError, UpstreamUnavailable
from octogate.core.snapshot import Origin, Tls
from octogate.proxy.upstream.tls import TlsContexts


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def server_tls(authority):
    """A server context with a certificate for these names."""

    def make(*names, issuer=authority, client_ca=None, expired=False):
        options = {}
        if expired:
            options["not_after"] = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issuer.issue_cert(*(names or ("127.0.0.1",)), **options).configure_cert(context)
        if client_ca is not None:
            client_ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    return make


@pytest.fixture
def fetch(upstream_with, client_with, always_ok, fast):
    """Start a TLS upstream and ask it once; returns the body."""

    async def run(context, tls, *, client=None):
        upstream = await upstream_with(always_ok, server_tls=context, tls=tls)
        client = client or client_with()
        answer = await client.ask(upstream.origin, b"GET / HTTP/1.1\r\n\r\n", timeouts=fast(), stream=False)
        try:
            return await answer.body()
        finally:
            answer.release()

    return run


async def refused(fetch, context, tls):
    with pytest.raises(UpstreamUnavailable) as caught:
        await fetch(context, tls)
    assert caught.value.replay == "safe"
    assert caught.value.message == "The provider could not be reached."
    return caught.value.detail


async def test_a_certificate_of_the_configured_authority_is_accepted(fetch, server_tls, ca_file):
    """S1-17"""
    assert await fetch(server_tls(), Tls(ca_file=ca_file)) == b"hello"


async def test_a_certificate_for_the_host_name_is_accepted_and_the_name_is_sent(
    upstream_with, client_with, always_ok, fast, server_tls, ca_file
):
    """S1-17: the literal address is connected, SNI and verification use the name."""
    asked = []
    context = server_tls("llm.internal")
    context.sni_callback = lambda socket, name, ctx: asked.append(name)
    upstream = await upstream_with(always_ok, server_tls=context)

    async def resolver(host, port):
        return ["127.0.0.1"]

    origin = Origin("https", "llm.internal", upstream.port, Tls(ca_file=ca_file))
    answer = await client_with(resolver=resolver).ask(origin, b"GET / HTTP/1.1\r\n\r\n", timeouts=fast(), stream=False)
    assert await answer.body() == b"hello"
    answer.release()
    assert asked == ["llm.internal"]


async def test_a_certificate_for_another_name_is_refused(fetch, server_tls, ca_file):
    """S1-17, T-56"""
    assert "certificate" in (await refused(fetch, server_tls("other.test"), Tls(ca_file=ca_file))).lower()


async def test_an_expired_certificate_is_refused(fetch, server_tls, ca_file):
    """S1-17, T-56"""
    assert "expired" in await refused(fetch, server_tls(expired=True), Tls(ca_file=ca_file))


async def test_an_unknown_authority_is_refused(fetch, server_tls, ca_file):
    """S1-17, T-56: self-signed"""
    detail = await refused(fetch, server_tls(issuer=trustme.CA()), Tls(ca_file=ca_file))
    assert "certificate" in detail.lower()


async def test_without_a_configured_authority_the_system_decides(fetch, server_tls):
    """S1-17: a private authority is not trusted by default."""
    assert "certificate" in (await refused(fetch, server_tls(), Tls())).lower()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_old_protocol_versions_are_refused(fetch, server_tls, ca_file, version):
    """T-56"""
    context = server_tls()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")

    await refused(fetch, context, Tls(ca_file=ca_file))


async def test_tls_1_2_is_enough(fetch, server_tls, ca_file):
    context = server_tls()
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    assert await fetch(context, Tls(ca_file=ca_file)) == b"hello"


async def test_a_plain_text_upstream_behind_https_is_refused(upstream_with, client_with, fast):
    async def plain(wire):
        await wire.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    upstream = await upstream_with(plain)
    with pytest.raises(UpstreamUnavailable):
        await client_with().ask(Origin("https", "127.0.0.1", upstream.port), b"", timeouts=fast(), stream=False)


async def test_a_client_certificate_is_shown_to_those_who_ask_for_it(fetch, server_tls, authority, ca_file, tmp_path):
    """S1-17: both sides verify."""
    ours = authority.issue_cert("octogate.test")
    ours.private_key_and_cert_chain_pem.write_to_path(tmp_path / "ours.pem")
    tls = Tls(ca_file=ca_file, cert_file=str(tmp_path / "ours.pem"))

    assert await fetch(server_tls(client_ca=authority), tls) == b"hello"


async def test_without_a_client_certificate_such_an_upstream_cannot_be_used(fetch, server_tls, authority, ca_file):
    """S1-17: with TLS 1.3 the refusal comes after our handshake, so it shows as a broken connection."""
    with pytest.raises(UpstreamError):
        await fetch(server_tls(client_ca=authority), Tls(ca_file=ca_file))


async def test_a_missing_authority_file_makes_the_provider_unavailable(fetch, server_tls, tmp_path):
    """S1-17: never a silent fall back to the system's authorities."""
    await refused(fetch, server_tls(), Tls(ca_file=str(tmp_path / "absent.pem")))


async def test_a_rotated_authority_is_used_for_the_next_connection(fetch, server_tls, tmp_path, client_with):
    old, new = trustme.CA(), trustme.CA()
    path = tmp_path / "ca.pem"
    old.cert_pem.write_to_path(path)
    client = client_with()
    assert await fetch(server_tls(issuer=old), Tls(ca_file=str(path)), client=client) == b"hello"

    new.cert_pem.write_to_path(tmp_path / "new.pem")
    (tmp_path / "new.pem").replace(path)

    assert await fetch(server_tls(issuer=new), Tls(ca_file=str(path)), client=client) == b"hello"
    with pytest.raises(UpstreamUnavailable):
        await fetch(server_tls(issuer=old), Tls(ca_file=str(path)), client=client)


def test_a_context_is_loaded_once_and_kept_through_half_a_rotation(tmp_path):
    authority = trustme.CA()
    first, second = authority.issue_cert("a.test"), authority.issue_cert("a.test")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    first.cert_chain_pems[0].write_to_path(cert)
    first.private_key_pem.write_to_path(key)
    contexts, tls = TlsContexts(), Tls(cert_file=str(cert), key_file=str(key))

    loaded = contexts.get(tls)
    assert contexts.get(tls) is loaded

    second.cert_chain_pems[0].write_to_path(tmp_path / "next.pem")
    shutil.move(tmp_path / "next.pem", cert)
    assert contexts.get(tls) is loaded  # the key does not fit yet

    second.private_key_pem.write_to_path(tmp_path / "next.pem")
    shutil.move(tmp_path / "next.pem", key)
    assert contexts.get(tls) is not loaded


def test_verification_is_on_in_every_context(ca_file):
    """S1-17"""
    for tls in (Tls(), Tls(ca_file=ca_file)):
        context = TlsContexts().get(tls)
        assert context.check_hostname
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert context.options & ssl.OP_NO_RENEGOTIATION


async def test_a_stream_over_tls_keeps_its_order_through_pauses(upstream_with, client_with, fast, server_tls, ca_file):
    size = 3 * 2**20

    async def script(wire):
        await wire.request()
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        for start in range(0, size, 32768):
            await wire.send(bytes([start // 32768]) * 32768)

    upstream = await upstream_with(script, server_tls=server_tls(), tls=Tls(ca_file=ca_file))
    answer = await client_with().ask(upstream.origin, b"GET / HTTP/1.1\r\n\r\n", timeouts=fast(), stream=True)
    seen, reads = bytearray(), 0

    def sink(data):
        nonlocal reads
        seen.extend(data)
        reads += 1
        if reads % 4 == 0:
            answer.pause()
            wake.call_later(0.002, answer.resume)
        return reads % 7 != 0

    wake = asyncio.get_running_loop()
    while not await answer.pipe(sink):
        pass
    answer.release()
    assert bytes(seen) == b"".join(bytes([start // 32768]) * 32768 for start in range(0, size, 32768))


async def test_a_kept_tls_connection_is_used_again(upstream_with, client_with, always_ok, fast, server_tls, ca_file):
    upstream = await upstream_with(always_ok, server_tls=server_tls(), tls=Tls(ca_file=ca_file))
    client = client_with()
    for number in range(3):
        answer = await client.ask(upstream.origin, b"GET / HTTP/1.1\r\n\r\n", timeouts=fast(), stream=False)
        assert await answer.body() == b"hello"
        assert answer.reused == (number > 0)
        answer.release()
    assert len(upstream.wires) == 1
