"""What a Gemini target is asked, and what it cannot be told."""

from typing import Any

import msgspec
import pytest

from octogate.core.conversation import (
    Format,
    Loss,
    Media,
    Prompt,
    Reasoning,
    Refusal,
    Settings,
    Signature,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from octogate.dialects.findings import AT_PROVIDER

from .gemini import says, talk, written

OWN = Signature("gemini_generate", "c2ln")
FOREIGN = Signature("anthropic_messages", "EqQ")
PLACEHOLDER = "skip_thought_signature_validator"
TOOL = Tool("f", "Does it.", msgspec.Raw(b'{"type":"object","$ref":"#/x"}'))
HI = Turn("user", (Text("hi"),))


def contents(*turns: Turn, model: str = "gemini-3-pro") -> list[dict[str, Any]]:
    body, losses = written(talk(*turns), model)
    assert losses == ()
    value: list[dict[str, Any]] = body["contents"]
    return value


def test_instructions_are_hoisted_in_order_and_the_others_alternate() -> None:
    body, losses = written(
        talk(
            Turn("system", (Text("one"), Text(""))),
            HI,
            Turn("user", (Text("there"),)),
            Turn("developer", (Text("two"),)),
            Turn("assistant", (Text("yes"),)),
            Turn("assistant", (Refusal("no"),)),
            Turn("system", (Text("three"),)),
        )
    )

    assert body == {
        "systemInstruction": {"parts": [{"text": "one"}, {"text": "two"}, {"text": "three"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "hi"}, {"text": "there"}]},
            {"role": "model", "parts": [{"text": "yes"}, {"text": "no"}]},
        ],
    }
    assert losses == ()


def test_a_prompt_of_nothing_but_instructions_is_what_the_user_says() -> None:
    assert contents(Turn("system", (Text("Say hi."),))) == [{"role": "user", "parts": [{"text": "Say hi."}]}]


def test_a_user_who_says_nothing_stays_a_user_beside_the_instructions() -> None:
    body, _ = written(talk(Turn("system", (Text("Say hi."),)), Turn("user", (Text(""),))))

    assert body == {
        "systemInstruction": {"parts": [{"text": "Say hi."}]},
        "contents": [{"role": "user", "parts": [{"text": ""}]}],
    }


def test_thoughts_go_back_only_to_who_had_them_and_byte_for_byte() -> None:
    thoughts = (
        Reasoning("mine", OWN),
        Reasoning("theirs", FOREIGN),
        Reasoning("nobody's"),
        Reasoning("", OWN, hidden=True),
    )

    said = contents(HI, Turn("assistant", (*thoughts, Text("so", signature=OWN), Text("", signature=FOREIGN))))

    assert said[1]["parts"] == [
        {"text": "mine", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "so", "thoughtSignature": "c2ln"},
    ]


def test_users_whose_answer_came_to_nothing_are_put_together() -> None:
    said = contents(HI, Turn("assistant", (Reasoning("hm", FOREIGN),)), Turn("user", (Text("well?"),)))

    assert said == [{"role": "user", "parts": [{"text": "hi"}, {"text": "well?"}]}]


def step(*calls: ToolCall) -> Turn:
    return Turn("assistant", calls)


def results(*ids: str) -> Turn:
    return Turn("user", tuple(ToolResult(id_, (Text(f"of {id_}"),), "f") for id_ in ids))


def signatures(said: list[dict[str, Any]]) -> list[str | None]:
    return [part.get("thoughtSignature") for content in said for part in content["parts"] if "functionCall" in part]


def test_in_the_current_loop_the_first_call_of_each_step_has_a_signature_or_the_documented_placeholder() -> None:
    turns = (
        HI,
        step(ToolCall("a", "f", "{}")),
        results("a"),
        Turn("assistant", (Text("done"),)),
        Turn("user", (Text("again"),)),
        step(ToolCall("b", "f", "{}", FOREIGN), ToolCall("c", "f", "{}")),
        results("b", "c"),
        step(ToolCall("d", "f", "{}", OWN), ToolCall("e", "f", "{}")),
        results("d", "e"),
    )

    assert signatures(contents(*turns)) == [None, PLACEHOLDER, None, "c2ln", None]
    assert signatures(contents(*turns, model="gemini-flash-latest")) == [None, PLACEHOLDER, None, "c2ln", None]
    assert signatures(contents(*turns, model="models/gemini-2.5-pro")) == [None, None, None, "c2ln", None]
    assert signatures(contents(*turns, model="gemini-1.5-flash")) == [None, None, None, "c2ln", None]


