"""What a model that thinks takes of a prompt, and what is lost by name."""

from typing import Any

import pytest

from octogate.core.conversation import Prompt, Settings, Text, Thinking, Turn
from octogate.core.traits import ReasoningTraits
from octogate.dialects.fitting import fitted
from octogate.providers.openai_models import reasoning_of

BUDGET = ReasoningTraits(control="tokens", min_budget_tokens=1_024, max_budget_tokens=16_000)


def fit(traits: ReasoningTraits | None, **settings: Any) -> tuple[Settings, list[str]]:
    prompt = Prompt(turns=(Turn("user", (Text("hi"),)),), settings=Settings(**settings))
    found = fitted(prompt, traits)
    return found.settings, [loss.field for loss in found.losses]


@pytest.mark.parametrize(
    ("wanted", "tokens"),
    [
        (Thinking(effort="low"), 2_048),
        (Thinking(effort="medium"), 8_192),
        (Thinking(effort="high"), 16_000),
        (Thinking(tokens=10), 1_024),
        (Thinking(tokens=5_000), 5_000),
        (Thinking(tokens=60_000), 16_000),
        (Thinking(effort="low", tokens=3_000), 3_000),
    ],
)
def test_an_effort_is_a_budget_within_the_models_bounds(wanted: Thinking, tokens: int) -> None:
    """S3-49."""
    settings, lost = fit(BUDGET, thinking=wanted)

    assert (settings.thinking, lost) == (Thinking(tokens=tokens), [])


@pytest.mark.parametrize(
    ("model", "wanted", "effort", "lost"),
    [
        ("gpt-5", Thinking(effort="max"), "high", []),
        ("gpt-5", Thinking(tokens=2_000), "low", []),
        ("gpt-5", Thinking(off=True), "minimal", ["thinking"]),
        ("gpt-5.1", Thinking(effort="minimal"), "low", []),
        ("gpt-5.2", Thinking(effort="max"), "max", []),
        ("gpt-5-pro", Thinking(effort="low"), "high", []),
        ("gpt-5.1-codex-max", Thinking(effort="max"), "max", []),
        ("o3-mini-2025-01-31", Thinking(effort="minimal"), "low", []),
        ("o4-mini", Thinking(off=True), "low", ["thinking"]),
    ],
)
def test_openais_models_are_asked_for_an_effort_that_they_know(
    model: str, wanted: Thinking, effort: str, lost: list[str]
) -> None:
    settings, found = fit(reasoning_of(model), thinking=wanted)

    assert settings.thinking is not None
    assert (settings.thinking.effort, settings.thinking.tokens, found) == (effort, None, lost)


def test_a_model_that_can_be_kept_from_thinking_is_told_so() -> None:
    settings, lost = fit(reasoning_of("gpt-5.6"), thinking=Thinking(off=True))

    assert (settings.thinking, lost) == (Thinking(off=True), [])


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4.1-mini", "gpt-5-chat-latest", "gpt-5.1-chat-latest"])
def test_a_model_that_does_not_think_is_not_asked_to_and_that_is_said(model: str) -> None:
    settings, lost = fit(reasoning_of(model), thinking=Thinking(effort="high"), temperature=0.2)

    assert (settings.thinking, settings.temperature, lost) == (None, 0.2, ["thinking"])
    assert fit(reasoning_of(model), thinking=Thinking(off=True))[1] == []


REFUSED = {
    "temperature": 0.2,
    "top_p": 0.9,
    "frequency_penalty": 0.5,
    "presence_penalty": 0.5,
    "stop": ("x",),
    "logprobs": True,
    "top_logprobs": 2,
}


def test_settings_that_a_thinking_model_refuses_are_lost_by_name() -> None:
    settings, lost = fit(reasoning_of("gpt-5-mini"), **REFUSED, seed=4, max_output_tokens=9)

    assert settings == Settings(seed=4, max_output_tokens=9)
    assert lost == ["frequency_penalty", "logprobs", "presence_penalty", "stop", "temperature", "top_p"]


def test_what_says_nothing_new_is_left_out_without_a_word() -> None:
    settings, lost = fit(reasoning_of("gpt-5"), temperature=1.0, top_p=1.0, presence_penalty=0.0)

    assert (settings, lost) == (Settings(), [])


@pytest.mark.parametrize(
    ("model", "thinking", "kept"),
    [
        ("gpt-5.2", None, True),
        ("gpt-5.2", Thinking(off=True), True),
        ("gpt-5.2", Thinking(effort="low"), False),
        ("gpt-5.6", None, False),
        ("gpt-5.6", Thinking(off=True), True),
        ("gpt-5", None, False),
        ("o1", None, False),
        ("gpt-5.3-codex", None, False),
    ],
)
def test_they_are_refused_only_while_it_thinks(model: str, thinking: Thinking | None, kept: bool) -> None:
    settings, _ = fit(reasoning_of(model), temperature=0.2, thinking=thinking)

    assert (settings.temperature == 0.2) is kept


def test_the_operator_can_say_of_any_model_what_it_refuses() -> None:
    """S3-49: `rejects_max_tokens` and its like."""
    traits = ReasoningTraits(default_on=True, rejects=frozenset({"max_tokens", "top_k"}), supports_summaries=False)

    settings, lost = fit(
        traits, max_output_tokens=9, top_k=3, temperature=0.1, thinking=Thinking(effort="low", show=True)
    )

    assert settings == Settings(temperature=0.1, thinking=Thinking(effort="low"))
    assert lost == ["thinking", "max_output_tokens", "top_k"]


@pytest.mark.parametrize("model", ["claude-opus-4-8", "gemini-3-pro", "my-model", "gpt-oss-120b", ""])
def test_nothing_is_known_of_other_names(model: str) -> None:
    assert reasoning_of(model) is None
    assert fit(None, temperature=0.2, thinking=Thinking(effort="max"))[1] == []
