"""A malicious provider whose answers are translated: what it breaks is told as broken, soon, and within bounds."""

import asyncio
import json
import time
from collections.abc import Callable

import pytest

from octogate.core.errors import UpstreamBroken
from octogate.dialects import HUBS
from octogate.dialects import bridge as bridges
from octogate.dialects.gemini_generate.usage import read_usage
from octogate.telemetry.log import line

from .rig import EVENTS, PATIENCE, answer, request, says
from .translation import (
    BODIES,
    CHAT,
    END,
    GEMINI,
    MESSAGES,
    RESPONSES,
    bridge,
    delta,
    events,
    read_back,
    relayed,
)

MANY = 20_000
CALLERS = (GEMINI, MESSAGES, RESPONSES)
PATHS = {
    MESSAGES: ("/v1/messages", {**BODIES[MESSAGES], "model": "up/one", "stream": True}),
    GEMINI: ("/v1beta/models/up%2Fone:streamGenerateContent?alt=sse", BODIES[GEMINI]),
}
STRANGE_LOGPROBS = [5, "abcd", [1, 2], {"content": 5}, {"content": [5]}, {"content": [{"token": 5}]}]


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("logprobs", STRANGE_LOGPROBS)
def test_probabilities_of_no_known_shape_are_no_defect(caller, logprobs):
    """They are read where they are written, in the caller's dialect: that failed where nobody expected it."""
    stream = events(delta(content="a", logprobs=logprobs)) + END
    message = {"message": {"content": "a"}, "finish_reason": "stop", "logprobs": logprobs}

    out, reader = relayed(caller, CHAT, stream)
    assert reader.failure is None or reader.failure.code == "upstream_malformed_event"
    assert not out or read_back(out)

    made = bridge(caller, CHAT, BODIES[caller])
    try:
        json.loads(made.translate(json.dumps({"id": "c", "choices": [message]}).encode()))
    except UpstreamBroken as error:
        assert error.code == "upstream_malformed_answer"


async def test_what_cannot_be_written_ends_a_stream_with_an_error_in_band(rig):
    seen = asyncio.Event()

    async def behave(_request: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(EVENTS + events(delta(content="Hello")))
        await seen.wait()
        writer.write(events(delta(content="a", logprobs=5)) + END)

    rig.behaviour = behave
    path, body = PATHS[GEMINI]
    caller = await rig.call(request(body, path))
    await caller.until_event(b"Hello")
    seen.set()
    rest = await asyncio.wait_for(caller.reader.read(), PATIENCE)

    assert b"upstream_malformed_event" in rest
    assert b"STOP" not in rest
    assert rig.errors == []
    assert rig.receipts[0].code == "upstream_malformed_event"


@pytest.mark.parametrize("caller", [GEMINI, MESSAGES])
@pytest.mark.parametrize(
    "cut",
    [
        events(delta(content="Hello")),
        events(delta(content="Hello"), {"choices": []}),
        events(delta(content="Hello")) + b"data: [DO",
        events(delta(content="Hello")) + b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"st',
        events(delta(content="Hello")) + b'data: {"error":{"message":"it broke"}}\n\n' + END,
        events(delta(content="Hello"), {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}) + END,
    ],
)
async def test_no_broken_stream_ends_as_a_whole_one_in_another_dialect(rig, caller, cut):
    """T-55."""
    rig.closes_after = True
    rig.behaviour = says(EVENTS + cut)
    path, body = PATHS[caller]
    got = await rig.ask(body, path)

    assert got.status == 502 or not got.whole
    assert b"error" in got.body
    assert b"message_stop" not in got.body
    assert b'"STOP"' not in got.body
    assert rig.errors == []


def test_line_ends_in_arguments_do_not_cut_an_event_in_two():
    """Models write their arguments with line ends; an empty line among them began a new event for Gemini's clients."""
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": '{\n "a":\n\n 1\r\n}'}}
    out, _ = relayed(GEMINI, CHAT, events(delta(tool_calls=[call])) + END)

    first, *_ = read_back(out)
    assert first["candidates"][0]["content"]["parts"][0]["functionCall"]["args"] == {"a": 1}


def test_line_ends_in_a_body_do_not_cut_the_events_that_repeat_it():
    body = {
        **BODIES[RESPONSES], "stream": True, "metadata": {"a": "b"}, "user": "u",
        "tools": [{"type": "function", "name": "f", "parameters": {}}],
    }  # fmt: skip
    out, _ = relayed(RESPONSES, CHAT, events(delta(content="a")) + END, json.dumps(body, indent=2).encode())

    first, *_ = read_back(out)
    assert first["response"]["metadata"] == {"a": "b"}
    assert first["response"]["tools"][0]["name"] == "f"


@pytest.mark.parametrize("caller", [CHAT, GEMINI])
def test_line_ends_within_an_event_do_not_pass_on(caller):
    """An event of several data lines is one datum with line ends, and its raw values were passed on with them."""
    probabilities = b'[\ndata:\ndata: {"token":"a","logprob":-1}]'
    stream = events({"type": "response.created", "response": {"id": "r"}})
    stream += (
        b'data: {"type":"response.output_text.delta","delta":"a","output_index":0,"content_index":0,"logprobs":%b}\n\n'
        % probabilities
    )
    stream += events({"type": "response.completed", "response": {"status": "completed", "output": []}})
    out, reader = relayed(caller, RESPONSES, stream)

    assert reader.failure is None
    assert len(read_back(out)) >= 2


def signatures() -> bytes:
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}
    piece = {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s" * 2_000}}
    ends = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}
    return events({"type": "message_start", "message": {}}, start) + events(piece) * MANY + events(*ends)


