"""TLS on the listener: versions, certificates that change while it runs, and answers to wrong requests."""

import asyncio
import socket
import ssl
import time
from pathlib import Path

import pytest
import trustme

from octogate.proxy.edge.tls import TlsFiles

from .wire import Wire

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def files(authority, tmp_path):
    files = TlsFiles(certificate=str(tmp_path / "chain.pem"), key=str(tmp_path / "key.pem"))
    issue(authority, files)
    return files


def issue(authority, files) -> None:
    issued = authority.issue_cert("localhost")
    Path(files.certificate).write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(files.key)


@pytest.fixture
def caller(authority, edge_with, files):
    """A factory: connects over TLS, with what it is given changed in the client's context."""
    wires = []

    async def connect(edge, *, maximum=None) -> Wire:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        if maximum is not None:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = min(maximum, ssl.TLSVersion.TLSv1_2)
            context.maximum_version = maximum
        wire = Wire(*await asyncio.open_connection("localhost", edge.port, ssl=context))
        wires.append(wire)
        return wire

    yield connect
    for wire in wires:
        wire.writer.transport.abort()


def serial(wire: Wire) -> str:
    return wire.writer.get_extra_info("peercert")["serialNumber"]


async def test_a_call_over_tls_is_answered_and_known_as_such(edge_with, files, caller):
    secure = []

    async def note(exchange):
        secure.append((exchange.is_tls, exchange.peer))
        exchange.send(200, b"", await exchange.body())

    edge = await edge_with(note, tls=files)
    wire = await caller(edge)
    wire.say(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n" + b"a" * 200_000 + GET)

    assert (await wire.answer()).body == b"a" * 200_000
    assert (await wire.answer()).status == 200
    assert secure == [(True, "127.0.0.1")] * 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_old_versions_are_refused(edge_with, files, caller, version):
    edge = await edge_with(tls=files)

    with pytest.raises((ssl.SSLError, ConnectionError)):
        await caller(edge, maximum=version)
    assert edge.seen == []


async def test_tls_1_2_is_accepted(edge_with, files, caller):
    edge = await edge_with(tls=files)
    wire = await caller(edge, maximum=ssl.TLSVersion.TLSv1_2)
    wire.say(GET)

    assert (await wire.answer()).status == 200


async def test_a_new_certificate_is_presented_to_the_next_caller_and_the_present_one_goes_on(
    edge_with, files, authority, caller
):
    edge = await edge_with(tls=files)
    before = await caller(edge)
    issue(authority, files)
    edge.server.reload_tls()
    after = await caller(edge)

    assert serial(before) != serial(after)
    for wire in (before, after):
        wire.say(GET)
        assert (await wire.answer()).status == 200


@pytest.mark.parametrize("spoilt", ["certificate", "key", "both", "other key", "absent"])
async def test_files_that_are_invalid_raise_and_the_old_certificate_stays(
    edge_with, files, authority, caller, spoilt, tmp_path
):
    edge = await edge_with(tls=files)
    before = serial(await caller(edge))
    if spoilt in {"certificate", "both"}:
        (tmp_path / "chain.pem").write_text("no certificate")
    if spoilt in {"key", "both"}:
        (tmp_path / "key.pem").write_text("no key")
    if spoilt == "other key":
        authority.issue_cert("localhost").private_key_pem.write_to_path(files.key)
    if spoilt == "absent":
        (tmp_path / "chain.pem").unlink()

    with pytest.raises(OSError):  # ssl.SSLError is one
        edge.server.reload_tls()

    wire = await caller(edge)
    wire.say(GET)
    assert (await wire.answer()).status == 200
    assert serial(wire) == before


async def test_invalid_files_stop_the_start(edge_with, files, tmp_path):
    (tmp_path / "key.pem").write_text("no key")

    with pytest.raises(OSError):
        await edge_with(tls=files)


async def test_a_refusal_can_be_read_by_a_caller_that_first_says_all_it_has_to_say(edge_with, files, authority):
    """TLS has no half-close: the connection stays open for a moment instead."""
    edge = await edge_with(tls=files, max_body=1000)
    context = ssl.create_default_context()
    authority.configure_trust(context)

    def talk(caller: ssl.SSLSocket) -> bytes:
        for _ in range(10):
            caller.sendall(b"a" * 10_000)
            time.sleep(0.01)  # so that a reset has the time to come back
        return caller.recv(4096)

    with await asyncio.to_thread(connect_blocking, context, edge.port) as caller:
        caller.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
        await edge.until(lambda: edge.refused)
        answer = await asyncio.to_thread(talk, caller)

    assert answer.startswith(b"HTTP/1.1 413 ")


def connect_blocking(context: ssl.SSLContext, port: int) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", port), timeout=5)
    return context.wrap_socket(plain, server_hostname="localhost")


async def test_a_truncated_answer_ends_at_once(edge_with, files, caller):
    async def break_off(exchange):
        exchange.start(200, b"")
        exchange.write(b"half")
        exchange.abort()

    edge = await edge_with(break_off, tls=files)
    wire = await caller(edge)
    wire.say(GET)

    async with asyncio.timeout(1):
        answer = await wire.answer()
    assert (answer.body, answer.whole) == (b"half", False)


async def test_a_caller_that_says_connection_close_gets_its_answer_and_the_end(edge_with, files, caller):
    edge = await edge_with(tls=files)
    wire = await caller(edge)
    wire.say(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    async with asyncio.timeout(1):
        assert (await wire.answer()).status == 200
        assert await wire.ended() == b""


async def test_a_caller_that_never_shakes_hands_is_disconnected(edge_with, files):
    """T-54b"""
    edge = await edge_with(tls=files, header_deadline=0.2)
    wire = await edge.call()

    assert await wire.ended() == b""


async def test_a_caller_that_leaves_ends_its_call_over_tls_too(edge_with, files, caller):
    running, cancelled = asyncio.Event(), asyncio.Event()

    async def wait(exchange):
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    edge = await edge_with(wait, tls=files)
    wire = await caller(edge)
    wire.say(GET)
    await running.wait()
    wire.hang_up()

    await asyncio.wait_for(cancelled.wait(), 1)
