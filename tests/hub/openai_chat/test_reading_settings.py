"""What a caller sets and offers in chat completions, as the hub understands it."""

from typing import Any

import pytest

from octogate.core.conversation import Format, Thinking, Tool, ToolChoice

from .chat import DIALECT, ENDPOINT, read


def test_settings_are_read_under_all_their_names() -> None:
    settings = read(
        max_tokens=5, max_completion_tokens=7, temperature=2, top_p=0.5, frequency_penalty=-1, presence_penalty=1,
        top_k=3, stop="END", seed=42, n=2, logprobs=True, top_logprobs=4, verbosity="low", safety_identifier="ann",
        metadata={"a": "b"}, service_tier="flex", parallel_tool_calls=False, prompt_cache_key="k",
    ).settings  # fmt: skip

    assert (settings.max_output_tokens, settings.temperature, settings.top_p, settings.top_k) == (5, 2.0, 0.5, 3)
    assert (settings.frequency_penalty, settings.presence_penalty, settings.stop) == (-1.0, 1.0, ("END",))
    assert (settings.seed, settings.choices, settings.logprobs, settings.top_logprobs) == (42, 2, True, 4)
    assert (settings.verbosity, settings.user, settings.metadata) == ("low", "ann", {"a": "b"})
    assert (settings.service_tier, settings.parallel_tool_calls, settings.prompt_cache_key) == ("flex", False, "k")
    assert read(max_tokens=5, user="bob", stop=["a", "b"]).settings.stop == ("a", "b")
    assert read(max_tokens=5, user="bob").settings.user == "bob"


@pytest.mark.parametrize(
    ("members", "thinking"),
    [
        ({"reasoning_effort": "none"}, Thinking(off=True)),
        ({"reasoning_effort": "minimal"}, Thinking(effort="minimal")),
        ({"reasoning_effort": "xhigh"}, Thinking(effort="max")),
        ({"reasoning_effort": "default"}, Thinking()),
        ({"reasoning": {"max_tokens": 2000}}, Thinking(tokens=2000)),
        ({"reasoning": {"effort": "high", "exclude": True}}, Thinking(effort="high", show=False)),
        ({"reasoning": {"enabled": False}}, Thinking(off=True)),
        ({"thinking": {"type": "disabled"}}, Thinking(off=True)),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, Thinking(tokens=1024)),
        ({"include_reasoning": True}, Thinking(show=True)),
        ({}, None),
    ],
)
def test_how_much_to_think_is_read_in_every_form(members: dict[str, Any], thinking: Thinking | None) -> None:
    assert read(**members).settings.thinking == thinking


@pytest.mark.parametrize(
    ("choice", "meaning"),
    [
        ("none", ToolChoice("none")),
        ("auto", ToolChoice("auto")),
        ("required", ToolChoice("any")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice("named", ("f",))),
        ({"type": "function", "name": "f"}, ToolChoice("named", ("f",))),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
            },
            ToolChoice("allowed", ("f",)),
        ),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "f"}}]},
            },
            ToolChoice("named", ("f",)),
        ),
    ],
)
def test_the_choice_of_tools_is_read_in_every_form(choice: Any, meaning: ToolChoice) -> None:
    assert read(tool_choice=choice).tool_choice == meaning


def test_tools_keep_their_schema_byte_for_byte() -> None:
    body = (
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f",'
        b'"description":"d","strict":true,"parameters":{"b": 1.0,  "a":2}}},{"type":"function","name":"flat"}],'
        b'"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{ "x":1e2 },"strict":false}}}'
    )
    call = DIALECT.read_call(body, ENDPOINT, max_output_tokens=9, max_messages=9)
    prompt = DIALECT.read_prompt(call)

    first, second = prompt.tools
    assert (first.name, first.description, first.strict) == ("f", "d", True)
    assert first.schema is not None
    assert bytes(first.schema) == b'{"b": 1.0,  "a":2}'
    assert second == Tool("flat")
    form = prompt.settings.format
    assert form is not None
    assert form.schema is not None
    assert (form.name, form.strict, bytes(form.schema)) == ("n", False, b'{ "x":1e2 }')


def test_json_mode_is_a_format_without_a_schema_and_text_is_none() -> None:
    assert read(response_format={"type": "json_object"}).settings.format == Format()
    assert read(response_format={"type": "text"}).settings.format is None


def test_functions_of_old_clients_are_tools_of_which_one_is_called() -> None:
    prompt = read(functions=[{"name": "f", "parameters": {}}], function_call={"name": "f"})

    assert [tool.name for tool in prompt.tools] == ["f"]
    assert prompt.tool_choice == ToolChoice("named", ("f",))
    assert prompt.settings.parallel_tool_calls is False
