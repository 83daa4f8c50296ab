"""HTTP/2 is not spoken: whoever tries it gets a plain end, at once and cheaply."""

import asyncio
import ssl
import time

import pytest
import trustme

from octogate.proxy.edge.tls import TlsFiles

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
PING = b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + b"\x00" * 8
RESET = b"\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x08"
CONTINUATION = b"\x00\x00\x01\x09\x00\x00\x00\x00\x01\x82"
FLOODS = {"ping": PING, "settings": SETTINGS, "reset": RESET, "continuation": CONTINUATION}
UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"


@pytest.mark.parametrize("frames", [b"", SETTINGS], ids=["preface alone", "preface and settings"])
async def test_the_preface_is_answered_in_http_1_and_the_connection_ends(edge, frames):
    """T-54c"""
    wire = await edge.call(PREFACE + frames)

    answer = await wire.answer()

    assert (answer.status, answer.fields[b"connection"]) == (505, b"close")
    assert await wire.ended() == b""
    assert edge.seen == []
    assert edge.errors == []


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_a_hundred_thousand_frames_cost_next_to_nothing(edge_with, flood):
    """T-54c: less than a second of CPU for 100,000 frames: none of them is read as a frame."""
    edge = await edge_with(linger=0.1)
    wire = await edge.call(PREFACE)
    began = time.process_time()

    await wire.send(flood * 100_000)
    said = await wire.ended()

    assert said.startswith(b"HTTP/1.1 505 ") or said == b""  # a reset may overtake the answer
    assert time.process_time() - began < 1.0
    assert edge.seen == []
    await edge.until(lambda: edge.server.connections == 0)


async def test_an_offer_of_h2c_is_not_taken_up_and_the_call_is_served_in_http_1(edge):
    """T-54c: no 101, one ordinary answer, and the next request on the connection is fine."""
    wire = await edge.call(b"GET /a HTTP/1.1\r\nHost: a\r\n" + UPGRADE + b"\r\n")
    first = await wire.answer()
    wire.say(b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n")

    assert (first.status, (await wire.answer()).status) == (200, 200)
    assert b"upgrade" not in first.fields
    assert [seen.path for seen in edge.seen] == ["/a", "/b"]


async def test_tls_offers_http_1_only(edge_with, tmp_path):
    """T-54c: a client that would like h2 is told http/1.1 in the handshake, or nothing."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    files = TlsFiles(tmp_path / "cert.pem", tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(files.certificate)
    issued.private_key_pem.write_to_path(files.key)
    edge = await edge_with(tls=files)
    wishing = ssl.create_default_context()
    authority.configure_trust(wishing)
    wishing.set_alpn_protocols(["h2", "http/1.1"])

    _, writer = await asyncio.open_connection("127.0.0.1", edge.port, ssl=wishing, server_hostname="localhost")

    assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
    writer.transport.abort()
