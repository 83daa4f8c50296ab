"""Reloading: all or nothing, under every way in which files change."""

import random
import threading

import pytest

from config.conftest import BASE, STRONG
from octogate.config import ConfigInvalid, SnapshotHolder
from octogate.core.keys import digest_key, mint_key


def version_text(number):
    """A configuration in which every part says the same number; the end of the file is what protects it."""
    return (
        "version: 1\n"
        f"server: {{default_model: g{number}}}\n"
        "providers: {vllm: {}}\n"
        f"models: {{g{number}: {{targets: [vllm/m{number}]}}}}\n"
        f"validation: {{max_messages: {number}}}\n"
        f"auth: {{static_keys: [{{id: k{number}, key: {STRONG}}}]}}\n"
    )


def assert_whole(snapshot):
    number = snapshot.max_messages
    assert snapshot.default_model == f"g{number}"
    assert list(snapshot.groups) == [f"g{number}"]
    assert snapshot.groups[f"g{number}"].targets[0].model == f"m{number}"
    assert [key.id for key in snapshot.keys.values()] == [f"k{number}"]


class Mounted:
    """A file behind a `..data` link, as Kubernetes mounts a ConfigMap, and the ways in which people change it."""

    def __init__(self, folder, chance):
        self.folder = folder
        self.chance = chance
        self.path = folder / "octogate.yaml"
        self.revisions = 0
        self.publish(version_text(1))
        self.path.symlink_to("..data/octogate.yaml")

    def publish(self, text):
        self.revisions += 1
        revision = self.folder / f"..rev{self.revisions}"
        revision.mkdir()
        (revision / "octogate.yaml").write_text(text)
        link = self.folder / "..data_tmp"
        link.symlink_to(revision.name)
        link.replace(self.folder / "..data")

    def write_in_place(self, text):
        self.path.write_text(text)

    def rename_over(self, text):
        fresh = self.path.resolve().with_name("fresh")
        fresh.write_text(text)
        fresh.replace(self.path.resolve())

    def write_half(self, text):
        self.write_in_place(text[: self.chance.randrange(len(text))])

    def publish_faulty(self, text):
        self.publish(text.replace("targets", "tragets"))

    def take_away(self, _text):
        self.path.resolve().unlink(missing_ok=True)


class Reader(threading.Thread):
    """Reads snapshots all the time, as calls do, and checks that each is whole."""

    def __init__(self, holder):
        super().__init__()
        self.holder, self.done, self.seen, self.wrong = holder, threading.Event(), set(), []

    def run(self):
        while not self.done.wait(0.0002):
            snapshot = self.holder.snapshot
            self.seen.add(snapshot.version)
            try:
                assert_whole(snapshot)
            except AssertionError as error:
                self.wrong.append(error)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


def test_a_thousand_reloads_never_show_anything_but_whole_versions(tmp_path):
    """T-64"""
    mounted = Mounted(tmp_path, random.Random(64))
    good = (mounted.publish, mounted.write_in_place, mounted.rename_over)
    bad = (mounted.write_half, mounted.publish_faulty, mounted.take_away)
    holder = SnapshotHolder(mounted.path, env={})
    in_force = 1

    with Reader(holder) as reader:
        for number in range(2, 1002):
            before = holder.snapshot
            change = mounted.chance.choice((*good, *bad, None))
            if change is None:
                mounted.rename_over(version_text(in_force))
            else:
                change(version_text(number))
            result = holder.reload()

            in_force = number if change in good else in_force
            assert result.outcome == ("unchanged" if change is None else "changed" if change in good else "invalid")
            assert bool(result.faults) == (change in bad)
            assert (holder.snapshot is before) == (change not in good)
            assert holder.snapshot.max_messages == in_force
            assert_whole(holder.snapshot)

    assert reader.wrong == []
    assert len(reader.seen) > 10
    assert holder.snapshot.version == 1 + holder.reloads["changed"]
    assert sum(holder.reloads.values()) == 1000
    assert min(holder.reloads.values()) > 50


def test_a_cut_key_is_not_taken_for_a_shorter_key(configs):
    """T-64"""
    text = (
        "version: 1\nproviders: {vllm: {}}\nmodels: {g: {targets: [vllm/m]}}\nauth:\n  static_keys:\n  - key: "
        + STRONG
        + "\n"
    )
    configs.path.write_text(text)
    holder = SnapshotHolder(configs.path, env={})

    configs.path.write_text(text[:-20])
    result = holder.reload()

    assert result.outcome == "invalid"
    assert digest_key(STRONG, holder.snapshot.pepper) in holder.snapshot.keys


def test_a_file_that_never_ended_with_a_line_end_may_go_on_like_that(configs):
    configs.path.write_text(version_text(1).rstrip())
    holder = SnapshotHolder(configs.path, env={})

    configs.path.write_text(version_text(2).rstrip())

    assert holder.reload().outcome == "changed"


def test_a_file_that_changes_while_it_is_read_is_left_for_later(configs, monkeypatch):
    configs.path.write_text(version_text(1))
    holder = SnapshotHolder(configs.path, env={})
    configs.path.write_text(version_text(2))
    import octogate.config.holder as module

    def load_and_lose(path, **options):
        loaded = real(path, **options)
        path.write_text(version_text(333))
        return loaded

    real = module.load
    monkeypatch.setattr(module, "load", load_and_lose)

    assert holder.reload().outcome == "invalid"
    assert holder.snapshot.max_messages == 1


def test_keys_change_without_a_restart(configs):
    """S0-10"""
    new = mint_key()[1]
    configs.path.write_text(BASE)
    holder = SnapshotHolder(configs.path, env={})
    in_flight = holder.snapshot

    configs.path.write_text(BASE.replace(STRONG, new))
    holder.reload()

    assert digest_key(new, holder.snapshot.pepper) in holder.snapshot.keys
    assert digest_key(STRONG, holder.snapshot.pepper) not in holder.snapshot.keys
    assert digest_key(STRONG, in_flight.pepper) in in_flight.keys


def test_a_reload_that_would_open_the_gateway_is_refused(configs):
    configs.path.write_text(BASE)
    holder = SnapshotHolder(configs.path, env={}, host="0.0.0.0")

    configs.path.write_text(BASE.replace("auth: {", "auth: {mode: open, "))

    assert holder.reload().outcome == "invalid"


def test_settings_of_the_listener_are_named_for_a_restart(configs):
    configs.path.write_text(BASE)
    holder = SnapshotHolder(configs.path, env={})

    configs.path.write_text(BASE + "server: {port: 5000, shutdown_grace: 1s}\nlogging: {level: debug}\n")
    result = holder.reload()

    assert result.outcome == "changed"
    assert result.needs_restart == ("server.port", "logging.level")


def test_a_changed_dotenv_is_a_change(configs):
    configs.path.write_text(BASE.replace(STRONG, "${K}"))
    (configs.folder / ".env").write_text(f"K={STRONG}\n")
    holder = SnapshotHolder(configs.path, env={})

    (configs.folder / ".env").write_text(f"K={mint_key()[1]}\n")

    assert holder.reload().outcome == "changed"


def test_a_faulty_file_stops_the_start(configs):
    configs.path.write_text("version: 1\n")

    with pytest.raises(ConfigInvalid):
        SnapshotHolder(configs.path, env={})
