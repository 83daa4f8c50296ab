"""Counting the input of a call ourselves, for providers that cannot, without ever holding up the event loop."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec

import msgspec

from octogate.core.call import Call
from octogate.core.errors import BadRequest, Overloaded
from octogate.core.tokens import InputFacts, Media, count_texts, count_tokens, media_tokens, vocabulary_for

SHORT_BYTES = 8_192
"""Up to this size counting takes less time than handing it to a thread, once the vocabulary is there."""

_MAX_WAITING = 64

# The members of a body that become input.
_MESSAGES = {
    "openai_chat": ("messages",),
    "openai_responses": ("input", "instructions"),
    "openai_embeddings": ("input",),
    "anthropic_messages": ("messages", "system"),
    "gemini_generate": ("contents", "systemInstruction", "system_instruction"),
}
_TOOLS = ("tools", "functions")
_SCHEMAS = ("response_format", "text", "output_format", "output_config", "generationConfig", "generation_config")
_GEMINI_SCHEMAS = ("responseSchema", "responseJsonSchema", "response_schema", "response_json_schema")
# Members of a message or block that providers do not count as text.
_NOT_TEXT = frozenset(
    {"type", "role", "id", "call_id", "tool_call_id", "tool_use_id", "cache_control", "signature", "status", "detail"}
    | {"thoughtSignature", "thought_signature", "encrypted_content", "is_error", "thought", "index"}
)
# What a model reads as JSON: arguments and results of tools.
_JSON_TEXT = frozenset({"input", "args", "response", "arguments", "functionCall", "functionResponse", "function_call"})
_MEDIA_TYPES = {
    "image": "image",
    "image_url": "image",
    "input_image": "image",
    "document": "document",
    "file": "document",
    "input_file": "document",
    "input_audio": "audio",
    "audio": "audio",
    "video": "video",
    "video_url": "video",
}
_MEDIA_PARTS = ("inlineData", "inline_data", "fileData", "file_data")

# The dialects' own framing, measured on recorded calls: for each message, and for the first tool.
_MESSAGE_TOKENS = {"openai_chat": 4, "openai_responses": 4, "anthropic_messages": 4}
_FIRST_TOOL_TOKENS = {"anthropic_messages": 500}
# A vendor's count is of the file as it is; an estimate is better off with the usual than with the most.
_USUAL_MEDIA_TOKENS = {"image": 1_000, "document": 3_000, "audio": 3_000, "video": 3_000}
_ANSWER_TOKENS = {"openai_chat": 3, "openai_responses": 3, "anthropic_messages": 3}

_Arguments = ParamSpec("_Arguments")


class InputText(msgspec.Struct):
    """The input of a call taken apart: the texts in any order, and what is not text."""

    texts: list[str] = msgspec.field(default_factory=list)
    media: list[Media] = msgspec.field(default_factory=list)
    messages: int = 0
    tools: int = 0
    token_ids: int = 0

    def facts(self) -> InputFacts:
        """The sizes alone."""
        size = sum(len(text) if text.isascii() else len(text.encode("utf-8", "replace")) for text in self.texts)
        return InputFacts(size, self.messages, self.tools, tuple(self.media), self.token_ids)


class _OffLoop:
    """One thread for all counting, and a bound on how many calls wait for it."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="octogate-count")
        self._waiting = 0

    async def run(self, work: Callable[_Arguments, int], *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> int:
        if self._waiting >= _MAX_WAITING:
            raise Overloaded("Too many inputs wait to be counted; try again in a moment.", retry_after=1.0)
        self._waiting += 1
        try:
            return await asyncio.wrap_future(self._executor.submit(work, *args, **kwargs))
        finally:
            self._waiting -= 1


_off_loop = _OffLoop()
_loaded: set[str] = set()


async def count_off_loop(text: str, *, model: str) -> int:
    """`count_tokens` in the counting thread. Raises Overloaded when too many wait already."""
    return await _off_loop.run(count_tokens, text, model=model)


async def count_call(call: Call, *, model: str | None = None) -> int:
    """The input tokens of a call as its dialect's own counting endpoint would say, or our best estimate of that.

    `model` is the target's; the caller's own name is used without it. Raises BadRequest for a body that cannot be
    read, Overloaded when too many wait already.
    """
    name = model or call.model
    vocabulary = vocabulary_for(name).name
    if call.input_bytes <= SHORT_BYTES and vocabulary in _loaded:
        return count_input(call, model=name)
    tokens = await _off_loop.run(count_input, call, model=name)
    _loaded.add(vocabulary)
    return tokens


def count_input(call: Call, *, model: str) -> int:
    """What `count_call` says, on the calling thread."""
    dialect = call.endpoint.dialect
    found = read_input(call)
    tokens = count_texts(found.texts, model=model) + found.token_ids
    tokens += sum(_usual_tokens(media, model) for media in found.media)
    tokens += found.messages * _MESSAGE_TOKENS.get(dialect, 0) + _ANSWER_TOKENS.get(dialect, 0)
    return tokens + (_FIRST_TOOL_TOKENS.get(dialect, 0) if found.tools else 0)


def read_input(call: Call) -> InputText:
    """Take the raw fields of a call apart. Raises BadRequest (without content) for JSON that cannot be read."""
    found = InputText()
    fields = call.fields
    if "generateContentRequest" in fields:  # countTokens wraps the call that it is about
        fields = _decode(fields["generateContentRequest"], dict[str, msgspec.Raw])
    for name in _MESSAGES[call.endpoint.dialect]:
        if name in fields:
            _read_messages(_decode(fields[name], object), found)
    for name in _TOOLS:
        if name in fields:
            _read_tools(fields[name], found)
    for name in _SCHEMAS:
        if name in fields:
            found.texts.extend(_schemas(name, fields[name]))
    return found


def _usual_tokens(media: Media, model: str) -> int:
    usual = _USUAL_MEDIA_TOKENS[media.kind]
    if media.kind == "image":
        return min(media_tokens(media, model=model), usual)
    return usual if media.size is None else media_tokens(media, model=model)


def _decode(raw: msgspec.Raw, kind: type) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise BadRequest("The body cannot be read for counting.") from None


def _read_messages(value: object, found: InputText) -> None:
    """A text, one message, or a list of messages, texts or token ids."""
    items = value if isinstance(value, list) else [value]
    for item in items:
        if isinstance(item, int):
            found.token_ids += 1
        elif isinstance(item, list):
            found.token_ids += len(item)
        else:
            found.messages += 1
            _read_blocks(item, found)


def _read_tools(raw: msgspec.Raw, found: InputText) -> None:
    """Definitions are read by the model as JSON, or as something shorter."""
    value = _decode(raw, object)
    for tool in value if isinstance(value, list) else [value]:
        declarations = tool.get("functionDeclarations") if isinstance(tool, dict) else None
        for part in declarations if isinstance(declarations, list) else [tool]:
            found.tools += 1
            found.texts.append(_json_text(part))


def _schemas(name: str, raw: msgspec.Raw) -> Iterator[str]:
    """The shape that an answer must have is read by the model too."""
    if not name.startswith("generation"):
        if b"schema" in memoryview(raw).tobytes():
            yield _json_text(_decode(raw, object))
        return
    config = _decode(raw, dict[str, object])
    yield from (_json_text(config[schema]) for schema in _GEMINI_SCHEMAS if schema in config)


def _read_blocks(value: object, found: InputText) -> None:
    """All text below a message, without recursion: callers decide how deep their lists are."""
    left = [value]
    while left:
        block = left.pop()
        if isinstance(block, str):
            found.texts.append(block)
        elif isinstance(block, list):
            left.extend(block)
        elif (
            isinstance(block, dict) and block.get("type") != "redacted_thinking" and not _read_media(block, found, left)
        ):
            left.extend(_members(block, found))


def _members(block: dict[str, object], found: InputText) -> Iterator[object]:
    for name, value in block.items():
        if name in _NOT_TEXT:
            continue
        if name in _JSON_TEXT and not isinstance(value, str):
            found.texts.append(_json_text(value))
        else:
            yield value


def _read_media(block: dict[str, object], found: InputText, left: list[object]) -> bool:
    """Whether the block is a file; its text, if it has any, goes to `left`."""
    for name in _MEDIA_PARTS:
        part = block.get(name)
        if isinstance(part, dict):
            media_type = str(part.get("mimeType") or part.get("mime_type") or "")
            found.media.append(Media(_kind_of(media_type.partition("/")[0]), _decoded_size(part.get("data"))))
            return True
    kind = _MEDIA_TYPES.get(str(block.get("type")))
    if kind is None:
        return False
    source = block.get("source", block.get(str(block["type"]), block))
    if isinstance(source, dict) and source.get("type") in {"text", "content"}:
        left.extend((source.get("data"), source.get("content"), block.get("title"), block.get("context")))
    else:
        found.media.append(Media(_kind_of(kind), _size_in(source)))
    return True


def _kind_of(name: str) -> Any:
    return name if name in {"image", "audio", "video"} else "document"


def _size_in(source: object) -> int | None:
    """The size of the file that a block carries in itself; None for an address or an id."""
    if isinstance(source, dict):
        sizes = (_size_in(source.get(name)) for name in ("data", "file_data", "url", "image_url"))
        return next((size for size in sizes if size is not None), None)
    if isinstance(source, str) and source.startswith(("http:", "https:", "gs:")):
        return None
    return _decoded_size(source)


def _decoded_size(base64_text: object) -> int | None:
    return len(base64_text) * 3 // 4 if isinstance(base64_text, str) else None


def _json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()
