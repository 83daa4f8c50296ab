"""A gateway that would be open, or open to guesses, does not start: one sentence, exit code 1, no secret repeated."""

import asyncio
from pathlib import Path

import pytest

from .process import GatewayProcess

UP = (
    "providers: {up: {type: openai_compatible, base_url: 'http://127.0.0.1:9/v1'}}\nmodels: {chat: {targets: [up/m]}}\n"
)
STRONG = "8fK2mZq7RtYw4NcVb9LpXs3D"
GUARDS = {
    "no auth section": ("", "", "there is no key"),
    "an empty list of keys": ("", "auth: {static_keys: []}", "there is no key"),
    "an empty key": ("", "auth: {static_keys: [{key: ''}]}", "is empty"),
    "a key that an unset default makes empty": ("", "auth: {static_keys: [{key: '${NOT_SET:-}'}]}", "is empty"),
    "a key whose variable is not set": ("", "auth: {static_keys: [{key: '${NOT_SET}'}]}", "NOT_SET is not set"),
    "a key that is an unreplaced reference": ("", "auth: {static_keys: [{key: '$${ROUTER_API_KEY}'}]}", "not replaced"),
    "a sample key in production": ("mode: production", "auth: {static_keys: [{key: sk-octo-dev-123}]}", "sample"),
    "another sample in production": ("mode: production", "auth: {static_keys: [{key: sk-1234}]}", "sample"),
    "a short key in production": ("mode: production", "auth: {static_keys: [{key: aB3dE6gH9jK}]}", "shorter than 24"),
    "a monotonous key in production": (
        "mode: production", "auth: {static_keys: [{key: abababababababababababababab}]}", "repeats itself",
    ),
    "a sample key on an open address": ("host: 0.0.0.0", "auth: {static_keys: [{key: sk-octo-dev-123}]}", "sample"),
    "a mistyped key": (
        "", "auth: {static_keys: [{key: sk-og-SbFbGHyost-us6BWAeOvbCVusvKGWQvFuaIkFfHdoOOSimmvfxlRV7-20rqVX}]}", "checksum",
    ),
    "open mode on an open address": ("host: 0.0.0.0", "auth: {mode: open}", "loopback address only"),
    "open mode on every address of IPv6": ("host: '::'", "auth: {mode: open}", "loopback address only"),
    "one key twice": ("", f"auth: {{static_keys: [{{key: {STRONG}}}, {{key: {STRONG}}}]}}", "is the same key"),
    "metrics without a key on an open address": (
        "", f"auth: {{static_keys: [{{key: {STRONG}}}]}}\nmetrics: {{listen: '0.0.0.0:9090'}}", "must be a loopback",
    ),
}  # fmt: skip


async def start(folder: Path, text: str, *arguments: str) -> GatewayProcess:
    folder.mkdir(parents=True)
    config = folder / "octogate.yaml"
    config.write_text(text)
    gateway = GatewayProcess(config)
    gateway.code = await gateway.run(*("--port", "0", *arguments))
    return gateway


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> dict[str, GatewayProcess]:
    """All of them at once, three at a time: each is a process that takes half a second to say no."""
    place = tmp_path_factory.mktemp("guards")
    turns = asyncio.Semaphore(3)

    async def one(number: int, server: str, auth: str) -> GatewayProcess:
        async with turns:
            return await start(place / str(number), f"version: 1\nserver: {{{server}}}\n{auth}\n{UP}")

    async def every() -> list[GatewayProcess]:
        return await asyncio.gather(*(one(at, server, auth) for at, (server, auth, _) in enumerate(GUARDS.values())))

    return dict(zip(GUARDS, asyncio.run(every()), strict=True))


@pytest.mark.parametrize("guard", GUARDS)
def test_it_refuses_to_start_and_says_why_in_one_sentence(started, guard):
    """T-14, S0-3, S0-7, S0-8."""
    gateway = started[guard]
    announced, counted, *faults = bytes(gateway.err.data).decode().splitlines()

    assert gateway.code == 1
    assert (announced.split()[1], counted) == ("configuration", "octogate: the configuration has 1 fault:")
    assert len(faults) == 1
    assert GUARDS[guard][2] in faults[0]
    assert gateway.out.data == b""


@pytest.mark.parametrize(
    "guard", [name for name in GUARDS if "key: " in GUARDS[name][1] and "{NOT" not in GUARDS[name][1]]
)
def test_the_sentence_does_not_repeat_the_key(started, guard):
    key = GUARDS[guard][1].split("key: ")[1].split("}")[0].strip("'")

    assert not key or key not in bytes(started[guard].err.data).decode()


async def test_a_flag_cannot_open_what_the_file_closes(tmp_path):
    """T-14: protection is judged by the address that is really listened on."""
    gateway = await start(tmp_path / "flag", f"version: 1\nauth: {{mode: open}}\n{UP}", "--host", "0.0.0.0")

    assert gateway.code == 1
    assert b"loopback address only" in gateway.err.data


async def test_a_weak_key_is_only_a_warning_for_oneself(serve):
    gateway = await serve(f"version: 1\nauth: {{static_keys: [{{key: sk-octo-dev-123}}]}}\n{UP}")

    warning = gateway.out.events("config_warning")[0]
    assert warning["level"] == "warning"
    assert "would be refused in production" in warning["detail"]
    assert b"sk-octo-dev-123" not in gateway.out.data
