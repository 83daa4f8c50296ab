"""Noticing changes, however the file is replaced."""

import asyncio
import contextlib
import sys

import pytest

from octogate.config import watch


@contextlib.asynccontextmanager
async def watching(path):
    """A queue that gets the file's text after every noticed change."""
    changes, started = asyncio.Queue(), asyncio.Event()

    async def on_change():
        changes.put_nowait(path.read_text() if path.exists() else None)

    task = asyncio.create_task(watch(path, on_change, quiet_milliseconds=20, started=started))
    try:
        async with asyncio.timeout(10):
            await started.wait()
            yield changes
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def text_of(changes, text):
    """Wait until the text has been seen: a file that is written in place may be noticed half-way first."""
    while await changes.get() != text:
        pass


async def test_writing_in_place_is_noticed(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("1")
    async with watching(path) as changes:
        path.write_text("two")

        await text_of(changes, "two")


async def test_replacing_by_rename_is_noticed_again_and_again(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("1")
    async with watching(path) as changes:
        for number in range(3):
            fresh = tmp_path / "c.yaml~"
            fresh.write_text(f"text {number}")
            fresh.replace(path)

            await text_of(changes, f"text {number}")


async def test_the_swap_of_a_mounted_configmap_is_noticed_again_and_again(tmp_path):
    (tmp_path / "..r0").mkdir()
    (tmp_path / "..r0" / "c.yaml").write_text("r0")
    (tmp_path / "..data").symlink_to("..r0")
    path = tmp_path / "c.yaml"
    path.symlink_to("..data/c.yaml")
    async with watching(path) as changes:
        for number in range(1, 4):
            (tmp_path / f"..r{number}").mkdir()
            (tmp_path / f"..r{number}" / "c.yaml").write_text(f"r{number}")
            (tmp_path / "..tmp").symlink_to(f"..r{number}")
            (tmp_path / "..tmp").replace(tmp_path / "..data")

            await text_of(changes, f"r{number}")


async def test_a_link_to_another_folder_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "etc").mkdir()
    real, path = tmp_path / "real" / "c.yaml", tmp_path / "etc" / "c.yaml"
    real.write_text("1")
    path.symlink_to(real)
    async with watching(path) as changes:
        real.write_text("changed behind the link")

        await text_of(changes, "changed behind the link")


async def test_a_dotenv_beside_the_file_counts(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("same")
    async with watching(path) as changes:
        (tmp_path / ".env").write_text("A=1")

        await text_of(changes, "same")


async def test_other_files_in_the_folder_do_not_count(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("1")
    async with watching(path) as changes:
        (tmp_path / "octogate.log").write_text("a line")
        path.write_text("after the log")

        assert await changes.get() != "1"
        assert changes.qsize() <= 1


async def test_a_file_that_goes_away_and_comes_back_is_noticed(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("1")
    async with watching(path) as changes:
        path.unlink()
        assert await changes.get() is None
        path.write_text("back")

        await text_of(changes, "back")


async def test_a_plain_function_may_be_told_too(tmp_path):
    path, told, started = tmp_path / "c.yaml", asyncio.Event(), asyncio.Event()
    path.write_text("1")
    task = asyncio.create_task(watch(path, told.set, quiet_milliseconds=20, started=started))
    async with asyncio.timeout(10):
        await started.wait()
        path.write_text("2 more")
        await told.wait()
    task.cancel()


async def test_without_watches_of_the_system_the_file_is_looked_at_regularly(tmp_path, monkeypatch):
    def none_left(*_, **__):
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(sys.modules["octogate.config.watch"], "awatch", none_left)
    path = tmp_path / "c.yaml"
    path.write_text("1")
    async with watching(path) as changes:
        path.write_text("two")

        await text_of(changes, "two")
