"""Calls whose target speaks another dialect, as stories: what each side sees, and what the receipt tells of it."""

import json
from typing import Any

import pytest

from octogate.core.errors import UpstreamUnavailable
from octogate.core.receipt import Receipt
from octogate.dialects.tool_aliases import alias_of

from .playbook import ANSWER as HELLO_BODY
from .playbook import DONE, HEL, HELLO, ROLE, STREAM, Caller, Says, Story, says
from .voices import CLAUDE, CLAUDE_STREAM, GEMINI, MESSAGE, RESPONSE, asking, body_of, stage

DOWN = UpstreamUnavailable("The provider could not be reached.", replay="safe")
HI = [{"role": "user", "content": "hi"}]
TOOL = {"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {}}}


async def ask_claude(story: Story, messages: list[dict[str, Any]] = HI, **body: Any) -> Caller:
    """A client of Anthropic's asks."""
    members = {"model": "chat", "max_tokens": 99, "messages": messages, **body}
    return await story.call(members, path="/v1/messages")


def events(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in content.splitlines() if line.startswith(b"data: {")]


def text_of(content: bytes) -> str:
    """All text of an Anthropic stream."""
    return "".join(
        event["delta"].get("text", "") for event in events(content) if event["type"] == "content_block_delta"
    )


async def test_a_client_of_anthropics_is_served_by_openais_chat():
    """S3-47: on by default."""
    story = Story(stage("chat"), chat=[HELLO])

    caller = await ask_claude(story, system="be kind", stop_sequences=["."])

    (request,) = story.providers.requests
    assert request.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert body_of(request) == {
        "model": "gpt",
        "messages": [{"role": "system", "content": "be kind"}, *HI],
        "max_tokens": 99,
        "stop": ["."],
    }
    assert caller.status == 200
    assert caller.json["content"] == [{"type": "text", "text": "Hello"}]
    assert (caller.json["type"], caller.json["stop_reason"], caller.json["model"]) == (
        "message",
        "end_turn",
        "gpt-2026",
    )
    assert (caller.json["usage"]["input_tokens"], caller.json["usage"]["output_tokens"]) == (10, 5)
    assert caller.header("x-octogate-cost-usd") == "0.00002"
    assert caller.header("x-octogate-dropped") is None
    receipt = story.receipts[0]
    assert (receipt.dialect, receipt.attempts[0].dialect, receipt.cost_nano_usd) == (
        "anthropic_messages", "openai_chat", 20_000,
    )  # fmt: skip
    assert (receipt.dropped, receipt.level) == ((), "info")


async def test_a_stream_is_translated_as_it_comes_and_its_end_waits_for_the_receipt():
    """S3-80"""
    story = Story(stage("chat"), chat=[STREAM])
    caller = story.caller({"model": "chat", "max_tokens": 9, "messages": HI, "stream": True}, path="/v1/messages")
    seen: list[bytes] = []

    def record(receipt: Receipt) -> None:
        seen.append(caller.content)
        story.receipts.append(receipt)

    story.pipeline._record = record

    await story.pipeline.handle(caller)

    told = [said["type"] for said in events(caller.content)]
    assert told == [
        "message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
    ]  # fmt: skip
    assert text_of(seen[0]) == "Hello"
    assert b"message_stop" not in seen[0]
    assert events(caller.content)[-2]["usage"]["output_tokens"] == 2
    assert story.receipts[0].usage.input_tokens == 10
    assert (story.receipts[0].cost_nano_usd, story.receipts[0].finish) == (14_000, "stop")
    assert body_of(story.providers.requests[0])["stream_options"] == {"include_usage": True}


async def test_a_client_of_openais_is_billed_for_what_anthropic_counts():
    """Anthropic's three kinds of input are one number with parts here: 10, of which 6 came from its cache."""
    story = Story(stage("claude"), claude=[CLAUDE, CLAUDE_STREAM])

    plain = await story.chat()
    streamed = await story.chat(stream=True, stream_options={"include_usage": True})

    assert plain.json["choices"][0]["message"]["content"] == "Hello"
    assert plain.json["usage"]["prompt_tokens"] == 10
    assert plain.json["usage"]["prompt_tokens_details"]["cached_tokens"] == 6
    usage = events(streamed.content)[-1]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (10, 5, 15)
    assert streamed.content.endswith(DONE)
    assert [(r.usage.input_tokens, r.usage.cached_tokens, r.usage.output_tokens) for r in story.receipts] == [
        (10, 6, 5)
    ] * 2
    assert story.receipts[0].cost_nano_usd == story.receipts[1].cost_nano_usd is not None


async def test_a_stream_that_breaks_off_is_an_error_in_the_callers_dialect():
    """S3-80"""
    story = Story(stage("chat"), chat=[Says(reads=[ROLE, HEL])])

    caller = await ask_claude(story, stream=True)

    assert text_of(caller.content) == "Hel"
    assert events(caller.content)[-1]["type"] == "error"
    assert b"message_stop" not in caller.content
    assert caller.aborted
    assert story.receipts[0].code == "upstream_interrupted"


async def test_a_stream_moves_to_another_dialect_before_its_first_word_and_never_behind_it():
    """S3-80"""
    cut_before, cut_behind = Says(reads=[ROLE]), Says(reads=[ROLE, HEL])
    story = Story(stage("chat", "claude"), chat=[cut_before, cut_behind], claude=[CLAUDE_STREAM])

    saved = await ask_claude(story, stream=True)
    lost = await ask_claude(story, stream=True)

    assert text_of(saved.content) == "Hello"
    assert [a.outcome for a in story.receipts[0].attempts] == ["upstream_broken", "ok"]
    assert saved.content == b"".join(CLAUDE_STREAM.reads), "at its own dialect's target nothing is translated"
    assert text_of(lost.content) == "Hel"
    assert story.outcomes == ["chat: upstream_interrupted"]


async def test_what_a_target_cannot_be_told_is_named_and_left_out():
    story = Story(stage("chat"), chat=[HELLO, STREAM])

    plain = await ask_claude(story, top_k=5)
    streamed = await ask_claude(story, top_k=5, stream=True)

    assert [plain.status, streamed.status] == [200, 200]
    assert [caller.header("x-octogate-dropped") for caller in (plain, streamed)] == ["top_k", "top_k"]
    assert [(receipt.dropped, receipt.level) for receipt in story.receipts] == [(("top_k",), "info")] * 2
    assert "top_k" not in body_of(story.providers.requests[0])


async def test_the_receipt_warns_where_the_operator_wants_to_hear_of_it():
    story = Story(stage("chat", on_unsupported="warn"), chat=[HELLO])

    caller = await ask_claude(story, top_k=5)
    await ask_claude(story)

    assert (caller.status, caller.header("x-octogate-dropped")) == (200, "top_k")
    assert [receipt.level for receipt in story.receipts] == ["warning", "info"]


async def test_a_strict_group_refuses_with_every_field_that_it_would_have_to_drop():
    story = Story(stage("claude", on_unsupported="reject"), claude=[CLAUDE])

    caller = await story.chat(seed=1, frequency_penalty=0.5, logprobs=True)

    assert (caller.status, caller.json["error"]["code"]) == (400, "unsupported")
    assert {fault["field"] for fault in caller.json["details"]} == {"seed", "frequency_penalty", "logprobs"}
    assert story.providers.calls == []
    assert (await story.chat(temperature=0.5)).status == 200


async def test_a_strict_group_asks_another_target_that_can_be_told():
    story = Story(stage("claude", "chat", on_unsupported="reject"), claude=[CLAUDE], chat=[HELLO])

    caller = await story.chat(seed=1)

    assert (caller.status, caller.content) == (200, HELLO.reads[0])
    assert caller.header("x-octogate-dropped") is None
    assert story.providers.calls == ["chat"]
    assert story.receipts[0].dropped == ()


async def test_what_was_dropped_at_a_target_that_failed_is_forgotten():
    story = Story(stage("claude", "chat"), claude=[DOWN], chat=[HELLO])

    caller = await story.chat(seed=1)

    assert caller.header("x-octogate-dropped") is None
    assert story.outcomes == ["claude: upstream_unavailable", "chat: ok"]


@pytest.mark.parametrize("on_unsupported", ["drop", "warn", "reject"])
@pytest.mark.parametrize(
    "members",
    [
        {"background": True},
        {"previous_response_id": "resp_1"},
        {"conversation": "conv_1"},
        {"prompt": {"id": "pmpt_1"}},
    ],
    ids=lambda members: next(iter(members)),
)
async def test_without_some_things_a_call_would_mean_something_else(on_unsupported, members):
    story = Story(stage("chat", on_unsupported=on_unsupported), chat=[HELLO])

    caller = await story.call({"model": "chat", "input": "hi", **members}, path="/v1/responses")

    assert (caller.status, caller.json["error"]["code"]) == (400, "unsupported")
    assert caller.json["error"]["param"] == next(iter(members))
    assert story.providers.calls == []
    assert story.receipts[0].code == "unsupported"


async def test_a_target_of_the_callers_own_dialect_is_told_even_those():
    story = Story(stage("chat", "responses"), chat=[HELLO], responses=[RESPONSE])

    caller = await story.call({"model": "chat", "input": "hi", "previous_response_id": "resp_0"}, path="/v1/responses")

    assert (caller.status, caller.content) == (200, RESPONSE.reads[0])
    assert story.providers.calls == ["responses"]
    assert body_of(story.providers.requests[0])["previous_response_id"] == "resp_0"


async def test_a_conversation_goes_to_another_vendor_and_back_and_each_gets_its_own_signatures_only():
    """Failover in the middle of a loop of tools: the second vendor's signature rides in the id of its call."""
    called = asking({"functionCall": {"name": "look", "args": {"at": "it"}}, "thoughtSignature": "R0VN"})
    story = Story(stage("claude", "gemini"), claude=[DOWN, CLAUDE, DOWN], gemini=[called, GEMINI])
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "Q0xB"}
    first = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    history = [*HI, {"role": "assistant", "content": [thought, first]}, result_of("toolu_1")]

    there = await ask_claude(story, history, tools=[TOOL])
    (call,) = there.json["content"]
    history += [{"role": "assistant", "content": [call]}, result_of(call["id"])]
    back = await ask_claude(story, history, tools=[TOOL])
    again = await ask_claude(story, history, tools=[TOOL])

    assert [caller.status for caller in (there, back, again)] == [200, 200, 200]
    assert (there.json["stop_reason"], call["name"], call["input"]) == ("tool_use", "look", {"at": "it"})
    assert story.providers.calls == ["claude", "gemini", "claude", "claude", "gemini"]
    to_claude, to_gemini = body_of(story.providers.requests[2]), body_of(story.providers.requests[4])
    assert "Q0xB" in json.dumps(to_claude)
    assert "R0VN" not in json.dumps(to_claude)
    theirs, result = to_claude["messages"][3]["content"][0], to_claude["messages"][4]["content"][0]
    assert theirs["id"] == result["tool_use_id"] != call["id"]
    parts = [part for content in to_gemini["contents"] for part in content["parts"] if "functionCall" in part]
    assert [part.get("thoughtSignature") for part in parts][-1] == "R0VN"
    assert "Q0xB" not in json.dumps(to_gemini)


