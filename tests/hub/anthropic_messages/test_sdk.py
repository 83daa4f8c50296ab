"""What the vendor's own SDK makes of the answers that we write, whole and streamed."""

from typing import Any

import anthropic
import httpx2

from octogate.core.conversation import (
    Answer,
    ArgumentsPiece,
    Begun,
    Choice,
    Citation,
    CitationPiece,
    Finished,
    HiddenReasoning,
    PartEnd,
    Reasoning,
    ReasoningPiece,
    SignaturePiece,
    Text,
    TextPiece,
    ToolBegun,
    ToolCall,
    UsageReport,
)
from octogate.core.usage import Usage

from .messages import CALL, DIALECT, FOREIGN, HEADING, encode

END = PartEnd()
USED = Usage(12, 7, cached_tokens=4)
PARTS = (
    Reasoning("hm", FOREIGN),
    Reasoning(signature=FOREIGN, hidden=True),
    Text("Grüße 🐙", (Citation("https://example.org", "t", "q"),)),
    ToolCall("c1", "f", '{"a":[1]}', FOREIGN),
    ToolCall("c2", "g", "{}"),
)
PIECES = (
    Begun("up_1", "gpt-x"),
    ReasoningPiece("h"), ReasoningPiece("m"), SignaturePiece(FOREIGN), END,
    HiddenReasoning(FOREIGN),
    TextPiece("Grüße "), TextPiece("🐙"), CitationPiece(Citation("https://example.org", "t", "q")), END,
    ToolBegun("c1", "f", signature=FOREIGN), ArgumentsPiece('{"a":'), ArgumentsPiece("[1]}"), END,
    ToolBegun("c2", "g"), END,
    Finished("tool_calls"),
    UsageReport(USED),
)  # fmt: skip


def client(body: bytes, content_type: str) -> anthropic.Anthropic:
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(200, content=body, headers={"content-type": content_type})
    )
    return anthropic.Anthropic(
        api_key="k", base_url="http://gateway", http_client=httpx2.Client(transport=transport), max_retries=0
    )


def asked() -> dict[str, Any]:
    return {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


def test_a_stream_becomes_the_same_message_as_the_answer() -> None:
    answer = Answer(id="up_1", model="gpt-x", choices=(Choice(PARTS, "tool_calls"),), usage=USED)
    whole = client(DIALECT.write_answer(answer, CALL, HEADING), "application/json").messages.create(**asked())

    with client(encode(*PIECES), "text/event-stream").messages.stream(**asked()) as stream:
        streamed = stream.get_final_message()

    assert [block.type for block in whole.content] == ["thinking", "redacted_thinking", "text", "tool_use", "tool_use"]
    assert [block.to_dict() for block in streamed.content] == [block.to_dict() for block in whole.content]
    assert (streamed.stop_reason, streamed.model, streamed.id) == (whole.stop_reason, whole.model, whole.id)
    for usage in (streamed.usage, whole.usage):
        assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (8, 4, 7)
