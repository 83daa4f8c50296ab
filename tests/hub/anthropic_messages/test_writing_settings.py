"""What Anthropic is set to: tools, structure, thinking, sampling and marks of caches."""

import json
from typing import Any

import msgspec
import pytest

from octogate.core import seals
from octogate.core.conversation import (
    CacheMark,
    Format,
    Loss,
    Prompt,
    Reasoning,
    Settings,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from octogate.dialects.hub import named

from .messages import DIALECT, FOREIGN, OWN, fields, prompt_of, write
from .writing import HI, F, G, assistant, set_to, user


def test_tools_and_the_choice_among_them() -> None:
    tool = Tool("f", "does f", msgspec.Raw(b'{"type":"object","x":1}'), strict=False, cache="1h")
    body, losses = write(
        prompt_of(
            HI,
            tools=(tool, Tool("g")),
            tool_choice=ToolChoice("named", ("g",)),
            settings={"parallel_tool_calls": False},
        )
    )

    assert body["tools"] == [
        {"name": "f", "description": "does f", "input_schema": {"type": "object", "x": 1}, "strict": False, "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"name": "g", "input_schema": {"type": "object", "properties": {}}},
    ]  # fmt: skip
    assert body["tool_choice"] == {"type": "tool", "name": "g", "disable_parallel_tool_use": True}
    assert losses == ()


@pytest.mark.parametrize(
    ("choice", "parallel", "written", "tools"),
    [
        (None, None, None, ["f", "g"]),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}, ["f", "g"]),
        (ToolChoice("auto"), True, {"type": "auto"}, ["f", "g"]),
        (ToolChoice("none"), False, {"type": "none"}, ["f", "g"]),
        (ToolChoice("any"), None, {"type": "any"}, ["f", "g"]),
        (ToolChoice("allowed", ("g",)), None, {"type": "auto"}, ["g"]),
        (ToolChoice("named", ("f", "h")), None, {"type": "any"}, ["f"]),
    ],
)
def test_every_choice_has_its_form(
    choice: ToolChoice | None, parallel: bool | None, written: Any, tools: list[str]
) -> None:
    body, losses = write(prompt_of(HI, tools=(F, G), tool_choice=choice, settings={"parallel_tool_calls": parallel}))

    assert body.get("tool_choice") == written
    assert [tool["name"] for tool in body["tools"]] == tools
    assert losses == ()


def test_a_choice_that_cannot_be_made_is_lost() -> None:
    assert fields(write(prompt_of(HI, tool_choice=ToolChoice("any")))[1]) == ["tool_choice"]
    body, losses = write(prompt_of(HI, tools=(F,), tool_choice=ToolChoice("named", ("z",))))
    assert (body["tool_choice"], fields(losses)) == ({"type": "auto"}, ["tool_choice"])


def test_schemas_are_fitted_to_what_anthropic_takes() -> None:
    alternatives = Tool("f", schema=msgspec.Raw(b'{"anyOf":[{"required":["a"]}],"properties":{"a":{}}}'))
    strict = Tool(
        "g",
        schema=msgspec.Raw(b'{"type":"object","properties":{"n":{"type":"integer","minimum":1,"description":"d"}}}'),
        strict=True,
    )
    body, losses = write(prompt_of(HI, tools=(alternatives, strict)), model="claude-sonnet-4-5")

    assert body["tools"][0]["input_schema"] == {"type": "object", "properties": {"a": {}}}
    assert body["tools"][1]["input_schema"] == {
        "type": "object",
        "properties": {"n": {"type": "integer", "description": "d (minimum: 1)"}},
        "additionalProperties": False,
    }
    assert body["tools"][1]["strict"] is True
    assert fields(losses) == ["tools[0].schema", "tools[1].schema"]


def test_an_old_model_keeps_to_no_schema_and_that_is_said() -> None:
    body, losses = write(
        prompt_of(HI, tools=(Tool("f", strict=True),), settings={"format": Format(msgspec.Raw(b'{"type":"object"}'))}),
        model="claude-3-5-haiku-latest",
    )

    assert "strict" not in body["tools"][0]
    assert "output_config" not in body
    assert '{"type":"object"}' in body["system"][-1]["text"]
    assert fields(losses) == ["format", "tools[0].strict"]


def test_structured_output_has_its_place() -> None:
    schema = b'{"type":"object","properties":{"a":{"type":"array","items":{"oneOf":[{"type":"object","additionalProperties":{}},{"type":"string","format":"email","maxLength":3}]},"maxItems":2}}}'
    body, lost = set_to(format=Format(msgspec.Raw(schema), "dog", "a dog"))

    assert body["output_config"] == {"format": {"type": "json_schema", "schema": {
        "type": "object",
        "description": "a dog",
        "properties": {"a": {
            "type": "array",
            "description": "(maxItems: 2)",
            "items": {"anyOf": [
                {"type": "object", "additionalProperties": False, "description": "(additionalProperties: {})"},
                {"type": "string", "format": "email", "description": "(maxLength: 3)"},
            ]},
        }},
        "additionalProperties": False,
    }}}  # fmt: skip
    assert list(lost) == ["format"]


