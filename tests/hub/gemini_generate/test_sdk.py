"""The vendor's own Python SDK takes what we write, and gives back what we sealed into it."""

import json

from google.genai import types

from octogate.core.conversation import (
    ArgumentsPiece,
    Begun,
    Finished,
    HiddenReasoning,
    PartEnd,
    Piece,
    Reasoning,
    ReasoningPiece,
    Signature,
    SignaturePiece,
    Text,
    TextPiece,
    ToolBegun,
    ToolCall,
    UsageReport,
)
from octogate.core.usage import Usage

from .gemini import encoded, events, prompt

SEALS = [Signature("anthropic_messages", "EqQB/+==" * length + "x") for length in range(1, 5)]


def test_a_chat_that_the_sdk_records_comes_back_with_every_seal_and_call() -> None:
    pieces: list[Piece] = [
        Begun("m", "claude-x"),
        ReasoningPiece("I won"),
        ReasoningPiece("der."),
        SignaturePiece(SEALS[0]),
        PartEnd(),
        *map(HiddenReasoning, SEALS[1:]),
        TextPiece("I ask."),
        PartEnd(),
        ToolBegun("toolu_1", "f"),
        ArgumentsPiece('{"a":1}'),
        PartEnd(),
        Finished("tool_calls"),
        UsageReport(Usage(input_tokens=5, output_tokens=7)),
    ]

    answers = [types.GenerateContentResponse.model_validate(event) for event in events(encoded(pieces))]

    assert answers[-1].usage_metadata is not None
    assert answers[-1].usage_metadata.total_token_count == 12
    candidates = [answer.candidates[0] for answer in answers if answer.candidates]
    assert candidates[-1].finish_reason == types.FinishReason.STOP
    recorded = [
        json.loads(candidate.content.model_dump_json(exclude_none=True))
        for candidate in candidates
        if candidate.content
    ]
    (turn,) = prompt({"contents": recorded}).turns
    assert [*turn.parts] == [
        Reasoning("I wonder.", SEALS[0]),
        *(Reasoning("", seal, hidden=True) for seal in SEALS[1:]),
        Text("I ask."),
        ToolCall("toolu_1", "f", '{"a":1}'),
    ]
