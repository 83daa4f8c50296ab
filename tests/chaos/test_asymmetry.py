"""T-53: a few bytes of a caller must not cost the gateway much, and never the patience of the other callers."""

import asyncio
import base64
import gzip
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ..wall.caller import Heard, ask, calling, request_bytes
from ..wall.rig import CREDENTIAL, configuration
from .processes import GatewayProcess, gateway_in_a_process, mocks_in_a_process

MIB = 2**20
BYSTANDER_SECONDS = 1.5  # a call of somebody else meanwhile; 50 ms on a machine of its own, this one is shared
MAX_GROWTH = 300 * MIB
MESSAGES = b'"messages":[{"role":"user","content":"hello"}]'


class Site(msgspec.Struct):
    """A gateway under attack, in its own process, with its upstream in another."""

    gateway: GatewayProcess
    idle_rss: int

    async def attacked_by(self, request: bytes) -> tuple[Heard, float]:
        """The answer to one hostile request, and the longest that somebody else's call took meanwhile."""
        attack = asyncio.ensure_future(self._send(request))
        slowest = 0.0
        while not attack.done():
            began = time.monotonic()
            heard = await ask(self.gateway.port, "openai", "bystander")
            slowest = max(slowest, time.monotonic() - began)
            assert heard.status == 200
        return await attack, slowest

    async def _send(self, request: bytes) -> Heard:
        async with calling(self.gateway.port, request) as line:
            return await line.read_to_end()

    def growth(self) -> int:
        """Bytes of memory more than before the attack."""
        return self.gateway.rss() - self.idle_rss


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    with mocks_in_a_process(1, {}) as mocks:
        url = f"http://127.0.0.1:{mocks.ports[0]}"
        providers = {
            "vendor": {"type": "openai", "base_url": f"{url}/v1", "api_key": CREDENTIAL},
            "no-counter": {
                "type": "openai_compatible", "base_url": url, "api_key": CREDENTIAL, "dialects": ["anthropic_messages"]
            },
        }  # fmt: skip
        groups = {"chat": "vendor/gpt-4o", "bystander": "vendor/other", "counted": "no-counter/gpt-4o"}
        models = {name: {"targets": [target]} for name, target in groups.items()}
        config = configuration(providers, models, log=tmp_path / "log.jsonl")
        async with gateway_in_a_process(config, tmp_path) as gateway:
            assert (await ask(gateway.port, "openai", "bystander")).status == 200
            yield Site(gateway, gateway.rss())


def chat(members: bytes) -> bytes:
    """A chat call with these members behind the usual ones."""
    return request_bytes("openai", "chat", body=b'{"model":"chat",' + MESSAGES + b"," + members + b"}")


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


HOSTILE: dict[str, tuple[Callable[[], bytes], int]] = {
    "arrays in arrays, 100,000 deep, in a member nobody reads": (lambda: chat(b'"x":' + nested(100_000)), 400),
    "objects in objects, 100,000 deep": (lambda: chat(b'"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000), 400),
    "messages 100,000 deep": (
        lambda: request_bytes("openai", "chat", body=b'{"model":"chat","messages":' + nested(100_000) + b"}"), 400
    ),
    "a million members": (lambda: chat(b",".join(b'"k%d":0' % number for number in range(1_000_000))), 400),
    "a million members in a member": (
        lambda: chat(b'"metadata":{' + b",".join(b'"k%d":0' % number for number in range(1_000_000)) + b"}"), 200
    ),
    "a cap of 400 digits": (lambda: chat(b'"max_tokens":' + b"9" * 400), 400),
    "a number of 400 digits, which is the provider's to refuse": (lambda: chat(b'"seed":' + b"9" * 400), 400),
    "a number of a million digits": (lambda: chat(b'"max_tokens":' + b"9" * 1_000_000), 400),
    "a member's name of a MiB": (lambda: chat(b'"' + b"n" * MIB + b'":1'), 200),
    "a model's name of a MiB": (
        lambda: request_bytes("openai", "chat", body=b'{"model":"' + b"m" * MIB + b'",' + MESSAGES + b"}"), 400
    ),
    "a hundred thousand messages too many": (
        lambda: request_bytes(
            "openai", "chat", body=b'{"model":"chat","messages":[' + b",".join([b'{"role":"user"}'] * 200_000) + b"]}"
        ),
        400,
    ),
    "a string of a million escapes": (lambda: chat(b'"user":"' + b"\\u0041" * 1_000_000 + b'"'), 200),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_body_costs_little_and_delays_nobody(site: Site, name: str) -> None:
    """T-53"""
    make, status = HOSTILE[name]
    request = make()

    heard, slowest = await site.attacked_by(request)

    print(f"{len(request) / MIB:.1f} MiB: others {slowest * 1000:.0f} ms, {site.growth() / MIB:.0f} MiB")
    assert heard.status == status, bytes(heard.body[:300])
    assert len(heard.body) < 64 * 1024
    assert slowest <= BYSTANDER_SECONDS
    assert site.growth() <= MAX_GROWTH


async def test_a_compressed_body_is_refused_unread(site: Site) -> None:
    """T-53: 100 MB of zeros in 100 kB"""
    body = gzip.compress(bytes(100 * MIB))
    request = request_bytes("openai", "chat", body=body, headers={"content-encoding": "gzip"})

    heard, slowest = await site.attacked_by(request)

    assert heard.status == 415
    assert slowest <= BYSTANDER_SECONDS
    assert site.growth() <= 20 * MIB


async def test_fifty_thousand_headers_are_refused(site: Site) -> None:
    """T-53"""
    request = request_bytes("openai", "chat", headers={f"x-many-{number}": "1" for number in range(50_000)})

    heard, slowest = await site.attacked_by(request)

    assert heard.status == 431
    assert slowest <= BYSTANDER_SECONDS
    assert site.growth() <= 20 * MIB


async def test_twenty_megabytes_of_images_pass_without_delaying_others(site: Site) -> None:
    """T-53"""
    image = base64.b64encode(bytes(range(256)) * (15 * MIB // 256))
    part = b'{"type":"image_url","image_url":{"url":"data:image/png;base64,' + image + b'"}}'
    body = b'{"model":"chat","messages":[{"role":"user","content":[' + part + b"]}]}"
    assert len(body) >= 20 * 10**6

    heard, slowest = await site.attacked_by(request_bytes("openai", "chat", body=body))

    assert heard.status == 200
    assert slowest <= BYSTANDER_SECONDS
    assert site.growth() <= MAX_GROWTH


@pytest.mark.parametrize("text", ["a" * 1_000_000, "😀" * 250_000, " " * 1_000_000, "ab" * 500_000, "\n" * 1_000_000])
async def test_counting_the_worst_text_happens_beside_the_loop(site: Site, text: str) -> None:
    """T-53: the tokenizer is off the event loop and capped."""
    call: dict[str, Any] = {"model": "counted", "messages": [{"role": "user", "content": text}]}
    request = request_bytes("anthropic", "counted", body=msgspec.json.encode(call))
    request = request.replace(b"POST /v1/messages ", b"POST /v1/messages/count_tokens ", 1)
    began = time.monotonic()

    heard, slowest = await site.attacked_by(request)

    print(f"counted in {time.monotonic() - began:.2f} s, others {slowest * 1000:.0f} ms: {heard.json}")
    assert heard.status == 200
    assert 0 < heard.json["input_tokens"] <= len(text.encode())
    assert time.monotonic() - began < 15
    assert slowest <= BYSTANDER_SECONDS
    assert site.growth() <= MAX_GROWTH
