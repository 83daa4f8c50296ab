"""Agents at work against a mock that refuses what the real provider would: every dialect, plain and stream."""

import json
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

from octogate.mock import MockConfig, MockServer

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "unit": {"type": "string", "enum": ["kelvin", "celsius"]},
        "exact": {"const": True},
        "days": {"type": "integer", "minimum": 3},
        "hours": {"type": "array", "items": {"type": "number"}},
    },
    "required": ["city", "unit", "exact", "days", "hours"],
    "additionalProperties": False,
}
ARGUMENTS = {"city": "mock city", "unit": "kelvin", "exact": True, "days": 3, "hours": [1.0]}
NAMES = ("weather", "clock")
BOTH = "Please use both tools."
SAID = "The tool said: sunny in mock city"


@pytest.fixture
async def strict() -> AsyncIterator[MockServer]:
    async with MockServer(config=MockConfig(defaults={"lint": "refuse"})) as server:
        yield server
        assert server.stats().violations == {}


async def chat_loop(server: MockServer, prompt: str, **options: Any) -> tuple[list[Any], str]:
    """The calls that were made, and the words at the end."""
    tools: Any = [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in NAMES]
    messages: list[Any] = [{"role": "user", "content": prompt}]
    made = []
    async with openai.AsyncOpenAI(base_url=server.base_urls()["openai"], api_key="anything") as client:
        while True:
            async with client.chat.completions.stream(
                model="mock", messages=messages, tools=tools, **options
            ) as stream:
                message = (await stream.get_final_completion()).choices[0].message
            if not message.tool_calls:
                return made, message.content or ""
            messages.append(message.model_dump(exclude_none=True, exclude={"parsed"}))
            for call in messages[-1]["tool_calls"]:
                call["function"].pop("parsed_arguments", None)
                made.append((call["function"]["name"], json.loads(call["function"]["arguments"])))
                content = f"sunny in {made[-1][1]['city']}"
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": content})


async def responses_loop(server: MockServer, prompt: str, **options: Any) -> tuple[list[Any], str]:
    tools: Any = [{"type": "function", "name": name, "parameters": SCHEMA, "strict": True} for name in NAMES]
    items: list[Any] = [{"role": "user", "content": prompt}]
    made = []
    async with openai.AsyncOpenAI(base_url=server.base_urls()["openai"], api_key="anything") as client:
        while True:
            answer = await client.responses.create(
                model="mock", input=items, tools=tools, store=False, include=["reasoning.encrypted_content"], **options
            )
            calls = [item for item in answer.output if item.type == "function_call"]
            if not calls:
                return made, answer.output_text
            items += [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in answer.output]
            for call in calls:
                made.append((call.name, json.loads(call.arguments)))
                output = f"sunny in {made[-1][1]['city']}"
                items.append({"type": "function_call_output", "call_id": call.call_id, "output": output})


async def messages_loop(server: MockServer, prompt: str, **options: Any) -> tuple[list[Any], str]:
    tools: Any = [{"name": name, "input_schema": SCHEMA} for name in NAMES]
    messages: list[Any] = [{"role": "user", "content": prompt}]
    made = []
    async with anthropic.AsyncAnthropic(base_url=server.base_urls()["anthropic"], api_key="anything") as client:
        while True:
            async with client.messages.stream(
                model="mock", max_tokens=4_000, messages=messages, tools=tools, **options
            ) as stream:
                answer = await stream.get_final_message()
            messages.append({"role": "assistant", "content": [block.model_dump() for block in answer.content]})
            calls = [block for block in answer.content if block.type == "tool_use"]
            if not calls:
                return made, answer.content[-1].text
            made += [(call.name, call.input) for call in calls]
            results = [
                {"type": "tool_result", "tool_use_id": call.id, "content": f"sunny in {call.input['city']}"}
                for call in calls
            ]
            messages.append({"role": "user", "content": results})


