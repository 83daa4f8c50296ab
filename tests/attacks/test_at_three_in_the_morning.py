"""What goes wrong around the gateway must not silently take its log or its configuration away."""

import asyncio
import os
import sys

import pytest
import yaml

from octogate.config.faults import ConfigInvalid
from octogate.config.load import load
from octogate.telemetry import log as logs
from octogate.telemetry import names


@pytest.fixture
def small_log(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "BATCH_SECONDS", 0.0)
    made = logs.Log(file=tmp_path / "log" / "octogate.log", rotate_bytes=200)
    yield made
    made.close()


def written(folder) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


@pytest.mark.parametrize("trouble", ["rename", "open", "moved away"])
def test_a_rotation_that_fails_loses_no_line(tmp_path, small_log, monkeypatch, trouble):
    def refuse(*_args, **_kwargs):
        raise PermissionError("no")

    dropped = names.log_dropped.values.get((), 0)
    small_log.event("first", number=1)
    if trouble == "rename":
        monkeypatch.setattr(logs.Path, "replace", refuse)
    elif trouble == "open":
        monkeypatch.setattr(logs, "_open", refuse)
    else:
        (tmp_path / "log" / "octogate.log").rename(tmp_path / "elsewhere")
    for number in range(50):
        small_log.event("another", number=number)
    small_log._lines.put(None)
    small_log._thread.join(5)
    monkeypatch.undo()

    text = written(tmp_path)
    assert text.count(b"another") == 50
    assert names.log_dropped.values.get((), 0) == dropped


def test_an_env_file_that_cannot_be_read_is_a_fault_that_names_it(tmp_path, monkeypatch):
    file = tmp_path / "octogate.yaml"
    file.write_text("version: 1\n")

    def unreadable(_folder, _env):
        raise PermissionError(13, "Permission denied", str(tmp_path / ".env"))

    monkeypatch.setattr(sys.modules["octogate.config.load"], "with_dotenv", unreadable)
    with pytest.raises(ConfigInvalid) as caught:
        load(file, env={})

    assert ".env" in str(caught.value)


async def test_a_reload_that_breaks_in_a_way_nobody_thought_of_is_not_the_last_one(rig, monkeypatch):
    original = rig.gateway._holder.reload
    monkeypatch.setattr(rig.gateway._holder, "reload", lambda: 1 / 0)
    changed = rig.config()
    changed["routing"] = {"allow_direct_models": False}
    rig.file.write_text(yaml.safe_dump(changed))
    await rig.until(lambda: b'"defect"' in rig.log())
    monkeypatch.setattr(rig.gateway._holder, "reload", original)

    os.utime(rig.file)
    await rig.until(lambda: rig.gateway.snapshot.version == 2)
    assert not rig.gateway._watcher.done()
    assert b"division" not in rig.log(), "the text of an exception can hold anything"


async def test_a_storm_of_hang_ups_ends_in_one_valid_configuration(rig):
    for _ in range(50):
        rig.gateway._hang_up()
    await rig.until(rig.gateway._reloading.done)
    await asyncio.sleep(0)

    assert rig.gateway.snapshot.version == 1
    assert (await rig.ask({"model": "chat", "messages": [{"role": "user", "content": "x"}]})).status == 200
