"""Where no key is asked for, only programs of this machine may call: not web pages, and not the network."""

import pytest
import yaml

from .rig import CHAT, chat


@pytest.fixture
async def open_rig(rig_with):
    return await rig_with(auth={"mode": "open", "static_keys": []})


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://evil.example:4000",
        "null",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil",
    ]
    + ["file://", "http://localhost@evil.example", "http://127.0.0.1:4000/x"],
)
async def test_a_web_page_cannot_call_through_a_browser_of_this_machine(open_rig, origin):
    got = await open_rig.ask(chat(), CHAT, b"origin: " + origin.encode(), b"content-type: text/plain", key=None)

    assert got.status == 403
    assert open_rig.requests == []


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:1", "https://LOCALHOST", "tauri://localhost"],
)
async def test_pages_and_programs_of_this_machine_can(open_rig, origin):
    assert (await open_rig.ask(chat(), CHAT, b"origin: " + origin.encode(), key=None)).status == 200


async def test_programs_without_an_origin_can(open_rig):
    assert (await open_rig.ask(chat(), key=None)).status == 200


async def test_with_keys_an_origin_decides_nothing(rig):
    assert (await rig.ask(chat(), CHAT, b"origin: https://chat.example")).status == 200
    assert (await rig.ask(chat(), CHAT, b"origin: http://localhost", key=None)).status == 401


async def test_a_reload_cannot_open_a_listener_that_the_network_reaches(rig_with):
    rig = await rig_with(server={"host": "0.0.0.0", "port": 0})
    opened = rig.config()
    opened["auth"] = {"mode": "open"}
    opened["server"]["host"] = "127.0.0.1"
    rig.file.write_text(yaml.safe_dump(opened))
    await rig.gateway.reload()

    assert not rig.gateway.snapshot.open_mode
    assert (await rig.ask(chat(), key=None)).status == 401