def test_each_call_gets_exactly_one_response_in_the_calls_order_and_the_rest_stands_behind() -> None:
    picture = Media("image", "image/png", data="AAAA")

    said = contents(
        HI,
        step(ToolCall("a", "f", '{"x": 1.0}'), ToolCall("b", "g", ""), ToolCall("c", "h", "{}")),
        Turn(
            "user",
            (
                Text("see"),
                ToolResult("b", (Text("second"), picture), is_error=True),
                ToolResult("a", (Text('{"n":1}'),)),
                ToolResult("a", (Text("twice"),)),
                ToolResult("zz", (Text("stray"), picture)),
            ),
        ),
        model="gemini-2.5-flash",
    )

    assert said[1]["parts"][0] == {"functionCall": {"name": "f", "args": {"x": 1.0}, "id": "a"}}
    assert said[2]["parts"] == [
        {"functionResponse": {"name": "f", "id": "a", "response": {"n": 1}}},
        {"functionResponse": {"name": "g", "id": "b", "response": {"error": "second"}}},
        {"functionResponse": {"name": "h", "id": "c", "response": {"error": "No result was given."}}},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"text": "see"},
        {"text": "twice"},
        {"text": "stray"},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
    ]


def test_calls_that_nothing_follows_stay_open() -> None:
    assert len(contents(HI, step(ToolCall("a", "f", "{}")))) == 2


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("plain", {"result": "plain"}),
        ('{"a":1,"result":"x"}', {"a": 1, "result": "x"}),
        ('{"result":"x"}', {"result": '{"result":"x"}'}),
        ('{"error":1}', {"result": '{"error":1}'}),
        ("[1]", {"result": "[1]"}),
        ("{}", {"result": "{}"}),
        ("", {"result": ""}),
    ],
)
def test_a_result_is_an_object_and_one_that_could_be_mistaken_is_wrapped(text: str, response: dict[str, Any]) -> None:
    said = contents(step(ToolCall("a", "f", "{}")), Turn("user", (ToolResult("a", (Text(text),)),)))

    assert said[1]["parts"][0]["functionResponse"]["response"] == response


def test_arguments_that_a_model_left_unfinished_stay_readable() -> None:
    said = contents(step(ToolCall("a", "f", '{"x": 1')), model="gemini-2.0-flash")

    assert said[0]["parts"][0]["functionCall"]["args"] == {"arguments": '{"x": 1'}


def test_media_go_inline_or_by_address_with_a_type_guessed_from_it() -> None:
    media = (
        Media("image", "image/webp", data="AAAA"),
        Media("image", url="https://example.com/a.PNG?x=1"),
        Media("image", url="https://example.com/picture"),
        Media("document", url="gs://bucket/a.pdf"),
        Media("video", "video/mp4", url="https://www.youtube.com/watch?v=1"),
        Media("document", "text/plain", text="näh"),
    )

    assert contents(Turn("user", media))[0]["parts"] == [
        {"inlineData": {"mimeType": "image/webp", "data": "AAAA"}},
        {"fileData": {"mimeType": "image/png", "fileUri": "https://example.com/a.PNG?x=1"}},
        {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://example.com/picture"}},
        {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://bucket/a.pdf"}},
        {"fileData": {"mimeType": "video/mp4", "fileUri": "https://www.youtube.com/watch?v=1"}},
        {"inlineData": {"mimeType": "text/plain", "data": "bsOkaA=="}},
    ]


def test_media_that_the_target_cannot_reach_are_told() -> None:
    _, losses = written(
        says(
            Text("look"),
            Media("image", url="http://example.com/a.png", detail="high"),
            Media("document", file_id="file-1"),
        )
    )

    assert losses == (
        Loss("messages[0].content[1].detail", "this target chooses the resolution itself"),
        Loss("messages[0].content[1]", "this target cannot fetch the address"),
        Loss("messages[0].content[2]", AT_PROVIDER, fatal=True),
    )


def test_tools_keep_their_schema_as_it_was_written() -> None:
    body, losses = written(talk(HI, tools=(TOOL, Tool("g"))))

    assert body["tools"] == [
        {
            "functionDeclarations": [
                {"name": "f", "description": "Does it.", "parametersJsonSchema": {"type": "object", "$ref": "#/x"}},
                {"name": "g"},
            ]
        }
    ]
    assert "toolConfig" not in body
    assert losses == ()


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (ToolChoice("auto"), {"mode": "AUTO"}),
        (ToolChoice("none"), {"mode": "NONE"}),
        (ToolChoice("any"), {"mode": "ANY"}),
        (ToolChoice("named", ("f",)), {"mode": "ANY", "allowedFunctionNames": ["f"]}),
        (ToolChoice("allowed", ("f", "g")), {"mode": "VALIDATED", "allowedFunctionNames": ["f", "g"]}),
    ],
)
def test_a_tool_choice_is_a_mode(choice: ToolChoice, config: dict[str, Any]) -> None:
    body, _ = written(talk(HI, tools=(TOOL,), tool_choice=choice))
    without_tools, _ = written(talk(HI, tool_choice=choice))

    assert body["toolConfig"] == {"functionCallingConfig": config}
    assert without_tools == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


PRO, FLASH, LITE, THREE, FIRST = (
    "gemini-2.5-pro",
    "gemini-2.5-flash",
    "gemini-2.5-flash-lite",
    "gemini-3.5-flash",
    "gemini-3-pro",
)


