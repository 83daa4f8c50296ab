"""Counting the input of a call ourselves, for providers that cannot, without ever holding up the event loop."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec

import msgspec

from octogate.core.call import Call
from octogate.core.errors import BadRequest, Overloaded
from octogate.core.media_facts import media_type_of, read_media, read_text_file
from octogate.core.media_tokens import Media, MediaKind, media_tokens
from octogate.core.tokens import InputFacts, count_texts, count_tokens, vocabulary_for

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
_MEDIA_TYPES: dict[str, MediaKind] = {
    "image": "image",
    "computer_screenshot": "image",
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
_KINDS: dict[str, MediaKind] = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "application": "document",
    "text": "document",
}
_ADDRESSES = ("http:", "https:", "gs:", "file:", "s3:")
_MEDIA_PARTS = ("inlineData", "inline_data", "fileData", "file_data")

# The dialects' own framing, measured on recorded calls: for each message, and for the first tool.
_MESSAGE_TOKENS = {"openai_chat": 4, "openai_responses": 4, "anthropic_messages": 4}
_FIRST_TOOL_TOKENS = {"anthropic_messages": 500}
_ANSWER_TOKENS = {"openai_chat": 3, "openai_responses": 3, "anthropic_messages": 3}

_Arguments = ParamSpec("_Arguments")


class InputText(msgspec.Struct):
    """The input of a call taken apart: the texts in any order, and what is not text.

    `resolution` is what the call asks for all its files (Gemini), in the words of `Media.detail`.
    """

    texts: list[str] = msgspec.field(default_factory=list)
    media: list[Media] = msgspec.field(default_factory=list)
    messages: int = 0
    tools: int = 0
    token_ids: int = 0
    resolution: str = ""

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
    tokens += sum(media_tokens(media, model=model) for media in found.media)
    tokens += found.messages * _MESSAGE_TOKENS.get(dialect, 0) + _ANSWER_TOKENS.get(dialect, 0)
    return tokens + (_FIRST_TOOL_TOKENS.get(dialect, 0) if found.tools else 0)


def read_input(call: Call) -> InputText:
    """Take the raw fields of a call apart. Raises BadRequest (without content) for JSON that cannot be read."""
    found = InputText()
    fields = call.fields
    if "generateContentRequest" in fields:  # countTokens wraps the call that it is about
        fields = _decode(fields["generateContentRequest"], dict[str, msgspec.Raw])
    found.resolution = _resolution_of_all(fields)
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
        if name == "functionResponse" and isinstance(value, dict) and isinstance(value.get("parts"), list):
            yield value["parts"]  # files that a Gemini function gave back
            found.texts.append(_json_text({**value, "parts": None}))
        elif name in _JSON_TEXT and not isinstance(value, str):
            found.texts.append(_json_text(value))
        else:
            yield value


def _read_media(block: dict[str, object], found: InputText, left: list[object]) -> bool:
    """Whether the block is a file; its text, if it has any, goes to `left`."""
    for name in _MEDIA_PARTS:
        part = block.get(name)
        if isinstance(part, dict):
            media_type = _string(part, "mimeType", "mime_type").lower()
            detail = _resolution(block.get("mediaResolution", block.get("media_resolution"))) or found.resolution
            _add_file(found, _kind_of(media_type, "document"), media_type, _payload(part), detail)
            return True
    kind = _MEDIA_TYPES.get(str(block.get("type")))
    if kind is None:
        return False
    source = block.get("source", block.get(str(block["type"]), block))
    if isinstance(source, str):
        source = {"data": source}
    if not isinstance(source, dict):
        source = {}
    if source.get("type") in {"text", "content"}:
        left.extend((source.get("data"), source.get("content"), block.get("title"), block.get("context")))
        return True
    payload = _payload(source)
    media_type = _string(source, "media_type").lower() or media_type_of(payload or "")
    _add_file(found, _kind_of(media_type, kind), media_type, payload, _string(source, "detail").lower())
    return True


def _add_file(found: InputText, kind: MediaKind, media_type: str, payload: str | None, detail: str) -> None:
    if payload is None:
        found.media.append(Media(kind=kind, detail=detail))
    elif media_type.startswith("text/") or media_type == "application/json":
        found.texts.append(read_text_file(payload))
    else:
        found.media.append(read_media(kind, payload, detail=detail))


def _kind_of(media_type: str, otherwise: MediaKind) -> MediaKind:
    """The kind that a media type tells; what it does not tell is what the block is called."""
    return _KINDS.get(media_type.partition("/")[0], otherwise)


def _payload(source: dict[str, object]) -> str | None:
    """The file that a block carries in itself, as base64; None for an address or an id."""
    for name in ("data", "file_data", "url", "image_url"):
        value = source.get(name)
        if isinstance(value, dict):
            value = value.get("url")
        if isinstance(value, str):
            return None if value.startswith(_ADDRESSES) else value
    return None


def _resolution(value: object) -> str:
    """Gemini's wish for a file or for all files, in the small letters of `Media.detail`."""
    if isinstance(value, dict):
        value = value.get("level")
    return value.upper().removeprefix("MEDIA_RESOLUTION_").lower() if isinstance(value, str) else ""


def _resolution_of_all(fields: dict[str, msgspec.Raw]) -> str:
    for name in ("generationConfig", "generation_config"):
        if name in fields:
            config = _decode(fields[name], object)
            if isinstance(config, dict):
                return _resolution(config.get("mediaResolution", config.get("media_resolution")))
    return ""


def _string(source: dict[str, object], *names: str) -> str:
    return next((value for name in names if isinstance(value := source.get(name), str)), "")


def _json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()