def result_of(call_id: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call_id, "content": "seen"}]}


async def test_tokens_are_counted_here_where_the_target_speaks_another_dialect():
    story = Story(stage("chat", "gemini"), chat=[HELLO], gemini=[GEMINI])

    caller = await story.call({"model": "chat", "messages": HI}, path="/v1/messages/count_tokens")

    assert caller.status == 200
    assert 1 <= caller.json["input_tokens"] <= 20
    assert story.providers.calls == []


async def test_each_vendor_gets_the_headers_that_are_for_it():
    story = Story(stage("chat", "claude"), chat=[DOWN], claude=[CLAUDE])

    await story.call(
        {"model": "chat", "messages": HI}, openai_beta="x=v1", anthropic_beta="y-1", traceparent="00-a-b-01"
    )

    to_openai, to_anthropic = (request.partition(b"\r\n\r\n")[0] for request in story.providers.requests)
    assert b"\r\nopenai-beta: x=v1\r\n" in to_openai
    assert b"anthropic-" not in to_openai
    assert b"\r\nanthropic-version: 2023-06-01\r\n" in to_anthropic
    assert b"openai-beta" not in to_anthropic
    assert all(b"\r\ntraceparent: 00-a-b-01\r\n" in head for head in (to_openai, to_anthropic))


