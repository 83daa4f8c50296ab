"""Tokens of a text: counted where the vocabulary is public, estimated where it is not, and bounded from bytes alone."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Literal, Protocol

import msgspec
import splintr

from octogate.core.media_tokens import Media, media_tokens
from octogate.core.model_names import bare_name

MAX_COUNTED_CHARACTERS = 4_000_000
"""What is counted of one input; the rest is assumed to be like it. Bounds the time: at worst about one second."""

# Below this the plain call is faster; above it, the one that lets go of the interpreter is used.
_SHORT_CHARACTERS = 8_192
_PIECE_CHARACTERS = 16_384
# The library remembers pieces of text without a limit on their size: made to forget after this many characters.
_REMEMBERED_CHARACTERS = 65_536

# OpenAI's chat format: <|start|>role<|message|>…<|end|>, one more for a name, and the start of the answer.
_CHAT_MESSAGE_TOKENS, _CHAT_NAME_TOKENS, _CHAT_ANSWER_TOKENS = 3, 1, 3
_PLAIN_MESSAGE_TOKENS = 4

_BOUND_PER_MESSAGE = 8
_BOUND_PER_TOOL = 64
_BOUND_ANY_TOOL = 1_024
_BYTES_PER_OUTPUT_TOKEN = 3

CountingRule = Literal["chat", "plain"]


class Tokenizer(Protocol):
    """Counts the tokens of a text as a model's vocabulary cuts it; markers such as `<|endoftext|>` are plain text."""

    def count(self, text: str) -> int:
        """How many tokens `text` has."""


class Vocabulary(msgspec.Struct, frozen=True):
    """What stands for a model. `exact` = the vocabulary is its own; `percent` is what an estimate is raised to."""

    name: str
    exact: bool = False
    percent: int = 100


class ChatMessage(msgspec.Struct, frozen=True):
    """One message as the chat format counts it: only text."""

    role: str
    text: str
    name: str | None = None


class InputFacts(msgspec.Struct, frozen=True):
    """What a bound needs to know of a call's input. `text_bytes` is UTF-8, `token_ids` counts ready-made tokens."""

    text_bytes: int
    messages: int = 0
    tools: int = 0
    media: tuple[Media, ...] = ()
    token_ids: int = 0


# The first beginning that fits decides. Checked against OpenAI's own ranks: cl100k_base and o200k_base.
_VOCABULARIES: tuple[tuple[tuple[str, ...], Vocabulary], ...] = (
    (("gpt-4o", "chatgpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-oss"), Vocabulary("o200k_base", exact=True)),
    (("o1", "o3", "o4-mini"), Vocabulary("o200k_base", exact=True)),
    (("gpt-4", "gpt-3.5", "gpt-35", "text-embedding-"), Vocabulary("cl100k_base", exact=True)),
    # No public vocabulary: o200k_base, raised by what the vendor's own counts were above it in recorded calls.
    (("claude",), Vocabulary("o200k_base", percent=130)),
    (("gemini", "gemma"), Vocabulary("o200k_base", percent=110)),
    (("llama-3", "llama3", "llama-4"), Vocabulary("llama3")),
    (("deepseek",), Vocabulary("deepseek_v3")),
    (("qwen", "qwq"), Vocabulary("qwen3")),
    (("kimi", "moonshot"), Vocabulary("kimi_k2")),
)
_UNKNOWN = Vocabulary("o200k_base")


def vocabulary_for(model: str) -> Vocabulary:
    """The vocabulary of a model by its name; `vendor/`, `ft:` and capitals do not matter. Unknown: o200k_base."""
    name = bare_name(model)
    for beginnings, vocabulary in _VOCABULARIES:
        if name.startswith(beginnings):
            return vocabulary
    return _UNKNOWN


@cache
def tokenizer(vocabulary: str) -> Tokenizer:
    """The tokenizer of a vocabulary by name, loaded on first use (up to 0.1 s: not on the event loop)."""
    return _Splintr(vocabulary)


def count_tokens(text: str, *, model: str) -> int:
    """The tokens of `text` for `model`; an estimate unless `vocabulary_for(model).exact`."""
    return count_texts((text,), model=model)


