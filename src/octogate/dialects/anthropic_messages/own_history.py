"""Frees a history that goes to Anthropic of what its client brings back from other providers' answers."""

from typing import Final

import msgspec

from octogate.core import seals
from octogate.dialects import body as bodies
from octogate.dialects.anthropic_messages.identity import OWN, legal_id
from octogate.dialects.anthropic_messages.tool_loop import THINKING, lacks_thought
from octogate.dialects.faults import UNREADABLE
from octogate.dialects.own_seals import is_marked, own_seal

_PLACES: Final = {"thinking": "signature", "redacted_thinking": "data", "tool_use": "id", "tool_result": "tool_use_id"}
_REWRITTEN: Final = frozenset({"text", *_PLACES})

_Message = dict[str, msgspec.Raw]
_Block = dict[str, msgspec.Raw]

_MESSAGES: Final = msgspec.json.Decoder(list[_Message])
_BLOCKS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_BLOCK: Final = msgspec.json.Decoder(_Block)
_CITATIONS: Final = msgspec.json.Decoder(list[msgspec.Raw])


class _Typed(msgspec.Struct, gc=False):
    type: object = None


_TYPED: Final = msgspec.json.Decoder(_Typed)


def own_history(fields: bodies.Members) -> bodies.Members:
    """The members of a body with ids, signatures and citations as Anthropic knows them; the same ones if they are."""
    raw = fields.get("messages")
    if raw is None or not is_marked(raw):
        return fields
    try:
        return _cleaned(fields, raw)
    except UNREADABLE:
        return fields  # the provider will say what is wrong with it


def _cleaned(fields: bodies.Members, raw: msgspec.Raw) -> bodies.Members:
    messages = [message for old in _MESSAGES.decode(raw) if (message := _message(old)) is not None]
    cleaned = {**fields, "messages": bodies.to_raw(messages)}
    kinds = [(_word(message.get("role")), _kinds(message)) for message in messages]
    if _budget_is_set(fields) and lacks_thought(kinds):
        # `context_management` goes with it: clearing thoughts is refused where there are none.
        return {name: value for name, value in cleaned.items() if name not in ("thinking", "context_management")}
    return cleaned


def _message(message: _Message) -> _Message | None:
    """A message without what is foreign in it; None when nothing is left."""
    content = message.get("content")
    if content is None or bodies.first_byte(content) != b"[" or not is_marked(content):
        return message
    blocks = [block for old in _BLOCKS.decode(content) if (block := _own_block(old)) is not None]
    return {**message, "content": bodies.to_raw(blocks)} if blocks else None


def _own_block(raw: msgspec.Raw) -> msgspec.Raw | None:
    kind = _kind(raw) if is_marked(raw) else ""
    if kind not in _REWRITTEN:
        return raw
    block = _BLOCK.decode(raw)
    if kind == "text":
        return bodies.to_raw(_without_foreign_citations(block))
    place = _PLACES[kind]
    text = _word(block.get(place))
    if seals.MARK not in text:
        return raw
    if kind not in THINKING:
        return bodies.to_raw({**block, place: bodies.to_raw(legal_id(seals.unpack_id(text)[0]))})
    own = own_seal(text, OWN)
    return None if own is None else bodies.to_raw({**block, place: bodies.to_raw(own)})


def _without_foreign_citations(block: _Block) -> _Block:
    citations = block.get("citations")
    if citations is None or bodies.first_byte(citations) != b"[":
        return block
    kept = [citation for citation in _CITATIONS.decode(citations) if not is_marked(citation)]
    if kept:
        return {**block, "citations": bodies.to_raw(kept)}
    return {name: value for name, value in block.items() if name != "citations"}


def _budget_is_set(fields: bodies.Members) -> bool:
    thinking = fields.get("thinking")
    return thinking is not None and _kind(thinking) == "enabled"


def _kinds(message: _Message) -> list[str]:
    content = message.get("content")
    if content is None or bodies.first_byte(content) != b"[":
        return []
    return [_kind(block) for block in _BLOCKS.decode(content)]


def _kind(raw: msgspec.Raw) -> str:
    try:
        kind = _TYPED.decode(raw).type
    except msgspec.ValidationError:
        return ""
    return kind if isinstance(kind, str) else ""


def _word(raw: msgspec.Raw | None) -> str:
    """A raw string's value; "" for anything else."""
    if raw is None or bodies.first_byte(raw) != b'"':
        return ""
    return msgspec.json.decode(raw, type=str)
