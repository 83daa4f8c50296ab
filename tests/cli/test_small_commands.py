"""`keys new`, `tokens`, `health`."""

import hashlib
import io
import json
import sys

import yaml

from octogate.core.keys import checksum_ok


def test_a_new_key_is_shown_once_and_its_line_for_the_configuration_works(octogate_command, tmp_path, config_file):
    ran = octogate_command("keys", "new", "--id", "team-b", "--team", 'the "B" team', "--groups", "chat, other")
    variable, key = next(line for line in ran.out.splitlines() if line.startswith("OCTOGATE_KEY_")).split("=")
    entry, hashed = (line for line in ran.out.splitlines() if line.startswith("- {"))

    assert checksum_ok(key)
    assert ran.out.count(key) == 1
    assert yaml.safe_load(entry) == [
        {"id": "team-b", "key": f"${{{variable}}}", "team": 'the "B" team', "groups": ["chat", "other"]}
    ]
    (by_hash,) = yaml.safe_load(hashed)
    assert by_hash["key_sha256"] == hashlib.sha256(key.encode()).hexdigest()
    assert "key" not in by_hash
    config_file.write_text(config_file.read_text().replace("  static_keys:\n", f"  static_keys:\n    {entry}\n"))
    (tmp_path / ".env").write_text(f"{variable}={key}\n")
    assert "groups      chat, other" in octogate_command("check", "--key", "team-b").out


def test_a_new_key_as_json_is_complete_and_its_id_is_the_public_part(octogate_command):
    minted = json.loads(octogate_command("keys", "new", "--json").out)

    assert minted["key"].startswith(f"sk-og-{minted['id']}-")
    assert minted["static_key"] == {"id": minted["id"], "key": f"${{{minted['variable']}}}"}


def test_two_keys_are_never_the_same(octogate_command):
    keys = {json.loads(octogate_command("keys", "new", "--json").out)["key"] for _ in range(20)}

    assert len(keys) == 20


def test_tokens_are_counted_from_the_argument_and_from_standard_input(octogate_command, monkeypatch):
    given = octogate_command("tokens", "hello world", "-m", "gpt-4o-mini")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"hello world")))
    piped = octogate_command("tokens", "-m", "gpt-4o-mini")

    assert given.out == piped.out == "2\n"
    assert given.err == ""


def test_an_estimate_of_tokens_says_that_it_is_one(octogate_command):
    ran = octogate_command("tokens", "hello world", "-m", "claude-haiku-4-5")

    assert int(ran.out) > 0
    assert "an estimate" in ran.err


def test_a_text_above_the_bound_is_not_counted(octogate_command, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a" * (4 * 2**20 + 1))))

    ran = octogate_command("tokens", "-m", "gpt-4o-mini")

    assert ran.code == 2
    assert "4 MiB" in ran.err


def test_health_fails_in_one_sentence_when_nothing_listens(octogate_command):
    ran = octogate_command("health", "--url", "http://127.0.0.1:9")

    assert ran.code == 1
    assert ran.err == (
        "octogate: no answer from http://127.0.0.1:9 (Connection refused); is a gateway running there?\n"
    )


def test_health_wants_a_url(octogate_command):
    assert octogate_command("health", "--url", "ftp://somewhere").code == 2