def count_texts(texts: Iterable[str], *, model: str) -> int:
    """The tokens of separate texts together. Beyond `MAX_COUNTED_CHARACTERS` the rest counts like what came before."""
    vocabulary = vocabulary_for(model)
    count = tokenizer(vocabulary.name).count
    tokens, counted, seen = 0, 0, 0
    for text in texts:
        seen += len(text)
        part = text[: MAX_COUNTED_CHARACTERS - counted]
        counted += len(part)
        tokens += count(part) if part else 0
    if seen > counted:
        tokens = _ceil(tokens * seen, counted)
    return _ceil(tokens * vocabulary.percent, 100)


def count_messages(messages: Sequence[ChatMessage], *, model: str, rule: CountingRule = "chat") -> int:
    """The input tokens of a chat.

    `chat` is what OpenAI bills for text: 3 for each message, its role and its text, 1 for a name, 3 for the answer to
    begin (cookbook, "How to count tokens with tiktoken"). `plain` is simpler and the same for all models: the text in
    cl100k_base and 4 for each message.
    """
    if rule == "plain":
        count = tokenizer("cl100k_base").count
        return sum(count(message.text) + _PLAIN_MESSAGE_TOKENS for message in messages)
    tokens = _CHAT_ANSWER_TOKENS
    for message in messages:
        tokens += _CHAT_MESSAGE_TOKENS + count_texts((message.role, message.text), model=model)
        if message.name is not None:
            tokens += _CHAT_NAME_TOKENS + count_tokens(message.name, model=model)
    return tokens


def input_bound(facts: InputFacts, *, model: str = "") -> int:
    """At least as many input tokens as a provider will count, from sizes alone: no vocabulary splits below a byte.

    That is proven for the text; for media it is the vendor's own formula, see `media_tokens`.
    """
    tools = facts.tools * _BOUND_PER_TOOL + _BOUND_ANY_TOOL if facts.tools else 0
    media = sum(media_tokens(item, model=model) for item in facts.media)
    return facts.text_bytes + facts.token_ids + facts.messages * _BOUND_PER_MESSAGE + tools + media


def estimate_output_tokens(byte_count: int) -> int:
    """Output tokens of an answer whose provider never said, from its UTF-8 bytes: three per token, rounded up.

    English has four and more, code and Chinese a little above three: an estimate that seldom falls short.
    """
    return _ceil(max(byte_count, 0), _BYTES_PER_OUTPUT_TOKEN)


class _Splintr:
    """One vocabulary of the splintr library."""

    def __init__(self, vocabulary: str) -> None:
        self._vocabulary = splintr.Tokenizer.from_pretrained(vocabulary)
        self._marker_beginnings = sorted({marker[:2] for marker in self._vocabulary.special_tokens()})
        self._remembered = 0

    def count(self, text: str) -> int:
        try:
            tokens = self._count(text)
        except UnicodeEncodeError:
            # Half of a surrogate pair: JSON can carry it, UTF-8 cannot. The error would show the text.
            tokens = self._count(text.encode("utf-8", "replace").decode())
        self._forget(len(text))
        return tokens

    def _count(self, text: str) -> int:
        if len(text) <= _SHORT_CHARACTERS:
            return len(self._vocabulary.encode_ordinary(text))
        if any(beginning in text for beginning in self._marker_beginnings):
            # The call below would take a marker in the text for one token and hide its length.
            return sum(len(self._vocabulary.encode_ordinary(piece)) for piece in _pieces(text))
        tokens, _ = self._vocabulary.encode_batch_flat([text])  # 32 bits for each
        return len(tokens) // 4

    def _forget(self, characters: int) -> None:
        self._remembered += characters
        if self._remembered > _REMEMBERED_CHARACTERS:
            self._vocabulary.clear_cache()
            self._remembered = 0


def _pieces(text: str) -> Iterator[str]:
    """Pieces that are short enough for other threads to wait for; cut behind a line where there is one."""
    start = 0
    while start < len(text):
        end = start + _PIECE_CHARACTERS
        line_end = text.rfind("\n", start, end) + 1 if end < len(text) else 0
        yield text[start : line_end or end]
        start = line_end or end


def _ceil(amount: int, divisor: int) -> int:
    return -(-amount // divisor)
