"""Content blocks of a caller's messages → parts of the hub."""

from collections.abc import Iterator
from typing import Final

import msgspec

from octogate.core import seals
from octogate.core.conversation import Part, Reasoning, Text, ToolCall, ToolResult
from octogate.dialects.anthropic_messages.blocks import (
    Block,
    Content,
    Readers,
    Reading,
    block_parts,
    cache_mark,
    nested,
)
from octogate.dialects.anthropic_messages.identity import OWN
from octogate.dialects.anthropic_messages.read_media import IN_RESULT
from octogate.dialects.body import first_byte
from octogate.dialects.checks import is_null


class _Caller(msgspec.Struct, gc=False):
    type: object = None


_CALLER: Final = msgspec.json.Decoder(_Caller)


def read_parts(content: Content, path: str, found: Reading) -> tuple[Part, ...]:
    """The parts of one message's content; a string is one text."""
    if isinstance(content, str):
        return (Text(content),)
    blocks = ((raw, f"{path}[{at}]") for at, raw in enumerate(content))
    return tuple(part for raw, where in blocks for part in block_parts(raw, where, found, _READERS))


def _thinking(block: Block, path: str, found: Reading) -> Iterator[Part]:
    text = found.needed(block.thinking, f"{path}.thinking")
    signature = found.text(block.signature, f"{path}.signature") or ""
    yield Reasoning(text, seals.unseal(signature, OWN))


def _redacted(block: Block, path: str, found: Reading) -> Iterator[Part]:
    signature = seals.unseal(found.needed(block.data, f"{path}.data"), OWN)
    if signature is not None:
        yield Reasoning(signature=signature, hidden=True)


def _tool_use(block: Block, path: str, found: Reading) -> Iterator[Part]:
    call_id, signature = seals.unpack_id(found.needed(block.id, f"{path}.id"))
    name = found.needed(block.name, f"{path}.name")
    arguments = None if is_null(block.input) else found.raw_table(block.input, f"{path}.input", needed=True)
    found.tool_names[call_id] = name
    if first_byte(block.caller) == b"{" and _CALLER.decode(block.caller).type != "direct":
        found.lose(f"{path}.caller", "only Anthropic runs code that calls tools")
    mark = cache_mark(block.cache_control, path, found)
    yield ToolCall(call_id, name, "{}" if arguments is None else bytes(arguments).decode(), signature, mark)


def _tool_result(block: Block, path: str, found: Reading) -> Iterator[Part]:
    call_id, _ = seals.unpack_id(found.needed(block.tool_use_id, f"{path}.tool_use_id"))
    is_error = found.flag(block.is_error, f"{path}.is_error")
    parts = tuple(nested(block.content, f"{path}.content", found, IN_RESULT))
    mark = cache_mark(block.cache_control, path, found)
    yield ToolResult(call_id, parts, found.tool_names.get(call_id), is_error is True, mark)


_READERS: Final[Readers] = {
    **IN_RESULT,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
}
