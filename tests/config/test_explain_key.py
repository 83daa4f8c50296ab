"""The effective rules of a key."""

import pytest

from config.conftest import BASE, STRONG
from octogate.config import UnknownKey, explain_key

TEXT = (
    BASE.replace("{id: a,", "{id: a, groups: [default, 'vllm/*', 'gone/*'], team: t, expires_at: 2030-01-01,")
    .replace("models: {", "models: {other: {targets: [vllm/x]}, ")
    .replace("vllm: {}", "vllm: {}, gone: {type: vllm, enabled: false}")
    + "aliases: {fast: default, slow: other}\n"
)


def test_a_key_sees_its_groups_their_aliases_and_its_direct_models(configs):
    rules = explain_key(configs.load(TEXT).snapshot, "a", now=0)

    assert (rules.state, rules.team, rules.scopes) == ("active", "t", ("llm",))
    assert (rules.groups, rules.aliases, rules.direct) == (("default",), ("fast",), ("vllm/*",))


def test_a_key_without_a_list_sees_everything(configs):
    rules = explain_key(configs.load(BASE).snapshot, "a", now=0)

    assert (rules.groups, rules.direct) == (("default",), ("*",))


def test_without_direct_models_none_are_listed(configs):
    rules = explain_key(configs.load(BASE + "routing: {allow_direct_models: false}\n").snapshot, "a", now=0)

    assert rules.direct == ()


@pytest.mark.parametrize(("change", "state"), [("", "expired"), ("blocked: true,", "blocked")])
def test_the_state_is_that_of_the_moment(configs, change, state):
    text = TEXT.replace("{id: a,", "{id: a, " + change)

    assert explain_key(configs.load(text).snapshot, "a", now=1893456000.0).state == state


def test_an_unknown_id_is_met_with_the_nearest(configs):
    snapshot = configs.load(BASE.replace("id: a", "id: team-a")).snapshot

    with pytest.raises(UnknownKey, match="did you mean 'team-a'"):
        explain_key(snapshot, "team-b", now=0)


def test_the_rules_hold_no_secret(configs):
    assert STRONG not in repr(explain_key(configs.load(BASE).snapshot, "a", now=0))
