"""Answers that end honestly by saying that they failed: an answer of this dialect, an error to all others."""

import json
from typing import Any

import pytest

from octogate.core.call import Call, Endpoint
from octogate.core.conversation import Prompt, Settings, Text, Turn
from octogate.core.errors import UpstreamBroken, UpstreamError, UpstreamLimited, UpstreamRefused
from octogate.dialects.bridge import Bridge
from octogate.dialects.hub import Destination, Heading
from octogate.dialects.openai_chat.dialect import OpenAIChat

from .responses import DIALECT

PROMPT = Prompt(turns=(Turn("user", (Text("hi"),)),), settings=Settings())
CALL = Call(Endpoint("openai_chat", "generate"), "m", stream=True, fields={}, input_bytes=2)
SERVER = {"code": "server_error", "message": "The model crashed."}
TEXT = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hel"}


def bridge() -> Bridge:
    return Bridge(CALL, PROMPT, OpenAIChat(), DIALECT, Destination(model="m", stream=True), Heading("r", 1))


def failed(error: Any) -> dict[str, Any]:
    return {"id": "resp_1", "model": "m", "status": "failed", "output": [], "error": error}


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (SERVER, UpstreamBroken, "The model crashed."),
        ({"code": "rate_limit_exceeded", "message": "Slow down."}, UpstreamLimited, "Slow down."),
        ({"code": "invalid_prompt", "message": "No such prompt."}, UpstreamRefused, ""),
        (None, UpstreamBroken, "The provider broke off the stream with an error."),
        ("odd", UpstreamBroken, "odd"),
    ],
)
def test_a_stream_that_ends_with_a_failure_fails_for_the_caller_of_another_dialect(
    error: object, kind: type[UpstreamError], message: str
) -> None:
    reader = bridge().reader(CALL)

    sent = reader.feed(sse(TEXT, {"type": "response.failed", "response": failed(error)}))
    last = reader.close()

    assert b'"content":"Hel"' in sent
    assert last == b""
    assert type(reader.failure) is kind
    assert message in str(reader.failure)
    assert reader.feed(sse(TEXT)) == reader.close() == b""


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_whole_answer_that_failed_is_an_error_for_the_caller_of_another_dialect(status: str) -> None:
    body = json.dumps({**failed(SERVER), "status": status}).encode()
    assert DIALECT.check_answer(body) is None

    with pytest.raises(UpstreamBroken, match="The model crashed"):
        bridge().translate(body)
