"""Frees a history that goes to OpenAI of what its client brings back from other providers' answers."""

from typing import Final

import msgspec

from octogate.core.seals import MARK, unpack_id
from octogate.dialects.body import Members, first_byte, read_value, to_raw
from octogate.dialects.faults import UNREADABLE
from octogate.dialects.openai_responses.output import OWN
from octogate.dialects.own_seals import is_marked, own_seal

_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ITEM: Final = msgspec.json.Decoder(Members)


def own_history(members: Members) -> Members:
    """The same members, with the bare ids of calls, and without thoughts that another provider sealed."""
    raw = members.get("input")
    if raw is None or first_byte(raw) != b"[" or not is_marked(raw):
        return members
    kept = [item for item in map(_clean, _ITEMS.decode(raw)) if item is not None]
    return {**members, "input": to_raw(kept)}


def _clean(raw: msgspec.Raw) -> msgspec.Raw | None:
    """One item without the marks that we put on it; None when nothing of it is left to send."""
    if not is_marked(raw):
        return raw
    try:
        item = _ITEM.decode(raw)
    except UNREADABLE:
        return raw
    sealed = _text(item, "encrypted_content")
    if MARK in sealed:
        own = own_seal(sealed, OWN)
        if own is None:
            return None
        item["encrypted_content"] = to_raw(own)
    call_id = _text(item, "call_id")
    if MARK in call_id:
        item["call_id"] = to_raw(unpack_id(call_id)[0])
    return to_raw(item)


def _text(item: Members, name: str) -> str:
    value = read_value(item[name]) if name in item else None
    return value if isinstance(value, str) else ""
