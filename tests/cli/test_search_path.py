"""Where a configuration is looked for."""

import pytest

from octogate.cli import search_path
from octogate.cli.failure import Failed
from octogate.cli.search_path import find_config


@pytest.fixture
def deep(tmp_path, monkeypatch):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.setattr(search_path, "SYSTEM_FILE", tmp_path / "etc.yaml")
    return folder


def put(path):
    path.write_text("version: 1\n")
    return path


def test_the_nearest_file_wins_and_octogate_yaml_before_config_yaml(deep):
    """S2-20"""
    wins_last_to_first = [
        put(deep.parents[1] / "etc.yaml"),
        put(deep.parents[1] / "config.yaml"),
        put(deep.parents[1] / "octogate.yaml"),
        put(deep.parents[0] / "config.yaml"),
        put(deep.parents[0] / "octogate.yaml"),
        put(deep / "config.yaml"),
        put(deep / "octogate.yaml"),
    ]

    for expected in reversed(wins_last_to_first):
        assert find_config(None, {}, start=deep).resolve() == expected
        expected.unlink()


def test_the_option_beats_the_environment_and_the_environment_beats_the_folder(deep):
    """S2-20"""
    option, environment, _ = put(deep / "one.yaml"), put(deep / "two.yaml"), put(deep / "octogate.yaml")

    assert find_config(option, {"OCTOGATE_CONFIG": str(environment)}, start=deep) == option
    assert find_config(None, {"OCTOGATE_CONFIG": str(environment)}, start=deep) == environment


@pytest.mark.parametrize("origin", ["--config", "OCTOGATE_CONFIG"])
def test_a_named_file_that_is_missing_is_an_error_and_no_other_is_taken(deep, origin):
    put(deep / "octogate.yaml")
    missing = deep / "missing.yaml"

    named, environ = (missing, {}) if origin == "--config" else (None, {origin: str(missing)})

    with pytest.raises(Failed, match=f"{origin} names .*missing.yaml") as failed:
        find_config(named, environ, start=deep)
    assert failed.value.exit_code == 2


def test_without_any_file_the_error_says_where_it_looked(deep):
    with pytest.raises(Failed, match=r"no configuration found .*octogate\.yaml.*config\.yaml.*etc\.yaml.*--config"):
        find_config(None, {}, start=deep)
