"""Bodies made to hurt who translates them: refused or told to the other provider, soon, and never a defect."""

import base64
import json
import time
from collections.abc import Callable

import pytest

from octogate.core import seals
from octogate.core.errors import BadRequest
from octogate.dialects import HUBS
from octogate.dialects.extent import is_translatable
from octogate.dialects.gemini_generate.spelling import camel
from octogate.dialects.media import split_data_url

from .rig import chat
from .translation import BODIES, CHAT, GEMINI, HELLO, MESSAGES, RESPONSES, bridge, read

MANY = 20_000
HALF_A_CHARACTER = "id__og1%s_" + base64.urlsafe_b64encode(b"\xed\xa0\x80").rstrip(b"=").decode()


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def nested(opening: bytes, depth: int, closing: bytes, core: bytes = b"{}") -> bytes:
    return opening * depth + core + closing * depth


def test_an_id_of_nothing_but_marks_is_read_at_once():
    """Sought from the front, each of them would be tried up to the end: hours for a body of the usual size."""
    text = "__og1a_" * 200_000 + "!"

    assert seconds(lambda: seals.unpack_id(text)) < 0.5
    assert seals.unpack_id(text) == (text, None)
    assert seals.unpack_id("call__og1a_QUJD__og1g_QUJD")[0] == "call"


@pytest.mark.parametrize(
    ("dialect", "letter", "body"),
    [
        (MESSAGES, "a", {"messages": [{"role": "assistant", "content": [
            {"type": "thinking", "thinking": "t", "signature": HALF_A_CHARACTER}]}]}),
        (CHAT, "c", {"messages": [{"role": "assistant", "content": "x", "reasoning_details": [
            {"type": "reasoning.text", "text": "t", "signature": HALF_A_CHARACTER}]}]}),
        (RESPONSES, "r", {"input": [{"type": "reasoning", "summary": [], "encrypted_content": HALF_A_CHARACTER}]}),
        (GEMINI, "g", {"contents": [{"role": "model", "parts": [
            {"functionCall": {"name": "f", "id": HALF_A_CHARACTER}, "thoughtSignature": HALF_A_CHARACTER}]}]}),
    ],
)  # fmt: skip
def test_a_forged_seal_cannot_bring_half_a_character_into_a_body(dialect, letter, body):
    forged = json.loads(json.dumps({**BODIES[dialect], **body}).replace("__og1%s_", f"__og1{letter}_"))

    sent = HUBS[dialect].write_call(
        read(dialect, forged), model="gemini-3-pro", stream_usage=True, default_max_tokens=None
    )

    assert b"\xed\xa0\x80" not in sent
    assert b"__og1" not in sent


def calls_of_chat(n: int) -> dict[str, object]:
    made = [{"id": f"c{at}", "type": "function", "function": {"name": "f", "arguments": "{}"}} for at in range(n)]
    results = [{"role": "tool", "tool_call_id": f"c{at}", "content": "r"} for at in reversed(range(n))]
    return {"model": "m", "messages": [*HELLO, {"role": "assistant", "content": None, "tool_calls": made}, *results]}


def calls_of_messages(n: int) -> dict[str, object]:
    made = [{"type": "tool_use", "id": f"c{at}", "name": "f", "input": {}} for at in range(n)]
    results = [{"type": "tool_result", "tool_use_id": f"c{at}", "content": "r"} for at in reversed(range(n))]
    return {
        **BODIES[MESSAGES],
        "messages": [*HELLO, {"role": "assistant", "content": made}, {"role": "user", "content": results}],
    }


def calls_of_gemini(n: int) -> dict[str, object]:
    made = [{"functionCall": {"name": f"f{at}"}} for at in range(n)]
    results = [{"functionResponse": {"name": "another", "response": {"a": 1}}} for _ in range(n)]
    return {"contents": [{"role": "model", "parts": made}, {"role": "user", "parts": results}]}


def pieces_of_gemini(n: int) -> dict[str, object]:
    return {"contents": [{"role": "model", "parts": [{"text": "a", "thought": True}]} for _ in range(n)]}


def results_of_gemini(n: int) -> dict[str, object]:
    result = {"functionResponse": {"name": "f", "response": {"a": 1}}}
    return {"contents": [{"role": "user", "parts": [result]} for _ in range(n)]}