@pytest.mark.parametrize(
    ("model", "thinking", "config", "is_lost"),
    [
        (FLASH, Thinking(off=True), {"thinkingBudget": 0}, False),
        (PRO, Thinking(off=True), {"thinkingBudget": 128}, True),
        (FLASH, Thinking(effort="low"), {"thinkingBudget": 2048, "includeThoughts": True}, False),
        (FLASH, Thinking(effort="max", show=False), {"thinkingBudget": 24576, "includeThoughts": False}, False),
        (PRO, Thinking(tokens=50_000), {"thinkingBudget": 32768, "includeThoughts": True}, True),
        (LITE, Thinking(tokens=100), {"thinkingBudget": 512, "includeThoughts": True}, True),
        (PRO, Thinking(tokens=4_000, effort="max"), {"thinkingBudget": 4000, "includeThoughts": True}, False),
        (PRO, Thinking(show=True), {"thinkingBudget": -1, "includeThoughts": True}, False),
        (THREE, Thinking(effort="minimal"), {"thinkingLevel": "minimal", "includeThoughts": True}, False),
        (THREE, Thinking(effort="medium"), {"thinkingLevel": "medium", "includeThoughts": True}, False),
        (THREE, Thinking(tokens=2_000), {"thinkingLevel": "low", "includeThoughts": True}, False),
        (THREE, Thinking(off=True), {"thinkingLevel": "minimal"}, True),
        (FIRST, Thinking(effort="minimal"), {"thinkingLevel": "low", "includeThoughts": True}, False),
        (FIRST, Thinking(effort="medium"), {"thinkingLevel": "high", "includeThoughts": True}, False),
        (
            "gemini-3.1-pro-preview",
            Thinking(effort="medium"),
            {"thinkingLevel": "medium", "includeThoughts": True},
            False,
        ),
        (THREE, Thinking(effort="max"), {"thinkingLevel": "high", "includeThoughts": True}, False),
        (THREE, Thinking(), {"includeThoughts": True}, False),
        ("gemini-flash-latest", Thinking(effort="low"), {"thinkingBudget": 2048, "includeThoughts": True}, False),
        ("gemini-2.0-flash", Thinking(effort="low"), None, True),
        ("gemini-2.0-flash", Thinking(off=True), None, False),
        ("gemma-3-27b-it", Thinking(effort="low"), None, True),
    ],
)
def test_thinking_is_told_in_the_measure_of_the_model(
    model: str, thinking: Thinking, config: dict[str, Any] | None, is_lost: bool
) -> None:
    body, losses = written(says(thinking=thinking), model)

    assert body.get("generationConfig", {}).get("thinkingConfig") == config
    assert [loss.field for loss in losses] == ["thinking"] * is_lost


def test_settings_have_their_places() -> None:
    body, losses = written(
        says(
            max_output_tokens=5,
            temperature=1.5,
            top_p=0.5,
            top_k=3,
            frequency_penalty=1.0,
            presence_penalty=-1.0,
            stop=("a", "b"),
            seed=-7,
            choices=2,
            logprobs=True,
            top_logprobs=4,
            format=Format(msgspec.Raw(b'{"type":"object"}'), "name", strict=True),
            service_tier="default",
            user="u",
            prompt_cache_key="k",
            parallel_tool_calls=True,
        )
    )

    assert losses == ()
    assert body["serviceTier"] == "standard"
    assert body["generationConfig"] == {
        "maxOutputTokens": 5,
        "temperature": 1.5,
        "topP": 0.5,
        "topK": 3,
        "frequencyPenalty": 1.0,
        "presencePenalty": -1.0,
        "stopSequences": ["a", "b"],
        "seed": -7,
        "candidateCount": 2,
        "responseLogprobs": True,
        "logprobs": 4,
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object"},
    }


def test_settings_without_a_place_are_told() -> None:
    settings = Settings(
        stop=tuple("abcdef"),
        seed=2**40,
        verbosity="low",
        metadata={"a": "b"},
        service_tier="scale",
        parallel_tool_calls=False,
        format=Format(),
        thinking=Thinking(effort="low"),
    )

    body, losses = written(Prompt(turns=(HI,), tools=(TOOL,), settings=settings), "gemini-2.0-flash")

    assert {loss.field for loss in losses} == {
        "stop", "seed", "verbosity", "metadata", "service_tier", "parallel_tool_calls", "format", "thinking",
    }  # fmt: skip
    assert body["generationConfig"] == {"stopSequences": list("abcde")}


def test_structured_output_beside_tools_is_asked_of_models_that_can() -> None:
    body, losses = written(Prompt(turns=(HI,), tools=(TOOL,), settings=Settings(format=Format())), "gemini-3-flash")

    assert body["generationConfig"] == {"responseMimeType": "application/json"}
    assert losses == ()


def test_a_speaker_s_name_and_pictures_in_instructions_are_told() -> None:
    _, losses = written(talk(Turn("system", (Media("image", data="AA"),)), Turn("user", (Text("hi"),), "ann")))

    assert [loss.field for loss in losses] == ["messages[0].content[0]", "messages[1].name"]
