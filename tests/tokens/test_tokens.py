"""Tokens of texts and chats, against numbers that another implementation made."""

import random
import time

import pytest
import splintr

from octogate.core.tokens import (
    MAX_COUNTED_CHARACTERS,
    ChatMessage,
    count_messages,
    count_texts,
    count_tokens,
    tokenizer,
    vocabulary_for,
)

from .texts import CODE, COUNTED, ENGLISH, MARKERS

CHAT = [
    ChatMessage("system", "You answer like a patient ferry captain."),
    ChatMessage("user", "When does the last boat leave?", name="passenger_1"),
    ChatMessage("assistant", "At half past nine, if the fog allows."),
    ChatMessage("user", "Wunderbar, danke! 🚢"),
]


@pytest.mark.parametrize("text", COUNTED.values(), ids=COUNTED.keys())
def test_openai_texts_are_counted_exactly_and_without_a_network(text):
    """S2-86"""
    assert count_tokens(text.text, model="gpt-4") == text.cl100k
    assert count_tokens(text.text, model="openai/gpt-4o-mini") == text.o200k


def test_a_chat_is_the_text_in_cl100k_and_four_for_each_message_whatever_the_model():
    """S2-86"""
    for model in ("gpt-4o", "claude-sonnet-4-5", "gemini-2.5-pro", "nobody-knows-it"):
        assert count_messages(CHAT, model=model, rule="plain") == 51


def test_a_chat_is_counted_as_openai_bills_it_with_roles_names_and_the_start_of_the_answer():
    assert count_messages(CHAT, model="gpt-4") == 59
    assert count_messages(CHAT, model="gpt-4o") == 57
    assert count_messages([], model="gpt-4o") == 3


def test_random_unicode_is_counted_as_an_independent_implementation_does():
    theirs = pytest.importorskip("bpe_openai", reason="the wheel with independent ranks is not installed")
    picked = random.Random(86)
    letters = [
        *"aB1 \n\t'_-/<|>{}",
        "Ä",
        "ß",
        "e\u0301",
        "漢",
        "。",
        "😀",
        "\r\n",
        "   ",
        "'LL",
        "ع",
        "ह",
        "\u200b",
        "\U0001d4b3",
    ]
    texts = ["".join(picked.choices(letters, k=picked.randint(1, 40))) for _ in range(2_000)]
    for vocabulary in ("cl100k_base", "o200k_base"):
        encoding, ours = theirs.get_encoding(vocabulary), tokenizer(vocabulary)
        assert [ours.count(text) for text in texts] == [len(encoding.encode(text)) for text in texts]


@pytest.mark.parametrize(
    ("model", "name", "exact"),
    [
        ("gpt-4o-2024-08-06", "o200k_base", True),
        ("ft:gpt-4o-mini:acme::id", "o200k_base", True),
        ("GPT-4-turbo", "cl100k_base", True),
        ("gpt-4.1-nano", "o200k_base", True),
        ("text-embedding-3-small", "cl100k_base", True),
        ("o3-mini", "o200k_base", True),
        ("claude-opus-4-5", "o200k_base", False),
        ("models/gemini-2.5-pro", "o200k_base", False),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama3", False),
        ("deepseek-chat", "deepseek_v3", False),
        ("Qwen/Qwen3-32B", "qwen3", False),
        ("moonshotai/kimi-k2", "kimi_k2", False),
        ("nobody-knows-it", "o200k_base", False),
        ("", "o200k_base", False),
    ],
)
def test_a_model_is_counted_with_its_own_vocabulary_or_a_declared_stand_in(model, name, exact):
    assert (vocabulary_for(model).name, vocabulary_for(model).exact) == (name, exact)
    assert count_tokens(ENGLISH, model=model) >= 20


def test_an_estimate_is_raised_for_vendors_whose_vocabulary_is_secret():
    exact = count_tokens(ENGLISH, model="gpt-4o")

    assert count_tokens(ENGLISH, model="claude-sonnet-4-5") == -(-exact * 130 // 100)
    assert count_tokens(ENGLISH, model="gemini-2.5-pro") == -(-exact * 110 // 100)


def test_a_marker_in_a_text_hides_nothing_however_long_the_text_is():
    short, long = MARKERS, (CODE + MARKERS + "\n") * 300
    as_marker = len(splintr.Tokenizer.from_pretrained("o200k_base").encode(long))

    assert count_tokens(short, model="gpt-4o") > 15
    assert count_tokens(long, model="gpt-4o") == 19_200 > as_marker


def test_half_a_surrogate_pair_is_counted_and_shown_nowhere():
    assert count_tokens("secret \ud83d", model="gpt-4o") == count_tokens("secret ?", model="gpt-4o")


def test_separate_texts_are_counted_apart():
    assert count_texts(["hel", "lo"], model="gpt-4o") == 2 * count_tokens("lo", model="gpt-4o") == 2


def test_beyond_the_cap_the_rest_counts_like_what_came_before():
    unit = "one two three four five six seven eight\n"
    whole = unit * (2 * MAX_COUNTED_CHARACTERS // len(unit))
    half = count_tokens(whole[:MAX_COUNTED_CHARACTERS], model="gpt-4o")

    tokens = count_tokens(whole, model="gpt-4o")
    apart = count_texts([unit * 1_000] * (2 * MAX_COUNTED_CHARACTERS // len(unit) // 1_000), model="gpt-4o")

    assert tokens == 2 * half
    assert apart == pytest.approx(tokens, rel=0.001)


@pytest.mark.parametrize(
    "unit",
    ["a", " ", "\n", "😀", "漢", "e\u0301", "ab", "!", "7", "\x00", "'s", "👨‍👩‍👧‍👦", "<|", " \n", "aB", "/"],
    ids=repr,
)
def test_a_megabyte_of_the_worst_text_is_counted_in_less_than_two_seconds(unit):
    """T-53: the tokenizer's worst cases."""
    text = unit * (1_000_000 // len(unit))
    for model in ("gpt-4", "gpt-4o"):
        began = time.perf_counter()
        tokens = count_tokens(text, model=model)
        assert time.perf_counter() - began < 2
        assert 0 < tokens <= len(text.encode())


def test_the_library_is_made_to_forget_the_texts_that_it_has_seen():
    counter = tokenizer("o200k_base")
    for number in range(40):
        counter.count("".join(chr(0x4E00 + (number * 977 + at * 31) % 20_000) for at in range(2_000)))
        assert counter._vocabulary.cache_len < 40

    counter.count("one private word: zzqqyxwv " * 5_000)
    assert counter._vocabulary.cache_len == 0
