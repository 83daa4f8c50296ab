"""What is easily lost without a word: odd names, members of other servers, the last news of a stream."""

import json

import pytest

from octogate.core.conversation import Begun, Finished, Loss, Text, TextPiece, Turn, UsageReport
from octogate.core.usage import Usage

from .chat import DIALECT, chunks_of, encode, losses, prompt_of, read, write


def test_a_name_that_openai_refuses_is_lost_by_its_place() -> None:
    prompt = prompt_of(Turn("user", (Text("hi"),), name="ann"), Turn("user", (Text("ho"),), name="Änn Ö"))

    assert [message.get("name") for message in write(prompt)["messages"]] == ["ann", None]
    assert losses(prompt) == [Loss("messages[1].name", "this target takes names of 64 letters, digits, - and _")]


def test_members_of_a_message_that_only_some_servers_know_are_lost_by_their_path() -> None:
    prompt = read(
        messages=[
            {"role": "user", "content": "hi", "weight": 1, "tool_calls": [], "x": None},
            {"role": "tool", "tool_call_id": "c", "content": "r", "is_error": True},
            {"role": "assistant", "content": "Su", "prefix": True, "annotations": [{"type": "url_citation"}]},
        ]
    )

    lost = ["messages[0].weight", "messages[1].is_error", "messages[2].prefix"]
    assert [loss.field for loss in prompt.losses] == lost


@pytest.mark.parametrize(("given", "meant"), [(-1, None), (0, None), (7, 7)])
def test_to_look_at_all_tokens_is_no_setting(given: int, meant: int | None) -> None:
    assert read(top_k=given).settings.top_k == meant


def test_a_tier_that_is_told_at_the_end_stands_in_the_last_chunk() -> None:
    stream = encode(
        [Begun("up", "m"), TextPiece("hi"), Finished("stop"), UsageReport(Usage(1, 2), "flex")],
        stream=True, stream_options={"include_usage": True},
    )  # fmt: skip

    chunks = chunks_of(stream)

    assert [chunk.get("service_tier") for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert (chunks[-1]["service_tier"], chunks[-1]["model"]) == ("flex", "m")
    assert chunks[-1]["usage"]["total_tokens"] == 3


def test_both_caches_that_were_written_count() -> None:
    stream = encode(
        [Begun("up", "m"), UsageReport(Usage(30, 2, cache_write_tokens=4, cache_write_1h_tokens=5))],
        stream=True, stream_options={"include_usage": True},
    )  # fmt: skip

    assert chunks_of(stream)[-1]["usage"]["prompt_tokens_details"]["cache_write_tokens"] == 9


def test_an_answer_that_deepseek_could_not_finish_is_an_error() -> None:
    body = {"choices": [{"message": {"content": "Hel"}, "finish_reason": "insufficient_system_resource"}]}

    assert DIALECT.read_answer(json.dumps(body).encode()).choices[0].finish == "error"


def test_members_of_parts_and_tools_that_only_some_servers_know_are_lost_by_their_path() -> None:
    schema = {"type": "object"}
    prompt = read(
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "hi", "annotations": [], "logprobs": [1], "uuid": "u"},
                    {"type": "image_url", "image_url": {"url": "https://example.org/x.png"}, "max_pixels": 9},
                    {"type": "novel", "uuid": "u"},
                ],
            }
        ],
        tools=[
            {"type": "function", "function": {"name": "f", "parameters": schema, "returns": {"a": 1}}, "defer": True},
            {"type": "function", "name": "g", "parameters": schema, "strict": False, "defer": False, "limit": 2},
        ],
    )

    assert sorted(loss.field for loss in prompt.losses) == [
        "messages[0].content[0].uuid",
        "messages[0].content[1].max_pixels",
        "messages[0].content[2]",
        "tools[0].defer",
        "tools[0].function.returns",
        "tools[1].limit",
    ]
    assert [tool.name for tool in prompt.tools] == ["f", "g"]