def thoughts_of_chat(n: int) -> dict[str, object]:
    pieces = [{"type": "reasoning.text", "text": "a" * 100, "index": 0} for _ in range(5 * n)]
    return {"model": "m", "messages": [{"role": "assistant", "content": "x", "reasoning_details": pieces}]}


def thoughts_of_responses(n: int) -> dict[str, object]:
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}]}
    return {"model": "m", "input": [thought for _ in range(n)]}


def allowed_tools(n: int) -> dict[str, object]:
    tools = [{"type": "function", "function": {"name": f"t{at}"}} for at in range(n)]
    others = [{"type": "function", "function": {"name": f"u{at}"}} for at in range(n)]
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": others}}
    return {**BODIES[CHAT], "tools": tools, "tool_choice": choice}


@pytest.mark.parametrize(
    ("caller", "target", "body"),
    [
        (CHAT, MESSAGES, calls_of_chat),
        (MESSAGES, CHAT, calls_of_messages),
        (MESSAGES, GEMINI, calls_of_messages),
        (GEMINI, CHAT, calls_of_gemini),
        (GEMINI, CHAT, pieces_of_gemini),
        (GEMINI, RESPONSES, results_of_gemini),
        (CHAT, MESSAGES, thoughts_of_chat),
        (RESPONSES, CHAT, thoughts_of_responses),
        (CHAT, MESSAGES, allowed_tools),
    ],
)
def test_the_time_of_a_translation_grows_no_faster_than_the_body(caller, target, body):
    """Looking back over all that came before, for each of these, took from five seconds up to a minute."""
    sent = json.dumps(body(MANY)).encode()

    assert seconds(lambda: bridge(caller, target, sent)) < 4.0


def test_results_find_their_calls_whatever_their_order():
    sent = json.loads(bridge(CHAT, MESSAGES, calls_of_chat(3)).body)["messages"]

    assert [block["id"] for block in sent[1]["content"]] == ["c0", "c1", "c2"]
    assert [block["tool_use_id"] for block in sent[2]["content"]] == ["c2", "c1", "c0"]


def test_a_gemini_result_without_an_id_answers_the_oldest_open_call_of_its_name():
    calls = [{"functionCall": {"name": "f", "id": each}} for each in ("a", "b", "c")]
    results = [{"functionResponse": {"name": "f", "id": "a", "response": {}}}] + [
        {"functionResponse": {"name": "f", "response": {}}} for _ in range(2)
    ]
    body = {"contents": [{"role": "model", "parts": calls}, {"role": "user", "parts": results}]}

    sent = json.loads(bridge(GEMINI, CHAT, body).body)["messages"]

    assert [message["tool_call_id"] for message in sent if message["role"] == "tool"] == ["a", "b", "c"]


def test_data_urls_of_nothing_but_parameters_or_escapes_cost_little():
    assert seconds(lambda: split_data_url("data:" + ";" * 5_000_000)) < 0.5
    assert seconds(lambda: split_data_url("data:text/plain," + "%" * 5_000_000)) < 0.5
    assert split_data_url("data:image/png;base64,AA") == ("image/png", "AA")


def schema_of_chat(schema: bytes) -> bytes:
    return (
        b'{"model":"claude/one","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema",'
        b'"json_schema":{"name":"a","schema":%b}}}' % schema
    )


def schema_of_gemini(schema: bytes) -> bytes:
    return (
        b'{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"responseMimeType":"application/json",'
        b'"responseSchema":%b}}' % schema
    )


