"""Faults that other gateways had in translating, each impossible here: on the wire, where no SDK is lenient."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from octogate.core.call import DialectName

from .subjects import UPSTREAMS
from .wire import PAIRS, SPEAKS, TOOLS, Answer, Wire, asking, fresh

SAY: Final = "Grüße, 世界 👩‍🚀 from here."

each_pair = pytest.mark.parametrize(("caller", "upstream"), PAIRS)


def usage_in(caller: DialectName, event: Any) -> Any:
    """The usage that an event or an answer tells of, if any."""
    return event.get("usageMetadata" if caller == "gemini_generate" else "usage") or (
        event.get("response") or event.get("message") or {}
    ).get("usage")


COUNTS: Final[dict[DialectName, Callable[[Any], tuple[int, int, int]]]] = {
    "openai_chat": lambda told: (
        told["prompt_tokens"], told["completion_tokens"], told["prompt_tokens_details"]["cached_tokens"],
    ),
    "openai_responses": lambda told: (
        told["input_tokens"], told["output_tokens"], told["input_tokens_details"]["cached_tokens"],
    ),
    "anthropic_messages": lambda told: (
        told["input_tokens"] + told["cache_read_input_tokens"], told["output_tokens"], told["cache_read_input_tokens"],
    ),
    "gemini_generate": lambda told: (
        told["promptTokenCount"], told["candidatesTokenCount"], told["cachedContentTokenCount"],
    ),
}  # fmt: skip


@each_pair
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_usage_and_cached_tokens_arrive(wire: Wire, caller: DialectName, upstream: str, stream: bool) -> None:
    """Gemini clients got 0 tokens on every translated stream; cached tokens were lost."""
    named, model = fresh(upstream, "mock-cached")
    wanted = {"stream_options": {"include_usage": True}} if stream and caller == "openai_chat" else {}

    answer = wire.ask(caller, named, asking(caller, SAY) | wanted, stream=stream)

    told = [usage for event in (answer.events if stream else [answer.json]) if (usage := usage_in(caller, event))]
    [record] = wire.asked(model)
    counts = COUNTS[caller](told[-1])
    assert counts[:2] == (record.input_tokens, record.output_tokens)
    assert counts[2] == record.input_tokens // 2 > 0


@pytest.mark.parametrize("upstream", [upstream for upstream in UPSTREAMS if SPEAKS[upstream] != "openai_chat"])
@pytest.mark.parametrize("asked", [False, True])
def test_the_chunks_of_a_chat_are_what_strict_clients_check(wire: Wire, upstream: str, asked: bool) -> None:
    """Chunks lacked `finish_reason` or `choices`, the role was empty, the usage chunk had a choice or came unasked."""
    named, _ = fresh(upstream)
    wanted = {"stream_options": {"include_usage": True}} if asked else {}

    answer = wire.ask("openai_chat", named, asking("openai_chat", SAY) | wanted, stream=True)

    *chunks, last = answer.events
    assert answer.lines[-1] == (None, "[DONE]")
    assert answer.body.count(b"[DONE]") == 1
    if asked:
        assert last["choices"] == []
        assert last["usage"]["total_tokens"] > 0
    else:
        chunks.append(last)
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    assert len(choices) == len(chunks)
    assert [chunk for chunk in chunks if chunk.get("usage")] == []
    assert [choice["finish_reason"] for choice in choices] == [None] * (len(choices) - 1) + ["stop"]
    assert {choice["index"] for choice in choices} == {0}
    assert {choice["delta"].get("role", "assistant") for choice in choices} == {"assistant"}
    assert len({chunk["id"] for chunk in answer.events}) == 1
    assert wire.receipt(answer).usage is not None


@pytest.mark.parametrize("upstream", [upstream for upstream in UPSTREAMS if upstream != "openai_responses"])
@pytest.mark.parametrize("scenario", ["mock", "mock-think", "mock-parallel"])
def test_the_events_of_responses_are_named_and_counted(wire: Wire, upstream: str, scenario: str) -> None:
    """Streams had no `event:` lines, sequence numbers were repeated, and the last event never came."""
    named, _ = fresh(upstream, scenario)

    answer = wire.ask("openai_responses", named, asking("openai_responses", SAY, tools=TOOLS), stream=True)

    assert [name for name, _ in answer.lines] == [event["type"] for event in answer.events]
    assert [event["sequence_number"] for event in answer.events] == list(range(len(answer.events)))
    assert answer.events[0]["type"] == "response.created"
    assert answer.events[-1]["type"] == "response.completed"
    assert b"[DONE]" not in answer.body


def calls_in(caller: DialectName, answer: Answer) -> list[tuple[str, str, Any]]:
    """(id, name, arguments) of each call of a stream, read as a client that trusts the first event of each."""
    found: dict[int, list[str]] = {}
    for event in answer.events:
        if caller == "openai_chat":
            for delta in event["choices"][0]["delta"].get("tool_calls", ()) if event["choices"] else ():
                known = found.setdefault(delta["index"], [delta.get("id"), delta["function"].get("name"), ""])
                known[2] += delta["function"].get("arguments") or ""
        elif caller == "anthropic_messages" and event.get("content_block", {}).get("type") == "tool_use":
            assert event["content_block"]["input"] == {}
            found[event["index"]] = [event["content_block"]["id"], event["content_block"]["name"], ""]
        elif caller == "anthropic_messages" and event.get("delta", {}).get("type") == "input_json_delta":
            found[event["index"]][2] += event["delta"]["partial_json"]
        elif caller == "openai_responses" and event.get("item", {}).get("type") == "function_call":
            known = found.setdefault(event["output_index"], [event["item"]["call_id"], event["item"]["name"], ""])
            assert event["type"] == "response.output_item.added" or event["item"]["arguments"] == known[2]
        elif event.get("type") == "response.function_call_arguments.delta":
            found[event["output_index"]][2] += event["delta"]
        elif caller == "gemini_generate":
            for part in event["candidates"][0].get("content", {}).get("parts", ()):
                if call := part.get("functionCall"):
                    found[len(found)] = [call["id"], call["name"], json.dumps(call["args"])]
    return [(identity, name, json.loads(arguments)) for identity, name, arguments in found.values()]


@each_pair
def test_both_of_two_calls_arrive_with_index_id_name_and_arguments(
    wire: Wire, caller: DialectName, upstream: str
) -> None:
    """A parallel call was lost; names, ids or arguments were missing; the index was no integer."""
    named, _ = fresh(upstream, "mock-parallel")

    answer = wire.ask(caller, named, asking(caller, SAY, tools=TOOLS), stream=True)

    calls = calls_in(caller, answer)
    assert [(name, arguments) for _, name, arguments in calls] == [(name, {"place": "mock place"}) for name in TOOLS]
    assert len({identity for identity, _, _ in calls if identity}) == 2


@each_pair
def test_a_character_that_is_cut_between_two_reads_stays_whole(wire: Wire, caller: DialectName, upstream: str) -> None:
    """Each read was decoded by itself: what lay across two of them became U+FFFD. T-51."""
    named, _ = fresh(upstream, chunking=1)

    answer = wire.ask(caller, named, asking(caller, SAY), stream=True)

    assert answer.whole
    said = "".join(json.dumps(event, ensure_ascii=False) for event in answer.events)
    for word in SAY.split():
        assert word in said
    assert "\ufffd" not in said
    assert "\\u" not in said


SYSTEM: Final = "Answer as a sailor."
INSTRUCTED: Final[dict[DialectName, Callable[[Any], Any]]] = {
    "openai_chat": lambda body: body | {"messages": [{"role": "system", "content": SYSTEM}, *body["messages"]]},
    "openai_responses": lambda body: body | {"instructions": SYSTEM},
    "anthropic_messages": lambda body: body | {"system": SYSTEM},
    "gemini_generate": lambda body: body | {"systemInstruction": {"parts": [{"text": SYSTEM}]}},
}
TURNS: Final[dict[DialectName, str]] = {
    "openai_chat": "messages", "openai_responses": "input", "anthropic_messages": "messages",
    "gemini_generate": "contents",
}  # fmt: skip


@each_pair
def test_the_words_of_the_system_stay_the_system_s_and_those_of_one_role_stay_together(
    wire: Wire, caller: DialectName, upstream: str
) -> None:
    """S2-31: the system's words became the user's or the assistant's; two turns of one role were refused."""
    named, model = fresh(upstream)
    body = INSTRUCTED[caller](asking(caller, "One."))
    body[TURNS[caller]] += asking(caller, "Two.")[TURNS[caller]]

    answer = wire.ask(caller, named, body)

    assert answer.status == 200
    told = wire.told(model)
    turns = told[TURNS[SPEAKS[upstream]]]
    spoken = [turn for turn in turns if turn.get("role") not in ("system", "developer")]
    assert SYSTEM not in json.dumps(spoken)
    assert SYSTEM in json.dumps(told)
    assert {turn["role"] for turn in spoken} == {"user"}
    assert json.dumps(spoken).index("One.") < json.dumps(spoken).index("Two.")
    assert b"Two." in answer.body


