"""T-56: names that do not resolve, peers that are not who they say, and peers that do not speak HTTP."""

import asyncio
import contextlib
import datetime
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trustme

from octogate.mock import MockServer
from octogate.proxy.upstream.client import Client

from ..wall.caller import DIALECTS
from ..wall.rig import SCRIPTED, Rig
from .conftest import gateway_to

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
plain_and_stream = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


async def refuses(rig: Rig, keeps_its_secrets, status: int, code: str, *, stream: bool = False) -> None:
    """Every dialect's caller gets this status, one receipt with this code, and no word about the provider."""
    for dialect in DIALECTS:
        heard = await rig.ask(dialect, dialect, stream=stream)
        assert (heard.status, heard.ended) == (status, "whole"), bytes(heard.body)
        assert heard.error is not None
        keeps_its_secrets(heard, "certificate", "resolve", "getaddrinfo")
        await rig.quiet()
    assert [receipt.code for receipt in rig.receipts] == [code] * len(DIALECTS)
    assert rig.open_upstream() == 0


# Names.


def resolver_of(*answers: object) -> Callable[[str, int], object]:
    """Gives these answers in turn, the last one for ever; an exception is raised."""
    left = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return list(answer)

    return resolve


async def test_a_name_that_does_not_resolve(mock: MockServer, tmp_path: Path, keeps_its_secrets) -> None:
    """T-56: DNS fail"""
    client = Client(resolver=resolver_of(socket.gaierror(-2, "Name or service not known")))
    async with gateway_to(mock.port, tmp_path, client=client, host="upstream.test") as rig:
        await refuses(rig, keeps_its_secrets, 503, "upstream_unavailable")


async def test_a_name_without_addresses(mock: MockServer, tmp_path: Path, keeps_its_secrets) -> None:
    """T-56: DNS fail"""
    async with gateway_to(mock.port, tmp_path, client=Client(resolver=resolver_of([])), host="upstream.test") as rig:
        await refuses(rig, keeps_its_secrets, 503, "upstream_unavailable")


async def test_a_name_server_that_never_answers(mock: MockServer, tmp_path: Path, keeps_its_secrets) -> None:
    """T-56: DNS slow; the look-up ends with the client, no call waits longer than its connect timeout."""

    async def resolve(host: str, port: int) -> list[str]:
        asyncio.current_task().set_name(SCRIPTED)
        await asyncio.Event().wait()
        return []

    fast = {"connect": "200ms", "first_event": "1s", "total": "1s"}
    client = Client(resolver=resolve)
    async with gateway_to(mock.port, tmp_path, client=client, host="upstream.test", timeout=fast) as rig:
        await refuses(rig, keeps_its_secrets, 504, "upstream_timeout")
        assert len(client._names._running) == 1, "one look-up for each name at most"


async def test_a_name_that_points_at_a_metadata_service(mock: MockServer, tmp_path: Path, keeps_its_secrets) -> None:
    """T-56: what a name resolves to is checked, and again once it is connected."""
    client = Client(resolver=resolver_of(["169.254.169.254"]))
    async with gateway_to(mock.port, tmp_path, client=client, host="upstream.test") as rig:
        await refuses(rig, keeps_its_secrets, 503, "upstream_unavailable")


async def test_a_name_that_flaps_is_used_whenever_it_resolves(mock: MockServer, tmp_path: Path) -> None:
    """T-56: DNS flap; a failure is remembered for a second, an answer for thirty."""
    client = Client(resolver=resolver_of(OSError("temporary failure"), ["127.0.0.1"]))
    client._names._keep_failure = 0.0
    async with gateway_to(mock.port, tmp_path, client=client, host="upstream.test") as rig:
        statuses = [(await rig.ask("openai", "openai")).status for _ in range(3)]
        assert statuses == [503, 200, 200]


async def test_a_dead_address_in_front_of_a_live_one_costs_no_call(mock: MockServer, tmp_path: Path) -> None:
    """T-56: connection refused at the first of two addresses."""
    client = Client(resolver=resolver_of(["127.0.0.2", "127.0.0.1"]))
    async with gateway_to(mock.port, tmp_path, client=client, host="upstream.test") as rig:
        assert (await rig.ask("openai", "openai")).status == 200