def names() -> bytes:
    first = events(delta(tool_calls=[{"index": 0, "id": "c", "function": {"name": "n"}}]))
    return first + events(delta(tool_calls=[{"index": 0, "function": {"name": "x" * 2_000}}])) * MANY + END


def notes() -> bytes:
    note = {"url_citation": {"url": "u", "start_index": 1, "end_index": 50 * MANY}}
    return events(delta(content="é" * 50)) * MANY + events(delta(annotations=[note])) * MANY + END


def sources() -> bytes:
    """Each choice has them all."""
    said = b"".join(events(delta(at, content="a")) for at in range(1_000))
    ends = b"".join(events({"choices": [{"index": at, "delta": {}, "finish_reason": "stop"}]}) for at in range(1_000))
    return said + events({"choices": [], "citations": [f"u{at}" for at in range(2_000)]}) + ends + events(b"[DONE]")


def groundings() -> bytes:
    supports = [
        {"segment": {"endIndex": 3 + at, "text": f"nowhere {at}"}, "groundingChunkIndices": [0]} for at in range(MANY)
    ]
    grounding = {"groundingChunks": [{"web": {"uri": "u"}}], "groundingSupports": supports}
    part = {"content": {"parts": [{"text": "é" * 500_000}]}, "groundingMetadata": grounding, "finishReason": "STOP"}
    return events({"candidates": [part]})


@pytest.mark.parametrize(
    ("caller", "target", "stream"),
    [
        (CHAT, MESSAGES, signatures),
        (MESSAGES, CHAT, names),
        (RESPONSES, CHAT, notes),
        (GEMINI, CHAT, notes),
        (GEMINI, CHAT, sources),
        (CHAT, GEMINI, groundings),
    ],
)
def test_the_time_of_a_stream_grows_no_faster_than_its_bytes(caller, target, stream):
    sent = stream()
    body = {**BODIES[caller], "stream": True, "n": 128} if caller == CHAT else None

    assert seconds(lambda: relayed(caller, target, sent, body)) < 5.0