@pytest.mark.parametrize(
    ("caller", "upstream", "role"),
    [
        ("openai_responses", "openai_chat", "developer"), ("openai_chat", "openai_responses", "developer"),
        ("openai_responses", "plain_chat", "system"),
    ],
)  # fmt: skip
def test_a_developer_s_words_stay_the_developer_s_where_that_word_is_known(
    wire: Wire, caller: DialectName, upstream: str, role: str
) -> None:
    """`developer` was rewritten to `system` for OpenAI itself."""
    named, model = fresh(upstream)
    body = asking(caller, SAY)
    body[TURNS[caller]].insert(0, {"role": "developer", "content": SYSTEM})

    assert wire.ask(caller, named, body).status == 200

    assert wire.told(model)[TURNS[SPEAKS[upstream]]][0]["role"] == role


HISTORY: Final[list[Any]] = [
    {"role": "user", "content": SAY},
    {"role": "assistant", "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"place": "Kiel"}'}},
    ]},
    {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
]  # fmt: skip


def test_a_call_whose_signature_is_lost_gets_the_documented_placeholder_at_gemini(wire: Wire) -> None:
    """A chat history cannot carry `thoughtSignature`, and without one the next turn was a 400."""
    named, model = fresh("gemini_generate", "mock-think")
    body = asking("openai_chat", SAY, tools=TOOLS) | {"messages": HISTORY, "reasoning_effort": "low"}

    answer = wire.ask("openai_chat", named, body)

    assert answer.status == 200
    [call] = [part for turn in wire.told(model)["contents"] for part in turn["parts"] if "functionCall" in part]
    assert call["thoughtSignature"] == "skip_thought_signature_validator"