FLAT = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
NESTED = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize("tool", [FLAT, NESTED], ids=["flat", "nested"])
@pytest.mark.parametrize("name", ["chat", "claude"])
async def test_cursors_other_form_is_understood_on_the_chat_route(tool, name):
    story = Story(stage(name), **{name: [HELLO if name == "chat" else CLAUDE]})

    caller = await story.call(
        {"model": "chat", "input": HI, "instructions": "be kind", "tools": [tool], "max_output_tokens": 99}
    )

    assert caller.status == 200
    assert caller.json["object"] == "chat.completion"
    assert caller.json["choices"][0]["message"]["content"] == "Hello"
    sent = body_of(story.providers.requests[0])
    assert [tool.get("name") or tool["function"]["name"] for tool in sent["tools"]] == ["look"]
    assert sent["messages"][-1] == (
        HI[0] if name == "chat" else {"role": "user", "content": [{"type": "text", "text": "hi"}]}
    )
    assert "input" not in sent


@pytest.mark.parametrize("name", ["chat", "claude"])
async def test_a_tool_whose_name_a_vendor_refuses_has_another_there_and_its_own_at_home(name):
    """Names with dots are usual at Gemini, and refused elsewhere."""
    told = alias_of("files.read")
    call = {"id": "c1", "type": "function", "function": {"name": told, "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    chat = {**HELLO_BODY, "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    use = {"type": "tool_use", "id": "c1", "name": told, "input": {}}
    claude = {**MESSAGE, "content": [use], "stop_reason": "tool_use"}
    story = Story(stage(name), **{name: [says(chat if name == "chat" else claude)]})
    declared = {"functionDeclarations": [{"name": "files.read", "description": "Reads."}]}

    caller = await story.call(
        {"contents": [{"role": "user", "parts": [{"text": "hi"}]}], "tools": [declared]},
        path="/v1beta/models/chat:generateContent",
    )

    [tool] = body_of(story.providers.requests[0])["tools"]
    assert (tool.get("function") or tool)["name"] == told
    [part] = caller.json["candidates"][0]["content"]["parts"]
    assert part["functionCall"]["name"] == "files.read"
    assert caller.header("x-octogate-dropped") is None


async def test_cursors_other_form_is_streamed_as_chat():
    story = Story(stage("chat"), chat=[STREAM])

    caller = await story.call({"model": "chat", "input": "hi", "stream": True, "tools": [FLAT]})

    said = [chunk["choices"][0]["delta"].get("content") or "" for chunk in events(caller.content) if chunk["choices"]]
    assert "".join(said) == "Hello"
    assert caller.content.endswith(DONE)
    assert b"response." not in caller.content


async def test_a_group_that_hides_what_serves_it_hides_it_in_translated_answers_too():
    tell = {"functionCall": {"name": "look", "args": {"model": "gpt"}}}
    story = Story(stage("chat", "gemini", response_model="group"), chat=[HELLO, STREAM, DOWN], gemini=[asking(tell)])

    plain, streamed = await ask_claude(story), await ask_claude(story, stream=True)
    called = await ask_claude(story, tools=[TOOL])

    assert plain.json["model"] == called.json["model"] == "chat"
    assert events(streamed.content)[0]["message"]["model"] == "chat"
    assert b"gpt-2026" not in plain.content + streamed.content
    assert called.json["content"][0]["input"] == {"model": "gpt"}