def test_any_json_object_is_a_line_of_instruction() -> None:
    body, lost = set_to(format=Format())

    assert body["system"] == [{"type": "text", "text": "Answer with one JSON object and nothing else."}]
    assert lost == {}


@pytest.mark.parametrize(
    ("model", "thinking", "written", "effort"),
    [
        ("some-model", Thinking(tokens=2_000), {"type": "enabled", "budget_tokens": 2_000}, None),
        ("some-model", Thinking(tokens=10), {"type": "enabled", "budget_tokens": 1_024}, None),
        ("some-model", Thinking(effort="low"), {"type": "enabled", "budget_tokens": 2_048}, None),
        ("some-model", Thinking(), {"type": "enabled", "budget_tokens": 8_192}, None),
        ("some-model", Thinking(off=True), {"type": "disabled"}, None),
        ("claude-3-5-haiku-latest", Thinking(off=True), None, None),
        ("claude-opus-4-6", Thinking(tokens=2_000, effort="high"), {"type": "enabled", "budget_tokens": 2_000}, "high"),
        ("claude-opus-4-6", Thinking(effort="minimal"), {"type": "adaptive"}, "low"),
        (
            "us.anthropic.claude-opus-4-8-v1:0",
            Thinking(tokens=20_000, show=True),
            {"type": "adaptive", "display": "summarized"},
            "high",
        ),
        ("claude-sonnet-5", Thinking(effort="max", show=False), {"type": "adaptive", "display": "omitted"}, "max"),
        ("anthropic/claude-fable-5", Thinking(), {"type": "adaptive"}, None),
    ],
)
def test_each_generation_is_told_to_think_in_its_own_words(
    model: str, thinking: Thinking, written: Any, effort: str | None
) -> None:
    body, lost = set_to({"model": model, "max_tokens": 64_000}, thinking=thinking)

    assert body.get("thinking") == written
    assert body.get("output_config", {}).get("effort") == effort
    assert lost == {}


def test_thinking_that_cannot_be_is_left_out_by_name() -> None:
    assert set_to({"model": "claude-fable-5"}, thinking=Thinking(off=True))[1] == {
        "thinking": "this model always thinks"
    }
    assert set_to({"model": "claude-3-haiku-20240307"}, thinking=Thinking())[1] == {
        "thinking": "this model does not think"
    }
    for choice in (ToolChoice("any"), ToolChoice("named", ("f",)), ToolChoice("named", ("f", "g"))):
        body, losses = write(
            prompt_of(HI, tools=(F, G), tool_choice=choice, settings={"thinking": Thinking(tokens=2_000)})
        )
        assert "thinking" not in body
        assert fields(losses) == ["thinking"]


def a_loop(*thoughts: Reasoning) -> Prompt:
    return prompt_of(
        HI, assistant(*thoughts, Text("a"), ToolCall("c1", "f", "{}")), user(ToolResult("c1", (Text("x"),))),
        assistant(ToolCall("c2", "f", "{}")), user(ToolResult("c2", (Text("x"),))),
        tools=(F,), settings={"thinking": Thinking(tokens=2_000)},
    )  # fmt: skip


def test_a_tool_loop_goes_on_thinking_only_if_it_began_so() -> None:
    assert "thinking" in write(a_loop(Reasoning("t", OWN)))[0]

    body, losses = write(a_loop(Reasoning("t", FOREIGN)))

    assert "thinking" not in body
    assert fields(losses) == ["thinking"]
    assert "thinking" in write(a_loop(), model="claude-opus-4-8")[0]


def test_a_loop_that_is_over_stands_in_nobodys_way() -> None:
    body, losses = write(msgspec.structs.replace(a_loop(), turns=(*a_loop().turns, assistant(Text("done")), HI)))

    assert "thinking" in body
    assert losses == ()


@pytest.mark.parametrize(
    ("cap", "thinking", "max_tokens", "budget", "lost"),
    [
        (None, Thinking(tokens=2_000), 6_096, 2_000, []),
        (None, Thinking(effort="max"), 28_672, 24_576, []),
        (10_000, Thinking(tokens=2_000), 10_000, 2_000, []),
        (1_000, Thinking(tokens=2_000), 3_000, 2_000, ["max_output_tokens"]),
        (10_000, Thinking(effort="high"), 10_000, 8_000, []),
        (500, Thinking(effort="high"), 1_524, 1_024, ["max_output_tokens"]),
    ],
)
def test_the_cap_is_above_the_budget_of_thought(
    cap: int | None, thinking: Thinking, max_tokens: int, budget: int, lost: list[str]
) -> None:
    body, losses = set_to(max_output_tokens=cap, thinking=thinking)

    assert (body["max_tokens"], body["thinking"]["budget_tokens"]) == (max_tokens, budget)
    assert list(losses) == lost


