"""Which model group a key may use under which name."""

import pytest

from octogate.core.errors import BadRequest, ModelNotFound
from octogate.core.snapshot import ModelGroup
from octogate.proxy.policy import Policy, allowed_groups

from .builders import call, group, key, provider, snapshot, target

EVERYTHING = key()
CHAT_ONLY = key(groups=frozenset({"chat"}))


def named(name: str) -> ModelGroup:
    return ModelGroup(name=name, targets=(target(),))


def test_a_group_by_its_name_its_alias_or_the_default():
    """S2-32, S3-38."""
    config = snapshot(group(target()), aliases={"gpt-4": "chat"}, default_model="chat")
    policy = Policy()

    for name in ("chat", "gpt-4", "", "auto"):
        assert policy.authorize(EVERYTHING, call(name), config).group.name == "chat"


def test_no_model_and_no_default_is_a_bad_request_that_names_the_field():
    with pytest.raises(BadRequest) as refused:
        Policy().authorize(EVERYTHING, call(""), snapshot(group(target())))
    assert refused.value.param == "model"


def test_absent_and_not_yours_read_the_same():
    """S3-12: nobody can find out what exists."""
    texts = set()
    for name in ("secret-group", "no-such-group"):
        config = snapshot(named("secret-group"))
        with pytest.raises(ModelNotFound) as refused:
            Policy().authorize(CHAT_ONLY, call(name), config)
        texts.add(refused.value.message.replace(name, "X"))
        assert refused.value.status == 404
    assert len(texts) == 1


def test_a_provider_and_model_id_reaches_that_provider_and_keeps_further_slashes():
    """S2-6."""
    config = snapshot(group(target("openrouter")))

    grant = Policy().authorize(EVERYTHING, call("openrouter/anthropic/claude"), config)

    assert grant.direct
    assert grant.group.targets[0].model == "anthropic/claude"
    assert grant.group.targets[0].label == "openrouter/direct"


@pytest.mark.parametrize("name", ["nobody/x", "a/", "/x", "off/x", "a/x\ny"])
def test_a_direct_id_needs_an_enabled_provider_and_a_model(name):
    config = snapshot(group(target("a"), target("off", of=provider("off", enabled=False))))

    with pytest.raises(ModelNotFound):
        Policy().authorize(EVERYTHING, call(name), config)


def test_a_restricted_key_reaches_direct_ids_only_by_name_or_wildcard():
    config = snapshot(group(target("a")))
    policy = Policy()

    for groups in ({"a/x"}, {"a/*"}):
        assert policy.authorize(key(groups=frozenset(groups)), call("a/x"), config).group.name == "a/x"
    with pytest.raises(ModelNotFound):
        policy.authorize(CHAT_ONLY, call("a/x"), config)


def test_direct_ids_can_be_turned_off():
    with pytest.raises(ModelNotFound):
        Policy().authorize(EVERYTHING, call("a/x"), snapshot(group(target("a")), allow_direct_models=False))


def test_ten_thousand_invented_models_are_forgotten_again():
    config, policy = snapshot(group(target("a"))), Policy()

    for number in range(10_000):
        policy.authorize(EVERYTHING, call(f"a/m{number}"), config)

    assert len(policy._direct) == 1_000


def test_the_list_shows_what_the_key_may_use():
    """S3-22."""
    config = snapshot(group(target()), named("other"))

    assert [g.name for g in allowed_groups(EVERYTHING, config)] == ["chat", "other"]
    assert [g.name for g in allowed_groups(CHAT_ONLY, config)] == ["chat"]
