"""What is easily lost without a word: members deep in a body, choices among nothing, the tier of an answer."""

import json
from typing import Any

import msgspec
import pytest

from octogate.core.conversation import (
    Answer,
    Choice,
    Finished,
    Format,
    Loss,
    Prompt,
    Settings,
    Text,
    ToolChoice,
    Turn,
    UsageReport,
)
from octogate.core.errors import BadRequest
from octogate.core.usage import Usage
from octogate.dialects.hub import Destination, named

from .gemini import DIALECT, answered, decoded, encoded, events, prompt, says, talk, written

HI = Turn("user", (Text("hi"),))
PICTURE = {"mime_type": "image/png", "data": "AAAA"}


def test_members_deep_in_a_body_are_lost_by_the_caller_s_spelling_of_their_path() -> None:
    body = {
        "contents": [
            {"parts": [{"text": "hi", "documentMetadata": {}, "part_metadata": {"a": 1}}], "lang": "de"},
            {"role": "user", "parts": [{"inline_data": {**PICTURE, "crop": 1}}]},
            {"role": "user", "parts": [{"fileData": {"fileUri": "https://x.example/a.pdf", "page_range": "1-2"}}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}, "will_continue": True}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}, "scheduling": "SILENT"}}]},
        ],
        "system_instruction": {"parts": [{"text": "Be kind."}], "name": "x"},
        "generation_config": {"thinking_config": {"thinking_budget": 5, "thinking_style": "terse"}},
    }

    assert sorted(loss.field for loss in prompt(body).losses) == [
        "contents[0].lang",
        "contents[0].parts[0].documentMetadata",
        "contents[1].parts[0].inline_data.crop",
        "contents[2].parts[0].fileData.page_range",
        "contents[3].parts[0].functionCall.will_continue",
        "contents[4].parts[0].functionResponse.scheduling",
        "generation_config.thinking_config.thinking_style",
        "system_instruction.name",
    ]


def test_a_part_that_is_two_things_is_a_fault_for_one_of_them_would_be_lost() -> None:
    with pytest.raises(BadRequest) as refusal:
        prompt({"contents": [{"parts": [{"text": "look", "inlineData": PICTURE}, {"thought": True}]}]})

    assert [(fault.field, fault.message) for fault in refusal.value.faults] == [
        (
            "contents[0].parts[0]",
            "A part must have only one of: text inlineData fileData functionCall functionResponse",
        ),
        ("contents[0].parts[1]", "A part must have text, data, a file or a function call"),
    ]


@pytest.mark.parametrize(("names", "is_lost"), [([], True), (["f"], False)])
def test_calls_that_are_checked_without_being_chosen_among_have_no_like(names: list[str], is_lost: bool) -> None:
    calling = {"mode": "VALIDATED", "allowedFunctionNames": names}

    read = prompt({"contents": [{"parts": [{"text": "hi"}]}], "toolConfig": {"functionCallingConfig": calling}})

    assert [loss.field for loss in read.losses] == ["toolConfig.functionCallingConfig.mode"] * is_lost
    assert read.tool_choice == (ToolChoice("auto") if is_lost else ToolChoice("allowed", ("f",)))


@pytest.mark.parametrize(("mode", "is_lost"), [("any", True), ("named", True), ("auto", False), ("none", False)])
def test_a_call_that_must_be_made_among_no_functions_is_told(mode: Any, is_lost: bool) -> None:
    _, losses = written(talk(HI, tool_choice=ToolChoice(mode, ("f",))))

    told = named(losses, DIALECT.field_names)
    assert told == (Loss("toolConfig.functionCallingConfig", "there is no tool to choose"),) * is_lost


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({"type": "object"}, {"description": "A town.", "type": "object"}),
        ({"description": "Own.", "type": "object"}, {"description": "Own.", "type": "object"}),
        ([], []),
    ],
)
def test_the_description_of_a_format_stands_in_its_schema(schema: object, sent: object) -> None:
    form = Format(msgspec.Raw(msgspec.json.encode(schema)), name="town", description="A town.", strict=True)

    body, losses = written(says(format=form))

    assert body["generationConfig"]["responseJsonSchema"] == sent
    assert losses == ()


def test_a_schema_without_a_description_goes_byte_for_byte() -> None:
    raw = b'{ "type":"object", "x": 1e2 }'
    body = DIALECT.write_prompt(says(format=Format(msgspec.Raw(raw))), Destination(model="gemini-3-pro")).body

    assert raw in body


def test_to_look_at_all_tokens_needs_no_word() -> None:
    body, losses = written(Prompt(turns=(HI,), settings=Settings(top_k=0)))

    assert (body.get("generationConfig"), losses) == (None, ())


@pytest.mark.parametrize(
    ("said", "tier"),
    [("standard", "default"), ("flex", "flex"), ("SERVICE_TIER_PRIORITY", "priority"), ("gold", None), (1, None)],
)
def test_the_tier_in_which_an_answer_was_made_is_told(said: object, tier: str | None) -> None:
    event = {
        "candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2, "serviceTier": said},
    }
    raw = json.dumps(event).encode()

    assert DIALECT.read_answer(raw).service_tier == tier
    (*_, report) = decoded(b"data: " + raw + b"\n\n")
    assert report == UsageReport(Usage(1, 2), tier)


def test_thoughts_that_were_counted_apart_from_the_answer_leave_no_negative_number() -> None:
    usage = Usage(input_tokens=3, output_tokens=5, reasoning_tokens=9, audio_output_tokens=1)

    (*_, last) = events(encoded([Finished("stop"), UsageReport(usage)]))

    assert last["usageMetadata"]["candidatesTokenCount"] == 0
    assert last["usageMetadata"]["candidatesTokensDetails"] == [{"modality": "AUDIO", "tokenCount": 1}]
    assert last["usageMetadata"]["totalTokenCount"] == 8
    whole = Answer(id="a", model="m", choices=(Choice((Text("x"),), "stop"),), usage=usage)
    assert answered(whole)["usageMetadata"]["candidatesTokenCount"] == 0
