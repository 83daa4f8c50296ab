"""A caller's body → what it asks for."""

from collections.abc import Sequence
from typing import Final

import msgspec

from octogate.core.call import Call
from octogate.core.conversation import Prompt, Role, Text, Turn
from octogate.core.errors import BadRequest
from octogate.dialects.anthropic_messages.blocks import Content, Reading
from octogate.dialects.anthropic_messages.read_parts import read_parts
from octogate.dialects.anthropic_messages.read_settings import read_settings
from octogate.dialects.anthropic_messages.read_tools import read_choice, read_tools
from octogate.dialects.anthropic_messages.shape import Shape
from octogate.dialects.body import first_byte
from octogate.dialects.checks import is_null
from octogate.dialects.faults import UNREADABLE

_ABSENT: Final = msgspec.Raw()


class _Message(msgspec.Struct, gc=False):
    role: Role
    content: Content


class _Bare(_Message, forbid_unknown_fields=True, gc=False):
    """Nearly every message."""


_MESSAGES: Final = msgspec.json.Decoder(list[_Bare])
_EACH: Final = msgspec.json.Decoder(list[msgspec.Raw])
_MESSAGE: Final = Shape(_Message)
_CONTENT: Final = msgspec.json.Decoder(Content)


def read_prompt(call: Call) -> Prompt:
    """The prompt of a call that `read_call` has let pass. Raises BadRequest with every fault, field by field."""
    try:
        return _read(call)
    except UNREADABLE:
        raise BadRequest("The body holds a text, a number or a nesting that cannot be read.") from None


def _read(call: Call) -> Prompt:
    fields, found = call.fields, Reading()
    turns = (*_read_system(fields.get("system", _ABSENT), found), *_read_messages(fields["messages"], found))
    tools = read_tools(fields.get("tools", _ABSENT), found)
    choice, parallel = read_choice(fields.get("tool_choice", _ABSENT), tools, found)
    settings = read_settings(fields, found, parallel)
    found.faults.raise_if_any()
    return Prompt(turns=turns, tools=tools, tool_choice=choice, settings=settings, losses=tuple(found.losses))


def _read_system(raw: msgspec.Raw, found: Reading) -> tuple[Turn, ...]:
    """`system`, a string or blocks of text, is the first turn."""
    if is_null(raw):
        return ()
    if first_byte(raw) not in (b'"', b"["):
        found.faults.rule("system", "must be a string or an array")
        return ()
    content = _CONTENT.decode(raw)
    if not content:
        return ()
    parts = read_parts(content, "system", found)
    if any(not isinstance(part, Text) for part in parts):
        found.faults.rule("system", "must hold text only")
    return (Turn("system", parts),)


def _read_messages(raw: msgspec.Raw, found: Reading) -> tuple[Turn, ...]:
    return tuple(
        Turn(message.role, read_parts(message.content, f"messages[{at}].content", found))
        for at, message in enumerate(_decode(raw, found))
    )


def _decode(raw: msgspec.Raw, found: Reading) -> Sequence[_Message]:
    try:
        return _MESSAGES.decode(raw)
    except msgspec.ValidationError:
        return [_MESSAGE.read(each, f"messages[{at}]", found) for at, each in enumerate(_EACH.decode(raw))]
