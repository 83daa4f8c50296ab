"""What a Gemini caller's body means, and what is wrong with it."""

from typing import Any

import pytest

from octogate.core.conversation import Media, Reasoning, Signature, Text, Thinking, ToolCall, ToolChoice, ToolResult
from octogate.core.errors import BadRequest
from octogate.core.seals import pack_id
from octogate.dialects.gemini_generate.signatures import write_signature

from .gemini import DIALECT, call, prompt, unchecked

CLAUDE = Signature("anthropic_messages", "EqQB/+==")


def model(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def result(**members: Any) -> dict[str, Any]:
    return {"functionResponse": {"response": {"result": "ok"}, **members}}


def faults(body: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(BadRequest) as refused:
        DIALECT.read_prompt(unchecked(body))
    return {fault.field: fault.message for fault in refused.value.faults}


def test_the_contents_of_a_streamed_answer_are_one_turn_again_with_its_thoughts_whole_under_their_seal() -> None:
    sealed = {"text": "", "thought": True, "thoughtSignature": write_signature(CLAUDE)}

    said = prompt(
        {
            "contents": [
                user({"text": "hi"}),
                model({"text": "I ", "thought": True}),
                model({"text": "wonder.", "thought": True}),
                model(sealed),
                model({"text": "Hel"}),
                model({"text": "lo"}, {"text": ""}),
            ]
        }
    )

    assert [turn.role for turn in said.turns] == ["user", "assistant"]
    assert said.turns[1].parts == (Reasoning("I wonder.", CLAUDE), Text("Hel"), Text("lo"))


def test_hidden_thoughts_of_another_provider_come_back_as_they_were_sealed() -> None:
    hidden = {"text": "", "thought": True, "thoughtSignature": write_signature(CLAUDE)}

    said = prompt({"contents": [user({"text": "hi"}), model(hidden, {"text": "hello"})]})

    assert said.turns[1].parts[0] == Reasoning("", CLAUDE, hidden=True)


def test_a_seal_survives_an_sdk_that_holds_it_as_bytes_and_writes_the_other_alphabet_without_padding() -> None:
    value = write_signature(Signature("openai_responses", "gAAA??>>" * 9))
    returned = value.replace("+", "-").replace("/", "_").rstrip("=")

    said = prompt({"contents": [model({"text": "", "thought": True, "thought_signature": returned})]})

    assert said.turns[0].parts == (Reasoning("", Signature("openai_responses", "gAAA??>>" * 9), hidden=True),)


@pytest.mark.parametrize("seal", ["", "skip_thought_signature_validator", write_signature(None), "__og1broken"])
def test_seals_that_say_nothing_are_none(seal: str) -> None:
    part = {"functionCall": {"name": "f", "id": "a"}, "thoughtSignature": seal}

    assert prompt({"contents": [model(part)]}).turns[0].parts == (ToolCall("a", "f", "{}"),)


def test_an_id_gives_back_the_signature_that_was_packed_into_it_and_results_find_their_call() -> None:
    packed = pack_id("c1", Signature("gemini_generate", "Zm9v"))

    said = prompt(
        {
            "contents": [
                model({"function_call": {"name": "f", "args": {}, "id": packed}}),
                user({"function_response": {"id": packed, "response": {"output": "done"}}}),
            ]
        }
    )

    assert said.turns[0].parts == (ToolCall("c1", "f", "{}", Signature("gemini_generate", "Zm9v")),)
    assert said.turns[1].parts == (ToolResult("c1", (Text("done"),), "f"),)


def test_results_without_ids_answer_the_calls_of_their_name_in_order() -> None:
    said = prompt(
        {
            "contents": [
                model(
                    {"functionCall": {"name": "f"}}, {"functionCall": {"name": "g"}}, {"functionCall": {"name": "f"}}
                ),
                user(result(name="g"), result(name="f"), result(name="f"), result(name="f")),
            ]
        }
    )

    first, second, third = (part.id for part in said.turns[0].parts if isinstance(part, ToolCall))
    answered = [part.call_id for part in said.turns[1].parts if isinstance(part, ToolResult)]
    assert answered[:3] == [second, first, third]
    assert len({first, second, third, answered[3]}) == 4
    assert all(id_.startswith("call_") and len(id_) == 29 for id_ in (first, second, third))


def test_an_invented_id_stays_the_same_when_the_conversation_grows() -> None:
    contents = [user({"text": "hi"}), model({"functionCall": {"name": "f"}})]

    before = prompt({"contents": contents})
    after = prompt({"contents": [*contents, user(result(name="f")), model({"text": "so"})]})

    assert before.turns == after.turns[:2]


def test_what_a_function_gave_is_words_an_error_or_an_object() -> None:
    responses: list[dict[str, Any]] = [{"result": "a"}, {"output": "b"}, {"error": {"code": 5}}, {"result": 1}, {}]

    said = prompt({"contents": [user(*(result(name="f", response=response) for response in responses))]})

    results = [part for part in said.turns[0].parts if isinstance(part, ToolResult)]
    assert [part.parts for part in results] == [
        (Text("a"),),
        (Text("b"),),
        (Text('{"code":5}'),),
        (Text('{"result":1}'),),
        (),
    ]
    assert [part.is_error for part in results] == [False, False, True, False, False]


def test_numbers_in_arguments_come_through_whole() -> None:
    big = 123456789012345678901234567890

    said = prompt({"contents": [model({"functionCall": {"name": "f", "args": {"n": big, "x": 1.0}}})]})

    part = said.turns[0].parts[0]
    assert isinstance(part, ToolCall)
    assert part.arguments == '{"n":123456789012345678901234567890,"x":1.0}'


def test_base64_for_urls_becomes_the_base64_that_every_provider_takes() -> None:
    said = prompt({"contents": [user({"inline_data": {"mime_type": "audio/wav", "data": "_-8="}})]})

    assert said.turns[0].parts == (Media("audio", "audio/wav", data="/+8="),)


def test_a_file_that_lies_at_the_provider_cannot_be_left_out() -> None:
    uri = "https://generativelanguage.googleapis.com/v1beta/files/abc"

    said = prompt({"contents": [user({"text": "read"}, {"file_data": {"file_uri": uri, "mime_type": "text/plain"}})]})

    (loss,) = said.losses
    assert (loss.field, loss.fatal) == ("contents[0].parts[1].file_data.file_uri", True)


@pytest.mark.parametrize(
    ("config", "thinking"),
    [
        ({"thinkingBudget": 0}, Thinking(off=True)),
        ({"thinkingBudget": -1, "includeThoughts": True}, Thinking(show=True)),
        ({"thinkingBudget": 512, "includeThoughts": False}, Thinking(tokens=512, show=False)),
        ({"thinking_level": "LOW"}, Thinking(effort="low")),
        ({"thinkingLevel": "xhigh"}, Thinking(effort="max")),
        ({"include_thoughts": True}, Thinking(show=True)),
    ],
)
def test_thinking_is_read_as_budget_or_as_level(config: dict[str, Any], thinking: Thinking) -> None:
    body = {"contents": [user({"text": "hi"})], "generationConfig": {"thinkingConfig": config}}

    assert prompt(body).settings.thinking == thinking


@pytest.mark.parametrize(
    ("config", "choice"),
    [
        ({"mode": "AUTO"}, ToolChoice("auto")),
        ({"mode": "none"}, ToolChoice("none")),
        ({"mode": "ANY"}, ToolChoice("any")),
        ({"mode": "ANY", "allowed_function_names": ["f", "g"]}, ToolChoice("named", ("f", "g"))),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["f"]}, ToolChoice("allowed", ("f",))),
        ({}, ToolChoice("auto")),
    ],
)
def test_the_mode_of_function_calling_is_a_tool_choice(config: dict[str, Any], choice: ToolChoice) -> None:
    body = {"contents": [user({"text": "hi"})], "tool_config": {"function_calling_config": config}}

    assert prompt(body).tool_choice == choice


