"""Every row of the failover wall as it is on the wire."""

import time
from typing import Any

import pytest


async def test_s01_answers_one_429_with_retry_after_two_and_then_well(wire: Any) -> None:
    first = await wire.chat("s01-429-once")
    second = await wire.chat("s01-429-once")

    assert (first.status, first.headers["retry-after"]) == (429, "2")
    assert first.json["error"]["code"] == "rate_limit_exceeded"
    assert second.status == 200
    assert second.json["choices"][0]["message"]["content"] == "Hello from the mock. You said: hello"


async def test_s02_answers_429_for_ever(wire: Any) -> None:
    assert [(await wire.chat("s02")).status for _ in range(4)] == [429] * 4


async def test_s03_answers_one_500_and_then_well(wire: Any) -> None:
    assert [(await wire.chat("s03")).status for _ in range(3)] == [500, 200, 200]


async def test_s04_answers_503_for_ever(wire: Any) -> None:
    assert [(await wire.chat("s04")).status for _ in range(4)] == [503] * 4


async def test_s05_resets_the_connection_before_any_header(wire: Any) -> None:
    answer = await wire.chat("s05", stream=True)

    assert (answer.ended, answer.statuses, answer.body) == ("reset", [], b"")


async def test_s06_accepts_and_is_silent_for_120_scaled_seconds(wire: Any) -> None:
    started = time.monotonic()
    answer = await wire.chat("s06")

    assert (answer.ended, answer.statuses) == ("cut", [])
    assert 1.1 < time.monotonic() - started < 3


async def test_s07_sends_its_first_token_after_20_scaled_seconds(wire: Any) -> None:
    started = time.monotonic()
    answer = await wire.chat("s07", stream=True)

    assert answer.ended == "whole"
    assert answer.data[-1] == "[DONE]"
    assert 0.19 < time.monotonic() - started < 1.5


async def test_s08_cuts_the_stream_after_40_of_60_tokens(wire: Any) -> None:
    answer = await wire.chat("s08", stream=True)

    assert (answer.status, answer.ended, len(answer.words)) == (200, "cut", 40)
    assert b'finish_reason":"' not in answer.body


async def test_s09_stalls_after_20_tokens_and_never_ends_cleanly(wire: Any) -> None:
    started = time.monotonic()
    answer = await wire.chat("s09", stream=True)

    assert (answer.ended, len(answer.words)) == ("cut", 20)
    assert time.monotonic() - started > 0.29


async def test_s10_puts_one_broken_event_between_good_ones(wire: Any) -> None:
    answer = await wire.chat("s10", stream=True)

    broken = [item for item in answer.data if isinstance(item, str) and item != "[DONE]"]
    assert len(broken) == 1
    assert "".join(answer.words) == "Hello from the mock. You said: hello"
    assert (answer.data[-1], answer.ended) == ("[DONE]", "whole")


async def test_s11_finishes_without_the_terminal_event(wire: Any) -> None:
    answer = await wire.chat("s11", stream=True)

    assert answer.ended == "whole"
    assert answer.data[-1]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("dialect", ["chat", "messages", "responses", "gemini"])
async def test_s12_says_in_the_providers_words_that_the_prompt_is_too_long(wire: Any, dialect: str) -> None:
    answer = await getattr(wire, dialect)("s12")

    assert answer.status == 400
    expected = {
        "chat": "context_length_exceeded",
        "responses": "context_length_exceeded",
        "messages": "prompt is too long",
        "gemini": "exceeds the maximum number of tokens",
    }
    assert expected[dialect] in answer.body.decode()


async def test_s13_refuses_by_content_policy(wire: Any) -> None:
    answer = await wire.chat("s13")

    assert (answer.status, answer.json["error"]["code"]) == (400, "content_policy_violation")


async def test_s14_cuts_after_40_tokens_and_refuses_a_prefilled_answer(wire: Any) -> None:
    first = await wire.chat("s14", stream=True)
    prefilled = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "Hello from"}]
    second = await wire.chat("s14", stream=True, messages=prefilled)

    assert (first.ended, len(first.words)) == ("cut", 40)
    assert second.status == 400
    assert "prefill" in second.json["error"]["message"]


async def test_s15_is_down_and_up_in_turn_and_heals(wire: Any) -> None:
    started = time.monotonic()
    seen: list[int] = []
    while time.monotonic() - started < 0.75:
        seen.append((await wire.chat("s15")).status)

    assert seen[0] == 503
    assert 200 in seen[: _last(seen, 503)], "it was up between two downs"
    assert seen[-1] == 200
    healed_after = 0.6
    assert time.monotonic() - started > healed_after


async def test_s16_fails_for_ever(wire: Any) -> None:
    assert [(await wire.chat("s16")).status for _ in range(3)] == [500] * 3


async def test_once_means_once_per_run_and_instance(wire: Any) -> None:
    async def status(path: str = "/v1/chat/completions", **options: Any) -> int:
        return int((await wire.chat("any--s03", path=path, **options)).status)

    assert [await status(), await status()] == [500, 200]
    assert [await status(user="ann"), await status(user="ann")] == [500, 200]
    assert [await status(headers={"x-mock-run": "7"}), await status(headers={"x-mock-run": "7"})] == [500, 200]
    other = "/p/other/openai/v1/chat/completions"
    assert [await status(other), await status(other)] == [500, 200]

    wire.server.reset("other")

    assert await status(other) == 500
    assert await status() == 200


async def test_a_header_chooses_the_scenario_too_and_how_often_it_happens(wire: Any) -> None:
    headers = {"x-mock-scenario": "s04", "x-mock-times": "2"}

    assert [(await wire.chat("mock", headers=headers)).status for _ in range(3)] == [503, 503, 200]


async def test_an_unknown_scenario_is_a_400_that_names_the_known_ones(wire: Any) -> None:
    answer = await wire.chat("s99")

    assert answer.status == 400
    assert "s04-503-forever" in answer.json["error"]["message"]


def _last(values: list[int], wanted: int) -> int:
    return len(values) - 1 - values[::-1].index(wanted)