def test_a_call_whose_thoughts_are_lost_is_asked_without_thinking_at_anthropic_and_says_so(wire: Wire) -> None:
    """An invented signature is a 400 at Anthropic, and so are tool results behind a call without its thoughts."""
    named, model = fresh("anthropic_messages", "mock-think")
    body = asking("openai_chat", SAY, tools=TOOLS) | {"messages": HISTORY, "reasoning_effort": "low"}

    answer = wire.ask("openai_chat", named, body)

    assert answer.status == 200
    told = wire.told(model)
    assert "signature" not in json.dumps(told)
    assert told.get("thinking", {"type": "disabled"}) == {"type": "disabled"}
    assert "reasoning_effort" in answer.headers["x-octogate-dropped"]


@each_pair
def test_headers_for_one_vendor_reach_no_other_and_the_call_has_its_id(
    wire: Wire, caller: DialectName, upstream: str
) -> None:
    """Headers were dropped, or sent to whom they did not concern."""
    named, model = fresh(upstream)

    answer = wire.ask(
        caller, named, asking(caller, SAY), anthropic_beta="one-2025-01-01", openai_beta="two", x_other="three"
    )

    [record] = wire.asked(model)
    assert record.headers.get("anthropic-beta") == ("one-2025-01-01" if upstream == "anthropic_messages" else None)
    assert record.headers.get("openai-beta") == ("two" if SPEAKS[upstream].startswith("openai") else None)
    assert "x-other" not in record.headers
    assert record.request_id == answer.headers["x-request-id"]
    assert answer.headers.get("request-id") == (record.request_id if caller == "anthropic_messages" else None)