@pytest.mark.parametrize(
    ("model", "settings", "written", "lost"),
    [
        ("some-model", {"temperature": 0.0, "top_p": 0.5, "top_k": 3}, {"temperature": 0.0, "top_p": 0.5, "top_k": 3}, []),
        ("some-model", {"temperature": 1.7}, {"temperature": 1.0}, ["temperature"]),
        ("claude-sonnet-4-5", {"temperature": 0.3, "top_p": 0.5}, {"temperature": 0.3}, ["top_p"]),
        ("claude-sonnet-4-5", {"temperature": 0.3, "top_p": 1.0}, {"temperature": 0.3}, []),
        ("claude-sonnet-4-5", {"top_p": 0.5}, {"top_p": 0.5}, []),
        ("claude-3-7-sonnet-20250219", {"temperature": 0.3, "top_p": 0.5}, {"temperature": 0.3, "top_p": 0.5}, []),
        ("claude-opus-4-8", {"temperature": 0.0, "top_p": 0.5, "top_k": 1}, {}, ["temperature", "top_k", "top_p"]),
        ("claude-opus-4-8", {"temperature": 1.0, "top_p": 1.0, "top_k": 0}, {}, []),
        ("some-model", {"temperature": 0.0, "top_p": 0.5, "top_k": 1, "thinking": Thinking()}, {}, ["temperature", "top_k", "top_p"]),
        ("some-model", {"temperature": 1.0, "top_p": 0.96, "thinking": Thinking()}, {"top_p": 0.96}, []),
    ],
)  # fmt: skip
def test_sampling_is_told_where_it_is_taken(
    model: str, settings: dict[str, Any], written: dict[str, Any], lost: list[str]
) -> None:
    body, losses = set_to({"model": model}, **settings)

    assert {name: body[name] for name in ("temperature", "top_p", "top_k") if name in body} == written
    assert sorted(losses) == lost


def test_a_clamped_temperature_says_what_was_sent() -> None:
    assert set_to(temperature=1.7)[1] == {"temperature": "at most 1 at this target; 1 was sent"}


def test_the_rest_of_the_settings_has_its_places_or_is_lost() -> None:
    body, lost = set_to(
        stop=("END", " \n"), user="u1", service_tier="default", max_output_tokens=5, prompt_cache_key="k"
    )
    assert (body["stop_sequences"], body["metadata"], body["service_tier"], body["max_tokens"]) == (
        ["END"],
        {"user_id": "u1"},
        "standard_only",
        5,
    )
    assert list(lost) == ["stop"]

    neutral = {
        "frequency_penalty": 0.0,
        "presence_penalty": 0.0,
        "logprobs": False,
        "metadata": {},
        "verbosity": "medium",
        "choices": 1,
    }
    assert set_to(**neutral)[1] == {}

    foreign = {
        "frequency_penalty": 0.5, "presence_penalty": -1.0, "logprobs": True, "top_logprobs": 3, "metadata": {"a": "b"},
        "verbosity": "low", "choices": 2, "seed": 0, "service_tier": "flex", "user": "u" * 257,
    }  # fmt: skip
    body, lost = set_to(**foreign)
    assert sorted(lost) == sorted(foreign)
    assert set(body) == {"model", "max_tokens", "messages"}


def test_the_last_four_cache_marks_are_kept_and_hours_stand_before_minutes() -> None:
    marks: list[CacheMark] = ["1h", "1h", "5m", "1h", "5m"]
    body, losses = write(
        prompt_of(
            user(*(Text(str(at), cache=mark) for at, mark in enumerate(marks))),
            tools=(msgspec.structs.replace(F, cache="1h"),),
        )
    )

    assert "cache_control" not in body["tools"][0]
    assert [block.get("cache_control") for block in body["messages"][0]["content"]] == [
        None, {"type": "ephemeral", "ttl": "1h"}, {"type": "ephemeral"}, {"type": "ephemeral"}, {"type": "ephemeral"},
    ]  # fmt: skip
    assert losses == ()


def test_the_words_of_the_hub_are_turned_into_the_callers() -> None:
    told = named([Loss(name, "x") for name in Settings.__struct_fields__], DIALECT.field_names)
    assert {"max_tokens", "stop_sequences", "metadata.user_id", "output_config.format"} <= {loss.field for loss in told}
    assert set(DIALECT.field_names) <= {*Settings.__struct_fields__, "tools", "tool_choice"}


def test_a_packed_id_never_reaches_a_target() -> None:
    packed = seals.pack_id("c1", FOREIGN)
    body = write(prompt_of(HI, assistant(ToolCall("c1", "f", "{}", FOREIGN)), user(ToolResult("c1", ()))))[0]

    assert packed not in json.dumps(body)
    assert seals.MARK not in json.dumps(body)