async def test_a_port_where_nobody_listens(tmp_path: Path, keeps_its_secrets) -> None:
    """T-56: connection refused"""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with gateway_to(port, tmp_path) as rig:
        await refuses(rig, keeps_its_secrets, 503, "upstream_unavailable")


# Certificates.


def certificate(*names: str, authority: trustme.CA, days_left: int = 1) -> ssl.SSLContext:
    """A server's context with a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days_left)
    authority.issue_cert(*names, not_after=ends).configure_cert(context)
    return context


def outdated(context: ssl.SSLContext) -> ssl.SSLContext:
    """The same, but speaking nothing newer than TLS 1.0."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


@pytest.mark.parametrize("bad", ["expired", "wrong name", "self-signed", "TLS 1.0", "no TLS at all"])
async def test_a_peer_that_cannot_prove_who_it_is_gets_nothing(
    tmp_path: Path, authority: trustme.CA, ca_file: str, keeps_its_secrets, bad: str
) -> None:
    """T-56: not one byte of a request, and so not our credential."""
    contexts = {
        "expired": certificate("127.0.0.1", authority=authority, days_left=-1),
        "wrong name": certificate("somebody.else.test", authority=authority),
        "self-signed": certificate("127.0.0.1", authority=trustme.CA()),
        "TLS 1.0": outdated(certificate("127.0.0.1", authority=authority)),
        "no TLS at all": None,
    }
    async with (
        scripted([HEAD + b"content-length: 2\r\n\r\n{}"], tls=contexts[bad]) as (port, requests),
        gateway_to(port, tmp_path, scheme="https", tls={"ca": ca_file}) as rig,
    ):
        await refuses(rig, keeps_its_secrets, 503, "upstream_unavailable")
    assert not [data for data in requests if b"HTTP/1.1" in data]


# Peers that speak something else, or the right thing without end.

FLOODS: dict[str, list[bytes]] = {
    "interim answers without end": [b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"] * 100_000,
    "a switch of protocols": [b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"],
    "a header of 100 MB": [HEAD + b"x-long: ", *[b"a" * 65_536] * 1_600, b"\r\n\r\n"],
    "headers without end": [HEAD, *[b"x-many: 1\r\n" * 1_000] * 1_000],
    "a status line without end": [b"HTTP/1.1 200 ", *[b"O" * 65_536] * 100],
    "two lengths": [HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}"],
    "a length and chunks": [HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
    "a length below zero": [HEAD + b"content-length: -1\r\n\r\n{}"],
    "a chunk that is no number": [HEAD + b"transfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n"],
    "a chunk extension without end": [HEAD + b"transfer-encoding: chunked\r\n\r\n2;", *[b"e" * 65_536] * 100],
    "trailers without end": [HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n", *[b"t: 1\r\n" * 1_000] * 1_000],
    "an unknown coding": [HEAD + b"content-encoding: br\r\ncontent-length: 2\r\n\r\n{}"],
    "plain bytes that say gzip": [HEAD + b"content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}"],
    "the answer of HTTP/2": [b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00" * 18],
    "another protocol": [b"SSH-2.0-OpenSSH_9.2\r\n"],
    "an answer of HTTP/0.9": [b"{}\r\n\r\n"],
    "a header without a name": [HEAD + b": nameless\r\ncontent-length: 2\r\n\r\n{}"],
    "a NUL in a header": [HEAD + b"x-null: a\x00b\r\ncontent-length: 2\r\n\r\n{}"],
}


@pytest.mark.parametrize("flood", FLOODS)
@plain_and_stream
async def test_a_peer_that_speaks_bad_http_is_cut_off(
    tmp_path: Path, keeps_its_secrets, flood: str, stream: bool
) -> None:
    """T-56"""
    async with scripted(FLOODS[flood]) as (port, _), gateway_to(port, tmp_path) as rig:
        await refuses(rig, keeps_its_secrets, 502, "upstream_broken", stream=stream)


@contextlib.asynccontextmanager
async def scripted(parts: list[bytes], *, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """An upstream that answers whatever it reads first with these bytes; yields its port and what it read."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asyncio.current_task().set_name(SCRIPTED)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            requests.append(await reader.read(65_536))
            for part in parts:
                writer.write(part)
                await writer.drain()
            await reader.read()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1], requests
