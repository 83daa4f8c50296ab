"""Bounds and estimates from sizes alone."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octogate.core.media_tokens import Media
from octogate.core.tokens import (
    ChatMessage,
    InputFacts,
    count_messages,
    estimate_output_tokens,
    input_bound,
    tokenizer,
)

from .texts import COUNTED


def test_the_bound_is_bytes_and_eight_for_a_message_and_sixty_four_for_a_tool_and_a_thousand_for_any():
    assert input_bound(InputFacts(100)) == 100
    assert input_bound(InputFacts(100, messages=3)) == 124
    assert input_bound(InputFacts(100, messages=3, tools=2)) == 124 + 2 * 64 + 1_024
    assert input_bound(InputFacts(0, token_ids=7)) == 7


@settings(deadline=None)  # the first example loads the vocabularies
@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_no_chat_has_more_tokens_than_its_bound(texts):
    messages = [ChatMessage("user", text) for text in texts]
    facts = InputFacts(sum(len(text.encode()) for text in texts), messages=len(texts))
    for model in ("gpt-4", "gpt-4o"):
        assert count_messages(messages, model=model) <= input_bound(facts, model=model)


@settings(deadline=None)  # the first example loads the vocabularies
@given(st.text(max_size=200))
def test_no_vocabulary_gives_a_text_more_tokens_than_bytes(text):
    for vocabulary in ("cl100k_base", "o200k_base", "llama3", "deepseek_v3", "qwen3", "kimi_k2"):
        assert tokenizer(vocabulary).count(text) <= len(text.encode())


def test_the_bound_of_a_call_with_files_is_far_below_the_length_of_their_base64():
    picture = Media(kind="image", size=3_000_000)

    assert input_bound(InputFacts(40, messages=1, media=(picture,)), model="gpt-4o") == 40 + 8 + 1_445


@pytest.mark.parametrize("text", COUNTED.values(), ids=COUNTED.keys())
def test_output_that_nobody_counted_is_estimated_high_for_words_and_code(text):
    estimate = estimate_output_tokens(len(text.text.encode()))

    # Markers, runs of blanks and numbers are denser than prose: half is the least that the estimate reaches.
    assert estimate >= text.o200k * 0.5
    assert estimate <= len(text.text.encode())


def test_output_is_estimated_at_one_token_for_three_bytes_rounded_up():
    assert [estimate_output_tokens(size) for size in (-1, 0, 1, 3, 4, 3_000)] == [0, 0, 1, 1, 2, 1_000]


def test_prose_in_several_languages_is_not_underestimated():
    for name in ("english", "german", "chinese", "russian", "arabic", "a long english text"):
        text = COUNTED[name]
        assert estimate_output_tokens(len(text.text.encode())) >= text.o200k


def test_random_bytes_as_text_stay_below_their_bound():
    picked = random.Random(53)
    text = "".join(chr(picked.randrange(0x20, 0xD7FF)) for _ in range(50_000))

    assert tokenizer("o200k_base").count(text) <= len(text.encode())
