"""Clients that were served by another provider before and now reach OpenAI itself."""

import json

from octogate.core.conversation import Reasoning, Signature, ToolCall
from octogate.core.seals import MARK, pack_id, seal

from .responses import DIALECT, an_answer, call_of, write_answer

CLAUDE = Signature("anthropic_messages", "EqQB")
OPENAI = Signature("openai_responses", "gAAA")


def sent(*items):
    call = call_of({"model": "m", "input": list(items)})
    return json.loads(DIALECT.write_call(call, model="gpt", stream_usage=True, default_max_tokens=None))["input"]


def test_thoughts_of_others_are_taken_out_and_calls_get_their_bare_ids():
    call_id = pack_id("c1", Signature("gemini_generate", "Cg=="))
    assert sent(
        {"role": "user", "content": "hi"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": seal(CLAUDE, "openai_responses")},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "gAAA"},
        {"type": "function_call", "id": "fc_1", "call_id": call_id, "name": "a", "arguments": "{}"},
        {"type": "function_call_output", "call_id": call_id, "output": "one"},
    ) == [
        {"role": "user", "content": "hi"},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "gAAA"},
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "a", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "one"},
    ]


def test_a_seal_of_openai_that_travelled_in_another_form_is_restored():
    (item,) = sent({"type": "reasoning", "summary": [], "encrypted_content": pack_id("", OPENAI)})
    assert item["encrypted_content"] == "gAAA"


def test_everything_that_we_make_for_a_client_is_taken_out_again_when_it_comes_back():
    given = write_answer(an_answer(Reasoning("unsigned"), Reasoning("hm", CLAUDE), ToolCall("c", "a", "{}", CLAUDE)))
    kept = sent(*given["output"])
    assert [item["type"] for item in kept] == ["function_call"]
    assert MARK not in json.dumps(kept)


def test_words_that_only_mention_the_mark_stay_as_they_are():
    items = [{"role": "user", "content": f"what is {MARK}a_x?"}, {"role": "user", "content": [MARK]}]
    assert sent(*items) == items


def test_a_body_without_marks_keeps_its_very_bytes():
    body = b'{"model":"m","input":[ {"role":"user", "content":"hi"} ]}'
    call = call_of(body)
    written = DIALECT.write_call(call, model="m", stream_usage=True, default_max_tokens=None)
    assert b'[ {"role":"user", "content":"hi"} ]' in written


def test_an_item_of_no_shape_passes_with_its_mark():
    assert sent(MARK, {"call_id": 5, "x": MARK}) == [MARK, {"call_id": 5, "x": MARK}]