def test_the_time_of_a_whole_answer_grows_no_faster_than_its_bytes():
    chunks = [{"web": {"uri": f"u{at}"}} for at in range(MANY)]
    parts = [{"text": "a"}] * MANY
    body = {"candidates": [{"content": {"parts": parts}, "groundingMetadata": {"groundingChunks": chunks}}]}
    sent = json.dumps(body).encode()

    assert seconds(lambda: bridge(CHAT, GEMINI, BODIES[CHAT]).translate(sent)) < 2.0


def test_citations_of_the_same_words_do_not_repeat_them_without_end():
    """A few bytes of annotation each asked for all words of the answer once more."""
    note = {"type": "url_citation", "url_citation": {"url": "u", "title": "", "start_index": 0, "end_index": 100_000}}
    notes = [{**note, "url_citation": {**note["url_citation"], "end_index": 100_000 - at}} for at in range(1_000)]
    message = {"role": "assistant", "content": "a" * 100_000, "annotations": notes}
    sent = json.dumps({"id": "c", "choices": [{"message": message, "finish_reason": "stop"}]}).encode()

    assert len(bridge(GEMINI, CHAT, BODIES[GEMINI]).translate(sent)) < 3 * len(sent)


def test_more_calls_of_tools_than_any_answer_has_end_the_stream():
    calls = [delta(tool_calls=[{"index": at, "id": f"c{at}", "function": {"name": "f"}}]) for at in range(1_001)]
    _, reader = relayed(MESSAGES, CHAT, events(*calls) + END)

    assert reader.failure is not None
    assert reader.failure.code == "upstream_malformed_event"


@pytest.mark.parametrize("caller", CALLERS)
def test_a_stream_without_end_is_cut_where_its_words_have_to_be_kept(caller, monkeypatch):
    monkeypatch.setattr(bridges, "MAX_STREAM_BYTES", 10_000)
    _, whole = relayed(caller, CHAT, events(delta(content="a" * 1_000)) * 5 + END)
    _, endless = relayed(caller, CHAT, events(delta(content="a" * 1_000)) * 50 + END)

    assert whole.failure is None
    assert endless.failure is not None
    assert endless.failure.code == "upstream_response_too_large"
    assert endless.failure.replay == "never"


def test_an_address_that_is_none_is_no_defect():
    picture = {"image_url": {"url": "https://["}}
    out, reader = relayed(GEMINI, CHAT, events(delta(images=[picture])) + END)

    assert reader.failure is None
    assert read_back(out)


def test_counts_of_tokens_cannot_be_added_up_to_more_than_a_receipt_holds():
    details = [{"modality": "AUDIO", "tokenCount": 2**53}] * 5_000
    usage = read_usage(json.dumps({"promptTokenCount": 1, "promptTokensDetails": details}).encode())

    assert usage is not None
    assert usage.audio_input_tokens == 2**53
    assert str(2**53).encode() in line({"tokens": usage.audio_input_tokens})


@pytest.mark.parametrize("count", [-1, 2**53 + 1, 2**64, 1.5, "9", 1e300])
def test_no_count_that_cannot_be_one_gets_into_a_receipt(count):
    said = {
        CHAT: {"usage": {"prompt_tokens": count, "completion_tokens": 1}},
        RESPONSES: {"usage": {"input_tokens": count, "output_tokens": 1}},
        MESSAGES: {"usage": {"input_tokens": count, "output_tokens": 1}},
        GEMINI: {"usageMetadata": {"promptTokenCount": count, "candidatesTokenCount": 1}},
    }
    for dialect, body in said.items():
        assert HUBS[dialect].read_usage(json.dumps({**body, "choices": [], "output": []}).encode()) is None, dialect


async def test_a_whole_answer_of_no_known_shape_is_an_error_of_the_provider(rig):
    strange = {"id": "c", "choices": [{"message": {"content": "a"}, "finish_reason": "stop", "logprobs": 5}]}
    rig.behaviour = says(answer(json.dumps(strange).encode()))
    got = await rig.ask(BODIES[GEMINI], "/v1beta/models/up%2Fone:generateContent")

    assert got.status == 502
    assert rig.errors == []
