"""What the demo decides before anything listens: which vendors, which configuration, which state."""

import stat

import pytest
import yaml

from octogate.cli.demo_config import config_text
from octogate.cli.demo_state import (
    DemoState,
    client_variables,
    data_folder,
    export_line,
    load_state,
    prepare_folder,
    save_state,
)
from octogate.cli.demo_vendors import mock_routes, own_urls, real_routes
from octogate.cli.failure import Failed
from octogate.config import load
from octogate.core.keys import mint_key
from octogate.core.secret import Secret


@pytest.fixture
def state():
    key_id, key = mint_key()
    return DemoState(key_id, Secret(key), "http://127.0.0.1:4000")


OWN = own_urls("http://127.0.0.1:4000", "127.0.0.1", 4000)


def test_without_keys_no_vendor_is_real():
    assert real_routes({}, OWN) == []


def test_a_vendor_with_a_key_is_real_and_the_configuration_names_the_variable_only(state, tmp_path):
    environ = {"OPENAI_API_KEY": "sk-live-1", "GOOGLE_API_KEY": "live-2"}

    text = config_text(state, real_routes(environ, OWN), tmp_path, host="127.0.0.1", port=4000)

    config = yaml.safe_load(text)
    assert config["providers"] == {
        "openai": {"type": "openai", "api_key": "${OPENAI_API_KEY}"},
        "gemini": {"type": "gemini", "api_key": "${GOOGLE_API_KEY}"},
    }
    assert "live" not in text
    assert "claude-haiku-4-5" not in config["models"]
    assert "demo-failover" not in config["models"], "nothing of a real vendor is made to fail"


def test_a_shell_that_points_at_the_demo_does_not_make_the_demo_call_itself(state):
    """After `eval "$(octogate env)"` the vendors' variables hold our key and our address."""
    assert real_routes(client_variables(state), OWN) == []


def test_our_address_is_not_taken_for_a_vendors_when_the_key_is_real(state):
    environ = {**client_variables(state), "OPENAI_API_KEY": "sk-live-1"}

    (route,) = real_routes(environ, OWN)

    assert (route.key_variable, route.base_url) == ("OPENAI_API_KEY", None)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_a_new_port_of_ours_is_ours_too(name):
    environ = {"OPENAI_API_KEY": "sk-live-1", "OPENAI_BASE_URL": f"http://{name}:4500/v1"}

    (route,) = real_routes(environ, own_urls("http://127.0.0.1:4000", "127.0.0.1", 4500))

    assert route.base_url is None


def test_a_key_with_another_base_url_is_only_sent_there(state, tmp_path):
    environ = {"OPENAI_API_KEY": "key-of-that-place", "OPENAI_BASE_URL": "https://models.example.com/v1"}
    path = tmp_path / "octogate.yaml"
    path.write_text(config_text(state, real_routes(environ, OWN), tmp_path, host="127.0.0.1", port=4000))

    provider = load(path, env=environ).snapshot.providers["openai"]

    assert (provider.origin.host, provider.base_path) == ("models.example.com", "/v1")


def test_the_configuration_of_the_mock_is_valid_and_serves_the_promised_groups(state, tmp_path):
    path = tmp_path / "octogate.yaml"
    path.write_text(config_text(state, mock_routes("http://127.0.0.1:4999"), tmp_path, host="127.0.0.1", port=4000))

    loaded = load(path, env={})

    assert set(loaded.snapshot.groups) == {
        "gpt-4o-mini", "gpt-5", "text-embedding-3-small", "claude-haiku-4-5", "claude-sonnet-4-5", "gemini-2.5-flash",
        "auto", "demo-failover",
    }  # fmt: skip
    assert loaded.snapshot.default_model == "auto"
    assert loaded.snapshot.allow_direct_models
    assert loaded.warnings == ()
    (key,) = loaded.snapshot.keys.values()
    assert key.scopes == {"llm", "metrics:read"}


def test_the_state_survives_and_belongs_to_its_owner_only(state, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)

    prepare_folder(folder)
    save_state(folder, state)

    assert load_state(folder) == state
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "demo.json").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["demo.json"], "no half-written file is left"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key_id": 1}', '{"key_id": "a", "key": 7}'])
def test_a_damaged_state_counts_as_none(tmp_path, text):
    (tmp_path / "demo.json").write_text(text)

    assert load_state(tmp_path) is None


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(Failed, match="cannot be used"):
        prepare_folder(tmp_path / "file" / "data")


def test_the_state_does_not_show_its_key(state):
    assert state.key.reveal() not in repr(state)


def test_the_folder_can_be_chosen():
    assert str(data_folder({})) == "octogate-data"
    assert str(data_folder({"OCTOGATE_DATA": "/var/lib/octogate"})) == "/var/lib/octogate"


def test_the_export_line_is_one_safe_line_for_a_shell():
    line = export_line({"A": "plain", "B": "it's; rm -rf /"})

    assert line == "export A=plain B='it'\"'\"'s; rm -rf /'"