async def gemini_loop(server: MockServer, prompt: str, **options: Any) -> tuple[list[Any], str]:
    schema = {key: value for key, value in SCHEMA.items() if key != "additionalProperties"}
    functions = [types.FunctionDeclaration(name=name, parameters_json_schema=schema) for name in NAMES]
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=functions)], **options)
    contents: list[Any] = [types.Content(role="user", parts=[types.Part(text=prompt)])]
    made = []
    http = types.HttpOptions(base_url=server.base_urls()["gemini"])
    models = genai.Client(api_key="anything", http_options=http).aio.models
    while True:
        answer = await models.generate_content(model="mock", contents=contents, config=config)
        if not answer.function_calls:
            return made, answer.text or ""
        contents.append(answer.candidates[0].content)
        made += [(call.name, call.args) for call in answer.function_calls]
        parts = [
            types.Part.from_function_response(name=call.name, response={"result": f"sunny in {call.args['city']}"})
            for call in answer.function_calls
        ]
        contents.append(types.Content(role="user", parts=parts))


LOOPS = {"chat": chat_loop, "responses": responses_loop, "messages": messages_loop, "gemini": gemini_loop}
THINKING: dict[str, dict[str, Any]] = {
    "chat": {"reasoning_effort": "high"},
    "responses": {"reasoning": {"effort": "high", "summary": "auto"}},
    "messages": {"thinking": {"type": "enabled", "budget_tokens": 2_000}},
    "gemini": {"thinking_config": types.ThinkingConfig(include_thoughts=True)},
}
FORCED: dict[str, dict[str, Any]] = {
    "chat": {"tool_choice": {"type": "function", "function": {"name": "clock"}}},
    "responses": {"tool_choice": {"type": "function", "name": "clock"}},
    "messages": {"tool_choice": {"type": "tool", "name": "clock"}},
    "gemini": {
        "tool_config": types.ToolConfig(
            function_calling_config=types.FunctionCallingConfig(mode="ANY", allowed_function_names=["clock"])
        )
    },
}


@pytest.mark.parametrize("dialect", LOOPS)
async def test_a_tool_is_called_as_its_schema_says_and_its_result_is_named(strict: MockServer, dialect: str) -> None:
    made, words = await LOOPS[dialect](strict, "Please call the tool.")

    assert made == [("weather", ARGUMENTS)]
    assert words.endswith(SAID)


@pytest.mark.parametrize("dialect", LOOPS)
async def test_both_tools_are_called_at_once_when_the_prompt_says_so(strict: MockServer, dialect: str) -> None:
    made, words = await LOOPS[dialect](strict, BOTH)

    assert made == [("weather", ARGUMENTS), ("clock", ARGUMENTS)]
    assert words.endswith(f"{SAID} and sunny in mock city")
    assert strict.stats().calls == 2


@pytest.mark.parametrize("dialect", LOOPS)
async def test_a_thinking_loop_brings_the_mocks_own_reasoning_back(strict: MockServer, dialect: str) -> None:
    made, words = await LOOPS[dialect](strict, BOTH, **THINKING[dialect])

    assert len(made) == 2
    assert words.endswith("sunny in mock city")
    sent = strict.requests()[-1].body
    assert b"bW9jay1" in sent or dialect == "chat"


@pytest.mark.parametrize("dialect", LOOPS)
async def test_a_forced_tool_is_the_one_that_is_called(strict: MockServer, dialect: str) -> None:
    made, _ = await LOOPS[dialect](strict, BOTH, **FORCED[dialect])

    assert [name for name, _ in made] == ["clock"]


async def test_one_call_at_a_time_is_kept_when_asked_for(strict: MockServer) -> None:
    chat, _ = await chat_loop(strict, BOTH, parallel_tool_calls=False)
    responses, _ = await responses_loop(strict, BOTH, parallel_tool_calls=False)
    messages, _ = await messages_loop(strict, BOTH, tool_choice={"type": "auto", "disable_parallel_tool_use": True})

    assert [len(made) for made in (chat, responses, messages)] == [1, 1, 1]