def test_every_fault_is_told_at_once_with_the_caller_s_spelling_of_its_path() -> None:
    body = {
        "contents": [
            {"role": "robot", "parts": [{"text": "x"}]},
            {"role": "user", "parts": [{"text": 5}, {}, "words", {"inline_data": {"mime_type": "image/png"}}]},
            model({"functionCall": {"args": []}}),
            user({"functionResponse": {"response": "text"}}),
        ],
        "tools": [{"function_declarations": [{"description": 1, "parameters": []}]}, 7],
        "toolConfig": {"functionCallingConfig": {"mode": "SOMETIMES", "allowedFunctionNames": [1]}},
        "generation_config": {"top_k": "many", "stopSequences": [1], "thinkingConfig": {"thinkingLevel": "huge"}},
        "labels": {"a": 1},
    }

    assert faults(body) == {
        "contents[0].role": "Role must be user, model or function",
        "contents[1].parts[0].text": "Text must be a string",
        "contents[1].parts[1]": "A part must have text, data, a file or a function call",
        "contents[1].parts[2]": "Parts[2] must be an object",
        "contents[1].parts[3].inline_data.data": "Data is required",
        "contents[2].parts[0].functionCall.name": "Name is required",
        "contents[2].parts[0].functionCall.args": "Args must be an object",
        "contents[3].parts[0].functionResponse.response": "Response must be an object",
        "tools[0].function_declarations[0].name": "Name is required",
        "tools[0].function_declarations[0].description": "Description must be a string",
        "tools[0].function_declarations[0].parameters": "Parameters must be an object",
        "tools[1]": "Tools[1] must be an object",
        "toolConfig.functionCallingConfig.mode": "Mode must be AUTO, ANY, NONE or VALIDATED",
        "toolConfig.functionCallingConfig.allowedFunctionNames": "Allowed function names must be an array of strings",
        "generation_config.top_k": "Top k must be a number",
        "generation_config.stopSequences": "Stop sequences must be an array of strings",
        "generation_config.thinkingConfig.thinkingLevel": "Thinking level must be minimal, low, medium or high",
        "labels": "Labels must be an object of strings",
    }


def test_two_spellings_of_one_member_are_a_fault_for_it_is_open_which_counts() -> None:
    body = {"contents": [user({"text": "hi", "thoughtSignature": "a", "thought_signature": "b"})]}

    assert faults(body) == {"contents[0].parts[0].thought_signature": "Thought signature must not be given twice"}


def test_a_number_out_of_every_range_is_a_fault_and_not_a_crash() -> None:
    body = b'{"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"topK":1e999}}'

    with pytest.raises(BadRequest):
        DIALECT.read_prompt(call(body))


def test_members_that_say_nothing_elsewhere_are_no_loss() -> None:
    body = {
        "model": "models/x",
        "contents": [user({"text": "hi", "partMetadata": {"a": 1}})],
        "store": False,
        "generationConfig": {"responseModalities": ["TEXT"], "responseMimeType": "text/plain"},
    }

    assert prompt(body).losses == ()
