"""Mistakes that a gateway must not start with: two providers of one name, a strategy that nobody knows."""

from typing import get_args

import pytest

from config.conftest import BASE, GROUP, KEYS
from octogate.core.snapshot import Strategy


def test_two_providers_of_one_name_are_a_fault_that_points_at_both(configs):
    """S2-3: neither the first nor the last wins in silence."""
    text = "version: 1\n" + KEYS + "providers:\n  vllm: {}\n  ollama: {}\n  vllm: {enabled: false}\n" + GROUP

    (fault,) = configs.faults(text)

    assert fault.path == "providers.vllm"
    assert "vllm" in str(fault)
    assert fault.line == 6
    assert "line 4" in fault.message


def test_providers_keep_the_order_of_the_file(configs):
    """S2-3"""
    names = ["vllm", "ollama", "sglang", "llamacpp", "lmstudio"]
    text = "version: 1\n" + KEYS + "providers: {" + ", ".join(f"{name}: {{}}" for name in names) + "}\n" + GROUP

    assert list(configs.load(text).snapshot.providers) == names


@pytest.mark.parametrize("strategy", ["foo", "ROUND", "''"])
def test_a_strategy_that_nobody_knows_is_met_with_the_list_of_those_that_exist(configs, strategy):
    """S2-59"""
    (fault,) = configs.faults(BASE.replace("targets:", f"strategy: {strategy}, targets:"))

    assert fault.path == "models.default.strategy"
    assert set(get_args(Strategy)) <= set(fault.allowed)
    for known in get_args(Strategy):
        assert known in str(fault)
