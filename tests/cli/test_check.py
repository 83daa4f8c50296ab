"""`octogate check`."""

import json
import re


def test_a_valid_file_is_counted(octogate_command, config_file):
    ran = octogate_command("check")

    assert ran.code == 0
    assert ran.out == "octogate.yaml is valid: 1 provider, 2 model groups, 1 key\n"


def test_every_fault_is_shown_with_its_line(octogate_command, config_file):
    text = config_file.read_text().replace("type: openai", "typ: openai").replace("team: research", "team: [7]")
    config_file.write_text(text)

    ran = octogate_command("check", "--config", str(config_file))

    assert ran.code == 1
    assert ran.out == ""
    assert "2 faults" in ran.err
    assert f"{config_file}:4:" in ran.err
    assert f"{config_file}:6:" in ran.err
    assert "did you mean 'type'" in ran.err


def test_faults_as_json_are_data(octogate_command, config_file):
    config_file.write_text(config_file.read_text().replace("openai/gpt-4o-mini", "absent/gpt-4o-mini"))

    ran = octogate_command("check", "--json")

    assert ran.code == 1
    report = json.loads(ran.out)
    assert report["valid"] is False
    (fault,) = report["faults"]
    assert (fault["line"], fault["path"]) == (8, "models.chat.targets[0].provider")


def test_the_effective_rules_of_a_key_are_shown_but_never_the_key(octogate_command, config_file):
    key = re.search('key: "(sk-og-[^"]+)"', config_file.read_text())[1]
    ran = octogate_command("check", "--key", "team-a")

    assert "key team-a: active" in ran.out
    assert "team        research" in ran.out
    assert "groups      chat\n" in ran.out, "the group `other` is not this key's"
    assert key not in ran.out + ran.err
    rules = json.loads(octogate_command("check", "--key", "team-a", "--json").out)["key"]
    assert rules["groups"] == ["chat"]


def test_an_unknown_key_is_a_failure_with_a_suggestion(octogate_command, config_file):
    ran = octogate_command("check", "--key", "team-b")

    assert ran.code == 1
    assert ran.err == "octogate: there is no key 'team-b'; did you mean 'team-a'?\n"


def test_no_file_at_all_is_a_wrong_usage(octogate_command):
    ran = octogate_command("check", "--config", "absent.yaml")

    assert ran.code == 2
    assert "there is no such file" in ran.err
