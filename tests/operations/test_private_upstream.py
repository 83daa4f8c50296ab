"""Zero trust towards providers: a private authority, our own certificate, and no call without both."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from .upstream import Provider
from .wire import ask, bearer, chat

CHAT = "/v1/chat/completions"


class Private:
    """A provider that shows a certificate of its own authority and asks callers for one of another."""

    def __init__(self, folder: Path) -> None:
        self.servers, self.clients = trustme.CA(), trustme.CA()
        self.servers.cert_pem.write_to_path(folder / "ca.pem")
        trustme.CA().cert_pem.write_to_path(folder / "other-ca.pem")
        write_client(folder, "client", self.clients)
        write_client(folder, "stranger", trustme.CA())
        self.provider = Provider()

    async def start(self) -> "Private":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.servers.issue_cert("localhost").configure_cert(context)
        self.clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        await self.provider.start(context)
        return self

    def configuration(self, key: str, tls: str, host: str = "localhost") -> str:
        return (
            f"version: 1\nauth: {{static_keys: [{{id: caller, key: '{key}'}}]}}\n"
            f"providers:\n  up:\n    type: openai_compatible\n    base_url: https://{host}:{self.provider.port}/v1\n"
            f"    headers: {{x-marker: m0}}\n{tls}"
            "models: {chat: {targets: [up/m0]}}\nresilience: {retries: {max_attempts: 1}}\n"
        )


@pytest.fixture
async def private(tmp_path: Path) -> AsyncIterator[Private]:
    private = await Private(tmp_path).start()
    yield private
    await private.provider.stop()


async def test_a_provider_behind_mutual_tls_is_reached_with_the_right_papers(serve, private, key):
    """S1-17: paths are relative to the configuration file."""
    gateway = await serve(private.configuration(key, "    tls: {ca: ca.pem, cert: client.pem, key: client.key}\n"))

    answer = await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key))

    assert answer.status == 200
    assert answer.json["choices"][0]["message"]["content"] == "m0/m0"


@pytest.mark.parametrize(
    ("tls", "host"),
    [
        ("", "localhost"),
        ("    tls: {ca: other-ca.pem, cert: client.pem, key: client.key}\n", "localhost"),
        ("    tls: {ca: ca.pem}\n", "localhost"),
        ("    tls: {ca: ca.pem, cert: stranger.pem, key: stranger.key}\n", "localhost"),
        ("    tls: {ca: ca.pem, cert: client.pem, key: client.key}\n", "127.0.0.1"),
    ],
    ids=[
        "unknown authority",
        "another authority",
        "no certificate of ours",
        "a stranger's certificate",
        "another name",
    ],
)
async def test_without_the_right_papers_nothing_is_sent(serve, private, key, tls, host):
    """S1-17: verification is on by default, and the provider never sees a prompt or a credential."""
    gateway = await serve(private.configuration(key, tls, host))

    answer = await ask(gateway.port, "POST", CHAT, chat("chat"), bearer(key))

    assert answer.status in (502, 503)
    assert private.provider.asked == []
    assert b"localhost" not in answer.body
    assert gateway.out.events("defect") == []


async def test_verification_cannot_be_turned_off(serve, private, key):
    with pytest.raises(AssertionError, match="verify: is not a known setting"):
        await serve(private.configuration(key, "    tls: {verify: false}\n"))


def write_client(folder: Path, name: str, authority: trustme.CA) -> None:
    issued = authority.issue_cert(f"{name}@gateway.test")
    issued.private_key_pem.write_to_path(folder / f"{name}.key")
    issued.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