TO_OPENAI = "/v1beta/models/up%2Fone:generateContent"
DEEP = range(100, 1_000, 60)
HOSTILE = {
    "a format that is a list": ("/v1/chat/completions", schema_of_chat(b'{"format":[]}')),
    "a limit that is deep": ("/v1/chat/completions", *(schema_of_chat(nested(b'{"not":', n, b"}")) for n in DEEP)),
    "a deep schema": ("/v1/chat/completions", *(schema_of_chat(nested(b'{"items":', n, b"}")) for n in DEEP)),
    "a deep schema of Gemini's": (TO_OPENAI, *(schema_of_gemini(nested(b'{"items":', n, b"}")) for n in DEEP)),
    "a number without end": (TO_OPENAI, schema_of_gemini(b'{"minItems":"%b"}' % (b"9" * 5_000))),
    "deep arguments": (
        TO_OPENAI,
        *(
            b'{"contents":[{"parts":[{"functionCall":{"name":"f","args":%b}}]}]}' % nested(b'{"a":', n, b"}")
            for n in DEEP
        ),
    ),
    "parts in parts": (
        TO_OPENAI,
        *(
            b'{"contents":[{"parts":[%b]}]}'
            % nested(b'{"functionResponse":{"name":"f","parts":[', n // 3, b"]}}", b'{"text":"x"}')
            for n in DEEP
        ),
    ),
    "spaces in spaces": (
        "/v1/responses",
        *(
            b'{"model":"claude/one","input":"x","tools":[%b]}'
            % nested(b'{"type":"namespace","name":"n","tools":[', n // 2, b"]}", b'{"type":"function","name":"f"}')
            for n in DEEP
        ),
    ),
    "an address with half a bracket": (
        "/v1/chat/completions",
        json.dumps(
            chat("google/one", messages=[
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://["}}]}
            ])
        ).encode(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_body_is_a_defect_of_translation(rig, name):
    path, *bodies = HOSTILE[name]
    for body in bodies:
        got = await rig.ask(body, path)

        assert got.status != 500, got.body
        assert rig.errors == []


async def test_no_address_in_a_call_is_fetched(rig):
    """Translation passes addresses on, or leaves them out: the provider's connection is the only one there is."""
    here = f"http://127.0.0.1:{rig.upstream_port}/secret"
    for url in (here, "file:///etc/passwd", "gopher://127.0.0.1:1/_x", "http://169.254.169.254/latest"):
        for model in ("up/one", "claude/one", "google/one"):
            picture = {"type": "image_url", "image_url": {"url": url}}
            await rig.ask(chat(model, messages=[{"role": "user", "content": [picture]}]))

    assert all(request.startswith(b"POST /v1") for request in rig.requests)
    assert not any(b"GET " in request for request in rig.requests)


def test_a_cap_cannot_come_in_under_a_third_spelling():
    """`maxOutputTokens` and `max_output_tokens` are checked and held to; a mixture of both was neither."""
    body = {**BODIES[GEMINI], "generationConfig": {"maxOutput_tokens": 10**9}}

    assert b"000000000" not in bridge(GEMINI, CHAT, body).body


def test_names_of_members_are_not_kept():
    """A cache of spellings held a thousand names of any length, and with them what callers had put there."""
    assert camel("long_" * 1_000) == "long_" * 1_000
    assert camel("inline_data") == "inlineData"


@pytest.mark.parametrize("size", [1e300, 2**53 + 2])
def test_whole_numbers_beyond_all_readers_are_refused(size):
    with pytest.raises(BadRequest, match="top_k|Top k"):
        bridge(MESSAGES, GEMINI, {**BODIES[MESSAGES], "top_k": size})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (TO_OPENAI, b'{"contents":[{"parts":[%b]}]}' % b",".join([b'{"text":"a"}'] * 250_000)),
        (
            "/v1/chat/completions",
            b'{"model":"claude/one","messages":[{"role":"user","content":[%b]}]}' % b" , ".join([b'"a"'] * 250_000),
        ),
    ],
)
async def test_a_body_of_countless_pieces_is_refused_before_they_are_read(rig, path, body):
    """Each piece takes microseconds: a body of the usual size held up all other calls for most of a minute."""
    began = time.process_time()
    got = await rig.ask(body, path)

    assert got.status == 400
    assert "200000 items" in got.json["error"]["message"]
    assert time.process_time() - began < 2.0
    assert rig.requests == []


def test_long_texts_are_not_taken_for_countless_pieces():
    text = 'He said "no, yes", {a}, "b", "c".' * 30_000

    assert is_translatable(read(CHAT, {"model": "m", "messages": [{"role": "user", "content": text}]}).fields)


async def test_a_refusal_does_not_list_more_faults_than_any_caller_reads(rig_with):
    rig = await rig_with(models={"strict": {"targets": ["claude/one"], "on_unsupported": "reject"}})
    content = [{"type": "x" * 5_000, "a": 1} for _ in range(5_000)]
    got = await rig.ask(chat("strict", messages=[{"role": "user", "content": content}]))

    assert got.status == 400
    assert len(got.json["error"]["details"]) == 100
    assert "4999 more" in got.json["error"]["message"]
