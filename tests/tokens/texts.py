"""Texts with the number of tokens that another implementation counts.

The numbers were made with tiktoken 0.14.0 (its own compiled core) on the rank files that the wheel bpe-openai 0.1.4
carries, with `encode_ordinary`: nothing of the library under test was involved.
"""

from typing import NamedTuple


class Counted(NamedTuple):
    text: str
    cl100k: int
    o200k: int


ENGLISH = "The quick brown fox doesn't jump over 1,234,567 lazy dogs; it's 3:45 p.m. already."
CHINESE = "人工智能网关把请求转发给不同的模型，并精确计算费用。"
CODE = 'def add(a: int, b: int) -> int:\n    """Sum."""\n    return a + b  # 0xFF == 255\n\n\nprint(add(1, 2))\n'
MARKERS = "before <|endoftext|> between <|im_start|>system<|im_end|> after"

COUNTED = {
    "english": Counted(ENGLISH, 28, 26),
    "german": Counted(
        "Die Donaudampfschifffahrtsgesellschaft prüft, ob Ärger über größere Fähren übrig bleibt.", 31, 24
    ),
    "chinese": Counted(CHINESE, 27, 18),
    "emoji": Counted("Great job! 🎉🚀 The family 👨‍👩‍👧‍👦 waves 👋🏽 from 🇩🇪.", 42, 31),
    "code": Counted(CODE, 39, 40),
    "json": Counted('{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"temperature":0.7,"n":1}', 30, 31),
    "markers": Counted(MARKERS, 21, 23),
    "whitespace": Counted("  a \t b\n\n\n   c\r\n\r\n  d   ", 11, 11),
    "russian": Counted("Шлюз считает токены точно и без обращения к сети.", 22, 13),
    "arabic": Counted("البوابة تحسب الرموز بدقة ودون اتصال بالشبكة.", 33, 16),
    "nothing": Counted("", 0, 0),
    "one long word": Counted("a" * 1_000, 125, 125),
    "a long english text": Counted(ENGLISH * 200, 5_401, 5_001),
    "a long mixed text": Counted((ENGLISH + "\n" + CHINESE + "\n") * 200, 11_000, 8_800),
    "a long text with markers": Counted((CODE + MARKERS + "\n") * 300, 18_300, 19_200),
}
